/**
 * Drives the camera page of a running hub in a real browser: a live still, a calibration, zones, a dry run.
 *
 *   node e2e/cameras.mjs --base http://127.0.0.1:8080 --ticket T [--camera ID] [--out DIR] [--drawing svg] [--trial whole|cancel]
 *
 * Needs a camera that is online and sees. Screenshots go to DIR; one line a check on stderr, a summary as JSON on
 * stdout; exit code 0 only if every check held.
 */
import { readFileSync } from 'node:fs';
import { launch, watchedPage } from './browser.mjs';
import { accessible, check, finish, id, must, noFaults, noPageScroll, setUp, shot as shoot, signIn } from './harness.mjs';

const options = setUp('cameras.mjs', { camera: { type: 'string' }, drawing: { type: 'string', default: 'svg' }, trial: { type: 'string', default: 'whole' } });

/** Without optimisation a fit takes seconds. */
const SOLVED = 180_000;

const browser = await launch(options.drawing);
const { page, faults, expect } = await watchedPage(browser, options.base);
const shot = async (name) => {
  await shoot(page, options, `cameras-${name}`);
  await noPageScroll(page);
  await accessible(page);
};
/** Where a share of the frame lies on the screen. */
async function onFrame(x, y) {
  const box = await page.locator(id('stage')).boundingBox();
  const view = (await page.getAttribute(id('stage'), 'viewBox')).split(' ').map(Number);
  const scale = Math.min(box.width / view[2], box.height / view[3]);
  const [left, top] = [box.x + (box.width - view[2] * scale) / 2, box.y + (box.height - view[3] * scale) / 2];
  return [left + x * view[2] * scale, top + y * view[3] * scale];
}
const count = (selector) => page.locator(selector).count();
async function saved(button) {
  const [file] = await Promise.all([page.waitForEvent('download', { timeout: 15_000 }), page.click(id(button))]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
}

await signIn(page, options, expect);

await check('the list shows cameras with their health', async () => {
  await page.click('[data-page="cameras"]');
  await page.waitForSelector(`${id('camera-list')} button`, { timeout: 20_000 });
  if (options.camera) await page.click(`[data-camera="${options.camera}"]`);
  await page.waitForSelector(id('still'));
  return `${await count(`${id('camera-list')} button`)} cameras`;
});

await check('R asks for a still, which is shown with its age', async () => {
  await page.locator('main.one').first().evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('r');
  await page.waitForSelector(id('still-age'), { timeout: 60_000 });
  await page.waitForSelector(`${id('stage')} image`);
  const loaded = await page.evaluate(async (selector) => {
    const image = new Image();
    image.src = document.querySelector(selector).getAttribute('href');
    await image.decode();
    return image.naturalWidth;
  }, `${id('stage')} image`);
  must(loaded > 100, `the picture is ${loaded} px wide`);
  await shot('look');
  return `${loaded} px`;
});

await check('the calibration names what is missing, then shows residuals and the grid', async () => {
  await page.click('[data-tab="calibration"]');
  const set = async (name, text) => {
    await page.fill(`${id('point')} input[name=${name}]`, text);
    await page.keyboard.press('Tab');
  };
  const metres = { lon: 114.3412, lat: 22.6905 };
  // A view from above: 0.1 m a pixel, north up.
  const size = await page.getAttribute(id('stage'), 'viewBox').then((box) => box.split(' ').map(Number));
  const places = [[0.2, 0.6], [0.8, 0.62], [0.78, 0.9], [0.22, 0.88], [0.5, 0.75], [0.35, 0.7]];
  for (const [x, y] of places) {
    await page.mouse.click(...(await onFrame(x, y)));
    await page.waitForSelector(id('point'));
    const u = Number(await page.inputValue(`${id('point')} input[name=u]`));
    const v = Number(await page.inputValue(`${id('point')} input[name=v]`));
    must(Math.abs(u - x * size[2]) < 3 && Math.abs(v - y * size[3]) < 3, `${u},${v} for ${x},${y}`);
    const [east, north] = [(u - size[2] / 2) * 0.1, (size[3] / 2 - v) * 0.1];
    await set('lon', `${(metres.lon + east / 102_740).toFixed(8)}, ${(metres.lat + north / 110_740).toFixed(8)}, 42`);
  }
  must((await count(`${id('points')} tbody tr`)) === places.length, 'a row a point');
  await page.waitForSelector(`${id('fit')}[data-sound="yes"]`, { timeout: SOLVED });
  // A sound fit of the first points may still stand there.
  await page.waitForFunction((grid) => document.querySelectorAll(grid).length > 20, `${id('stage')} .grid`, { timeout: SOLVED });
  await shot('calibration');
  return `${await count(`${id('stage')} .grid`)} lines`;
});

await check('a point is moved by keys, undone, and a wrong one is named', async () => {
  await page.evaluate(() => document.activeElement?.blur());
  const u = () => page.inputValue(`${id('point')} input[name=u]`).then(Number);
  const before = await u();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  must(Math.abs((await u()) - before - 11) < 0.11, `${await u()} after ${before}`);
  await page.keyboard.press('z');
  must((await u()) === before, 'not undone');
  for (let i = 0; i < 8; i += 1) await page.keyboard.press('Shift+ArrowUp');
  await page.waitForSelector(id('unfit'), { timeout: SOLVED });
  await shot('calibration-bad');
  await page.keyboard.press('z');
  await page.waitForSelector(`${id('fit')}[data-sound="yes"]`, { timeout: SOLVED });
});

await check('the calibration and its points are downloaded', async () => {
  const file = await saved('save');
  must(/^[\w-]+\.toml$/.test(file.name) && file.text.includes('datum = "CGCS2000"'), file.name);
  return file.name;
});

await check('half-marked points outlive a reload', async () => {
  await page.reload();
  await page.waitForSelector(`${id('points')} tbody tr`, { timeout: 20_000 });
  must((await count(`${id('points')} tbody tr`)) === 6, 'points are gone');
  // And leave nothing behind for the next run.
  for (let i = 0; i < 6; i += 1) await page.keyboard.press('Delete');
  must((await count(`${id('points')} tbody tr`)) === 0, 'not deleted');
});

await check('zones are drawn by keys, held to the rules, and downloaded', async () => {
  await page.click('[data-tab="zones"]');
  await page.waitForSelector(id('zones'));
  const zones = () => count(`${id('zones')} li`);
  const before = await zones();
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('a');
  must((await zones()) === before + 1, 'no zone more');
  await page.fill(`${id('zone-form')} input[name=tags]`, '学校，消防通道');
  await page.keyboard.press('Tab');
  await page.evaluate(() => document.activeElement?.blur());
  // The first corner past the opposite side: the sides cross.
  await page.keyboard.press('c');
  for (let i = 0; i < 40; i += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('ArrowDown');
  for (let i = 0; i < 12; i += 1) await page.keyboard.press('Shift+ArrowDown');
  await page.waitForSelector(id('zone-faults'));
  must(await page.locator(id('save-zones')).isDisabled(), 'crossed sides can be saved');
  await shot('zones-crossed');
  await page.keyboard.press('z');
  await page.waitForSelector(id('zone-faults'), { state: 'detached' });
  const file = await saved('save-zones');
  must(file.text.includes('[[zone]]') && file.text.includes('tags = ["学校", "消防通道"]'), file.text);
  await shot('zones');
  await page.keyboard.press('z');
  return file.name;
});

await check('a pattern is tried on the recording', async () => {
  await page.click('[data-tab="trial"]');
  await page.selectOption('select[name=secs]', '600');
  await page.fill('input[name=dwell]', '2');
  await page.click(id('try'));
  await page.waitForSelector(`${id('trial')}[data-state="running"], ${id('trial')}[data-state="done"]`, { timeout: 60_000 });
  await shot('trial-running');
  if (options.trial === 'cancel') await page.click(id('cancel-trial'));
  await page.waitForSelector(`${id('trial')}[data-state="done"], ${id('trial')}[data-state="cancelled"]`, { timeout: 240_000 });
  await page.waitForTimeout(500);
  await shot('trial');
  return `${await page.getAttribute(id('trial'), 'data-state')}, ${await count(`${id('trial')} li`)} cases`;
});

await check('nothing went wrong in the page', async () => noFaults(faults));
await browser.close();
finish();
