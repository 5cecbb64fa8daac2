// SPDX-License-Identifier: MIT
// ask.js - requests to the host that serves this page, and the token that they carry.

let token = sessionStorage.getItem('token') || '';

export const hasToken = () => token !== '';

export function setToken(text) {
  token = text;
  sessionStorage.setItem('token', token);
}

// The host asks for a token, or for a better one.
export class NeedsToken extends Error {}

// The host does not answer, or not in time, or what it says is cut off.
export class NoAnswer extends Error {}

// The host says what is wrong with the request.
export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// What fails here is the connection. Everything else that is thrown is a mistake of this page.
export async function overTheWire(promise) {
  try {
    return await promise;
  } catch (error) {
    throw new NoAnswer(error.message, { cause: error });
  }
}

async function sentence(answer) {
  try {
    return (await answer.json()).error || `The host answers with ${answer.status}.`;
  } catch {
    return `The host answers with ${answer.status}.`; // a proxy in between
  }
}

export async function ask(address, options = {}) {
  // No header could carry it.
  if (/[^\x21-\x7e]/.test(token)) throw new NeedsToken('this token is not known');
  const sent = token;
  const answer = await overTheWire(fetch(address, {
    ...options, headers: sent ? { Authorization: `Bearer ${sent}` } : {}, cache: 'no-store', credentials: 'omit',
  }));
  // A late no to an earlier token says nothing of the one that there is now.
  if (answer.status === 401 && sent !== token) return ask(address, options);
  if (answer.status === 401) throw new NeedsToken(await sentence(answer));
  if (!answer.ok) throw new Refusal(answer.status, await sentence(answer));
  return answer;
}

// One that does not answer in time does not answer: a connection may be cut off without a word.
export async function askJson(address, patience = 20000) {
  const answer = await ask(address, { signal: AbortSignal.timeout(patience) });
  const text = await overTheWire(answer.text());
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(answer.status, 'What the host answers is no JSON.'); // a proxy in between
  }
}

// The address of the rows behind those of an answer; null: there are none.
export function addressOfNext(answer) {
  const next = answer.next && new URL(answer.next);
  return next && next.pathname + next.search;
}
