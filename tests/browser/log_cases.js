// SPDX-License-Identifier: MIT
// log_cases.js - from a job to the lines of its run, search, what comes, older lines.
import { close, good, holds, on, open, same, shot, stream, text, until } from './world.js';

const lines = (page) => page.locator('#lines .text').allTextContents();
const withLine = (page, line) => page.locator('#lines .text', { hasText: line });

async function searchFor(page, words) {
  await page.getByLabel('Words').fill(words);
  await page.keyboard.press('Enter');
  await page.waitForFunction((wanted) => document.getElementById('lines').dataset.words === wanted
    && !document.getElementById('lines').hasAttribute('aria-busy'), words);
}

async function leadsToTheRun(view) {
  for (const word of ['first', 'second', 'third']) await on('web', ['run', '--job', 'steps', '--', 'sh', '-c', `echo the ${word} run; [ ${word} != second ]`]);
  const page = await open(view);
  const row = page.locator('#board-rows tr', { has: page.getByRole('link', { name: 'steps', exact: true }) });
  await row.getByRole('img', { name: /Last 3 runs, 1 failed/ }).waitFor();
  await row.getByRole('link', { name: 'steps', exact: true }).click();
  await withLine(page, 'the third run').waitFor();
  const got = await lines(page);
  same(got.filter((line) => line.startsWith('the ')), ['the third run'], 'lines of one run');
  same(got.length, 3, 'its line, its begin and its end');
  await page.locator('#log-run', { hasText: 'One run of steps on web, ok' }).waitFor();
  await page.goBack();
  // By the time at which it went wrong: that run.
  await row.locator('td[data-title="Last bad"] a').click();
  await withLine(page, 'the second run').waitFor();
  same((await lines(page)).filter((line) => line.startsWith('the ')), ['the second run'], 'lines of the bad run');
  await page.locator('#log-run', { hasText: 'failed' }).waitFor();
  await shot(page, 'run-light');
  // What happens to other jobs leaves the way on as it is, with the focus on it.
  const all = page.getByRole('link', { name: 'All runs of this job' });
  await all.focus();
  await all.evaluate((link) => { link.seen = true; });
  const read = page.waitForResponse((answer) => answer.url().endsWith('/alerts?state=open')); // behind the board
  await good('web', ['run', '--job', 'elsewhere', '--', 'true']);
  await read;
  holds(await page.evaluate(() => document.activeElement.seen), 'the link that had the focus was made anew');
  await all.click();
  await withLine(page, 'the first run').waitFor();
  same((await lines(page)).filter((line) => line.startsWith('the ')).length, 3, 'lines of all runs');
  // And from a line about a run to all of that run.
  await page.locator('#lines li', { hasText: 'event=start' }).last().getByRole('link', { name: 'its lines' }).click();
  await page.waitForFunction(() => [...document.querySelectorAll('#lines .text')].every((one) => !/second|third/.test(one.textContent)));
  await withLine(page, 'the first run').waitFor();
  await close(page);
}

async function searches(view) {
  await good('web', ['publish', '--job', 'shop', '--stream', 'stderr', '--level', 'err', '--text', 'Disk full on /srv']);
  await good('web', ['publish', '--job', 'shop', '--level', 'info', '--text', 'disk is fine']);
  await good('nas', ['publish', '--job', 'shop', '--level', 'warning', '--text', 'disk of the nas']);
  const page = await open(view, { hash: '#log' });
  await withLine(page, 'disk is fine').waitFor();
  const gives = async (words, wanted) => {
    await searchFor(page, words);
    same((await lines(page)).sort(), wanted.sort(), words);
  };
  await gives('job:shop', ['Disk full on /srv', 'disk is fine', 'disk of the nas']);
  await gives('job:shop host:nas', ['disk of the nas']);
  await gives('job:shop level:err', ['Disk full on /srv']);
  await gives('job:shop Disk', ['Disk full on /srv']);
  await gives('job:shop since:+1h', []);
  await gives('job:shop since:-1h "is fine"', ['disk is fine']);
  await gives('job:shop /d.sk (full|of)/', ['Disk full on /srv', 'disk of the nas']);
  await page.locator('#log-count', { hasText: '2 lines' }).waitFor();
  await close(page);

  // What is wrong is said in a sentence, and is over when it is right again. The browser tells of each 400 by itself.
  const other = await open(view, { hash: '#log', allowed: /status of 400/ });
  await withLine(other, 'disk is fine').waitFor();
  await other.getByLabel('Words').fill('job:shop level:loud');
  await other.keyboard.press('Enter');
  await other.getByRole('alert').filter({ hasText: '"loud" is no level; the levels are emerg' }).waitFor();
  same(await other.getByLabel('Words').getAttribute('aria-invalid'), 'true', 'aria-invalid');
  same(await lines(other), [], 'lines under words that are wrong');
  await searchFor(other, 'job:shop host:nas');
  same(await lines(other), ['disk of the nas'], 'lines');
  same(await text(other, '#log-trouble'), '', 'what was wrong');
  await close(other);
}

