// SPDX-License-Identifier: MIT
// board.js - the board: open alerts, the jobs of all hosts, and the hosts. Rows stay as they are while what they show does.
import { addressOfNext, askJson } from '/ask.js';
import { age, ago, byId, cell, element, link, now, row, safe, setClock, short, shortId, show, wordsOf } from '/show.js';
import { sparkline } from '/spark.js';

const minute = 60000, hour = 60 * minute;
const troubles = ['never ended', 'failed', 'late', 'silent'];
const quiet = 26 * hour; // a host that is heard of daily is no news
const siftFrom = 8; // so many jobs are looked through at a glance
const mostAlerts = 20;
const mostPages = 5; // of alerts: whoever has more than these hold is told "more than"
const byName = new Intl.Collator('en', { numeric: true });

let last = null; // the board as it was read last
let known = null; // jobs in trouble, by their keys: what is new among them is read out
const rows = { jobs: new Map(), hosts: new Map(), alerts: new Map() };
let sifted = '';
let reading = 0, shownReading = 0; // which answer is shown
let readingAlerts = 0, shownAlerts = 0;

// ---- Rows ----

const keyOf = (job) => JSON.stringify([job.id, job.job, job.source, job.destination]);
const hostOf = (job) => job.host || shortId(job.id);

function trouble(job) {
  const run = job.last, at = [];
  if (job.state === 'failed') {
    at.push(run.signal !== null ? `signal ${run.signal}` : run.status !== null ? `exit ${run.status}` : 'no status');
    if (run.reason) at.push(run.reason);
  }
  if (job.state === 'late' && job.reason) at.push(lateness[job.reason] || job.reason);
  if (job.state === 'silent' && job.usualInterval !== null) at.push(`it used to run every ${age(job.usualInterval)} or sooner`);
  return [at.join(', '), job.lastWords].filter(Boolean).join(': ');
}
const lateness = {
  waiting: 'it may still come', 'network-cut': 'this host hears of too few others to say',
};

// When a run ended, as the way to its lines.
function runLink(job, run) {
  if (!run) return '';
  const time = ago(run.end || run.start);
  const made = link(wordsOf({ ...job, run: run.run }), undefined, 'run');
  made.append(time);
  return made;
}

function hostCell(job, host) {
  const made = cell('Host', short(hostOf(job)), 'host');
  if (host && host.behind > 0) made.append(element('div', `${host.behind} behind`, 'stale'));
  else if (host && now() - (host.received || host.latest) > quiet) {
    const seen = element('div', 'heard ', 'stale');
    seen.append(ago(host.received || host.latest));
    made.append(seen);
  }
  return made;
}

function fill(at, text, time) {
  at.dataset.title = ''; // on a phone it says by itself what it is
  at.replaceChildren(element('span', text, 'usual'), time);
  at.classList.remove('empty');
}

function jobRow(job, host) {
  const state = element('span', job.state, `state ${job.state.replace(' ', '-')}`);
  const of = job.ran && job.state !== 'lines' ? job.last.run : '';
  const name = cell('Job', link(wordsOf({ ...job, run: of }), short(job.job) || '(no name)', 'job'), 'name');
  // Mostly the source is the host itself.
  const way = (job.destination || job.source !== job.host) && [job.source, job.destination].filter(Boolean).map((one) => short(one, 60)).join(' \u2192 ');
  if (way) name.append(element('span', way, 'way'));
  const why = troubles.includes(job.state) ? trouble(job) : '';
  if (why) name.append(element('div', why, 'why'));
  const took = cell('Took', job.last.duration === null || !job.ran ? '' : age(job.last.duration), 'number');
  const usual = job.usualDuration === null ? '' : age(job.usualDuration);
  if (took.textContent && usual && usual !== took.textContent) took.append(element('span', ` of ${usual}`, 'usual'));
  if (job.state === 'running') fill(took, 'began ', ago(job.last.start));
  if (job.state === 'lines') fill(took, 'last line ', ago(job.since));
  const made = row([cell('State', state), name, hostCell(job, host), cell('Last good', runLink(job, job.lastGood), 'time'),
    cell('Last bad', runLink(job, job.lastBad), 'time'), took,
    cell('Last runs', job.durations.some((ms) => ms !== null) || job.state === 'running' ? sparkline(job.durations, job.states, job.usualDuration) : '', 'runs')]);
  if (troubles.includes(job.state)) made.classList.add('bad');
  return made;
}

