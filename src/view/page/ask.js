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

// The host says what is wrong with the request.
export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
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
  const answer = await fetch(address, {
    ...options, headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: 'no-store', credentials: 'omit',
  });
  if (answer.status === 401) throw new NeedsToken(await sentence(answer));
  if (!answer.ok) throw new Refusal(answer.status, await sentence(answer));
  return answer;
}

// One that does not answer in time does not answer: a connection may be cut off without a word.
export async function askJson(address, patience = 20000) {
  return (await ask(address, { signal: AbortSignal.timeout(patience) })).json();
}
