/**
 * The ways through the queue and a case, by keyboard, against a running hub with open cases.
 *
 *   node e2e/queue.mjs --base URL (--ticket T | --name N --password P) [--out DIR]
 *        [--flows undo,assign,reclassify,draft,bulk,filters,span,twice,gone,pages,pair,boxes,clip,package,long]
 *        [--second-name N --second-password P]
 *
 * `twice`: two people on one case; the second signs in with --second-name, else as the first. `gone`: the hub is away
 * for a while. `restart`, only when named: the script writes "restart the hub" on stdout and goes on when a line comes
 * on stdin. `pair`, `clip`: some case must have before and after, a clip. `long`: as many open cases as there are.
 * Checks and exit code as in review.mjs; each flow leaves open cases behind as it found them where it can.
 */
import { createInterface } from 'node:readline';
import { launch, watchedPage } from './browser.mjs';
import { check, finish, id, noFaults, setUp, shot, signIn, waitForCase, accessible } from './harness.mjs';
import { caseFlows } from './case_flows.mjs';
import { queueFlows } from './queue_flows.mjs';

const DEFAULT = 'undo,assign,reclassify,draft,bulk,filters,span,twice,gone,pages,boxes';
const options = setUp('queue.mjs', {
  flows: { type: 'string', default: DEFAULT },
  'second-name': { type: 'string' },
  'second-password': { type: 'string' },
});

/** The other person's page, in a browser of its own as far as cookies go. */
async function secondPage(browser) {
  const { page, expect } = await watchedPage(browser, options.base);
  const who = options['second-name'] ? { name: options['second-name'], password: options['second-password'] } : options;
  await signIn(page, options, expect, who);
  return page;
}

/** Somebody outside restarts the hub, and says so with a line. */
async function restarted() {
  const lines = createInterface({ input: process.stdin });
  console.log('restart the hub');
  await new Promise((resolve) => lines.once('line', resolve));
  lines.close();
}

const browser = await launch('svg');
try {
  const { page, faults, expect } = await watchedPage(browser, options.base);
  await check('signs in', () => signIn(page, options, expect));
  await check('the queue shows a case', () => waitForCase(page, options));
  await check('accessible', () => accessible(page));
  const world = { page, options, expect, restarted, secondPage: () => secondPage(browser) };
  const flows = { ...queueFlows, ...caseFlows };
  for (const name of options.flows.split(',').filter(Boolean)) {
    await check(name, () => {
      if (!flows[name]) throw new Error(`no such flow; there are ${Object.keys(flows).join(', ')}`);
      return flows[name](world);
    });
    await shot(page, options, `flow-${name}`);
    // A flow that broke off must not bring down the next.
    if (await page.$('dialog[open]')) await page.keyboard.press('Escape');
    await page.waitForSelector(id('cameras'));
  }
  await check('no error, no request to another host', () => noFaults(faults));
} finally {
  await browser.close();
}
finish();
