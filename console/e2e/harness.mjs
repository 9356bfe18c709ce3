/**
 * What all browser tests share: options, checks, signing in, and asking the hub itself. One line a
 * check on stderr, a summary as JSON on stdout; exit code 0 only if every check held.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const COMMON = {
  base: { type: 'string' },
  ticket: { type: 'string' },
  name: { type: 'string' },
  password: { type: 'string' },
  out: { type: 'string', default: '.' },
  'wait-secs': { type: 'string', default: '120' },
};

/** `more`: options of one script beside those of all. */
export function setUp(script, more = {}) {
  const { values } = parseArgs({ options: { ...COMMON, ...more } });
  if (!values.base || !(values.ticket || (values.name && values.password))) {
    console.error(`usage: ${script} --base URL (--ticket T | --name N --password P) [--out DIR]`);
    process.exit(2);
  }
  mkdirSync(values.out, { recursive: true });
  return { ...values, base: values.base.replace(/\/$/, ''), waitMillis: Number(values['wait-secs']) * 1000 };
}

const checks = [];

export async function check(name, job) {
  try {
    const note = (await job()) ?? '';
    checks.push({ name, ok: true });
    console.error(`ok    ${name} ${note}`);
  } catch (error) {
    checks.push({ name, ok: false, error: String(error.message ?? error) });
    console.error(`FAIL  ${name}: ${error.message ?? error}`);
  }
}

export function finish() {
  const failed = checks.filter((one) => !one.ok).length;
  console.log(JSON.stringify({ passed: checks.length - failed, failed, checks }));
  process.exit(failed === 0 ? 0 : 1);
}

export function must(condition, words) {
  if (!condition) throw new Error(words);
}

export const id = (name) => `[data-testid="${name}"]`;

export const shot = (page, options, name) =>
  page.screenshot({ path: join(options.out, `console-${name}.png`) });

export async function signIn(page, options, expect, who = options) {
  if (who.ticket) {
    await page.goto(`${options.base}/signin?ticket=${encodeURIComponent(who.ticket)}`);
  } else {
    // The page asks who is signed in; the browser reports that 401 as an error.
    expect(/401/);
    await page.goto(`${options.base}/`);
    await page.fill('input[name=name]', who.name);
    await page.fill('input[name=password]', who.password);
    await page.keyboard.press('Enter');
  }
  await page.waitForSelector(id('cameras'), { timeout: 20_000 });
}

/** What the hub itself says: the page could be wrong about itself. */
export const read = (page, path) =>
  page.evaluate(async (url) => (await fetch(url)).json(), `/api/v1${path}`);

/** The case as the hub has it, once it is as wanted: the page tells the hub while it goes on. */
export async function until(page, about, wanted, words) {
  const holds = typeof wanted === 'function' ? wanted : (now) => now.state === wanted;
  for (let tries = 0; tries < 40; tries += 1) {
    const now = await read(page, `/cases/${about}`);
    if (holds(now)) return now;
    await page.waitForTimeout(250);
  }
  throw new Error(`${about} did not become ${words ?? wanted}`);
}

export const chosen = (page) => page.getAttribute(id('case-panel'), 'data-case');

export async function waitForCase(page, options) {
  await page.waitForSelector(id('case-card'), { timeout: options.waitMillis });
  await page.waitForSelector(`${id('case-panel')}[data-case]`, { timeout: 10_000 });
}

/** Opens an address of the page anew, with nothing left of what was open before. */
export async function open(page, options, address = '') {
  await page.goto('about:blank');
  await page.goto(`${options.base}/${address}`);
}

export async function noPageScroll(page) {
  const { high, wide } = await page.evaluate(() => ({
    high: document.documentElement.scrollHeight - window.innerHeight,
    wide: document.documentElement.scrollWidth - window.innerWidth,
  }));
  must(high <= 0 && wide <= 0, `the page is ${high} px too high and ${wide} px too wide`);
}

export function noFaults(faults) {
  must(faults.length === 0, faults.slice(0, 5).join('\n      '));
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No serious finding of axe-core in what is on the screen now. */
export async function accessible(page) {
  // Run by the debugger, since the page's own policy lets in no other script.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`);
  });
  must(found.length === 0, found.join('\n      '));
}
