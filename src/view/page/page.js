// SPDX-License-Identifier: MIT
// page.js - the page of ssblog: which view is shown, keys, and when what is read again.
import { NeedsToken, NoAnswer, Refusal, askJson, hasToken, setToken } from '/ask.js';
import { hostCount, readAlerts, readBoard, sift, troubleCount } from '/board.js';
import { arrived, lost, missed, readOlder, search, showNewer, showRun } from '/log.js';
import { byId, refreshAges, safe, show } from '/show.js';
import { leave, listen, useStream } from '/stream.js';

const often = 150, rarely = 500; // ms between two looks at the board, however much happens: the longer the more one costs
const seldom = 20000; // ms: what is late or silent becomes so without anything happening
const unseen = 55000; // ms: nothing is told to a page that nobody looks at, but its title is seen
const nowAndThen = 10000; // ms: nobody tells of the daemon
const views = { board: 'Jobs', hosts: 'Hosts', log: 'Log' };

let view = ''; // the one that is shown
let opener = null; // the link that led to the log
let boardAt = 0, boardTimer = 0, boardPause = often;
let asking = false;

// ---- Trouble ----

function trouble(error, at) {
  if (error instanceof NeedsToken) return askForToken(error.message);
  // That the host does not answer is said above, once.
  if (error instanceof NoAnswer) return;
  if (!(error instanceof Refusal)) reportError(error);
  show(at, error instanceof Refusal ? error.message : `This page has a mistake: ${error.message}`);
  if (at === 'log-trouble') byId('words').setAttribute('aria-invalid', 'true');
}

function askForToken(why) {
  if (asking) return; // another request was told the same
  leave();
  asking = true;
  document.body.classList.add('asking');
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== 'ask';
  show('freshness', '');
  show('old', '');
  show('daemon', '');
  document.title = 'Token \u00b7 ssblog';
  show('ask-why', hasToken() ? `The token is not taken: ${why}.` : 'Other people of this machine are strangers, too: who reads here has a token.');
  byId('token').value = '';
  byId('token').focus();
}

// ---- How fresh it is ----

function streamChanged(how, heard, why) {
  const isCut = how === 'cut';
  show('freshness', { live: 'Up to date', resting: '', cut: 'Not connected', refused: '' }[how]);
  byId('freshness').classList.toggle('stale', isCut);
  if (how === 'refused') show('old', safe(`Jobs, hosts and alerts are shown, and read again now and then: ${why.replace(/\.$/, '')}.`));
  else if (!isCut) show('old', '');
  else if (why) show('old', safe(`This host tells no news now: ${why.replace(/\.$/, '')}. It is asked again.`));
  else if (!heard) show('old', 'This host does not answer.');
  else show('old', `This host does not answer since ${new Date(heard).toLocaleTimeString()}. What you see is of then.`);
}

function streamBegun(isAwaited) {
  lookSoon();
  if (!isAwaited && view === 'log') missed().catch((error) => trouble(error, 'log-trouble'));
}

// ---- The board ----

async function look() {
  clearTimeout(boardTimer);
  boardTimer = 0;
  boardAt = Date.now();
  try {
    await readBoard();
    boardPause = Math.min(rarely, Math.max(often, 3 * (Date.now() - boardAt)));
    titled();
    if (view === 'log') showRun();
    await lookAround();
  } catch (error) {
    trouble(error, view === 'hosts' ? 'hosts-trouble' : 'board-trouble');
  }
}

async function lookAround() {
  await Promise.all([readAlerts(), readInfo()]);
}

function quietly() {
  if (!document.hidden && !asking) lookAround().catch((error) => trouble(error, 'board-trouble'));
}

// At once, but not again and again.
function lookSoon() {
  if (boardTimer) return;
  boardTimer = setTimeout(look, Math.max(0, boardAt + boardPause - Date.now()));
}

// What the daemon does not bring is old, however well this page is told.
async function readInfo() {
  const { daemon } = await askJson('/info');
  const said = [];
  if (!daemon) said.push('The daemon of this host does not run: nothing comes from other hosts, and nothing goes to them.');
  else if (daemon.connected === 0 && hostCount() > 1) said.push('This host is connected to no other: what you see of the others may be old.');
  if (daemon) said.push(...daemon.troubles.slice(0, 3));
  show('daemon', safe(said.join(' ')));
}

