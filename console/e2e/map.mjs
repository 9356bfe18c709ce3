/**
 * Drives the map page of a running hub in a real browser, by keyboard and by mouse.
 *
 *   node e2e/map.mjs --base http://127.0.0.1:8080 (--ticket T | --name N --password P)
 *        [--out DIR] [--drawing gl,svg] [--precheck] [--tiles]
 *
 * Needs open cases with a place, and a camera that is calibrated. `--precheck` files one; `--tiles` asks
 * for the district's map beneath. Screenshots go to DIR. One line a check on stderr, a summary as JSON on
 * stdout; exit code 0 only if every check held.
 */
import { launch, watchedPage } from './browser.mjs';
import { accessible, check, finish, id, must, noFaults, noPageScroll, open, read, setUp, shot as shoot, signIn } from './harness.mjs';

const options = setUp('map.mjs', {
  drawing: { type: 'string', default: 'gl,svg' },
  precheck: { type: 'boolean', default: false },
  tiles: { type: 'boolean', default: false },
});
const shot = (page, name) => shoot(page, options, `map-${name}`);

const panel = (page) => page.getAttribute(id('place-panel'), 'data-code');
const level = async (page) => Number(await page.getAttribute(id('map-summary'), 'data-level'));
const cells = (page) => page.locator(id('map-cell')).evaluateAll((rows) => rows.map((row) => row.dataset.code));

async function settled(page) {
  await page.waitForTimeout(900);
  await page.waitForSelector('[data-map][data-ready="true"]', { timeout: 30_000 });
  await page.waitForFunction(() => document.querySelector('[data-testid="map-summary"]')?.ariaBusy !== 'true');
}

async function opens(page, drawing) {
  await page.click('[data-page="map"]');
  await page.waitForSelector(id('map-page'), { timeout: 20_000 });
  await page.waitForSelector('[data-map][data-ready="true"]', { timeout: 30_000 });
  const kind = await page.getAttribute('[data-map]', 'data-map');
  must(kind === drawing, `the map is drawn with ${kind}, not ${drawing}`);
  await page.waitForSelector(id('map-cell'), { timeout: 20_000 });
  await settled(page);
  if (options.tiles && drawing === 'gl') await page.waitForSelector('[data-map][data-tiles="true"]', { timeout: 20_000 });
}

/** The page's own address, with nothing loaded before, leads to the same view. */
async function byAddress(page) {
  const before = await page.textContent(id('map-summary'));
  await open(page, options, '#/map');
  await page.waitForSelector(id('map-cell'));
  await page.waitForFunction((text) => document.querySelector('[data-testid="map-summary"]')?.textContent === text, before);
  await settled(page);
  must((await page.textContent(id('map-summary'))) === before, `${await page.textContent(id('map-summary'))} instead of ${before}`);
}

/** What the list tells is what the hub counts. */
async function counts(page) {
  const { items } = await read(page, `/map/cells?level=${await level(page)}&bbox=-180,-87,180,87`);
  const known = new Map(items.map((item) => [item.code, item]));
  const shown = await page.locator(id('map-cell')).evaluateAll((rows) =>
    rows.map((row) => [row.dataset.code, Number(/\d+/.exec(row.querySelector('b').textContent)[0])]),
  );
  must(shown.length > 0, 'no cell is listed');
  for (const [code, n] of shown) must(known.get(code)?.cases === n, `${code}: the page says ${n}, the hub ${known.get(code)?.cases}`);
  return `${shown.length} cells of level ${await level(page)}`;
}

/** J takes the worst, Z goes closer: finer cells inside the one that was chosen. */
async function closer(page) {
  await page.keyboard.press('j');
  await page.waitForSelector(id('place-panel'));
  const code = await panel(page);
  must((await cells(page))[0] === code, `J took ${code}, not the first of the list`);
  const before = await level(page);
  await page.keyboard.press('z');
  await settled(page);
  const after = await level(page);
  must(after > before, `level ${after} after going closer from ${before}`);
  const inside = (await cells(page)).filter((one) => one.startsWith(code));
  must(inside.length > 0, `no cell inside ${code} is listed`);
  return `${before} to ${after}, ${inside.length} cells in ${code}`;
}