function hostRow(host, names) {
  const name = cell('Host', link(wordsOf({ id: host.id }), short(host.name) || '(no name)'), 'name');
  name.append(element('span', shortId(host.id), 'way'));
  const behind = cell('Behind', host.behind ? `${host.behind} messages` : '', host.behind ? 'number stale' : 'number');
  if (host.superseded) name.append(element('div', `goes on as ${shortId(host.superseded)}`, 'stale'));
  const way = host.id === last.id ? 'this host' : !host.via ? '' : host.via === host.id ? 'itself' : names.get(host.via) || shortId(host.via);
  return row([name, cell('Newest message', ago(host.latest), 'time'), cell('Came here', host.id === last.id ? '' : ago(host.received), 'time'),
    cell('By way of', short(way)),
    cell('Messages', host.messages.toLocaleString('en'), 'number'), behind]);
}

// Puts rows of these items into a body, in this order. A row whose item is as it was stays the same element, and what
// has the focus keeps it.
function lay(id, kept, items, key, make) {
  const body = byId(id), focused = document.activeElement;
  const within = [...body.children].find((one) => one.contains(focused));
  const links = within && [...within.querySelectorAll('a')];
  const there = new Set();
  let at = body.firstChild, focusedRow = null;
  for (const item of items) {
    const name = key(item), text = JSON.stringify(item);
    there.add(name);
    let entry = kept.get(name);
    const isFocused = entry && entry.row === within;
    if (!entry || entry.text !== text) {
      const made = make(item);
      if (entry) {
        if (entry.row === at) at = at.nextSibling;
        entry.row.remove();
      }
      entry = { text, row: made };
      kept.set(name, entry);
    }
    if (isFocused) focusedRow = entry.row;
    if (entry.row === at) at = at.nextSibling;
    else body.insertBefore(entry.row, at);
  }
  for (const [name, entry] of kept) {
    if (there.has(name)) continue;
    entry.row.remove();
    kept.delete(name);
  }
  if (!focusedRow || document.activeElement === focused) return;
  const again = [...focusedRow.querySelectorAll('a')];
  (again[links.indexOf(focused)] || again[0]).focus({ preventScroll: true });
}

// ---- The board ----

function counted(jobs, crowded) {
  const count = new Map();
  for (const job of jobs) count.set(job.state, (count.get(job.state) || 0) + 1);
  byId('board-count').replaceChildren(...[...count].map(([state, number]) =>
    element('span', `${number} ${state}`, `state ${state.replace(' ', '-')}`)));
  if (crowded) {
    byId('board-count').append(element('span',
      `of ${crowded === 1 ? 'a host' : `${crowded} hosts`} with more than 1000 jobs the others are not shown`, 'stale'));
  }
}

function tellNews(jobs) {
  const bad = new Map(jobs.filter((job) => troubles.includes(job.state)).map((job) => [keyOf(job), job]));
  if (known) {
    const fresh = [...bad].filter(([key]) => !known.has(key)).map(([, job]) => `${job.job || 'A job'} on ${hostOf(job)}: ${job.state}`);
    const well = [...known].filter(([key]) => !bad.has(key)).map(([, job]) => `${job.job || 'A job'} on ${hostOf(job)} is well again`);
    const all = [...fresh, ...well];
    if (all.length) show('news', safe(all.slice(0, 3).join('. ') + (all.length > 3 ? `, and ${all.length - 3} more` : '')));
  }
  known = bad;
}

export const hostCount = () => (last ? last.hosts.length : 0);
export const troubleCount = () => (known ? known.size : 0);

