// SPDX-License-Identifier: MIT
// stream.js - what the host tells by itself, and whether it still does. EventSource could not send the token, so it is fetch.
import { ask, NeedsToken, Refusal } from '/ask.js';

const silence = 40000; // ms; the host says something every 15 s
const pause = 1500; // ms until the next attempt
const noLines = 'run:none'; // no run is called so: what happens to jobs is told, lines are not

let current = null; // AbortController of the stream
let heard = 0; // when something of it came last, ms
let told = false;
const use = {}; // event(name, data), change(isLive), token(error)

export function useStream(functions) { Object.assign(use, functions); }

function change(isLive) {
  if (told === isLive) return;
  told = isLive;
  use.change(isLive, heard);
}

async function read(answer, began) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard = Date.now();
    began();
    change(true);
    waiting += value;
    const events = waiting.split('\n\n');
    waiting = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event), data = /^data: (.*)$/m.exec(event);
      if (name && data) use.event(name[1], JSON.parse(data[1]));
    }
  }
}

async function stay(own, words, began) {
  let filter = words === null ? noLines : words;
  while (own === current) {
    try {
      await read(await ask(filter ? `/stream?${new URLSearchParams({ filter })}` : '/stream', { signal: own.signal }), began);
    } catch (error) {
      if (own !== current) return;
      if (error instanceof NeedsToken) return use.token(error);
      // The search itself says what is wrong with its words.
      if (error instanceof Refusal && error.status === 400 && filter !== noLines) {
        filter = noLines;
        continue;
      }
    }
    if (own !== current) return;
    change(false);
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}

export function leave() {
  if (current) current.abort();
  current = null;
}

// From now on lines of these words come; null: none. What it returns is done when they come, or cannot come.
export function listen(words) {
  leave();
  const own = current = new AbortController();
  return new Promise((resolve) => {
    stay(own, words, resolve).finally(resolve);
    setTimeout(resolve, 1000);
  });
}

// A connection that was cut off says nothing of it.
setInterval(() => {
  if (told && Date.now() - heard > silence) change(false);
}, 2000);
