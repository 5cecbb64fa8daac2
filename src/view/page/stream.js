// SPDX-License-Identifier: MIT
// stream.js - what the host tells by itself, and whether it still does. EventSource could not send the token, so it is fetch.
import { NeedsToken, NoAnswer, Refusal, ask, overTheWire } from '/ask.js';

const silence = 40000; // ms; the host says something every 15 s
const pause = 1500; // ms until the next attempt
const refusedPause = 10000; // ms: with a token that is not good for it, all that is heard is whether the host answers
const noLines = 'run:none'; // no run is called so: what happens to jobs is told, lines are not

let wanted; // words of what is listened to, null: no lines; undefined: nothing is
let current = null; // what is heard now: an object for each connection that is held up
let attempt = null; // AbortController of the request
let heard = 0, begun = 0; // when something came last, when the request was made; ms
let told = ''; // what was said last of how it stands
// event(name, data); token(error); change(how, heard, why): 'live', 'resting', 'cut' or 'refused' (the token is not good for
// it), and the sentence of a host that refuses; begun(isAwaited): from now on it tells, what happened before nobody told
const use = {};

export function useStream(functions) { Object.assign(use, functions); }

function change(how, why = '') {
  if (told === how + why) return;
  told = how + why;
  use.change(how, heard, why);
}

// A mistake of this page ends nothing, and is seen.
function tell(event) {
  const name = /^event: (.*)$/m.exec(event), data = /^data: (.*)$/m.exec(event);
  try {
    if (name && data) use.event(name[1], JSON.parse(data[1]));
  } catch (error) {
    reportError(error);
  }
}

async function read(answer, own) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '', isFirst = true;
  for (;;) {
    const { done, value } = await overTheWire(reader.read());
    if (done || own !== current) return;
    heard = Date.now();
    change('live');
    if (isFirst) use.begun(own.isAwaited);
    isFirst = false;
    own.goOn();
    waiting += value;
    const events = waiting.split('\n\n');
    waiting = events.pop();
    events.forEach(tell);
  }
}

const rest = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function stay(own, words) {
  let filter = words === null ? noLines : words;
  while (own === current) {
    attempt = new AbortController();
    begun = Date.now();
    let why = '';
    try {
      const address = filter ? `/stream?${new URLSearchParams({ filter })}` : '/stream';
      await read(await ask(address, { signal: attempt.signal }), own);
    } catch (error) {
      if (own !== current) return;
      if (error instanceof NeedsToken) return use.token(error);
      // The search itself says what is wrong with its words.
      if (error instanceof Refusal && error.status === 400 && filter !== noLines) {
        filter = noLines;
        continue;
      }
      if (error instanceof Refusal && error.status === 403) {
        heard = Date.now();
        own.goOn();
        change('refused', error.message);
        await rest(refusedPause);
        continue;
      }
      if (error instanceof Refusal) why = error.message;
      else if (!(error instanceof NoAnswer)) reportError(error);
    }
    if (own !== current) return;
    change('cut', why);
    await rest(pause);
  }
}

function end() {
  current = null;
  if (attempt) attempt.abort();
}

// Done when it is heard, or cannot be, or when nobody should wait any longer.
function begin() {
  const own = current = { isAwaited: true };
  return new Promise((resolve) => {
    own.goOn = () => {
      own.isAwaited = false;
      resolve();
    };
    stay(own, wanted).finally(own.goOn);
    setTimeout(own.goOn, 1000);
  });
}

export function leave() {
  end();
  wanted = undefined;
  told = '';
}

// From now on lines of these words come; null: none. What it returns is done when they come, or cannot come.
export async function listen(words) {
  end();
  wanted = words;
  if (!document.hidden) await begin();
}

// A browser has a few connections for a host, whatever the number of its tabs: those that nobody looks at hold none.
document.addEventListener('visibilitychange', () => {
  if (wanted === undefined) return;
  end();
  if (document.hidden) {
    change('resting');
  } else {
    begin();
    current.isAwaited = false;
  }
});

// A connection that was cut off says nothing of it: it is made anew.
setInterval(() => {
  if (current && Date.now() - Math.max(heard, begun) > silence) attempt.abort();
}, 2000);
