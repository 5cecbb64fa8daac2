// SPDX-License-Identifier: MIT
// stream.js - what the host tells by itself, and whether it still does. EventSource could not send the token, so it is fetch.
import { ask, NeedsToken, Refusal } from '/ask.js';

const silence = 40000; // ms; the host says something every 15 s
const pause = 1500; // ms until the next attempt
const noLines = 'run:none'; // no run is called so: what happens to jobs is told, lines are not

let current = null; // what is heard now: an object for each listen()
let attempt = null; // AbortController of the request
let heard = 0, begun = 0; // when something came last, when the request was made; ms
let told = false;
const use = {}; // event(name, data), change(isLive), token(error)

export function useStream(functions) { Object.assign(use, functions); }

function change(isLive) {
  if (told === isLive) return;
  told = isLive;
  use.change(isLive, heard);
}

async function read(answer, own, began) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done || own !== current) return;
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
    attempt = new AbortController();
    begun = Date.now();
    try {
      const address = filter ? `/stream?${new URLSearchParams({ filter })}` : '/stream';
      await read(await ask(address, { signal: attempt.signal }), own, began);
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
  current = null;
  if (attempt) attempt.abort();
}

// From now on lines of these words come; null: none. What it returns is done when they come, or cannot come.
export function listen(words) {
  leave();
  const own = current = {};
  return new Promise((resolve) => {
    stay(own, words, resolve).finally(resolve);
    setTimeout(resolve, 1000);
  });
}

// A connection that was cut off says nothing of it: it is made anew.
setInterval(() => {
  if (current && Date.now() - Math.max(heard, begun) > silence) attempt.abort();
}, 2000);