async function comesLive(view) {
  const page = await open(view, { hash: '#log?words=job%3Alive' });
  await page.locator('#log-count', { hasText: 'No line fits' }).waitFor();
  const put = (line, job = 'live') => good('web', ['publish', '--job', job, '--text', line]);
  await put('not this', 'other');
  await put('the first that comes');
  await withLine(page, 'the first that comes').waitFor();
  await put('the second');
  await withLine(page, 'the second').waitFor();
  same(await lines(page), ['the second', 'the first that comes'], 'the newest first, once, of these words alone');
  await page.locator('#log-count', { hasText: '2 lines' }).waitFor();
  same(await text(page, '#log [role=status]'), 'No line fits', 'what is read out: the answer to the search, not what comes');

  // Who reads further down is not disturbed.
  await good('web', ['publish', '--job', 'live'], Array.from({ length: 300 }, (_, i) => `many ${i}\n`).join(''));
  await withLine(page, 'many 299').waitFor();
  await page.evaluate(() => scrollTo(0, 2000));
  await page.waitForFunction(() => scrollY > 1000);
  const there = await page.locator('#lines li').count();
  await put('while away');
  await put('while still away');
  await page.getByRole('button', { name: '2 new lines' }).waitFor();
  await shot(page, 'new-light');
  same(await page.locator('#lines li').count(), there, 'lines that came into the way');
  await page.getByRole('button', { name: '2 new lines' }).click();
  await withLine(page, 'while still away').waitFor();
  same((await lines(page)).slice(0, 2), ['while still away', 'while away'], 'what came meanwhile');
  await page.getByRole('button', { name: /new line/ }).waitFor({ state: 'hidden' });

  // Not live: it stays.
  await page.getByLabel('Live').uncheck();
  await page.waitForFunction(() => !document.getElementById('lines').hasAttribute('aria-busy'));
  await put('not now');
  await put('asked for');
  await page.getByLabel('Live').check();
  await withLine(page, 'asked for').waitFor();
  await withLine(page, 'not now').waitFor();
  await close(page);
}

async function readsOlder(view) {
  await good('web', ['publish', '--job', 'long'], Array.from({ length: 3000 }, (_, i) => `number ${i}\n`).join(''));
  const page = await open(view, { hash: '#log?words=job%3Along' });
  await withLine(page, 'number 2999').waitFor();
  same(await page.locator('#lines li').count(), 200, 'lines at once');
  const older = page.getByRole('button', { name: 'Older lines' });
  for (let got = 200; got < 3000; got += 200) {
    await older.click();
    await page.waitForFunction((last) => document.querySelector('#lines li:last-child .text').textContent === last, `number ${2999 - got - 199}`);
    holds(await page.locator('#lines li').count() <= 2000, 'too many lines are kept');
  }
  await older.waitFor({ state: 'hidden' });
  const all = await lines(page);
  same(all, Array.from({ length: 2000 }, (_, i) => `number ${1999 - i}`), 'older lines: each once, in order');
  await page.getByRole('button', { name: 'To the newest lines' }).click();
  await withLine(page, 'number 2999').waitFor();
  await close(page);
}

// More come than are kept: those that were pushed out are there as older lines.
async function keepsFew(view) {
  const page = await open(view, { hash: '#log?words=job%3Aflood' });
  await page.locator('#log-count', { hasText: 'No line fits' }).waitFor();
  for (let round = 0; round < 3; ++round) {
    await good('web', ['publish', '--job', 'flood'], Array.from({ length: 1000 }, (_, i) => `drop ${round * 1000 + i}\n`).join(''));
    await page.getByText(`drop ${round * 1000 + 999}`, { exact: true }).waitFor();
  }
  holds(await page.locator('#lines li').count() <= 2000, 'too many lines are kept');
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  const last = Number((await lines(page)).at(-1).slice(5));
  await page.getByRole('button', { name: 'Older lines' }).click();
  await page.getByText(`drop ${last - 1}`, { exact: true }).waitFor({ state: 'attached' });
  const all = await lines(page), first = Number(all[0].slice(5));
  same(all, Array.from(all, (_, i) => `drop ${first - i}`), 'each line once, in order');
  await close(page);
}

