/** The development fixture's part for 交接班, 统计, 审计, 人员 and 设备: invented figures, people and nodes. */
import { randomUUID } from 'node:crypto';
import { at, cameras, sha } from './fixture.mjs';
import { hotspots } from './map.mjs';

const FINAL = ['CLOSED', 'REJECTED', 'VANISHED', 'MERGED'];
const COUNTS = `found filed confirmed rejected false_alarms merged unmerged vanished closed_by_video closed_by_person manual
  rework reopened overdue verdicts undeterminable overruled disposed on_time`.split(/\s+/);
const localDay = (millis) => new Date(millis + 8 * 3_600_000).toISOString().slice(0, 10);

/** Figures that add up a little, the same for the same seed. */
function figures(seed, size = 40) {
  const wild = (k) => Math.abs(Math.sin(seed * 12.9898 + k * 78.233) * 43758.5453) % 1;
  const found = Math.round(size * (0.4 + wild(1)));
  const confirmed = Math.round(found * 0.55);
  const rejected = Math.round(found * (0.1 + 0.2 * wild(2)));
  const video = Math.round(confirmed * 0.6);
  const disposed = Math.round(confirmed * 0.8);
  return withRates({
    ...Object.fromEntries(COUNTS.map((name) => [name, 0])),
    found, confirmed, rejected, filed: confirmed + Math.round(found * 0.1), false_alarms: Math.round(rejected * 0.7), vanished: Math.round(found * 0.1),
    closed_by_video: video, closed_by_person: Math.round(confirmed * 0.2), manual: Math.round(found * 0.08), rework: Math.round(confirmed * 0.06),
    overdue: Math.round(found * 0.05), verdicts: video + Math.round(found * 0.15), undeterminable: Math.round(found * 0.07),
    overruled: Math.round(video * 0.03), disposed, on_time: Math.round(disposed * 0.9), merged: Math.round(found * 0.04), reopened: Math.round(video * 0.02),
  });
}

function withRates(of) {
  const rates = {
    false_alarm_rate: [of.false_alarms, of.confirmed + of.rejected], undeterminable_rate: [of.undeterminable, of.verdicts],
    overruled_rate: [of.overruled, of.closed_by_video], on_time_rate: [of.on_time, of.disposed], rework_rate: [of.rework, of.rework + of.closed_by_video + of.closed_by_person],
  };
  return { ...of, ...Object.fromEntries(Object.entries(rates).filter(([, [, whole]]) => whole > 0).map(([name, [part, whole]]) => [name, part / whole])) };
}
const sum = (items) => withRates(Object.fromEntries(COUNTS.map((name) => [name, items.reduce((all, item) => all + item[name], 0)])));

const CODES = ['01006', '04012', 'L0035', '06010'];
const keyed = (keys, size) => keys.map((key, i) => ({ key, ...figures(key.length * 7 + i * 3 + 1, size) }));
const items = {
  event: () => keyed(CODES, 90),
  camera: () => keyed([...cameras.map(({ id, node }) => `${node}/${id}`), ''], 60),
  hour: () => keyed(Array.from({ length: 24 }, (_, hour) => String(hour)).filter((_, hour) => hour < 1 || hour > 5), 22),
};

function statistics(query, cases) {
  const to = query.get('to') ?? localDay(Date.now());
  const from = query.get('from') ?? localDay(Date.parse(to) - 7 * 86_400_000);
  const length = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  if (!(length >= 1 && length <= 92)) return null;
  const by = query.get('by') ?? 'day';
  const days = Array.from({ length }, (_, i) => localDay(Date.parse(from) + i * 86_400_000)).filter((_, i) => i % 9 !== 5);
  const rows = by === 'day' ? days.map((key) => ({ key, ...figures(Number(key.replaceAll('-', '')) % 997) })) : items[by]();
  const quiet = from < '2026-01-01';
  return {
    from, to, by,
    totals: quiet ? sum([]) : sum(rows),
    items: quiet ? [] : rows,
    false_alarms: cameras.slice(0, 12).flatMap(({ id, node }, i) => CODES.slice(0, 2).map((event_code, k) => ({ camera: id, node, event_code, reviewed: 20 + i, false_alarms: 9 - i - k, rate: (9 - i - k) / (20 + i) }))).sort((a, b) => b.false_alarms - a.false_alarms),
    recurrence: hotspots(cases).items.slice(0, 20).map((spot, i) => ({ ...spot, code: spot.code.slice(0, 12), stubborn: i === 0 })),
    heat: Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (_, hour) => Math.max(0, Math.round(9 * Math.sin(((hour - 5) / 18) * Math.PI) + ((day * 7 + hour * 3) % 5) - 2)))),
  };
}

