/** Flows on one case: its pictures, its clip, its package. */
import { accessible, id, must, open, read, waitForCase } from './harness.mjs';

const has = (one, role) =>
  [...one.evidence, ...one.verifications.flatMap(({ evidence }) => evidence)].some((file) => file.role === role && file.available);

/** Opens the first case that has files of all these roles. */
async function openWith({ page, options }, ...roles) {
  const { items } = await read(page, '/cases?limit=200');
  for (const { case_id } of items) {
    const one = await read(page, `/cases/${case_id}`);
    if (!roles.every((role) => has(one, role))) continue;
    await open(page, options, `#/review/${case_id}`);
    await waitForCase(page, options);
    return case_id;
  }
  throw new Error(`no case has ${roles.join(' and ')}`);
}

/** Before and after in one frame: keys, dragging, and beside each other. */
async function pair(world) {
  const { page } = world;
  const about = await openWith(world, 'before', 'after');
  const slider = `${id('compare')} input`;
  await page.waitForSelector(slider);
  await accessible(page);
  for (let i = 0; i < 5; i += 1) await page.keyboard.press('ArrowRight');
  must((await page.inputValue(slider)) === '60', `arrows lead to ${await page.inputValue(slider)}`);
  const { x, y, width } = await page.locator(id('compare')).boundingBox();
  await page.mouse.move(x + width * 0.6, y + 90);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.25, y + 120, { steps: 4 });
  await page.mouse.up();
  const dragged = Number(await page.inputValue(slider));
  must(Math.abs(dragged - 25) <= 2, `dragging leads to ${dragged}`);
  // The slider has the focus now; the page's keys go on.
  await page.keyboard.press('w');
  await page.waitForSelector(slider, { state: 'detached' });
  must((await page.locator(`${id('compare')} img`).count()) === 2, 'not both are shown');
  await page.keyboard.press('w');
  return about;
}

/** B takes the boxes away and brings them back. */
async function boxes(world) {
  const { page } = world;
  const about = await openWith(world, 'annotated', 'snapshot');
  await page.click('[data-view=picture]');
  await page.waitForSelector(id('boxes'));
  const source = () => page.getAttribute(`${id('picture')} img`, 'src');
  const annotated = await source();
  await page.keyboard.press('b');
  must((await source()) !== annotated, 'the picture is the same without boxes');
  await page.keyboard.press('b');
  must((await source()) === annotated, 'the boxes do not come back');
  return about;
}

/** A clip by keyboard: speed, pause, one frame on and back. */
async function clip(world) {
  const { page } = world;
  const about = await openWith(world, 'clip');
  await page.keyboard.press('Space');
  await page.waitForSelector(id('clip'));
  await page.waitForFunction(() => document.querySelector('[data-testid=clip]').readyState >= 2, null, { timeout: 20_000 });
  const rate = () => page.evaluate(() => document.querySelector('[data-testid=clip]').playbackRate);
  await page.keyboard.press('[');
  must((await rate()) === 0.5, `slower is ${await rate()}`);
  for (let i = 0; i < 4; i += 1) await page.keyboard.press(']');
  must((await rate()) === 4, `fastest is ${await rate()}`);
  await page.keyboard.press('.');
  const now = () => page.evaluate(() => document.querySelector('[data-testid=clip]').currentTime);
  await page.waitForFunction(() => document.querySelector('[data-testid=clip]').paused);
  const at = await now();
  await page.keyboard.press('.');
  await page.waitForFunction((was) => document.querySelector('[data-testid=clip]').currentTime > was, at);
  await page.keyboard.press(',');
  must(Math.abs((await now()) - at) < 0.05, `a frame on and back: ${at} and ${await now()}`);
  return about;
}

/** P brings the evidence package. */
async function packaged(world) {
  const { page } = world;
  const about = await openWith(world, 'annotated');
  await page.waitForSelector(id('package'));
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('p')]);
  must(download.url().endsWith(`/cases/${about}/package`), `it is ${download.url()}`);
  must((await download.failure()) === null, 'it did not arrive');
  return download.suggestedFilename();
}

export const caseFlows = { pair, boxes, clip, package: packaged };
