/**
 * Goes through statistics, handover, audit, people and fleet of a running hub, by keyboard.
 *
 *   node e2e/office.mjs --base http://127.0.0.1:8080 (--ticket T | --name N --password P)
 *        [--out DIR] [--to NAME] [--only statistics,shift,audit,people,fleet]
 *
 * Whoever signs in needs every role. `--to` names somebody of the grid's staff: a shift is handed over to them
 * with a note (left out: only the form is tried). The people's part makes an account and disables it again. Screenshots
 * go to DIR. One line a check on stderr, a summary as JSON on stdout; exit code 0 only if every check held.
 */
import { launch, watchedPage } from './browser.mjs';
import { accessible, check, finish, id, must, noFaults, noPageScroll, open, read, setUp, shot as shoot, signIn } from './harness.mjs';

const options = setUp('office.mjs', { to: { type: 'string' }, only: { type: 'string', default: 'statistics,shift,audit,people,fleet' } });
const shot = (page, name) => shoot(page, options, `office-${name}`);
const keys = async (page, ...pressed) => {
  for (const key of pressed) await page.keyboard.press(key);
};

/** By the bar: Tab reaches the page's name, Enter opens it. */
async function to(page, name) {
  await page.focus(`[data-page="${name}"]`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${id(`${name}-page`)}[aria-busy="false"]`);
  const where = await page.evaluate(() => document.activeElement?.className);
  must(/view/.test(where), `the focus is at ${where}, not on the page`);
}

/** Tab until something is in focus, as a person does. */
async function tabTo(page, selector, most = 40) {
  for (let i = 0; i < most; i += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${most} times Tab do not lead to ${selector}`);
}

/** Cases come while a test reads: the page and the hub are asked until they agree. */
async function agree(page, said, words) {
  let last;
  for (let tries = 0; tries < 6; tries += 1) {
    last = await said();
    if (last[0] === last[1]) return last[0];
    await page.waitForTimeout(1000);
  }
  throw new Error(`${words}: the page says ${last[0]}, the hub ${last[1]}`);
}

const idle = (page, name) => page.waitForSelector(`${id(`${name}-page`)}[aria-busy="false"]`);
const number = (page, figure) => page.locator(`[data-figure="${figure}"] dd`).evaluate((cell) => Number.parseInt(cell.textContent, 10));

async function statistics(page) {
  await to(page, 'statistics');
  await keys(page, '3');
  await page.waitForFunction(() => document.querySelector('input[name=span][value=month]')?.checked);
  await idle(page, 'statistics');
  if (await page.$(id('empty'))) return 'nothing in 30 days';
  await page.waitForSelector(id('figure-table'));
  const sheet = await page.getAttribute(id('sheet'), 'href');
  const hub = () => read(page, sheet.replace('/api/v1', '').replace('.csv', ''));
  const found = await agree(page, async () => {
    await keys(page, '2');
    await idle(page, 'statistics');
    await keys(page, '3');
    await idle(page, 'statistics');
    return [await number(page, 'found'), (await hub()).totals.found];
  }, 'found');
  const told = await hub();
  const csv = await page.evaluate(async (url) => (await fetch(url)).text(), sheet);
  must(csv.trim().split('\n').length === told.items.length + 1, 'the sheet has other rows than the hub told');
  await shot(page, 'statistics');
  await accessible(page);
  for (const [key, by] of [['e', 'event'], ['c', 'camera'], ['h', 'hour']]) {
    await keys(page, key);
    await page.waitForFunction((wanted) => document.querySelector(`input[name=by][value=${wanted}]`)?.checked, by);
    await idle(page, 'statistics');
    const { items } = await read(page, (await page.getAttribute(id('sheet'), 'href')).replace('/api/v1', '').replace('.csv', ''));
    await page.waitForFunction((n) => document.querySelectorAll('[data-testid="figure-table"] tbody tr').length === n, by === 'hour' ? 24 : items.length);
  }
  await shot(page, 'statistics-hour');
  await page.locator(id('heat')).scrollIntoViewIfNeeded();
  await shot(page, 'statistics-below');
  return `found ${found} in 30 days`;
}

async function ownSpan(page) {
  await keys(page, '4');
  await page.waitForSelector('input[name=from]');
  const [from, to] = await Promise.all(['from', 'to'].map((name) => page.inputValue(`input[name=${name}]`)));
  await page.fill('input[name=from]', to);
  await page.fill('input[name=to]', from);
  await page.waitForFunction(() => document.querySelector('#days-fault')?.textContent !== '');
  await page.fill('input[name=from]', from);
  await page.fill('input[name=to]', from);
  await keys(page, 'Enter');
  await idle(page, 'statistics');
  must((await page.getAttribute(id('sheet'), 'href')).includes(`from=${from}&to=${from}`), 'the span is not the one that was typed');
}

