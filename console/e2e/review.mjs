/**
 * Drives the review page of a running hub in a real browser.
 *
 *   node e2e/review.mjs --base http://127.0.0.1:8080 (--ticket T | --name N --password P)
 *        [--out DIR] [--wait-secs 120] [--drawing gl,svg] [--decide confirm,reject,merge,conflict] [--complaint]
 *
 * Waits for cases (as many as decisions are asked for), decides them by keyboard, and asks the hub
 * itself whether they were decided. Screenshots go to DIR. One line a check on stderr, a summary as
 * JSON on stdout; exit code 0 only if every check held.
 */
import { launch, watchedPage } from './browser.mjs';
import { accessible, check, chosen, finish, id, must, noFaults, noPageScroll, open, read, setUp, shot as shoot, signIn, until, waitForCase } from './harness.mjs';

const options = setUp('review.mjs', {
  drawing: { type: 'string', default: 'gl,svg' },
  decide: { type: 'string', default: 'confirm,reject' },
  complaint: { type: 'boolean', default: false },
});
const { base, waitMillis } = options;
const decisions = options.decide.split(',').filter(Boolean);
const shot = (page, name) => shoot(page, options, name);

async function mapIsDrawn(page, drawing) {
  const map = page.locator('[data-map]').first();
  await map.waitFor({ timeout: 20_000 });
  const kind = await map.getAttribute('data-map');
  must(kind === drawing, `the map is drawn with ${kind}, not ${drawing}`);
  await page.waitForSelector('[data-map][data-ready="true"]', { timeout: 30_000 });
}

async function pictureIsShown(page) {
  // A stream's first case may still be uploading its picture.
  await page.waitForFunction(
    () => {
      const picture = document.querySelector('[data-testid="picture"] img');
      return picture?.complete && picture.naturalWidth > 0;
    },
    null,
    { timeout: 60_000 },
  );
}

/** By keyboard alone; then the hub is asked, since the page could be wrong about itself. */
async function decide(page, action) {
  await waitForCase(page, options);
  const before = await chosen(page);
  await page.waitForSelector(`${id('actions')} [data-action="${action}"]`);
  const wanted = action === 'confirm' ? 'FILED' : 'REJECTED';
  if (action === 'confirm') {
    await page.keyboard.press('1');
  } else {
    await page.keyboard.press('2');
    await page.waitForSelector(id('reason-dialog'));
    await shot(page, 'reasons');
    await page.keyboard.press('6');
    await page.keyboard.press('Enter');
  }
  const now = await until(page, before, wanted);
  const last = now.history.findLast((entry) => entry.to === wanted);
  must(action === 'confirm' || last?.reason, 'the history carries no reason');
  must((await chosen(page)) !== before, 'the page did not go on to the next case');
  return `${before} ${wanted} ${last?.reason ?? ''}`;
}

/** Merges into the first case that is offered, looks at both, and takes it back. */
async function merge(page) {
  await waitForCase(page, options);
  const about = await chosen(page);
  const before = await read(page, `/cases/${about}`);
  await page.waitForSelector(`${id('actions')} [data-action="merge"]`);
  await page.keyboard.press('3');
  await page.waitForSelector(`${id('merge-dialog')} input[name=into]`);
  await page.keyboard.press('1');
  await shot(page, 'merge');
  const master = await page.inputValue(`${id('merge-dialog')} input[name=into]:checked`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(id('merge-dialog'), { state: 'detached' });
  const merged = await until(page, about, 'MERGED');
  must(merged.merged_into === master, `${about} is merged into ${merged.merged_into}`);
  const { merged: below } = await read(page, `/cases/${master}`);
  must(below.some((other) => other.case_id === about), 'the master does not name it');
  await open(page, options, `#/review/${master}`);
  await page.click(`${id('sources')} [data-source="${about}"]`);
  await pictureIsShown(page);
  await shot(page, 'merged-master');
  await page.click(`${id('merged')} button`);
  await page.waitForSelector(id('merged-into'));
  await shot(page, 'merged');
  await page.keyboard.press('3');
  await page.waitForSelector(id('merged-into'), { state: 'detached' });
  await until(page, about, before.state);
  await open(page, options);
  return `${about} into ${master} and back`;
}

/** Someone else decides while this page hears nothing: the decision made here must not count. */
async function conflict(page, expect) {
  expect(/ERR_FAILED.*\/api\/v1\/stream|412/);
  await page.route('**/api/v1/stream', (route) => route.abort());
  await page.reload();
  await waitForCase(page, options);
  const about = await chosen(page);
  const theirs = await page.evaluate(async (id) => {
    const url = `/api/v1/cases/${id}`;
    const { version } = await (await fetch(url)).json();
    const { csrf_token } = await (await fetch('/api/v1/session')).json();
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token, 'If-Match': `"${version}"` };
    const body = JSON.stringify({ action: 'reject', reason: 'duplicate' });
    return (await fetch(`${url}/act`, { method: 'POST', headers, body })).status;
  }, about);
  must(theirs === 200, `the other person's decision was answered ${theirs}`);
  await page.keyboard.press('1');
  await page.waitForSelector(id('conflict'));
  await shot(page, 'conflict');
  const { state } = await read(page, `/cases/${about}`);
  must(state === 'REJECTED', `the case is ${state}`);
  must((await chosen(page)) === about, 'the page moved on although nothing was decided here');
  await page.unroute('**/api/v1/stream');
  // The address names the case that is done with: begin at the top of the queue again.
  await open(page, options);
  return `${about} stays ${state}`;
}

