// SPDX-License-Identifier: MIT
// people_cases.js - by keyboard and screen reader, in light, dark and on a phone, with names and lines that mean harm.
import { accessible, close, good, holds, looks, on, open, same, shot, text } from './world.js';

const focused = (page) => page.evaluate(() => {
  const at = document.activeElement, style = getComputedStyle(at);
  return { id: at.id, text: at.textContent.trim().slice(0, 40), outline: style.outlineStyle };
});

async function goesByKeyboard(view) {
  const page = await open(view);
  await page.locator('#board-rows tr').first().waitFor();
  const tab = async () => {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    holds(at.outline !== 'none', `${at.text}: that it has the focus is not seen`);
    return at.text || at.id;
  };
  same(await tab(), 'Skip to the content', 'the first stop');
  const box = await page.getByText('Skip to the content').boundingBox();
  holds(box.y >= 0 && box.x >= 0, 'the skip link is not seen');
  same([await tab(), await tab(), await tab()], ['Jobs', 'Hosts', 'Log'], 'then the views');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  same((await focused(page)).id, 'main', 'behind the skip link');
  same(await tab(), 'sift-text', 'then the field that sifts');
  const job = await tab();
  await page.keyboard.press('Enter');
  await page.locator('#lines li').first().waitFor();
  same((await focused(page)).id, 'log-title', 'the focus of the view that came');
  holds((await page.title()).startsWith('(') || (await page.title()).startsWith('Log'), 'its title');
  await page.keyboard.press('Escape');
  await page.locator('#board').waitFor();
  same((await focused(page)).text, job, 'back at the job');
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement.id === 'words');
  await page.keyboard.type('job:often');
  same(await page.getByLabel('Words').inputValue(), 'job:often', 'what was typed behind the slash');
  await page.keyboard.press('Enter');
  await page.locator('#lines li').first().waitFor();
  same((await focused(page)).id, 'words', 'the focus after a search');
  await page.keyboard.press('Escape');
  same((await focused(page)).id, 'log-title', 'out of the field');
  same(await page.getByLabel('Words').inputValue(), 'job:often', 'the words are still there');
  await page.keyboard.press('Escape');
  await page.locator('#board').waitFor();
  await close(page);
}

// A key alone can be turned off, and stays so.
async function hearsNoKey(view) {
  const page = await open(view);
  await page.locator('#board-rows tr').first().waitFor();
  await page.getByRole('checkbox', { name: 'searches the log' }).focus();
  await page.keyboard.press('/');
  holds(await page.locator('#board').isVisible(), 'the key counts where another control has the focus');
  await page.keyboard.press(' ');
  await page.reload();
  await page.locator('#board-rows tr').first().waitFor();
  await page.locator('#board-title').focus();
  await page.keyboard.press('/');
  same((await focused(page)).id, 'board-title', 'the focus after a key that is turned off');
  holds(await page.locator('#board').isVisible(), 'the key counts, though it is turned off');
  await page.getByRole('checkbox', { name: 'searches the log' }).check();
  await page.locator('#board-title').focus();
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement.id === 'words');
  await close(page);
}

const hostileName = '<img src=x onerror="window.pwned=1"> "q" \u202egnp.exe \u001b[31m';
export async function makeHostile() {
  const lines = ['<script>window.pwned=1</script>', '<img src=x onerror="window.pwned=1">', 'javascript:window.pwned=1', '\u001b[31mred\u001b]0;title\u0007',
    'bidi \u202eev\u0131l\u2066 \u200f end', 'zero\u200bwidth \u0000 nul', `8 KiB ${'W'.repeat(8192)}`, `wide ${'\u{1f600}'.repeat(500)}`, 'a\u0301'.repeat(300), '</span></li></ol><h1>out</h1>'];
  await good('web', ['publish', '--job', hostileName, '--stream', '<b>stream', '--level', 'err'], `${lines.join('\n')}\n`);
  await on('web', ['run', '--job', 'hostile', '--source', hostileName, '--destination', 'x'.repeat(200), '--', 'sh', '-c', 'cat >&2; exit 3'], lines.join('\n'));
  await on('web', ['run', '--job', hostileName, '--', 'sh', '-c', 'cat', '-'], lines.join('\n'));
  await on('web', ['run', '--job', 'y'.repeat(150), '--', 'false']);
  await good('web', ['publish', '--job', 'bytes'], Buffer.from([0x62, 0xff, 0xfe, 0xc3, 0xa4, 0x0a]));
}

async function showsHarm(view) {
  const page = await open(view, { hash: '#log?words=job%3Ahostile' });
  await page.locator('#lines .text', { hasText: '<script>window.pwned=1</script>' }).waitFor();
  const all = (await page.locator('#lines').innerText());
  holds(all.includes('\\u001b[31mred') && all.includes('\\u202e') && all.includes('\\u0000') && all.includes('\\u200b'), `what is not seen is not shown: ${all.slice(0, 2000)}`);
  holds(!/[\u202a-\u202e\u2066-\u2069\u0000\u001b]/.test(all), 'it is there as it came');
  await page.getByRole('button', { name: /characters more/ }).first().click();
  same(await page.locator('#lines img, #lines script, #lines h1').count(), 0, 'elements out of lines');
  await page.goto(`${view.base}/#log?words=job%3Abytes`);
  await page.locator('#lines .text', { hasText: 'b\\xff\\xfe\u00e4' }).waitFor();
  await page.goto(`${view.base}/#board`);
  await page.locator('#board-rows a', { hasText: '<img src=x' }).first().click();
  await page.locator('#lines .text', { hasText: '<img src=x' }).first().waitFor();
  await close(page);
}

async function isAccessible(view) {
  for (const [name, look] of Object.entries(looks)) {
    for (const [at, hash, ready] of [
      ['board', '#board', '#board-rows tr'], ['hosts', '#hosts', '#hosts-rows tr'], ['log', '#log', '#lines li'],
      ['hostile', '#log?words=job%3Ahostile', '#lines li'], ['none', '#log?words=job%3Anone', '#log-count:has-text("No line")']]) {
      const page = await open(view, { look, hash });
      await page.locator(ready).first().waitFor();
      await page.getByText('Up to date').waitFor();
      await shot(page, `${at}-${name}`);
      await accessible(page, `${at}, ${name}`);
      await close(page);
    }
    const page = await open(view, { look, token: null, allowed: /401/ });
    await page.getByRole('textbox', { name: 'Token' }).waitFor();
    await shot(page, `token-${name}`);
    await accessible(page, `token, ${name}`);
    await close(page);
  }
}

async function hasNames(view) {
  const page = await open(view);
  await page.locator('#board-rows tr').first().waitFor();
  same(await page.getByRole('table', { name: 'Jobs' }).getByRole('columnheader').allInnerTexts(), ['State', 'Job', 'Host', 'Last good', 'Last bad', 'Took', 'Last runs'], 'columns');
  same(await text(page, 'h1:visible'), 'Jobs', 'heading');
  await page.setViewportSize(looks.phone.viewport);
  holds(await page.getByRole('table', { name: 'Jobs' }).getByRole('row').count() > 1, 'on a phone it is no table any more');
  await close(page);
}

export const peopleCases = { goesByKeyboard, hearsNoKey, showsHarm, isAccessible, hasNames };