async function digest(page) {
  await page.evaluate(() => document.activeElement?.blur());
  await keys(page, 'r');
  await page.waitForSelector(`${id('digest')} ${id('figure-cards')}`);
  await accessible(page);
  await shot(page, 'digest');
  const day = await page.getAttribute(id('digest'), 'data-day');
  await page.emulateMedia({ media: 'print' });
  must(!(await page.isVisible('.bar')), 'the bar would be printed');
  await shot(page, 'digest-print');
  await page.emulateMedia({ media: null });
  await keys(page, 'Escape');
  await page.waitForSelector(id('statistics-page'));
  return day;
}

async function shift(page) {
  await to(page, 'shift');
  const now = await read(page, '/shifts/now');
  await agree(page, async () => [await page.locator(id('assigned')).count(), (await read(page, '/shifts/now')).assigned.length], 'cases with this person');
  must((await page.locator(id('note')).count()) === now.unread.length, 'other notes than are unread');
  await shot(page, 'shift');
  await accessible(page);
  if (now.unread.length > 0) {
    await keys(page, 'r');
    await page.waitForFunction((n) => document.querySelectorAll('[data-testid="note"]').length === n, now.unread.length - 1);
    must((await read(page, '/shifts/now')).unread.length === now.unread.length - 1, 'the hub does not know that it was read');
  }
  return `${now.assigned.length} cases, ${now.unread.length} notes`;
}

async function handOver(page) {
  const before = await read(page, '/shifts/now');
  const left = before.assigned.length > 1 ? 1 : 0;
  // The first case stays.
  if (left) await keys(page, 'j', 'x');
  await keys(page, 'n');
  await page.keyboard.type('nobody-of-that-name');
  await page.keyboard.press('Tab');
  await page.keyboard.type('交接测试：广场东侧注意复查。');
  await open(page, options, '#/shift');
  await page.waitForSelector(`${id('shift-page')}[aria-busy="false"] ${id('handover-form')}`);
  must((await page.inputValue('textarea[name=note]')).startsWith('交接测试'), 'the draft is lost with a reload');
  await keys(page, 'n', 'Control+a');
  await page.keyboard.type(options.to ?? 'nobody-of-that-name');
  if (left) {
    await page.evaluate(() => document.activeElement?.blur());
    await keys(page, 'j', 'x');
    await page.focus('textarea[name=note]');
  }
  await tabTo(page, id('hand-over'));
  await keys(page, 'Enter');
  if (!options.to) {
    await page.waitForFunction(() => document.querySelector('#handover-fault')?.textContent !== '');
    await shot(page, 'shift-refused');
    return 'refused, as nobody has that name';
  }
  await page.waitForFunction(() => document.querySelector('textarea[name=note]')?.value === '');
  const { assigned, handovers } = await read(page, '/shifts/now');
  must(handovers[0].to === options.to && handovers[0].note.startsWith('交接测试'), 'the hub has no such handover');
  must(handovers[0].cases === before.assigned.length - left || assigned.length >= left, `${handovers[0].cases} cases went`);
  await page.waitForFunction((n) => document.querySelectorAll('[data-testid="past"] tbody tr').length === n, handovers.length);
  const row = await page.textContent(`${id('past')} tbody tr`);
  must([handovers[0].from, handovers[0].to].every((name) => row.includes(name)), `no names in ${row}`);
  await shot(page, 'shift-after');
  return `${handovers[0].cases} cases to ${options.to}`;
}

async function audit(page) {
  await to(page, 'audit');
  await page.waitForSelector(`${id('entries')} tbody tr`);
  await page.waitForSelector(`${id('day-roots')}, ${id('empty')}`);
  await shot(page, 'audit');
  await accessible(page);
  const rows = () => page.locator(`${id('entries')} tbody tr`).count();
  const first = await rows();
  if (await page.$(id('more'))) {
    await keys(page, 'm');
    await page.waitForFunction((n) => document.querySelectorAll('[data-testid="entries"] tbody tr').length > n, first);
  }
  await page.selectOption('select[name=kind]', 'sign_in');
  await page.waitForFunction(() => [...document.querySelectorAll('[data-testid="entries"] tbody tr')].every((row) => row.dataset.kind === 'sign_in'));
  await page.evaluate(() => document.activeElement?.blur());
  await keys(page, '/');
  await page.keyboard.type('nobody-of-that-name');
  await keys(page, 'Enter');
  await page.waitForSelector(`${id('audit-page')} ${id('empty')}`);
  await page.fill('input[name=from]', 'yesterday');
  await keys(page, 'Enter');
  await page.waitForFunction(() => document.querySelector('#log-fault')?.textContent !== '');
  await shot(page, 'audit-fault');
  return `${first} entries at first`;
}

