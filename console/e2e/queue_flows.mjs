/** Flows through the queue; each is given the page and the options, and throws where something is not as it should be. */
import { accessible, chosen, id, must, open, read, until, waitForCase } from './harness.mjs';

const PENDING = '/cases?state=PENDING_REVIEW&limit=200';
const button = (action) => `${id('actions')} [data-action="${action}"]`;

/** At the head of the queue, nothing chosen or narrowed from before. */
async function begin({ page, options }) {
  await open(page, options);
  await waitForCase(page, options);
  const about = await chosen(page);
  await page.waitForSelector(`${id('actions')} button`);
  return about;
}

const gone = (page, testid) => page.waitForSelector(id(testid), { state: 'detached' });

/** Z takes a decision back, within its time. */
async function undo(world) {
  const { page } = world;
  const about = await begin(world);
  await page.waitForSelector(button('confirm'));
  await page.keyboard.press('1');
  await until(page, about, 'FILED');
  await page.waitForSelector(`${id('undo')} progress`);
  must((await chosen(page)) !== about, 'the page did not go on to the next case');
  await page.keyboard.press('z');
  await until(page, about, 'PENDING_REVIEW');
  await page.waitForFunction((id) => document.querySelector('[data-testid=case-panel]').dataset.case === id, about);
  return about;
}

/** 4 gives the case to whom the hub finds, and goes on. */
async function assign(world) {
  const { page } = world;
  const about = await begin(world);
  await page.waitForSelector(button('assign'));
  await page.keyboard.press('4');
  const now = await until(page, about, (one) => one.assigned?.why, 'assigned');
  must((await chosen(page)) !== about, 'the page did not go on');
  await page.keyboard.press('z');
  await until(page, about, (one) => !one.assigned?.to, 'nobody’s again');
  return `${about} to ${now.assigned.to ?? 'nobody'}`;
}

/** 5 changes what a case is, by typing. */
async function reclassify(world) {
  const { page } = world;
  const about = await begin(world);
  const { event, actions } = await read(page, `/cases/${about}`);
  const listed = actions.find(({ action }) => action === 'reclassify');
  must(listed?.choices?.length > 0, 'the hub offers no other event');
  const { code } = listed.choices.at(-1);
  await page.waitForSelector(button('reclassify'));
  await page.keyboard.press('5');
  await page.waitForSelector(id('reclassify-dialog'));
  await page.keyboard.type(code);
  await accessible(page);
  await page.keyboard.press('Enter');
  await gone(page, 'reclassify-dialog');
  await until(page, about, (one) => one.event.code === code, code);
  await page.waitForSelector(`${id('undo')} progress`);
  await page.keyboard.press('z');
  await until(page, about, (one) => one.event.code === event.code, event.code);
  return `${about} ${event.code} ${code} and back`;
}

/** What is half written outlives a reload, and goes with the decision. */
async function draft(world) {
  const { page } = world;
  const about = await begin(world);
  await page.waitForSelector(button('reject'));
  await page.keyboard.press('2');
  await page.fill(`${id('reason-dialog')} textarea`, '现场有保洁员');
  await page.reload();
  await waitForCase(page, world.options);
  await page.waitForSelector(button('reject'));
  must((await chosen(page)) === about, 'the reload shows another case');
  await page.keyboard.press('2');
  const kept = await page.inputValue(`${id('reason-dialog')} textarea`);
  must(kept === '现场有保洁员', `the note is "${kept}"`);
  await page.locator(`${id('reason-dialog')} input[name=reason]`).first().focus();
  await page.keyboard.press('4');
  await page.keyboard.press('Enter');
  const { history } = await until(page, about, 'REJECTED');
  must(history.at(-1).note?.includes('保洁员'), 'the note did not arrive');
  await page.waitForSelector(`${id('undo')} progress`);
  const left = await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes('draft')));
  must(left.length === 0, `kept after it was sent: ${left}`);
  await page.keyboard.press('z');
  await until(page, about, 'PENDING_REVIEW');
  return about;
}