async function pasted(page, name) {
  const { items } = await read(page, '/cameras');
  const seen = items.find((one) => one.online && one.footprint.length > 0)?.footprint[0];
  must(seen, 'no camera that is there sees a cell');
  await page.keyboard.press('/');
  await page.keyboard.type('N50');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#map-code-bad')?.textContent.length > 0);
  await page.keyboard.type(` ${seen.toLowerCase()} `);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${id('place-panel')}[data-code="${seen}"]`);
  await page.waitForSelector(`${id('seeing')} li`);
  const { items: best } = await read(page, `/grid/${seen}/cameras`);
  const shown = await page.locator(`${id('seeing')} li`).evaluateAll((rows) => rows.map((row) => row.dataset.camera));
  must(shown.join() === best.map(({ camera }) => camera).join(), `cameras ${shown}, the hub says ${best.map(({ camera }) => camera)}`);
  await settled(page);
  await shot(page, `${name}-code`);
  return `${seen}: ${shown}`;
}

async function clicked(page) {
  const box = await page.locator('[data-map]').boundingBox();
  const before = await panel(page);
  await page.mouse.click(box.x + box.width * 0.31, box.y + box.height * 0.27);
  await page.waitForFunction((old) => document.querySelector('[data-testid="place-panel"]')?.dataset.code !== old, before);
  const mouse = await panel(page);
  await page.locator('[data-parent]').last().click();
  const parent = await panel(page);
  must(mouse.startsWith(parent) && parent !== mouse, `${parent} is not above ${mouse}`);
  // The same without a mouse: the map in focus, moved, and its middle taken.
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('g');
  await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(600);
  await page.keyboard.press('Enter');
  await page.waitForFunction((old) => document.querySelector('[data-testid="place-panel"]')?.dataset.code !== old, parent);
  return `${mouse}, ${await panel(page)} by keyboard`;
}

async function layers(page, name) {
  await page.evaluate(() => document.activeElement?.blur());
  for (const key of ['4', '5']) await page.keyboard.press(key);
  must(await page.isChecked(`${id('map-layers')} input[name=blind]`), '4 does not switch the blind spots on');
  await page.waitForSelector(id('blind-share'));
  const share = await page.textContent(id('blind-share'));
  await settled(page);
  await shot(page, `${name}-blind`);
  for (const key of ['4', '5']) await page.keyboard.press(key);
  must(!(await page.isChecked(`${id('map-layers')} input[name=blind]`)), '4 does not switch them off again');
  return share.trim();
}

/** Esc closes the panel; H shows everything again. */
async function back(page) {
  await page.keyboard.press('Escape');
  await page.waitForSelector(id('place-panel'), { state: 'detached' });
  await page.keyboard.press('h');
  await settled(page);
  await page.waitForSelector(id('map-cell'));
}

async function hotspots(page, name) {
  await page.keyboard.press('5');
  await page.click('[data-tab="hotspots"]');
  await page.keyboard.press('l');
  await settled(page);
  await shot(page, `${name}-hotspots`);
  await page.keyboard.press('l');
  await page.keyboard.press('5');
  await page.click('[data-tab="counts"]');
  const { items } = await read(page, '/map/hotspots?days=30');
  const names = await page.locator('select[name=event] option').allTextContents();
  must(names.length > new Set(items.map(({ event_code }) => event_code)).size, `hot spots without a name: ${names}`);
  return `${items.length} known`;
}

async function filtered(page) {
  const all = await page.textContent(id('map-summary'));
  await page.selectOption('select[name=state]', 'filed');
  await page.waitForFunction((old) => document.querySelector('[data-testid="map-summary"]')?.textContent !== old, all);
  const filed = await page.textContent(id('map-summary'));
  await page.selectOption('select[name=state]', 'open');
  await page.waitForFunction((old) => document.querySelector('[data-testid="map-summary"]')?.textContent === old, all);
  return `${all.trim()} / ${filed.trim()}`;
}

async function precheck(page) {
  const { items } = await read(page, '/cameras');
  const seen = items.find((one) => one.online && one.footprint.length > 0).footprint[0];
  await open(page, options, `#/map?code=${seen}`);
  await page.waitForSelector(`${id('place-panel')}[data-code="${seen}"]`);
  await settled(page);
  must((await level(page)) >= 7, `the address of a code shows level ${await level(page)}`);
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('p');
  await page.waitForSelector(id('complaint-dialog'));
  must((await page.inputValue('dialog input[name=code]')) === seen, 'the place is not filled in');
  await shot(page, 'precheck');
  await page.click(`${id('complaint-dialog')} button.primary`);
  await page.waitForSelector(id('complaint-dialog'), { state: 'detached' });
  await page.waitForSelector(`${id('place-cases')} a`);
  await page.locator(`${id('place-cases')} a`).first().click();
  await page.waitForSelector(id('case-panel'));
  await page.goBack();
  await page.waitForSelector(id('map-page'));
  return seen;
}

/** The graphics driver gives up: the same place and cell are drawn without it. */
async function lost(page) {
  await page.keyboard.press('j');
  const code = await panel(page);
  const before = await level(page);
  await page.evaluate(() => document.querySelector('[data-map="gl"] canvas').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext());
  await page.waitForSelector('[data-map="svg"] svg polygon', { state: 'attached' });
  await settled(page);
  must((await panel(page)) === code, 'the chosen cell is lost too');
  must((await level(page)) === before, `level ${await level(page)} instead of ${before}`);
  return code;
}

async function run(drawing, first) {
  const browser = await launch(drawing);
  try {
    const { page, faults, expect } = await watchedPage(browser, options.base);
    await check(`${drawing}: signs in`, () => signIn(page, options, expect));
    page.setDefaultTimeout(20_000);
    await check(`${drawing}: the map opens`, () => opens(page, drawing));
    await shot(page, `${drawing}-whole`);
    if (!(await page.$(id('map-cell')))) return;
    await check(`${drawing}: no page scroll at 1366x768`, () => noPageScroll(page));
    await check(`${drawing}: opens by its address`, () => byAddress(page));
    await check(`${drawing}: the list counts what the hub counts`, () => counts(page));
    await check(`${drawing}: the filter`, () => filtered(page));
    await check(`${drawing}: closer by keyboard`, () => closer(page));
    await shot(page, `${drawing}-closer`);
    await check(`${drawing}: a pasted code`, () => pasted(page, drawing));
    await check(`${drawing}: layers by keyboard`, () => layers(page, drawing));
    await check(`${drawing}: a place by mouse and by keyboard`, () => clicked(page));
    await check(`${drawing}: accessible`, () => accessible(page));
    await check(`${drawing}: back to everything`, () => back(page));
    await check(`${drawing}: hot spots and English`, () => hotspots(page, drawing));
    if (first && options.precheck) await check('a look at the chosen place', () => precheck(page));
    if (drawing === 'gl') await check('WebGL is lost', () => lost(page));
    await check(`${drawing}: no error, no request to another host`, () => noFaults(faults));
  } finally {
    await browser.close();
  }
}

for (const [i, drawing] of options.drawing.split(',').entries()) await run(drawing, i === 0);
finish();
