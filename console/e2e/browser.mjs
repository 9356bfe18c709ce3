/** A headless Chromium that tells everything that went wrong in the page. */
import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** WebGL in software, or no WebGL at all: the two ways in which the map is drawn. */
const DRAWING = {
  gl: ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
  svg: ['--disable-gpu', '--disable-3d-apis'],
};

const NAMES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function browserPath() {
  const wanted = process.env.CHROMIUM ? [process.env.CHROMIUM] : NAMES;
  for (const path of wanted) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next name.
    }
  }
  throw new Error(`no browser at ${wanted.join(', ')}; install Debian's chromium or set CHROMIUM`);
}

export const launch = (drawing) =>
  chromium.launch({
    executablePath: browserPath(),
    headless: true,
    chromiumSandbox: false,
    args: [...FLAGS, ...DRAWING[drawing]],
  });

/**
 * A page at 1366x768 whose faults are collected: console errors (a refused content policy is one),
 * exceptions, requests to another host, answers of 500 and more.
 */
export async function watchedPage(browser, base, viewport = { width: 1366, height: 768 }) {
  const context = await browser.newContext({ viewport, locale: 'zh-CN' });
  const page = await context.newPage();
  const faults = [];
  const expected = [];
  const home = new URL(base).host;
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const text = `${message.text()} (${message.location().url ?? ''})`;
    if (!expected.some((pattern) => pattern.test(text))) faults.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    const own = ['blob:', 'data:'].includes(url.protocol);
    if (!own && url.host !== home) faults.push(`request to another host: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`answer ${response.status()}: ${response.url()}`);
  });
  return { page, faults, expect: (pattern) => expected.push(pattern) };
}
