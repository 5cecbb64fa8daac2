// SPDX-License-Identifier: MIT
// crowd_cases.js - boards that no test could bring about: two jobs and three hundred, in every state, with years behind them.
// The answers are made here; page and server are the real ones.
import { accessible, close, fits, holds, looks, open, same, shot } from './world.js';

const minute = 60000, hour = 60 * minute, day = 24 * hour;
const idOf = (i) => `@${Buffer.alloc(32, i + 1).toString('base64')}.ed25519`;
const states = ['never ended', 'failed', 'failed', 'late', 'silent', 'running', 'running'];
const names = ['nightly', 'photos', 'mail', 'postgres dump', 'restic forget --prune', 'offsite', 'certificates', 'scrub of the pool tank/data/archive-of-many-years', 'backup'];

function job(i, now) {
  const state = states[i] || 'ok';
  const usual = [40000, 12 * minute, 95 * minute, 4000][i % 4];
  const runs = Array.from({ length: i % 7 === 3 ? 4 : 30 }, (_, at) => {
    const failed = at === 0 ? state === 'failed' : (i * 7 + at * 13) % 23 === 0;
    return { duration: at === 0 && state === 'running' ? null : Math.round(usual * (failed ? 0.3 : 0.8 + ((i * 31 + at * 17) % 40) / 100) * (at === 9 && i % 5 === 0 ? 8 : 1)), failed };
  });
  const run = (end, failed) => ({ run: '0123456789abcdef', start: end - usual, end, status: failed ? 12 : 0, signal: null, duration: runs[0].duration, lines: 10, errors: 0, reason: '' });
  const lastGood = run(now - (i % 20) * hour - minute, false), lastBad = runs.some((one) => one.failed) ? run(now - (state === 'failed' ? minute : 5 * day), true) : null;
  return {
    job: `${names[i % names.length]}${i < 9 ? '' : ` ${i}`}`, source: i % 3 ? `host${i % 12}` : 'nas.example.org', destination: i % 3 ? '' : 'offsite.example.org:/srv/backup', host: `host${i % 12}`,
    id: idOf(i % 12), state, since: now - hour, due: now + hour, rule: null, reason: state === 'late' ? 'waiting' : null, ran: true, usualDuration: usual, usualInterval: day,
    durations: runs.map((one) => one.duration), states: runs.map((one, at) => (at === 0 && state === 'running' ? 'running' : one.failed ? 'failed' : 'ok')),
    last: state === 'running' ? { ...run(0), start: now - 7 * minute, end: null, status: null, duration: null } : state === 'failed' ? lastBad : lastGood, lastGood, lastBad,
    lastWords: ['never ended', 'failed'].includes(state) ? 'rsync: [sender] failed to connect to offsite.example.org (203.0.113.7): No route to host (113)' : '',
  };
}

function board(count) {
  const now = Date.now();
  const hosts = Array.from({ length: 12 }, (_, i) => ({ id: idOf(i), name: `host${i}`, messages: 5000 * i + 7, latest: now - i * i * hour, received: now - i * i * hour,
    behind: i === 3 ? 120 : 0, via: i ? idOf(i % 2 ? 0 : i) : null, superseded: i === 9 ? idOf(10) : null }));
  return { now, id: idOf(0), jobs: Array.from({ length: count }, (_, i) => job(count < 10 ? i + 1 + i * 6 : i, now)), hostsWithMoreJobs: 0, hosts: count < 10 ? hosts.slice(0, 2) : hosts };
}

const alert = (kind, name, now) => ({ id: 'x', kind, host: idOf(2), hostName: 'host2', job: name, run: '', due: now - 5 * hour, detail: kind === 'failed' ? 'exit 12: rsync: No route to host' : '', time: now, over: false });

async function answer(page, made) {
  await page.route('**/jobs', (route) => route.fulfill({ json: made }));
  await page.route('**/alerts?*', (route) => route.fulfill({ json: { data: made.jobs.length > 10 ? [alert('failed', 'photos', made.now), alert('late', 'mail', made.now), alert('silent', '', made.now)] : [], next: null } }));
}

async function showsCrowds(view) {
  for (const [name, look] of Object.entries(looks)) {
    for (const count of [2, 25, 300]) {
      const page = await open(view, { look, prepare: (made) => answer(made, board(count)) });
      await page.waitForFunction((number) => document.querySelectorAll('#board-rows tr').length === number, count);
      await page.getByText('Up to date').waitFor();
      await shot(page, `jobs${count}-${name}`);
      // What axe looks for does not depend on how many there are; its time does.
      await (count < 300 ? accessible : fits)(page, `${count} jobs, ${name}`);
      if (count === 25) {
        await page.goto(`${view.base}/#hosts`);
        await page.locator('#hosts-rows tr').nth(11).waitFor();
        await shot(page, `hosts12-${name}`);
        await accessible(page, `hosts, ${name}`);
      }
      await close(page);
    }
  }
}

// One job of three hundred changes: its row does, and no other.
async function changesOneRow(view) {
  const made = board(300);
  const page = await open(view, { prepare: (one) => answer(one, made) });
  await page.waitForFunction(() => document.querySelectorAll('#board-rows tr').length === 300);
  await page.evaluate(() => {
    for (const row of document.querySelectorAll('#board-rows tr')) row.seen = true;
  });
  made.jobs[250].state = 'failed';
  made.jobs.unshift(...made.jobs.splice(250, 1));
  await page.getByRole('link', { name: 'Hosts', exact: true }).click();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.locator('#board-rows tr:first-child .state', { hasText: 'failed' }).waitFor();
  same(await page.evaluate(() => [...document.querySelectorAll('#board-rows tr')].filter((row) => !row.seen).length), 1, 'rows that were made anew');
  holds(await page.evaluate(() => !document.querySelector('#board-rows tr').seen), 'which row that is');
  await close(page);
}

// More alerts than are shown, on more pages than are asked for; and one that only this host knows.
async function countsAlerts(view) {
  const made = board(2);
  let pages = 3;
  const few = (at) => Array.from({ length: 10 }, (_, i) => ({ ...alert('late', `job ${at} ${i}`, made.now), id: `${at} ${i}`, reason: i ? '' : 'cut-off' }));
  const answerPages = async (page) => {
    await answer(page, made);
    await page.route('**/alerts?*', (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get('before') || 0);
      return route.fulfill({ json: { data: few(at), next: at + 1 < pages ? `${view.base}/alerts?state=open&before=${at + 1}` : null } });
    });
  };
  const page = await open(view, { prepare: answerPages });
  await page.getByText('and 10 more: ssblog alerts', { exact: true }).waitFor();
  same(await page.locator('#alert-rows li').count(), 20, 'alerts that are shown');
  await page.locator('#alert-rows li', { hasText: 'job 0 0' }).getByText('this host hears of too few others to know').waitFor();
  pages = 100;
  await page.reload();
  await page.getByText('and more than 30 more: ssblog alerts', { exact: true }).waitFor();
  await close(page);
}

export const crowdCases = { showsCrowds, changesOneRow, countsAlerts };
