// SPDX-License-Identifier: MIT
// spark.js - how long the last runs of a job took, as bars: the newest at the right, those that failed marked below, too.
import { age } from '/show.js';

const space = 'http://www.w3.org/2000/svg';
const most = 30, wide = 3, apart = 1, high = 16, mark = 3;
const bad = (state) => state === 'failed' || state === 'never ended';

function rect(x, y, height, kind) {
  const made = document.createElementNS(space, 'rect');
  const at = { x, y, width: wide, height, class: kind };
  for (const name of Object.keys(at)) made.setAttribute(name, at[name]);
  return made;
}

function words(durations, states, usual) {
  const failed = states.filter(bad).length;
  const text = [`Last ${states.length === 1 ? 'run' : `${states.length} runs`}`, `${failed} failed`];
  if (usual !== null) text.push(`${age(usual)} usual`);
  return text.join(', ');
}

// The newest first. One that took ten times as long must not make all others flat: it is cut off at the top.
export function sparkline(durations, states, usual) {
  const shown = durations.slice(0, most).reverse(), how = states.slice(0, most).reverse();
  const known = shown.filter((ms) => ms !== null);
  const top = Math.max(1, Math.min(Math.max(...known, 1), 1.6 * (usual || Infinity)));
  const svg = document.createElementNS(space, 'svg');
  const width = most * (wide + apart);
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', `0 0 ${width} ${high + mark}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', words(durations, states, usual));
  const title = document.createElementNS(space, 'title');
  title.textContent = svg.getAttribute('aria-label');
  svg.append(title);
  shown.forEach((ms, i) => {
    const x = width - (shown.length - i) * (wide + apart);
    const kind = bad(how[i]) ? 'bad' : how[i] === 'running' ? 'run' : 'good';
    const height = Math.max(kind === 'bad' ? 5 : 1.5, Math.min(1, (ms || 0) / top) * high);
    svg.append(rect(x, high - height, height, kind));
    if (kind === 'bad') svg.append(rect(x, high + 1, mark - 1, kind));
  });
  return svg;
}