/** Several at once; one of them somebody else has decided meanwhile. */
async function bulk(world) {
  const { page, expect } = world;
  expect(/ERR_FAILED.*\/api\/v1\/stream|412/);
  await page.route('**/api/v1/stream', (route) => route.abort());
  await begin(world);
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+X');
  const cases = await page.$$eval('.selected [data-case]', (cards) => cards.map((card) => card.dataset.case));
  must(cases.length === 3, `${cases.length} are selected, not 3`);
  await accessible(page);
  const theirs = cases[1];
  await decideElsewhere(page, theirs, { action: 'reject', reason: 'duplicate' });
  await page.keyboard.press('1');
  await page.waitForSelector(id('bulk-refused'));
  const why = await page.textContent(id('bulk-refused'));
  const still = await page.$$eval('.selected [data-case]', (cards) => cards.map((card) => card.dataset.case));
  must(still.length === 1 && still[0] === theirs, `still selected: ${still}`);
  for (const one of [cases[0], cases[2]]) await until(page, one, 'FILED');
  await until(page, theirs, 'REJECTED');
  await page.keyboard.press('Escape');
  await gone(page, 'bulk');
  await page.keyboard.press('z');
  for (const one of [cases[0], cases[2]]) await until(page, one, 'PENDING_REVIEW');
  await page.unroute('**/api/v1/stream');
  return why.trim();
}

/** By the interface, as another page would. */
async function decideElsewhere(page, about, decision) {
  const status = await page.evaluate(
    async ([id, decision]) => {
      const url = `/api/v1/cases/${id}`;
      const { version } = await (await fetch(url)).json();
      const { csrf_token } = await (await fetch('/api/v1/session')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token, 'If-Match': `"${version}"` };
      return (await fetch(`${url}/act`, { method: 'POST', headers, body: JSON.stringify(decision) })).status;
    },
    [about, decision],
  );
  must(status === 200, `the other person's decision was answered ${status}`);
}

/** Each filter narrows the list as the hub does. */
async function filters(world) {
  const { page } = world;
  await begin(world);
  const shown = () => page.$$eval(id('case-card'), (cards) => cards.map((card) => card.dataset.case));
  const { items } = await read(page, PENDING);
  await page.keyboard.press('f');
  await page.waitForSelector('#filters-more');
  await accessible(page);
  const code = items[0].event.code;
  await page.selectOption(id('filter-event'), code);
  await narrowedTo(page, `${PENDING}&event=${code}`, shown);
  const cell = items.find((item) => item.place)?.place.code_2d.slice(0, 12);
  if (cell) {
    await page.fill(id('filter-cell'), cell.toLowerCase());
    await page.keyboard.press('Enter');
    await narrowedTo(page, `${PENDING}&event=${code}&cell=${cell}`, shown);
  }
  await page.fill(id('filter-cell'), 'nonsense');
  await page.waitForSelector('.filters [role=alert]');
  await page.click(id('filters-clear'));
  await narrowedTo(page, PENDING, shown);
  await page.keyboard.press('Escape');
  return `${code} ${cell ?? ''}`;
}

async function narrowedTo(page, path, shown) {
  const wanted = (await read(page, path)).items.map((item) => item.case_id);
  for (let tries = 0; tries < 20; tries += 1) {
    const now = await shown();
    // Only the rows near the eye are drawn.
    if (now.length > 0 && now.every((id, i) => id === wanted[i])) return;
    await page.waitForTimeout(200);
  }
  throw new Error(`the list does not show what ${path} gives`);
}

/** All that are shown, and none. */
async function span(world) {
  const { page } = world;
  await begin(world);
  await page.keyboard.press('a');
  const all = await page.textContent(id('bulk-count'));
  await page.keyboard.press('3');
  await page.waitForSelector(id('toasts') + ' li');
  await page.keyboard.press('a');
  await gone(page, 'bulk');
  await page.locator(id('case-card')).nth(0).click({ modifiers: ['Control'] });
  await page.locator(id('case-card')).nth(2).click({ modifiers: ['Shift'] });
  const three = (await page.$$('.selected')).length;
  must(three === 3, `${three} selected by mouse`);
  await page.keyboard.press('Escape');
  return all;
}