function showHosts(hosts) {
  const names = new Map(hosts.map((host) => [host.id, host.name]));
  const sorted = [...hosts].sort((a, b) => byName.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
  lay('hosts-rows', rows.hosts, sorted, (host) => host.id, (host) => hostRow(host, names));
  const behind = hosts.filter((host) => host.behind > 0).length;
  show('hosts-count', `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}${behind ? `, ${behind} of them behind` : ''}`);
}

function fits(job) {
  return [job.job, hostOf(job), job.source, job.destination, job.state].some((text) => text.toLowerCase().includes(sifted));
}

function showJobs() {
  const { jobs, hosts } = last;
  const byHost = new Map(hosts.map((host) => [host.id, host]));
  const shown = sifted ? jobs.filter(fits) : jobs;
  lay('board-rows', rows.jobs, shown, keyOf, (job) => jobRow(job, byHost.get(job.id)));
  byId('sift').hidden = jobs.length < siftFrom && !sifted;
  byId('board-none').hidden = shown.length > 0;
  show('board-none', jobs.length ? 'No job is like that.' : 'No job ran yet. Try: ssblog run --job hello -- echo hello');
}

export async function readBoard() {
  const mine = ++reading;
  const board = await askJson('/jobs');
  if (mine < shownReading) return; // a later answer was faster
  shownReading = mine;
  setClock(board.now);
  last = board;
  counted(board.jobs, board.hostsWithMoreJobs);
  showJobs();
  showHosts(board.hosts);
  tellNews(board.jobs);
  show('board-trouble', '');
  show('hosts-trouble', '');
}

export function sift(text) {
  sifted = text.trim().toLowerCase();
  if (last) showJobs();
}

// The job, and how its run stands, as far as the board knows the run.
export function findRun(name) {
  for (const job of last ? last.jobs : []) {
    for (const run of [job.last, job.lastGood, job.lastBad]) {
      if (run && job.ran && run.run === name) return { job, run, host: hostOf(job) };
    }
  }
  return null;
}

// ---- Alerts ----

// Of an alert that only this host knows it is not known whether it is one.
const doubts = { 'cut-off': 'this host hears of too few others to know' };

// What is shown of it: no more than that has a row made anew.
function shownOf({ kind, host, hostName, job, run, due, detail, reason }) {
  return { kind, host, hostName, job, run, due, detail, doubt: Object.hasOwn(doubts, reason) ? doubts[reason] : '' };
}

function alertRow(alert) {
  const item = element('li');
  const host = alert.hostName || shortId(alert.host);
  item.append(element('span', alert.kind, `state ${alert.kind.replace(' ', '-')}`), ' ',
    link(wordsOf({ id: alert.host, job: alert.job || undefined, run: alert.run }), short(alert.job) || 'any job'), ` on ${safe(short(host))}, `, ago(alert.due));
  const more = [alert.doubt, alert.detail].filter(Boolean).join(': ');
  if (more) item.append(element('span', more, 'way'));
  return item;
}

export async function readAlerts() {
  const mine = ++readingAlerts;
  const open = new Map(); // by id: one may move to the next page meanwhile
  let next = '/alerts?state=open';
  for (let pages = 0; next && pages < mostPages; ++pages) {
    const answer = await askJson(next);
    for (const alert of answer.data) {
      if (alert.kind !== 'recovered') open.set(alert.id, shownOf(alert));
    }
    next = addressOfNext(answer);
  }
  if (mine < shownAlerts) return; // a later answer was faster
  shownAlerts = mine;
  byId('alerts').hidden = open.size === 0;
  lay('alert-rows', rows.alerts, [...open].slice(0, mostAlerts), ([id]) => id, ([, alert]) => alertRow(alert));
  const over = open.size - mostAlerts;
  show('alerts-more', over <= 0 ? '' : `and ${next ? 'more than ' : ''}${over.toLocaleString('en')} more: ssblog alerts`);
}
