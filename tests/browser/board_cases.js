// SPDX-License-Identifier: MIT
// board_cases.js - the board of one host, while jobs run on the other.
import { close, good, holds, on, open, same, shot, text, until } from './world.js';

const row = (page, job) => page.locator('#board-rows tr', { has: page.getByRole('link', { name: job, exact: true }) });
export const stateOf = (page, job) => row(page, job).locator('.state');

async function turnsRed(view) {
  await good('web', ['run', '--job', 'backup', '--source', 'web', '--destination', 'nas', '--', 'true']);
  const page = await open(view);
  await stateOf(page, 'backup').getByText('ok').waitFor();
  const before = await page.evaluate(() => {
    const find = () => [...document.querySelectorAll('#board-rows tr')].find((one) => one.querySelector('a.job').textContent === 'backup');
    window.red = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('it stays as it was')), 60000);
      const look = () => { if (find() && find().querySelector('.state').textContent === 'failed') resolve(Date.now()); };
      new MutationObserver(look).observe(document.getElementById('board-rows'), { childList: true, subtree: true, characterData: true });
    });
    window.unloaded = false;
    return find().querySelector('.state').textContent;
  });
  same(before, 'ok', 'before');
  const done = await on('web', ['run', '--job', 'backup', '--source', 'web', '--destination', 'nas', '--', 'sh', '-c', 'echo cannot reach usb >&2; exit 3']);
  const ended = Date.now();
  same(done.code, 3, 'the exit code of the job');
  console.log(`  red ${await page.evaluate(() => window.red) - ended} ms after the end of the job on the other host`);
  holds(await page.evaluate(() => window.unloaded === false), 'the page was loaded anew');
  holds((await row(page, 'backup').innerText()).includes('exit 3: cannot reach usb'), 'its last words are not there');
  holds(/^\(\d+\) Jobs/.test(await page.title()), `the title is ${await page.title()}`);
  holds((await text(page, '#news')).includes('backup on web: failed'), `it is not announced: ${await text(page, '#news')}`);
  await close(page);
}

// What all cases may count on.
export async function makeJobs() {
  for (const command of ['true', 'false', 'true']) await on('web', ['run', '--job', 'often', '--', command]);
  for (let i = 0; i < 9; ++i) await good('web', ['publish', '--job', `piped ${i}`], 'x\n');
}

async function showsRuns(view) {
  const page = await open(view);
  const spark = row(page, 'often').getByRole('img', { name: /^Last 3 runs, 1 failed, .* usual$/ });
  await spark.waitFor();
  same(await spark.locator('rect.good').count(), 2, 'bars');
  same(await spark.locator('rect.bad').count(), 2, 'bars and marks of those that failed');
  await close(page);
}

async function keepsWhatIsLookedAt(view) {
  const page = await open(view);
  await stateOf(page, 'often').waitFor();
  await page.getByRole('link', { name: 'often', exact: true }).focus();
  await good('web', ['run', '--job', 'another', '--', 'true']);
  await stateOf(page, 'another').waitFor();
  await on('web', ['run', '--job', 'often', '--', 'false']);
  await stateOf(page, 'often').getByText('failed').waitFor();
  same(await page.evaluate(() => document.activeElement.textContent), 'often', 'what has the focus');
  await close(page);
}

async function showsHosts(view) {
  const page = await open(view, { hash: '#hosts' });
  const web = page.locator('#hosts-rows tr', { has: page.getByRole('link', { name: 'web', exact: true }) });
  await web.waitFor();
  holds(/ ago|now/.test(await web.innerText()), `no age: ${await web.innerText()}`);
  await web.getByText('itself').waitFor();
  await web.getByRole('link').click();
  await page.locator('#lines li').first().waitFor();
  holds((await page.locator('#lines .from').allTextContents()).every((from) => from.startsWith('web')), 'lines of another host');
  await close(page);
}

async function sifts(view) {
  const page = await open(view);
  await stateOf(page, 'piped 8').waitFor();
  await page.getByLabel('Show jobs with').fill('PIPED 3');
  await page.waitForFunction(() => document.querySelectorAll('#board-rows tr').length === 1);
  await page.getByLabel('Show jobs with').fill('nothing so');
  await page.getByText('No job is like that.').waitFor();
  await close(page);
}

async function showsAlerts(view) {
  const rule = async () => (await on('nas', ['expect', 'add', '--job', 'watched', '--host', 'web', '--fail-after', '1'])).code === 0;
  await until(rule, 'the rule'); // as soon as nas knows how web calls itself
  await until(async () => (await on('web', ['expect', 'list', '--json'])).out !== '', 'the rule on the other host');
  let told = null;
  const page = await open(view, { prepare: (made) => { told = made.waitForResponse('**/alerts?state=open'); } });
  await stateOf(page, 'often').waitFor();
  await (await told).finished();
  await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 0); })); // what it brings is laid
  holds(await page.getByRole('region', { name: 'Open alerts' }).isHidden(), 'alerts where there are none');
  await on('web', ['run', '--job', 'watched', '--', 'sh', '-c', 'echo all is lost; exit 12']);
  const alert = page.getByRole('region', { name: 'Open alerts' }).getByRole('listitem').filter({ hasText: 'watched on web, ' });
  await alert.waitFor();
  await shot(page, 'alert-light');
  // Another look leaves it as it is, with the focus on it.
  await alert.getByRole('link').focus();
  await alert.getByRole('link').evaluate((link) => { link.seen = true; });
  const looked = page.waitForResponse('**/alerts?state=open');
  await good('web', ['run', '--job', 'beside', '--', 'true']);
  await (await looked).finished();
  await stateOf(page, 'beside').waitFor();
  holds(await page.evaluate(() => document.activeElement.seen), 'the alert that had the focus was made anew');
  await alert.getByRole('link').click();
  await page.locator('#lines .text', { hasText: 'all is lost' }).waitFor();
  await page.goBack();
  await on('web', ['run', '--job', 'watched', '--', 'true']);
  await page.getByRole('region', { name: 'Open alerts' }).waitFor({ state: 'hidden' });
  await close(page);
}

export const boardCases = { showsRuns, turnsRed, keepsWhatIsLookedAt, showsHosts, sifts, showsAlerts };
