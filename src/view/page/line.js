// SPDX-License-Identifier: MIT
// line.js - one line of the log. It may hold anything, and be as long as it likes: it is text, and long ones are folded.
import { byId, element, link, safe, shortId, wordsOf } from '/show.js';

const longest = 2000, folded = 1000; // characters

const bad = ['emerg', 'alert', 'crit', 'err'];

// Bytes that are no UTF-8, as the command line shows them: \xff.
function textOf(line) {
  if (line.text !== undefined) return line.text;
  if (line.base64 === undefined) return '';
  const several = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]/g;
  return atob(line.base64).replace(several, (bytes) => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
    } catch {
      return [...bytes].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('');
    }
  });
}

const two = (number) => String(number).padStart(2, '0');

function timeOf(line) {
  const at = new Date(line.time);
  const made = element('time',
    `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`);
  made.dateTime = line.time;
  made.title = line.time;
  return made;
}

function fold(text) {
  const made = element('span', text.slice(0, folded), 'text');
  const more = element('button', `and ${(text.length - folded).toLocaleString('en')} characters more`);
  more.type = 'button';
  more.addEventListener('click', () => {
    made.textContent = safe(text);
    made.tabIndex = -1;
    made.focus({ preventScroll: true });
  });
  made.append(' ', more);
  return made;
}

export const keyOf = (line) => `${line.id}#${line.sequence}`;

export function lineItem(line) {
  const item = element('li');
  item.dataset.key = keyOf(line);
  const text = textOf(line), event = line.type !== 'log';
  const who = [line.host || shortId(line.id), line.job].filter(Boolean).join(' ');
  const from = element('span', who, 'from');
  if (line.stream && line.stream !== 'stdout') from.append(element('span', ` ${safe(line.stream)}`, 'stream'));
  from.title = safe(`${line.host || ''}@${shortId(line.id)} ${line.job || ''}[${line.stream || ''}]`);
  item.append(timeOf(line), from);
  if (line.level && (bad.includes(line.level) || line.level === 'warning')) {
    item.className = line.level === 'warning' ? 'warn' : 'bad';
    item.append(element('span', line.level, 'level'));
  }
  item.append(text.length > longest ? fold(text) : element('span', text, 'text'));
  if (!event) return item;
  item.classList.add('event');
  // Of one run out of many, the way to its lines. The note is ours; the run in it is checked for its form.
  if (line.type === 'job' && / (?:status=[1-9]|signal=)/.test(text)) item.classList.add('bad');
  const run = line.type === 'job' ? / run=([0-9a-f]{16})(?: |$)/.exec(text) : null;
  if (run && !byId('words').value.includes(`run:${run[1]}`))
    item.append(' ', link(wordsOf({ id: line.id, job: line.job || '', run: run[1] }), 'its lines', 'run'));
  return item;
}
