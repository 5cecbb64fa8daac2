// SPDX-License-Identifier: MIT
// show.js - the parts that all views show with: elements, texts, times. What comes from a feed is only ever set as text.

export const byId = (id) => document.getElementById(id);

// Only where it differs: what is set anew is read out anew.
export function show(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

export function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = safe(text);
  if (kind) made.className = kind;
  return made;
}

// What is invisible or turns the text around is shown by its number.
export function safe(text) {
  return String(text).replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu,
    (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`);
}

// A name that is too long to be one: its beginning.
export const short = (text, most = 100) => (text.length > most ? `${text.slice(0, most)}\u2026` : text);

export function row(cells) {
  const made = element('tr');
  made.setAttribute('role', 'row');
  made.append(...cells);
  return made;
}

// `title` is the column's: a narrow page shows it in front. A cell of nothing is left out there.
export function cell(title, content, kind) {
  const made = element('td', undefined, kind);
  made.setAttribute('role', 'cell');
  made.dataset.title = title;
  if (content instanceof Node) made.append(content);
  else made.textContent = safe(content);
  if (content === '') made.classList.add('empty');
  return made;
}

export function link(words, text, kind) {
  const made = element('a', text, kind);
  made.href = `#log?${new URLSearchParams({ words })}`;
  return made;
}

// ---- Times: ms ----

let skew = 0; // our clock less that of the host

export function setClock(hostNow) { skew = Date.now() - hostNow; }
export const now = () => Date.now() - skew;

export function age(ms) {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

// Below a second nobody wants to see it count.
const agoText = (ms) => (now() - ms < 1000 ? 'just now' : `${age(Math.floor((now() - ms) / 1000) * 1000)} ago`);

// A time that stays right: refreshAges() goes over all of them.
export function ago(ms) {
  if (!ms) return '';
  const made = element('time', agoText(ms), 'ago');
  made.dateTime = new Date(ms).toISOString();
  made.title = new Date(ms).toLocaleString();
  return made;
}

export function refreshAges() {
  for (const time of document.querySelectorAll('time.ago')) {
    const text = agoText(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

// ---- Words of the search ----

export function quoted(text) {
  return /[\s"*\\]/.test(text) || text === '' ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}

export const shortId = (id) => id.slice(1, 9).replace(/\+/g, '-').replace(/\//g, '_');

// A name that no search field can hold is left out: the run, or else the host, says enough.
export function wordsOf({ id, job, run }) {
  const words = [`host:${shortId(id)}`];
  if (job !== undefined && !/[\u0000-\u001f\u007f]/.test(job)) words.push(`job:${quoted(job)}`);
  if (run) words.push(`run:${quoted(run)}`);
  return words.join(' ');
}