/** Two people decide one case: the second is told what the first did. */
async function twice(world) {
  const { page, expect, secondPage, options } = world;
  expect(/ERR_FAILED.*\/api\/v1\/stream|412/);
  await page.route('**/api/v1/stream', (route) => route.abort());
  const about = await begin(world);
  await page.waitForSelector(button('confirm'));
  const other = await secondPage();
  await open(other, options, `#/review/${about}`);
  await other.waitForSelector(button('reject'));
  await other.keyboard.press('2');
  await other.waitForSelector(id('reason-dialog'));
  await other.keyboard.press('1');
  await other.keyboard.press('Enter');
  await until(page, about, 'REJECTED');
  await page.keyboard.press('1');
  await page.waitForSelector(id('conflict'));
  const words = await page.textContent(id('conflict'));
  const { history, state } = await read(page, `/cases/${about}`);
  must(state === 'REJECTED', `the case is ${state}`);
  must(words.includes(history.at(-1).actor), `"${words}" does not say who it was`);
  must((await chosen(page)) === about, 'the case did not come back');
  await other.waitForSelector(`${id('undo')} progress`);
  await other.keyboard.press('z');
  await until(page, about, 'PENDING_REVIEW');
  await other.context().close();
  await page.unroute('**/api/v1/stream');
  return words;
}

/** Nothing answers for a while: the decision waits and counts once. */
async function away(world) {
  const { page, expect } = world;
  expect(/ERR_|Failed to load resource/);
  const about = await begin(world);
  const confirmed = ({ history }) => history.filter(({ kind }) => kind === 'confirm').length;
  const before = confirmed(await read(page, `/cases/${about}`));
  await page.waitForSelector(button('confirm'));
  await page.context().setOffline(true);
  await page.keyboard.press('1');
  await page.waitForTimeout(1500);
  must((await chosen(page)) !== about, 'the page waits for the hub');
  await page.context().setOffline(false);
  const now = confirmed(await until(page, about, 'FILED'));
  must(now === before + 1, `it was decided ${now - before} times`);
  await page.waitForSelector(`${id('undo')} progress`);
  await page.keyboard.press('z');
  await until(page, about, 'PENDING_REVIEW');
  return about;
}

/** The hub goes and comes back in the middle of a form: what is written stays, and is sent. */
async function restart(world) {
  const { page, expect, restarted } = world;
  expect(/ERR_|Failed to load resource|50[234]/);
  const about = await begin(world);
  await page.waitForSelector(button('reject'));
  await page.keyboard.press('2');
  await page.fill(`${id('reason-dialog')} textarea`, '重启之间');
  await restarted();
  must((await page.inputValue(`${id('reason-dialog')} textarea`)) === '重启之间', 'the note is gone');
  await page.locator(`${id('reason-dialog')} input[name=reason]`).first().focus();
  await page.keyboard.press('6');
  await page.keyboard.press('Enter');
  const { history } = await until(page, about, 'REJECTED');
  must(history.at(-1).note?.includes('重启之间'), 'the note did not arrive');
  await page.waitForSelector('.live:not(.off)', { timeout: 30_000 });
  return about;
}

/** Another page and back, by keyboard: the same case, the same selection, the same live stream. */
async function pages(world) {
  const { page } = world;
  await begin(world);
  const other = page.locator('header nav a').nth(1);
  must((await other.count()) === 1, 'there is no other page');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const about = await chosen(page);
  let streams = 0;
  page.on('request', (request) => (streams += Number(request.url().endsWith('/stream'))));
  await other.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector(id('case-panel'), { state: 'detached' });
  await page.locator('header nav a').nth(0).focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector(id('bulk-count'));
  must((await chosen(page)) === about, 'another case is chosen');
  must(page.url().endsWith(about), `the address is ${page.url()}`);
  must(streams === 0, `the stream was opened ${streams} times`);
  await page.keyboard.press('Escape');
  return about;
}

/** However many wait, few rows are drawn, and the last can be reached. */
async function long(world) {
  const { page } = world;
  await begin(world);
  let [rows, before] = [0, -1];
  while (rows !== before) {
    before = rows;
    for (let tries = 0; tries < 30 && rows === before; tries += 1) {
      await page.evaluate(() => {
        const list = document.querySelector('[data-testid=queue-list]');
        list.scrollTop = list.scrollHeight;
      });
      await page.waitForTimeout(100);
      rows = Number(await page.getAttribute(`${id('queue-list')} li`, 'aria-setsize'));
    }
  }
  const drawn = await page.locator(id('case-card')).count();
  must(drawn <= 40, `${drawn} rows are drawn`);
  return `${rows} rows, ${drawn} drawn`;
}

export const queueFlows = { undo, assign, reclassify, draft, bulk, filters, span, twice, gone: away, restart, pages, long };
