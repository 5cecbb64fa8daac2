// SPDX-License-Identifier: MIT
// The page of ssblog: the board, the hosts, the log. What comes from a feed is only ever set as text.
'use strict';

const kept = 2000; // lines on the page
const byId = (id) => document.getElementById(id);
let token = sessionStorage.getItem('token') || '';
let streaming = null; // AbortController of the live stream
let older = null; // address of the next page of lines
let boardAt = 0; // when the board was read last, ms
let loading = 0; // which search the answers under way are of

// ---- Asking ----

class NeedsToken extends Error {}

async function ask(address, options = {}) {
  const answer = await fetch(address, {
    ...options, headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: 'no-store', credentials: 'omit',
  });
  if (answer.status === 401) throw new NeedsToken((await answer.json()).error);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
}

function trouble(error) {
  if (error.name === 'AbortError') return;
  if (error instanceof NeedsToken) return askForToken(error.message);
  show('log-trouble', error instanceof TypeError ? 'This host cannot be reached.' : error.message);
  freshness();
}

function askForToken(why) {
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== 'ask';
  show('ask-why', token ? why : 'Other people of this machine are strangers, too: who reads here has a token.');
  byId('token').focus();
}

// ---- Showing ----

function show(id, text) { byId(id).textContent = text; }

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = safe(text);
  if (kind) made.className = kind;
  return made;
}

// What is invisible or turns the text around is shown by its number.
function safe(text) {
  return String(text).replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`);
}

function cell(title, content, kind) {
  const made = element('td', undefined, kind);
  made.dataset.title = title;
  if (content instanceof Node) made.append(content);
  else made.textContent = safe(content);
  if (content === '') made.classList.add('empty');
  return made;
}

function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

function ago(ms, now) {
  const made = element('time', ms ? `${age(now - ms)} ago` : '');
  if (ms) {
    made.dateTime = new Date(ms).toISOString();
    made.title = new Date(ms).toLocaleString();
  }
  return ms ? made : '';
}

function quoted(text) { return /[\s"]/.test(text) || text === '' ? `"${text.replace(/["\\]/g, '\\$&')}"` : text; }

function wordsOf(job) { return `feed:${job.id} job:${quoted(job.job)}`; }

// ---- The board ----

const states = { failed: 'failed', 'never ended': 'never ended', late: 'late', silent: 'silent', running: 'running', ok: 'ok', lines: 'lines' };

