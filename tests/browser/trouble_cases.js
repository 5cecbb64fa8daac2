// SPDX-License-Identifier: MIT
// trouble_cases.js - no token, or none that is good any more; a host that does not answer, and does again.
import { accessible, close, good, holds, open, same, shot, stopDaemon, stream, text, until } from './world.js';

async function asksForToken(view) {
  const page = await open(view, { token: null, hash: '#hosts', allowed: /401/ });
  const field = page.getByRole('textbox', { name: 'Token' });
  await field.waitFor();
  await page.waitForFunction(() => document.activeElement.id === 'token');
  holds((await text(page, '#ask-why')).includes('strangers'), 'why');
  await field.fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('this token is not known').waitFor();
  same(await field.inputValue(), '', 'what was typed is still there');
  await field.fill(view.token);
  await page.keyboard.press('Enter');
  await page.locator('#hosts-rows tr').first().waitFor();
  await close(page);
}

// A request of before the token, that is refused behind it.
async function heedsNoLateRefusal(view) {
  let goOn = null;
  const page = await open(view, { token: null, allowed: /401/, prepare: (made) => made.route('**/jobs', (route) => {
    if (goOn) return route.continue();
    goOn = () => route.continue();
    return undefined;
  }) });
  const field = page.getByRole('textbox', { name: 'Token' });
  await field.waitFor();
  await until(() => goOn, 'the request without a token');
  await field.fill(view.token);
  await page.keyboard.press('Enter');
  await page.locator('#board-rows tr').first().waitFor();
  const answers = Promise.all([401, 200].map((status) => page.waitForResponse((answer) => answer.url().endsWith('/jobs') && answer.status() === status)));
  await goOn();
  await answers;
  await page.locator('#board-rows tr').first().waitFor();
  same(await field.isVisible(), false, 'the token is asked for');
  await close(page);
}

async function opensWithToken(view) {
  const page = await open(view, { token: null, hash: `#?token=${view.token}`, allowed: /401/ });
  await page.locator('#board-rows tr').first().waitFor();
  holds(!(await page.evaluate(() => location.href)).includes(view.token), 'the token stays in the address');
  await close(page);
}

async function hearsOfRevoking(view) {
  const token = await good(view.host, ['view', 'token', 'add', 'short']);
  // The server ends the stream within an answer, or the page asks first.
  const page = await open(view, { token, allowed: /401|ERR_INCOMPLETE_CHUNKED/ });
  await page.locator('#board-rows tr').first().waitFor();
  await good(view.host, ['view', 'token', 'revoke', 'short']);
  await good('web', ['run', '--job', 'often', '--', 'true']); // so that it asks
  await page.getByText('was revoked').waitFor();
  holds(await page.locator('#board').isHidden(), 'the board is still there');
  // With another one all is as it was.
  await page.getByRole('textbox', { name: 'Token' }).fill(view.token);
  await page.keyboard.press('Enter');
  await page.locator('#board-rows tr').first().waitFor();
  await page.getByText('Up to date').waitFor();
  await close(page);
}

async function saysThatItIsOld(view) {
  const page = await open(view, { allowed: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/ });
  await page.getByText('Up to date').waitFor();
  await view.stop();
  const stopped = Date.now();
  await page.getByRole('status').filter({ hasText: 'does not answer' }).waitFor();
  console.log(`  said ${Date.now() - stopped} ms after the end of the server`);
  holds(await page.locator('#board-rows tr').count() > 0, 'what was there is gone');
  await shot(page, 'old-light');
  await accessible(page, 'old');
  // Going about is possible, and says nothing false.
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await page.waitForFunction(() => document.activeElement.id === 'log-title');
  await good('web', ['run', '--job', 'meanwhile', '--', 'false']).catch(() => {});
  await view.start();
  await page.getByText('Up to date').waitFor();
  same(await text(page, '#old'), '', 'the notice');
  await page.locator('#lines .text', { hasText: 'event=end' }).first().waitFor();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.getByRole('link', { name: 'meanwhile', exact: true }).waitFor();
  await close(page);
}

// Who is refused is told why, and goes on when it is over.
async function saysWhyItIsRefused(view) {
  const refuse = (page) => page.route(stream, (route) => route.fulfill({ status: 503, json: { error: 'too many look on already' } }));
  const page = await open(view, { prepare: refuse, allowed: /status of 503/ });
  await page.getByRole('status').filter({ hasText: 'This host tells no news now: too many look on already. It is asked again.' }).waitFor();
  await page.getByText('Not connected').waitFor();
  await page.locator('#board-rows tr').first().waitFor();
  await page.unroute(stream);
  await page.getByText('Up to date').waitFor();
  same(await text(page, '#old'), '', 'the notice');
  await close(page);
}