async function people(page) {
  await to(page, 'people');
  await page.waitForSelector(id('people'));
  await shot(page, 'people');
  await accessible(page);
  const name = `e2e-${Date.now().toString(36)}`;
  await keys(page, 'n');
  await page.waitForSelector(id('person-dialog'));
  await page.keyboard.type(name);
  await keys(page, 'Tab');
  await page.keyboard.type('测试单位');
  await tabTo(page, 'input[name=role][value=grid_staff]');
  await keys(page, 'Space');
  await tabTo(page, 'textarea[name=area]');
  await page.keyboard.type('N50G473 N99');
  await page.waitForFunction(() => document.querySelector('#area-fault')?.textContent.includes('N99'));
  await shot(page, 'person');
  await accessible(page);
  await keys(page, ...Array(4).fill('Backspace'));
  await tabTo(page, `${id('person-dialog')} button.primary`);
  await keys(page, 'Enter');
  await page.waitForSelector(id('password-once'));
  await shot(page, 'password-once');
  await keys(page, 'Enter');
  await page.waitForSelector(`tr[data-name="${name}"]`);
  const known = (await read(page, '/users')).items.find((user) => user.name === name);
  must(known?.area.join() === 'N50G473' && known.roles.join() === 'grid_staff', `the hub has ${JSON.stringify(known)}`);
  await page.focus(`tr[data-name="${name}"] [data-act=disable]`);
  await keys(page, 'Enter');
  await page.waitForSelector(id('confirm-dialog'));
  await tabTo(page, `${id('confirm-dialog')} button.primary`);
  await keys(page, 'Enter');
  await page.waitForSelector(`tr[data-name="${name}"].off`);
  must((await read(page, '/users')).items.find((user) => user.name === name).disabled, 'the hub has not disabled it');
  return name;
}

async function password(page, expect) {
  await page.focus(id('who'));
  await keys(page, 'Enter');
  await page.waitForSelector(id('password-dialog'));
  for (const text of ['not-the-old-one', 'a-new-password', 'another-password']) {
    await page.keyboard.type(text);
    await keys(page, 'Tab');
  }
  await tabTo(page, `${id('password-dialog')} button.primary`);
  await keys(page, 'Enter');
  await page.waitForSelector(`${id('password-dialog')} [role=alert]`);
  await accessible(page);
  await page.fill('input[name=again]', 'a-new-password');
  // 401 for a wrong password, 409 where the hub keeps none: the browser reports both as errors.
  expect(/session\/password/);
  const before = await page.textContent(`${id('password-dialog')} [role=alert]`);
  await keys(page, 'Enter');
  await page.waitForFunction((old) => ![old, undefined].includes(document.querySelector('[data-testid="password-dialog"] [role=alert]')?.textContent), before);
  await shot(page, 'own-password');
  await keys(page, 'Escape');
  await page.waitForSelector(id('password-dialog'), { state: 'detached' });
  must(await page.$(id('who')), 'a wrong old password signs out');
}

async function fleet(page) {
  await to(page, 'fleet');
  const { items } = await read(page, '/fleet');
  must((await page.locator(id('node')).count()) === items.length, 'other nodes than the hub has');
  for (const { node, state } of items) must((await page.getAttribute(`[data-node="${node}"]`, 'data-state')) === state, `${node} is not ${state}`);
  await page.waitForSelector(`${id('dead-letters')}, ${id('empty')}`);
  await shot(page, 'fleet');
  await accessible(page);
  const dead = (await read(page, '/deliveries/dead')).items;
  if (dead.length > 0) {
    await page.focus(`${id('dead-letters')} tbody button`);
    await keys(page, 'Enter');
    await page.waitForFunction((n) => document.querySelectorAll('[data-testid="dead-letters"] tbody tr').length === n, dead.length - 1);
  }
  await keys(page, 'r', 'l');
  await page.waitForTimeout(300);
  await shot(page, 'fleet-en');
  await keys(page, 'l');
  return `${items.length} nodes, ${dead.length} dead letters`;
}

const browser = await launch('svg');
const { page, faults, expect } = await watchedPage(browser, options.base);
page.setDefaultTimeout(20_000);
await check('signs in', () => signIn(page, options, expect));
// A name that nobody has is refused, and the browser says so.
expect(/shifts\/handover/);
const flows = {
  statistics: [['figures by keyboard', statistics], ['a span of one’s own', ownSpan], ['digest', digest]],
  shift: [['shift and notes', shift], ['handover with a draft', handOver]],
  audit: [['log, filters, paging', audit]],
  people: [['an account made and disabled', people], ['one’s own password', (each) => password(each, expect)]],
  fleet: [['nodes and dead letters', fleet]],
};
for (const name of options.only.split(',')) {
  for (const [words, job] of flows[name]) await check(`${name}: ${words}`, () => job(page));
  await check(`${name}: no page scroll at 1366x768`, () => noPageScroll(page));
}
await check('no error, no request to another host', () => noFaults(faults));
await browser.close();
finish();