function jobRow(job, now) {
  const row = element('tr');
  const state = element('span', states[job.state] || job.state, `state ${job.state.replace(' ', '-')}`);
  const link = element('a', job.job || '(no name)');
  link.href = `#log?${new URLSearchParams({ words: `host:${quoted(job.id.slice(1, 9).replace(/\+/g, '-').replace(/\//g, '_'))} job:${quoted(job.job)}` })}`;
  const name = cell('Job', link);
  if (job.lastWords) name.append(element('div', job.lastWords, 'why'));
  const took = job.last.duration === null ? '' : age(job.last.duration) + (job.usualDuration === null ? '' : ` of ${age(job.usualDuration)}`);
  row.append(cell('State', state), name, cell('From, to', [job.source, job.destination].filter(Boolean).join(' > ')),
    cell('Host', job.host || job.id.slice(0, 9)), cell('Last good', job.lastGood ? ago(job.lastGood.end, now) : '', 'time'),
    cell('Last bad', job.lastBad ? ago(job.lastBad.end, now) : '', 'time'), cell('Took', took, 'number'));
  return row;
}

function hostRow(host, now) {
  const row = element('tr');
  const link = element('a', host.name || host.id.slice(0, 9));
  link.href = `#log?${new URLSearchParams({ words: `host:${host.id.slice(1, 9).replace(/\+/g, '-').replace(/\//g, '_')}` })}`;
  row.append(cell('Host', link), cell('Messages', host.messages, 'number'), cell('Latest', ago(host.latest, now), 'time'),
    cell('Came', ago(host.received, now), 'time'), cell('Behind', host.behind || '', 'number'));
  return row;
}

async function readBoard() {
  try {
    const board = await (await ask('/jobs')).json();
    boardAt = Date.now();
    byId('board-rows').replaceChildren(...board.jobs.map((job) => jobRow(job, board.now)));
    byId('hosts-rows').replaceChildren(...board.hosts.map((host) => hostRow(host, board.now)));
    const count = {};
    for (const job of board.jobs) count[job.state] = (count[job.state] || 0) + 1;
    show('board-count', Object.entries(count).map(([state, number]) => `${number} ${state}`).join(', ') || 'No job ran yet.');
    const bad = board.jobs.filter((job) => ['failed', 'never ended', 'late', 'silent'].includes(job.state)).length;
    document.title = bad ? `(${bad}) ssblog` : 'ssblog';
  } catch (error) { trouble(error); }
  freshness();
}

function freshness() {
  const old = Date.now() - boardAt > 15000;
  byId('freshness').classList.toggle('old', old && boardAt > 0);
  if (boardAt) show('freshness', old ? `What you see is ${age(Date.now() - boardAt)} old: this host does not answer` : 'Up to date');
}

// ---- The log ----

function lineItem(line) {
  const item = element('li');
  const text = line.text !== undefined ? line.text : line.base64 !== undefined ? atob(line.base64) : '';
  const structural = line.type !== 'log';
  if (['emerg', 'alert', 'crit', 'err'].includes(line.level)) item.className = 'level-bad';
  else if (line.level === 'warning') item.className = 'level-warn';
  if (structural) item.classList.add('event');
  const meta = `${line.time} ${line.host || ''}@${line.id.slice(1, 9)} ${line.job || ''}[${line.stream || ''}]${structural ? '!' : ':'} `;
  item.append(element('span', meta, 'meta'), element('span', text));
  return item;
}

function addressOf(words) { return `/?${new URLSearchParams(words ? { limit: 200, filter: words } : { limit: 200 })}`; }

async function readLines(address, replace) {
  const mine = replace ? ++loading : loading;
  try {
    const page = await (await ask(address)).json();
    if (mine !== loading) return;
    const items = page.data.map(lineItem);
    if (replace) byId('lines').replaceChildren(...items);
    else byId('lines').append(...items);
    older = page.next && new URL(page.next).pathname + new URL(page.next).search;
    byId('older').hidden = !older;
    show('log-trouble', items.length || !replace ? '' : 'There is no such line.');
  } catch (error) { trouble(error); }
}

function onEvent(name, data) {
  if (name === 'board') return readBoard();
  if (byId('log').hidden || !byId('live').checked) return;
  if (name === 'lost') show('log-trouble', `${data.lines} lines came too fast to be shown.`);
  if (name !== 'line') return;
  byId('lines').prepend(lineItem(data));
  while (byId('lines').childElementCount > kept) byId('lines').lastElementChild.remove();
}

// Server-sent events by fetch: EventSource could not send the token.
async function listen() {
  if (streaming) streaming.abort();
  const own = streaming = new AbortController();
  const words = byId('live').checked ? byId('words').value.trim() : '';
  while (own === streaming) {
    try {
      const answer = await ask(`/stream${words ? `?${new URLSearchParams({ filter: words })}` : ''}`, { signal: own.signal });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let waiting = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        boardAt = Math.max(boardAt, boardAt && Date.now());
        waiting += value;
        const events = waiting.split('\n\n');
        waiting = events.pop();
        for (const event of events) {
          const name = /^event: (.*)$/m.exec(event), data = /^data: (.*)$/m.exec(event);
          if (name && data) onEvent(name[1], JSON.parse(data[1]));
        }
      }
    } catch (error) {
      if (error.name === 'AbortError') return;
      if (error instanceof NeedsToken) return askForToken(error.message);
    }
    freshness();
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
    if (own === streaming) readBoard();
  }
}

// ---- Going about ----

function go() {
  const [view, query] = location.hash.slice(1).split('?');
  const parameters = new URLSearchParams(query || '');
  if (parameters.has('token')) {
    token = parameters.get('token');
    sessionStorage.setItem('token', token);
    history.replaceState(null, '', '#board');
    return start();
  }
  const wanted = ['board', 'hosts', 'log'].includes(view) ? view : 'board';
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== wanted;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === wanted) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (wanted !== 'log') return readBoard();
  byId('words').value = parameters.get('words') || '';
  return readLines(addressOf(byId('words').value.trim()), true);
}

function start() {
  go();
  listen();
}

byId('ask-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token = byId('token').value.trim();
  sessionStorage.setItem('token', token);
  start();
});
byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  const words = byId('words').value.trim();
  location.hash = words ? `log?${new URLSearchParams({ words })}` : 'log';
  if (byId('live').checked) listen();
});
byId('live').addEventListener('change', listen);
byId('older').addEventListener('click', () => { if (older) readLines(older, false); });
addEventListener('hashchange', go);
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.matches('input') || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (byId('log').hidden) location.hash = 'log';
  setTimeout(() => byId('words').focus(), 0);
});
setInterval(freshness, 5000);
start();
