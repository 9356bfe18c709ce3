/**
 * How fast the review page is, against a running hub with open cases. Measures; decides nothing about right or wrong.
 *
 *   node e2e/measure.mjs --base URL (--ticket T | --name N --password P) [--drawing svg|gl] [--keys 50] [--decide 0]
 *
 * One JSON object on stdout: milliseconds from navigation to the first row on the screen, from a key to the next
 * case and its picture on the screen, and the JavaScript heap before and after --decide decisions (by key 1).
 */
import { launch, watchedPage } from './browser.mjs';
import { id, setUp, signIn, waitForCase } from './harness.mjs';

const options = setUp('measure.mjs', { drawing: { type: 'string', default: 'svg' }, keys: { type: 'string', default: '50' }, decide: { type: 'string', default: '0' } });

const UNDO_MILLIS = 35_000;

/** In the page: presses a key, waits until another case and its picture have been painted. */
function toNext(key) {
  const panel = () => document.querySelector('[data-testid=case-panel]').dataset.case;
  return new Promise((resolve) => {
    const before = panel();
    const began = performance.now();
    window.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    const look = () => {
      const picture = document.querySelector('[data-testid=picture] img');
      const there = panel() && panel() !== before && picture?.complete && picture.naturalWidth > 0;
      // The frame after the one in which all is there has been painted.
      if (there) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
      else if (performance.now() - began > 5000) resolve(null);
      else setTimeout(look);
    };
    look();
  });
}

function spread(values) {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const at = (share) => Math.round(known[Math.min(known.length - 1, Math.floor(share * known.length))] * 10) / 10;
  return { n: known.length, missed: values.length - known.length, median: at(0.5), p95: at(0.95), max: at(1) };
}

async function heapBytes(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { heap_bytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

const browser = await launch(options.drawing);
const { page, expect } = await watchedPage(browser, options.base);
await signIn(page, options, expect);
await waitForCase(page, options);

const first = [];
for (let i = 0; i < 5; i += 1) {
  await page.goto('about:blank');
  await page.goto(`${options.base}/`);
  await page.waitForSelector(id('case-card'));
  first.push(await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))))));
}
await waitForCase(page, options);
await page.waitForTimeout(1000);

const next = { J: [], 1: [] };
for (let i = 0; i < Number(options.keys); i += 1) {
  next.J.push(await page.evaluate(toNext, 'j'));
  await page.waitForTimeout(400);
}
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable');
const before = await heapBytes(session);
for (let i = 0; i < Number(options.decide); i += 1) {
  next[1].push(await page.evaluate(toNext, '1'));
  await page.waitForTimeout(150);
}
// What may be taken back is held as long as it may.
await page.waitForTimeout(UNDO_MILLIS);
const after = await heapBytes(session);
console.log(
  JSON.stringify({ first_row_millis: spread(first), next_by_j_millis: spread(next.J), next_by_1_millis: Number(options.decide) ? spread(next[1]) : null, before, after }),
);
await browser.close();
