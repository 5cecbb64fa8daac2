// SPDX-License-Identifier: MIT
// log.js - the log: search, older lines, and those that come. So many lines are on the page, however many there are.
import { Refusal, addressOfNext, askJson } from '/ask.js';
import { findRun } from '/board.js';
import { age, ago, byId, element, link, show, wordsOf } from '/show.js';
import { keyOf, lineItem } from '/line.js';
import { listen } from '/stream.js';

const kept = 2000; // lines on the page
const atOnce = 200; // lines of a request
const patience = 120000; // ms; a pattern may have to go through all that there is
const near = 120; // px from the top: who is there sees what comes

let loading = 0; // which search the answers under way are of
let limit = 0; // lines of a request: no more than this host gives
let older = null; // address of the next lines
let byTime = false; // it names a time, not the line
let seen = new Set(); // messages of the newest page: the stream may bring them again
let coming = []; // lines that came and are not laid yet
let laying = 0; // the timer that lays them
let cut = false; // some between the newest lines and those on the page are not there
let wantedWords = ''; // those of the last search
let shownWords = ''; // those of the lines on the page
let ready = false; // the newest page is laid

const isLive = () => byId('live').checked;

function count() {
  const lines = byId('lines').childElementCount;
  const number = `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
  show('log-count', !lines ? (older ? 'No line fits so far' : 'No line fits') : cut ? `${number}, not the newest` : older ? `the newest ${number}` : number);
  // What comes by itself is not read out: once for each search, as soon as there is an answer.
  if (ready && !byId('log-said').textContent && (lines || !older)) show('log-said', byId('log-count').textContent);
}

function tellNewer() {
  const number = coming.length;
  byId('newer').hidden = number === 0 && !cut;
  show('newer', number && !cut ? `${number.toLocaleString('en')} new ${number === 1 ? 'line' : 'lines'}` : 'To the newest lines');
}

// ---- Searching ----

export function showRun(words = shownWords) {
  const box = byId('log-run'), name = /(?:^|\s)run:([0-9a-f]{16})(?=\s|$)/.exec(words);
  box.hidden = !name;
  if (!name) return;
  const found = findRun(name[1]);
  const rest = found ? wordsOf(found.job) : words.replace(/(^|\s)run:[0-9a-f]{16}(?=\s|$)/, '').trim();
  const all = link(rest, found ? 'All runs of this job' : 'All runs');
  const parts = found ? partsOfRun(found) : ['The lines of one run. '];
  // What shows the same stays the same: it may be read, or have the focus.
  const text = JSON.stringify([rest, ...parts.map((part) => part.dateTime || part.textContent || part)]);
  if (box.dataset.shown === text) return;
  box.dataset.shown = text;
  const hadFocus = box.contains(document.activeElement);
  box.replaceChildren(...parts, all);
  if (hadFocus) all.focus({ preventScroll: true });
}

function partsOfRun({ job, run, host }) {
  const how = run.status === 0 ? 'ok' : run.end ? 'failed' : run === job.last ? job.state : 'never ended';
  const parts = ['One run of ', element('strong', job.job || '(no name)'), ' on ', element('strong', host), ', ',
    element('span', how, `state ${how.replace(' ', '-')}`), ', ', run.end ? 'ended ' : 'began ', ago(run.end || run.start)];
  if (run.duration !== null) parts.push(`, took ${age(run.duration)}`);
  return [...parts, '. '];
}

// Lines, and the address of those before them. It may come too late: who asked looks whether it is still wanted.
async function page(address) {
  const answer = await askJson(address, patience);
  return { lines: answer.data, next: addressOfNext(answer) };
}

function setOlder(address) {
  older = address;
  byId('older').hidden = !older;
}

export async function search(words) {
  byId('words').value = words;
  show('log-said', '');
  // First what comes, then what is there: nothing lies between. What begins to come later calls missed().
  const mine = begin(words);
  await listen(isLive() ? words : null);
  if (mine === loading) await read(words, mine);
}

function begin(words) {
  ready = false;
  coming = [];
  wantedWords = words;
  byId('lines').setAttribute('aria-busy', 'true');
  showRun(words);
  return ++loading;
}

async function read(words, mine) {
  try {
    limit ||= Math.min(atOnce, (await askJson('/info')).maxCount);
    const { lines, next } = await page(`/?${new URLSearchParams(words ? { limit, filter: words } : { limit })}`);
    if (mine !== loading) return;
    setOlder(next);
    seen = new Set(lines.map(keyOf));
    shownWords = words;
    byId('lines').dataset.words = words;
    byId('lines').replaceChildren(...lines.map(lineItem));
    cut = false;
    byId('words').removeAttribute('aria-invalid');
    show('log-trouble', '');
    ready = true;
    count();
    tellNewer();
    showRun(words);
    layComing();
  } catch (error) {
    if (mine !== loading) return;
    // What is there may stay when the host does not answer, but not under other words.
    if (error instanceof Refusal || words !== shownWords) {
      byId('lines').replaceChildren();
      setOlder(null);
      show('log-count', '');
    }
    throw error;
  } finally {
    if (mine === loading) byId('lines').removeAttribute('aria-busy');
  }
  // The host looks for some seconds at a time: nothing yet is not nothing.
  if (older && !byId('lines').childElementCount) await readOlder();
}

export async function readOlder() {
  if (!older || byId('older').disabled) return;
  const mine = loading, from = older, list = byId('lines'), hadFocus = document.activeElement === byId('older');
  byId('older').disabled = true;
  // Another search or view, or lines at the end of these that had to go: what comes does not belong there any more.
  const isWanted = () => mine === loading && older === from && !byId('log').hidden;
  try {
    let { lines, next } = await page(from);
    // Of those that are asked for by their time many may be there already.
    const there = new Set(byTime ? [...list.children].map((item) => item.dataset.key) : []);
    const isNew = (line) => !there.has(keyOf(line));
    while (isWanted() && next && !lines.some(isNew)) ({ lines, next } = await page(next));
    if (!isWanted()) return;
    setOlder(next);
    const items = lines.filter(isNew).map(lineItem), first = items[0];
    byTime = false;
    list.append(...items);
    // What stands above goes, without a jump of what is looked at.
    const over = list.childElementCount - kept;
    if (over > 0 && first) {
      const before = first.getBoundingClientRect().top;
      for (let i = 0; i < over; ++i) list.firstElementChild.remove();
      scrollBy(0, first.getBoundingClientRect().top - before);
      cut = true;
    }
    count();
    tellNewer();
    if (hadFocus) focusOn(first);
  } catch (error) {
    if (isWanted()) throw error;
  } finally {
    byId('older').disabled = false;
  }
}

// Who read on by the keyboard goes on at the first of the lines that came.
function focusOn(item) {
  if (!item) return;
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
}

// ---- What comes ----

export function arrived(line) {
  if (byId('log').hidden || !isLive() || seen.has(keyOf(line))) return;
  coming.push(line);
  if (coming.length > kept) {
    coming.shift();
    cut = true;
  }
  if (!laying) laying = setTimeout(layComing, 50);
}

// Who reads further down is not disturbed: lines wait until they are asked for, or the top is there again.
function layComing() {
  laying = 0;
  if (!ready) return;
  coming = coming.filter((line) => !seen.has(keyOf(line)));
  if (cut || scrollY > near) return tellNewer();
  const list = byId('lines'), fresh = coming.reverse().map(lineItem);
  coming = [];
  list.prepend(...fresh);
  if (list.childElementCount > kept) dropOldest(list);
  count();
  tellNewer();
}

// The address of older lines begins behind what was there: now it is told by the time of the last line that stays.
function dropOldest(list) {
  // Whole messages, as far as they are not the most of it.
  let message = '';
  while (list.childElementCount > kept || (list.lastElementChild.dataset.key === message && list.childElementCount > kept / 2)) {
    message = list.lastElementChild.dataset.key;
    list.lastElementChild.remove();
  }
  const until = list.lastElementChild.querySelector('time').dateTime;
  byTime = true;
  setOlder(`/?${new URLSearchParams({ limit, filter: `${shownWords} until:${until}`.trim() })}`);
}

// False: they have to be read anew.
export function showNewer() {
  if (cut) return false;
  if (coming.length && ready) layComing();
  return true;
}

// Nobody told what came. It is read anew where that does not disturb who reads.
export async function missed() {
  if (ready && !isLive()) return;
  if (!byId('lines').hasAttribute('aria-busy') && (cut || scrollY > near)) {
    cut = true;
    tellNewer();
    return;
  }
  await read(wantedWords, begin(wantedWords));
}

// Of `lines` it is known that they are of these words, of `messages` it is not.
export function lost({ lines = 0, messages = 0 }) {
  if (byId('log').hidden || !isLive()) return;
  const what = [lines && `${lines.toLocaleString('en')} lines`, messages && `${messages.toLocaleString('en')} messages`].filter(Boolean);
  show('log-trouble', `${what.join(' and ') || 'Some lines'} came too fast to be shown. Search again to see them.`);
}
