// SPDX-License-Identifier: MIT
// paint.js MODULES CHROMIUM COUNT NAME=URL... - when a browser that runs already paints each page first, the pages taking turns.
//
// Used by view.sh. MODULES: a folder node_modules with playwright-core. Milliseconds since the navigation began, as the browser
// has them: the first paint, the first content, and the first row of a board, where the page has one; median and longest.
const path = require('node:path');
const [modules, chromium, count, ...pages] = process.argv.slice(2);
const { chromium: driver } = require(path.resolve(modules, 'playwright-core'));

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

// Runs in the page, before anything of it does.
function watchRows() {
  new MutationObserver((_, observer) => {
    if (!document.querySelector('#board-rows tr')) return;
    window.rowsAt = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}

async function look(browser, url) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(watchRows);
    await page.goto(url);
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0 &&
      (!document.getElementById('board-rows') || window.rowsAt));
    return await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-paint')[0].startTime,
      content: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      rows: window.rowsAt,
    }));
  } finally {
    await context.close();
  }
}

async function main() {
  const browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  try {
    const all = pages.map((page) => ({ name: page.slice(0, page.indexOf('=')), url: page.slice(page.indexOf('=') + 1), times: [] }));
    for (let round = 0; round <= count; ++round) {
      for (const page of all) {
        const times = await look(browser, page.url);
        if (round > 0) page.times.push(times); // before that the browser was new
      }
    }
    for (const { name, times } of all) {
      const columns = ['paint', 'content', 'rows'].map((key) => times.map((one) => one[key]).filter((time) => time !== undefined));
      console.log(name.padEnd(58) + columns.map((column) => (column.length === 0 ? '-' :
        `${median(column).toFixed(0)} (${Math.max(...column).toFixed(0)})`).padStart(13)).join(''));
    }
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