function sheet({ by, items: rows }) {
  return [[by, ...COUNTS].join(','), ...rows.map((row) => [row.key, ...COUNTS.map((name) => row[name])].join(','))].join('\r\n');
}

const handovers = [
  { shift_id: randomUUID(), from: 'zhang', to: 'reviewer', at: at(5 * 3600), note: '坪山广场东侧垃圾桶下午又满了，已催环卫；市场门口摄像机模糊，已报修。', cases: 3 },
  { shift_id: randomUUID(), from: 'li', to: 'reviewer', at: at(4 * 3600), note: '', cases: 0 },
  { shift_id: randomUUID(), from: 'reviewer', to: 'zhang', at: at(29 * 3600), note: '夜间无异常。', cases: 1, read_at: at(28.5 * 3600) },
];
const mineOf = (cases, me) => [...cases].filter((one) => one.assigned?.to === me && !FINAL.includes(one.state));

function shiftNow(cases, me) {
  const waiting = [...cases].filter(({ state }) => ['PENDING_REVIEW', 'MANUAL'].includes(state));
  return {
    began_at: at(4 * 3600), done: { confirm: 41, reject: 12, merge: 3, undo: 1 }, left_over: waiting.length, assigned: mineOf(cases, me),
    unread: handovers.filter(({ to, read_at }) => to === me && !read_at), handovers,
  };
}

const log = Array.from({ length: 260 }, (_, i) => ({
  entry_id: `entry-${i}`, at: at(i * 171 + 20), who: ['reviewer', 'wang', 'zhang'][i % 3], unit: '坪山城管',
  kind: ['view', 'view', 'playback', 'view', 'export', 'sign_in', 'handover', 'account', 'footage_request'][i % 9],
  ...(i % 9 < 5 ? { case_id: randomUUID(), sha256: sha(`file${i % 40}`) } : {}),
  why: i % 9 < 5 ? 'review' : '', detail: ['bytes 0-65535', 'password', 'zhang -> reviewer'][i % 3],
}));

function audit(query, cases) {
  const firsts = [...cases].map(({ case_id }) => case_id);
  log.forEach((entry, i) => { if (entry.case_id && firsts[i % 7]) entry.case_id = firsts[i % 7]; });
  const same = (name, field) => (entry) => !query.get(name) || entry[field] === query.get(name);
  const found = log.filter(same('who', 'who')).filter(same('kind', 'kind')).filter(same('case', 'case_id')).filter(same('file', 'sha256'))
    .filter((entry) => (!query.get('from') || entry.at >= query.get('from')) && (!query.get('to') || entry.at < query.get('to')));
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 100);
  return { items: found.slice(from, to), ...(to < found.length ? { next_cursor: String(to) } : {}) };
}

const users = [
  { name: 'reviewer', unit: '坪山城管', roles: ['reviewer', 'administrator'], area: [], disabled: false, kept_in: 'register', created_at: at(90 * 86_400) },
  { name: 'root', roles: ['administrator'], area: [], disabled: false, kept_in: 'configuration' },
  { name: 'wang', unit: '坪山街道一中队', roles: ['grid_staff'], area: ['N50G473265'], disabled: false, kept_in: 'register', created_at: at(40 * 86_400) },
  { name: 'zhang', unit: '龙田街道', roles: ['grid_staff', 'dispatcher'], area: [], disabled: false, kept_in: 'provider', created_at: at(9 * 86_400) },
  { name: 'chen', roles: ['viewer'], area: [], disabled: true, kept_in: 'register', created_at: at(200 * 86_400) },
];

const stats = (more) => ({ boot_id: randomUUID(), uptime_secs: 93_000, frames_decoded: 9_000_000, frames_analysed: 8_900_000, inferences: 8_900_000, frames_dropped: 1204, detections: 51_000, cases_opened: 311, outbox_depth: 0, uploads_pending: 0, ...more });
const nodes = () => [
  { node: 'edge-1', state: 'online', version: '0.1.0', boot_id: randomUUID(), heard_at: at(12), cameras: cameras.map(({ id, condition, since }) => ({ id, condition, since })), stats: stats({}) },
  { node: 'edge-2', state: 'offline', version: '0.1.0', boot_id: randomUUID(), heard_at: at(4000), cameras: [{ id: 'school-1', condition: 'offline', since: at(4000) }, { id: 'school-2' }], stats: stats({ outbox_depth: 37, uploads_pending: 12 }) },
  { node: 'edge-3', state: 'stopping', version: '0.0.9', boot_id: randomUUID(), heard_at: at(70), cameras: [] },
];
const letter = (hook, i, last_error) => ({ hook, message_id: `m-${i}`, tries: 61, last_error, dead_at: at(86_400 * i), message: { kind: 'case' } });
const dead = [letter('city-platform', 1, '503 Service Unavailable'), letter('view-library', 2, 'connection refused')];

