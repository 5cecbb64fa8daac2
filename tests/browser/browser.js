// SPDX-License-Identifier: MIT
// browser.js - runs the cases one by one, each with a page of its own; started by tests/run/browser.sh. Words: names of cases.
import { boardCases, makeJobs } from './board_cases.js';
import { crowdCases } from './crowd_cases.js';
import { logCases } from './log_cases.js';
import { makeHostile, peopleCases } from './people_cases.js';
import { troubleCases } from './trouble_cases.js';
import { View, closeBrowser, openBrowser } from './world.js';

const cases = { ...boardCases, ...logCases, ...peopleCases, ...crowdCases, ...troubleCases };
const wanted = process.argv.slice(2);
const view = new View('nas');
let failed = 0;
try {
  await view.start();
  await makeJobs();
  await makeHostile();
  await openBrowser();
  for (const [name, run] of Object.entries(cases)) {
    if (wanted.length && !wanted.includes(name)) continue;
    const began = Date.now();
    try {
      await run(view);
      console.log(`ok ${name} ${Date.now() - began} ms`);
    } catch (error) {
      ++failed;
      console.log(`FAILED ${name}: ${error.stack}`);
    }
  }
} finally {
  await closeBrowser();
  await view.stop();
}
process.exitCode = failed ? 1 : 0;