// Lines that come before the stream does, though the search is over: they are read when it comes.
async function missesNothing(view) {
  const page = await open(view);
  await page.getByText('Up to date').waitFor();
  const held = [];
  let isHeld = true;
  await page.route(stream, (route) => (isHeld ? held.push(route) : route.continue()));
  await page.goto(`${view.base}/#log?words=job%3Agap`);
  await page.locator('#log-count', { hasText: 'No line fits' }).waitFor();
  await good('nas', ['publish', '--job', 'gap', '--text', 'in between']);
  same(await lines(page), [], 'lines that nobody told of');
  isHeld = false;
  for (const route of held) await route.continue().catch(() => {}); // the page may have given it up
  await withLine(page, 'in between').waitFor();
  await good('nas', ['publish', '--job', 'gap', '--text', 'behind it']);
  await withLine(page, 'behind it').waitFor();
  same(await lines(page), ['behind it', 'in between'], 'each once');
  await close(page);
}

// Older lines that come when something else was searched for meanwhile leave that as it is.
async function heedsNoLateAnswer(view) {
  for (const [job, number] of [['slow', 250], ['quick', 450]]) {
    await good('nas', ['publish', '--job', job], Array.from({ length: number }, (_, i) => `${job} ${i}\n`).join(''));
  }
  const page = await open(view, { hash: '#log?words=job%3Aslow' });
  await withLine(page, 'slow 249').waitFor();
  let goOn = null;
  await page.route(/job%3Aslow.*before=/, (route) => { goOn = () => route.continue(); });
  const older = page.getByRole('button', { name: 'Older lines' });
  await older.click();
  await searchFor(page, 'job:quick');
  await withLine(page, 'quick 449').waitFor();
  await until(() => goOn, 'the request for older lines');
  await goOn();
  await page.waitForFunction(() => !document.getElementById('older').disabled);
  await older.click();
  await withLine(page, 'quick 50').waitFor();
  same((await lines(page)).length, 400, 'lines of the new words');
  await close(page);
}

// A host that found nothing yet says where to go on: that is not the end of the search.
async function looksFurtherBack(view) {
  let goOn = null;
  const held = new Promise((resolve) => { goOn = resolve; });
  const page = await open(view, { prepare: (made) => made.route(/\/\?limit=.*job%3Along/, async (route) => {
    const at = new URL(route.request().url()), before = at.searchParams.get('before');
    if (!before) return route.fulfill({ json: { data: [], next: `${at}&before=1` } });
    if (before === '1') return route.fulfill({ json: { data: [], next: `${at}2` } });
    await held;
    at.searchParams.delete('before');
    at.searchParams.set('limit', '20');
    return route.fulfill({ response: await route.fetch({ url: String(at) }) });
  }), hash: '#log' });
  await page.locator('#lines li').first().waitFor();
  await page.getByLabel('Words').fill('job:long');
  await page.keyboard.press('Enter');
  await page.locator('#log-count', { hasText: 'No line fits so far' }).waitFor();
  same(await text(page, '#log [role=status]'), '', 'what is read out before there is an answer');
  goOn();
  await withLine(page, 'number 2980').waitFor();
  same(await page.locator('#lines li').count(), 20, 'lines');
  same(await text(page, '#log [role=status]'), 'the newest 20 lines', 'what is read out then');
  same(await page.evaluate(() => document.activeElement.id), 'words', 'the focus after a search');
  await close(page);
}

// `[view] max_count` may be less than what the page would ask for.
async function asksForNoMoreThanThereIs(view) {
  const fewer = async (page) => page.route('**/info', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...await answer.json(), maxCount: 20 } });
  });
  const page = await open(view, { hash: '#log?words=job%3Along', prepare: fewer });
  await withLine(page, 'number 2999').waitFor();
  same(await page.locator('#lines li').count(), 20, 'lines at once');
  await page.getByRole('button', { name: 'Older lines' }).click();
  await page.waitForFunction(() => document.querySelectorAll('#lines li').length === 40);
  await close(page);
}

export const logCases = {
  leadsToTheRun, searches, comesLive, missesNothing, readsOlder, heedsNoLateAnswer, looksFurtherBack, asksForNoMoreThanThereIs, keepsFew,
};