/** Answers a call of these pages, or says that it is none of them. */
export async function office({ request, response, url, parts, json, bodyOf, cases, me }) {
  const [resource, id, verb] = parts;
  const query = url.searchParams;
  const reads = request.method === 'GET';
  const give = (status, body) => (json(response, status, body), true);
  const refuse = (status, title, detail, kind) => (json(response, status, { type: kind ? `urn:gridwarden:problem:${kind}` : 'about:blank', title, status, detail }), true);
  if (resource === 'statistics' || resource === 'statistics.csv') {
    const told = statistics(query, cases);
    if (!told) return refuse(422, 'invalid', 'from');
    if (resource === 'statistics') return give(200, told);
    response.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="statistics.csv"' });
    return response.end(`\uFEFF${sheet(told)}`), true;
  }
  if (resource === 'digest') {
    const day = query.get('day');
    if (day >= localDay(Date.now())) return refuse(409, 'not over', 'that day is not over yet', 'day-not-over');
    const of = { events: items.event(), cameras: items.camera(), hours: items.hour() };
    return give(200, { day, district: 'pingshan', totals: sum(of.hours), ...of });
  }
  if (resource === 'shifts' && id === 'now') return give(200, shiftNow(cases, me));
  if (resource === 'shifts' && id === 'handover') {
    const { to, note, cases: chosen } = await bodyOf(request);
    if (!['wang', 'zhang', 'li'].includes(to)) return refuse(422, 'invalid', `to: "${to}": there is nobody of that name with an open account`);
    const going = mineOf(cases, me).filter(({ case_id }) => !chosen || chosen.includes(case_id));
    going.forEach((one) => { one.assigned = { ...one.assigned, to }; one.version += 1; });
    const one = { shift_id: randomUUID(), from: me, to, at: at(0), note, cases: going.length };
    handovers.unshift(one);
    return give(201, { ...one, kept: [] });
  }
  if (resource === 'shifts' && verb === 'read') {
    const one = handovers.find(({ shift_id, to }) => shift_id === id && to === me);
    if (!one) return refuse(404, 'not found', 'handover to you');
    one.read_at ??= at(0);
    return give(204);
  }
  if (resource === 'audit' && id === 'days') return give(200, { items: Array.from({ length: 31 }, (_, i) => ({ day: localDay(Date.now() - (i + 1) * 86_400_000), root: sha(`root${i}`), chains: 40 + ((i * 17) % 60), sealed_at: at((i + 1) * 86_400) })) });
  if (resource === 'audit') return give(200, audit(query, cases));
  if (resource === 'users' && reads) return give(200, { items: [...users].sort((a, b) => a.name.localeCompare(b.name)) });
  if (resource === 'users' && !id) {
    const { password, ...user } = await bodyOf(request);
    if (users.some(({ name }) => name === user.name)) return refuse(409, 'taken', `${user.name} is the name of another account`, 'name-taken');
    if (password.length < 8) return refuse(422, 'invalid', 'password');
    users.push({ ...user, disabled: false, kept_in: 'register', created_at: at(0) });
    return give(201, users.at(-1));
  }
  if (resource === 'users') {
    const user = users.find(({ name }) => name === decodeURIComponent(id));
    const { password, ...change } = await bodyOf(request);
    if (!user) return refuse(404, 'not found', 'user');
    if (user.kept_in === 'configuration') return refuse(409, 'configured', 'stands in hub.toml', 'configured-account');
    if (user.name === me && (change.disabled || (change.roles && !change.roles.includes('administrator')))) return refuse(409, 'own', 'another administrator can', 'own-account');
    return give(200, Object.assign(user, change));
  }
  if (resource === 'fleet') return give(200, { items: nodes() });
  if (resource === 'deliveries' && id === 'dead') return give(200, { items: dead.map((one, i) => ({ ...one, case_id: [...cases][i]?.case_id })) });
  if (resource === 'deliveries') {
    const found = dead.findIndex(({ hook, message_id }) => hook === id && message_id === verb);
    if (found < 0) return refuse(404, 'not found', 'dead letter');
    dead.splice(found, 1);
    return give(202);
  }
  return false;
}