function titled() {
  const bad = troubleCount();
  document.title = `${bad ? `(${bad}) ` : ''}${views[view]} \u00b7 ssblog`;
}

// ---- Going about ----

function go() {
  const [wanted, query] = location.hash.slice(1).split('?');
  const parameters = new URLSearchParams(query || '');
  if (parameters.has('token')) {
    setToken(parameters.get('token'));
    history.replaceState(null, '', '#board');
    return start();
  }
  const before = view;
  view = Object.hasOwn(views, wanted) ? wanted : 'board';
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== view;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  titled();
  if (before && before !== view) turned(before);
  if (view === 'log') {
    return search((parameters.get('words') || '').trim()).catch((error) => trouble(error, 'log-trouble'));
  }
  if (before === view) return undefined;
  listen(null);
  return look();
}

// The focus goes where the view begins, or to where the reader left it.
function turned(before) {
  if (before === 'log' && view === 'board' && opener && opener.isConnected) return opener.focus();
  scrollTo(0, 0);
  byId(`${view}-title`).focus({ preventScroll: true });
}

function start() {
  asking = false;
  document.body.classList.remove('asking');
  view = '';
  go();
}

byId('ask-form').addEventListener('submit', (event) => {
  event.preventDefault();
  // As `token list` shows it, with its name before it and its right behind it, or as a header has it.
  const words = byId('token').value.trim().split(/\s+/);
  setToken(words.filter((word) => /^[\w-]{43}$/.test(word)).pop() || words.pop());
  start();
  byId('main').focus({ preventScroll: true });
});
byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  const words = byId('words').value.trim();
  const hash = words ? `#log?${new URLSearchParams({ words })}` : '#log';
  if (location.hash === hash) go();
  else location.hash = hash;
});
byId('live').addEventListener('change', () => go());
byId('older').addEventListener('click', () => readOlder().catch((error) => trouble(error, 'log-trouble')));
byId('newer').addEventListener('click', () => {
  scrollTo(0, 0);
  byId('log-title').focus({ preventScroll: true });
  if (!showNewer()) go();
});
addEventListener('scroll', () => { if (view === 'log') showNewer(); }, { passive: true });
byId('sift-text').addEventListener('input', (event) => sift(event.target.value));
byId('board').addEventListener('click', (event) => { opener = event.target.closest('a') || opener; });
addEventListener('hashchange', () => { if (!asking || location.hash.includes('token=')) go(); });
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || asking) return;
  const typing = event.target.matches('input:not([type=checkbox])');
  if (event.key === '/' && byId('slash').checked && !event.target.closest('input, button')) {
    event.preventDefault();
    if (view !== 'log') {
      opener = null;
      location.hash = 'log';
    }
    setTimeout(() => byId('words').select(), 0);
  } else if (event.key === 'Escape') {
    if (typing && event.target.value && event.target.id === 'sift-text') return; // the field clears itself
    event.preventDefault();
    if (typing) byId(`${view}-title`).focus({ preventScroll: true });
    else if (view !== 'board') location.hash = 'board';
  }
});
// A key alone is pressed by mistake, and by who speaks: it can be turned off, for good.
byId('slash').checked = localStorage.getItem('slash') !== 'off';
byId('slash').addEventListener('change', () => localStorage.setItem('slash', byId('slash').checked ? 'on' : 'off'));
document.addEventListener('visibilitychange', () => { if (!document.hidden && !asking) lookSoon(); });
setInterval(() => { if (!asking && (!document.hidden || Date.now() - boardAt > unseen)) lookSoon(); }, seldom);
setInterval(quietly, nowAndThen);
setInterval(refreshAges, 1000);

useStream({
  event(name, data) {
    if (name === 'board') lookSoon();
    else if (name === 'line') arrived(data);
    else if (name === 'lost') lost(data);
  },
  change: streamChanged,
  begun: streamBegun,
  token: (error) => askForToken(error.message),
});
start();
