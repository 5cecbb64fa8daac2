// SPDX-License-Identifier: MIT
// world.js - what the cases share: commands of the two hosts, the view of one of them, pages of a real browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const { SSBLOG: ssblog, WORK: work, SSBLOG_SHOTS: shots } = process.env;
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const patience = 60000; // ms; how long a thing takes is not judged
export const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

function environment(host) {
  const home = path.join(work, host);
  return { ...process.env, HOME: home, XDG_STATE_HOME: path.join(home, 'state'), XDG_DATA_HOME: path.join(home, 'data') };
}

// on(HOST, WORDS, INPUT): runs ssblog there; its exit code and output.
export async function on(host, words, input = '') {
  const child = spawn(ssblog, words, { env: environment(host), stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '', said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { said += text; });
  child.stdin.on('error', () => {}); // it may have ended without reading
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, out: out.trim(), said };
}

export async function good(host, words, input) {
  const done = await on(host, words, input);
  if (done.code !== 0) throw new Error(`${words.join(' ')}: exit ${done.code}: ${done.said}`);
  return done.out;
}

// The daemon says its id in the home; tests/run/daemon.sh started it.
export async function stopDaemon(host) {
  const { pid } = JSON.parse(readFileSync(path.join(work, host, 'data/ssblog/daemon.json'), 'utf8'));
  process.kill(pid, 'SIGTERM');
  await until(() => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  }, `the end of the daemon of ${host}`);
}

// until(CONDITION, WHAT): asks again until it holds.
export async function until(condition, what) {
  const deadline = Date.now() + patience;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

// ---- The view ----

export class View {
  constructor(host) {
    this.host = host;
    this.port = 0;
  }

  get base() { return `http://127.0.0.1:${this.port}`; }

  async start() {
    this.child = spawn(ssblog, ['view', '--listen', `127.0.0.1:${this.port}`], { env: environment(this.host), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => { said += text; });
    const port = await Promise.race([once(this.child.stdout, 'data'), once(this.child, 'exit')]);
    this.port = Number(String(port[0]));
    if (!this.port || this.child.exitCode !== null) throw new Error(`the view did not start: ${said}`);
    this.token = (await good(this.host, ['view', 'token', 'list'])).split('\n')[0].split(' ')[1];
  }

  // `ssblog view` becomes the program that serves.
  pause() { this.child.kill('SIGSTOP'); }
  goOn() { this.child.kill('SIGCONT'); }

  async stop() {
    if (!this.child || this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}

// ---- The browser ----

let browser = null;

export async function openBrowser() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--disable-dev-shm-usage'] });
}

export async function closeBrowser() { if (browser) await browser.close(); }

// A page of its own, that knows the token. What goes wrong in it, but for `allowed`, is in `wrong`.
export async function open(view, { look = looks.light, hash = '', token = view.token, allowed = null, prepare = null } = {}) {
  const context = await browser.newContext({ ...look, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.wrong = [];
  const note = (text) => { if (!allowed || !allowed.test(text)) page.wrong.push(text); };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) note(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => note(String(error)));
  page.on('request', (request) => { if (!request.url().startsWith(view.base)) note(`asks ${request.url()}`); });
  if (token) await page.addInitScript((text) => { if (!sessionStorage.getItem('token')) sessionStorage.setItem('token', text); }, token);
  if (prepare) await prepare(page);
  await page.goto(`${view.base}/${hash}`);
  return page;
}

export async function close(page) {
  const pwned = await page.evaluate(() => window.pwned);
  if (pwned) throw new Error('a line ran as a script');
  if (page.wrong.length) throw new Error(`the browser says: ${page.wrong.join(' | ')}`);
  await page.context().close();
}

export async function shot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
}

// ---- Checks ----

export function holds(what, text) { if (!what) throw new Error(text); }

export function same(got, wanted, text) {
  const [is, should] = [JSON.stringify(got), JSON.stringify(wanted)];
  holds(is === should, `${text}: ${is.slice(0, 1000)}, not ${should.slice(0, 1000)}`);
}

const axe = readFileSync(axePath, 'utf8');

// Nothing is wider than the page.
export async function fits(page, name) {
  const [wide, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  holds(wide <= there, `${name}: ${wide} px wide, there are ${there}`);
}

// Nothing that axe finds, either.
export async function accessible(page, name) {
  await fits(page, name);
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} ${node.any.map((one) => one.message).join()}`).join(' ; ')}`);
  });
  same(found, [], `${name}: axe`);
}

export const text = (page, selector) => page.locator(selector).innerText();
export const stream = /\/stream(\?|$)/; // its address