// As if its tab were behind another one, or in front again.
const turn = (page, isHidden) => page.evaluate((hidden) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}, isHidden);

// A browser opens six connections to a host: more tabs than that can be open, and the one in front hears what comes.
async function leavesRoomForOthers(view) {
  const first = await open(view, { hash: '#log?words=job%3Ahidden' });
  const pages = [first];
  while (pages.length < 8) {
    await pages.at(-1).getByText('Up to date').waitFor();
    await turn(pages.at(-1), true);
    same(await text(pages.at(-1), '#freshness'), '', 'what a page says that hears nothing');
    const page = await first.context().newPage();
    pages.push(page);
    await page.addInitScript((token) => sessionStorage.setItem('token', token), view.token);
    await page.goto(view.base);
  }
  await pages.at(-1).getByText('Up to date').waitFor();
  for (const page of pages.slice(1)) await page.close();
  // What came meanwhile is there when it is looked at again.
  await good('nas', ['publish', '--job', 'hidden', '--text', 'behind the back']);
  same(await first.locator('#lines li').count(), 0, 'lines that nobody told of');
  await turn(first, false);
  await first.getByText('Up to date').waitFor();
  await first.locator('#lines .text', { hasText: 'behind the back' }).waitFor();
  await close(first);
}

// A mistake of the page is none of the host: it is said, and the browser's console has it.
async function tellsOfMistakes(view) {
  const page = await open(view, { prepare: (made) => made.route('**/jobs', (route) => route.fulfill({ json: { now: 1, jobs: null } })) });
  await page.getByRole('alert').filter({ hasText: 'This page has a mistake' }).waitFor();
  await until(() => page.wrong.some((one) => one.includes('TypeError')), 'the mistake in the console');
  page.wrong = [];
  await page.context().close();
  // Names that every object of the language has are no views.
  const other = await open(view, { hash: '#constructor' });
  await other.locator('#board-rows tr').first().waitFor();
  await close(other);
}

// A host that is there and says nothing, as one behind a network that was cut.
async function hearsNothing(view) {
  const page = await open(view, { prepare: (made) => made.clock.install() });
  await page.getByText('Up to date').waitFor();
  view.pause();
  try {
    await page.clock.fastForward(60000);
    await page.getByRole('status').filter({ hasText: 'does not answer' }).waitFor();
  } finally {
    view.goOn();
  }
  await page.clock.fastForward(5000);
  await page.getByText('Up to date').waitFor();
  await close(page);
}

// What is told here is from others: without the daemon it is old, however well the server is.
async function saysThatTheDaemonIsGone(view) {
  const page = await open(view);
  await page.locator('#board-rows tr').first().waitFor();
  same(await text(page, '#daemon'), '', 'a notice where all is well');
  await stopDaemon('web');
  await page.getByRole('status').filter({ hasText: 'connected to no other' }).waitFor();
  await stopDaemon('nas');
  await page.getByRole('status').filter({ hasText: 'The daemon of this host does not run' }).waitFor();
  await close(page);
}

// One that is good for the board alone shows it, says what is missing, and still notices when the host is gone.
async function showsTheBoardAlone(view) {
  const token = await good(view.host, ['view', 'token', 'add', 'wall', '--only', 'board']);
  const page = await open(view, {
    token: null, allowed: /401|403|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/, prepare: (made) => made.clock.install(),
  });
  const field = page.getByRole('textbox', { name: 'Token' });
  await field.fill(`wall ${token} board`); // as `token list` shows it
  await page.keyboard.press('Enter');
  await page.locator('#board-rows tr').first().waitFor();
  const notice = page.getByRole('status').filter({ hasText: /Jobs, hosts and alerts are shown.*this token is for the board alone/ });
  await notice.waitFor();
  same(await text(page, '#freshness'), '', 'how fresh it is');
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'this token is for the board alone' }).waitFor();
  same(await page.locator('#lines li').count(), 0, 'lines');
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await accessible(page, 'the board alone');
  // What happens is seen without being told.
  await good('nas', ['run', '--job', 'unheard', '--', 'true']);
  await page.clock.fastForward(25000);
  await page.getByRole('link', { name: 'unheard', exact: true }).waitFor();
  await view.stop();
  await page.clock.fastForward(15000);
  await page.getByRole('status').filter({ hasText: 'does not answer' }).waitFor();
  await view.start();
  await page.clock.fastForward(5000);
  await notice.waitFor();
  await close(page);
}

export const troubleCases = {
  asksForToken, heedsNoLateRefusal, opensWithToken, showsTheBoardAlone, hearsOfRevoking, saysWhyItIsRefused, leavesRoomForOthers, tellsOfMistakes, saysThatItIsOld, hearsNothing,
  saysThatTheDaemonIsGone,
};