async function language(page) {
  const lang = () => page.evaluate(() => document.documentElement.lang);
  must((await lang()) === 'zh-CN', 'the page does not begin in Chinese');
  await page.keyboard.press('l');
  must((await lang()) === 'en', 'L does not switch to English');
  await page.waitForTimeout(300);
  await shot(page, 'english');
  await page.reload();
  await page.waitForSelector(id('cameras'));
  must((await lang()) === 'en', 'the language is not remembered');
  await page.keyboard.press('l');
}

async function help(page) {
  await page.keyboard.press('?');
  await page.waitForSelector(id('help'));
  await shot(page, 'help');
  await page.keyboard.press('Escape');
  await page.waitForSelector(id('help'), { state: 'detached' });
}

/** A complaint about the ground in the middle of what the cameras see. */
async function complaint(page) {
  await page.click(id('complaint'));
  await page.waitForSelector(id('complaint-dialog'));
  await page.waitForSelector(`${id('complaint-dialog')} [data-map][data-ready="true"]`);
  const box = await page.locator(`${id('complaint-dialog')} [data-map]`).boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await shot(page, 'complaint');
  await page.click(`${id('complaint-dialog')} button.primary`);
  await page.waitForSelector(id('complaint-dialog'), { state: 'detached' });
  await page.waitForSelector(id('verdict-banner'));
  const about = await chosen(page);
  await page.waitForSelector(`${id('verdict-banner')}[data-verdict]`, { timeout: waitMillis });
  const verdict = await page.getAttribute(id('verdict-banner'), 'data-verdict');
  await shot(page, 'complaint-answer');
  return `${about} ${verdict}`;
}

async function run(drawing, first) {
  const browser = await launch(drawing);
  try {
    const { page, faults, expect } = await watchedPage(browser, base);
    await check(`${drawing}: signs in`, () => signIn(page, options, expect));
    await check(`${drawing}: the queue shows a case`, () => waitForCase(page, options));
    await check(`${drawing}: the picture is shown`, () => pictureIsShown(page));
    await check(`${drawing}: the map is drawn`, () => mapIsDrawn(page, drawing));
    await check(`${drawing}: no page scroll at 1366x768`, () => noPageScroll(page));
    await shot(page, `${drawing}-1366`);
    await page.setViewportSize({ width: 1920, height: 1080 });
    await check(`${drawing}: no page scroll at 1920x1080`, () => noPageScroll(page));
    await page.waitForTimeout(500);
    await shot(page, `${drawing}-1920`);
    await page.setViewportSize({ width: 1366, height: 768 });
    if (first) {
      await check('accessible', () => accessible(page));
      await check('help by keyboard', () => help(page));
      await check('language by keyboard, remembered', () => language(page));
      for (const action of decisions) {
        if (action === 'conflict') await check('conflict', () => conflict(page, expect));
        else if (action === 'merge') await check('merge by keyboard and back', () => merge(page));
        else await check(`${action} by keyboard`, () => decide(page, action));
      }
      if (options.complaint) await check('complaint and its precheck', () => complaint(page));
    }
    await check(`${drawing}: no error, no request to another host`, () => {
      noFaults(faults);
    });
  } finally {
    await browser.close();
  }
}

for (const [i, drawing] of options.drawing.split(',').entries()) await run(drawing, i === 0);

finish();
