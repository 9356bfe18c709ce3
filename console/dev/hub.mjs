/**
 * A stand-in hub for working on the page alone: `npm run dev:hub`, then `npm run dev`. Speaks
 * docs/http.md with invented cases, and serves `dist/` under the hub's content policy.
 * DEV_PICTURE and DEV_CLIP may name files to show in place of drawings, DIST another build of the page;
 * ROLES=viewer,auditor are those of whoever is signed in (all there are);
 * CASES says how many wait at the beginning; DISTRICT=400 has 60 more cameras and so many more cases; TILES=no no
 * district map.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerCameras } from './cameras.mjs';
import { actionsOf, at, cameras, CATALOGUE, districtCases, evidence, newCase, picture, place, sha, STREETS, UNDONE, verdict } from './fixture.mjs';
import { cellOf, centreOfCell } from './grid.mjs';
import { camerasOf, counted, districtMap, hotspots, tiles } from './map.mjs';
import { office } from './office.mjs';

const port = Number(process.env.PORT ?? 8790);
const dist = process.env.DIST ?? join(fileURLToPath(new URL('..', import.meta.url)), 'dist');
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self' blob:; " +
  "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const MEDIA = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const ROLES = process.env.ROLES?.split(',') ?? ['viewer', 'grid_staff', 'dispatcher', 'reviewer', 'administrator', 'auditor'];
const me = () => ({ name: 'reviewer', unit: '坪山城管', roles: ROLES, area: [], csrf_token: 'dev', version: '0.1.0', demo: true });
const cases = new Map();
const listeners = new Set();

function say(one) {
  const data = JSON.stringify({ case_id: one.case_id, version: one.version, state: one.state });
  for (const to of listeners) to.write(`event: case\ndata: ${data}\n\n`);
}

function put(one) {
  cases.set(one.case_id, one);
  say(one);
}

function move(one, to, entry) {
  one.history.push({ at: at(0), from: one.state, to, ...entry });
  one.state = to;
  one.version += 1;
  say(one);
}

const pattern = ['crowd', 'bin_overflowing', 'illegal_parking'];
for (let i = 0; i < Number(process.env.CASES ?? 9); i += 1) put(newCase(pattern[i % 3], i % 3, 30 + i * 340, { suspected: i === 4 }));
const checked = newCase('bin_overflowing', 1, 5000, { state: 'CLOSED', stage: 'verification', version: 6 });
checked.verifications.push({
  request_id: 'r1', kind: 'postcheck', requested_at: at(200), result_at: at(20),
  verdict: verdict('CLEARED', ['not_found']),
  evidence: [evidence('before', checked.case_id), evidence('after', checked.case_id)],
});
checked.history.push({ at: at(20), actor: 'auto:postcheck@1', kind: 'postcheck_verdict', from: 'POSTCHECKING', to: 'CLOSED' });
put(checked);
const manual = newCase('bin_overflowing', 2, 7000, {
  state: 'MANUAL', version: 4, manual_reason: 'too_few_valid_frames',
  assigned: { to: 'wang', why: 'nearest_area', metres: 180, at: at(90) },
});
manual.verifications.push({
  request_id: 'r2', kind: 'postcheck', requested_at: at(400), result_at: at(100), evidence: [],
  verdict: verdict('UNDETERMINABLE', ['too_few_valid_frames', 'blurred', 'positive_control_missing']),
});
put(manual);
for (let i = 0; i < 5; i += 1) put(newCase(pattern[i % 3], i % 3, 900 + i * 77, { state: i % 2 ? 'MANUAL' : 'PENDING_REVIEW', assigned: { to: 'reviewer', why: 'in_area', at: at(600) }, overdue: i === 4 }));
for (const one of districtCases(Number(process.env.DISTRICT ?? 0))) put(one);
if (process.env.ARRIVALS !== 'no') setInterval(() => put(newCase(pattern[Math.floor(Math.random() * 3)], 0, 0)), 20_000).unref();

const json = (response, status, body, headers = {}) => {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'Content-Type': type, ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
};
const problem = (response, status, title, detail = '') =>
  json(response, status, { type: 'about:blank', title, status, detail });
const DONE = ['CLOSED', 'REJECTED', 'VANISHED', 'MERGED'];
const detailOf = ({ undo, ...one }) => ({
  ...one,
  actions: actionsOf({ ...one, undo }),
  merged: [...cases.values()].filter((other) => other.merged_into === one.case_id),
});
const signedIn = (request) => /gw_session=dev/.test(request.headers.cookie ?? '');
const COOKIE = { 'Set-Cookie': 'gw_session=dev; HttpOnly; SameSite=Strict; Path=/' };

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

function list(url, response) {
  const states = url.searchParams.getAll('state');
  const wanted = (name) => url.searchParams.get(name);
  const area = STREETS.find(({ name }) => name === wanted('street'))?.cells;
  const inside = (one, cells) => cells.some((cell) => one.place?.code_2d.startsWith(cell));
  const rank = { urgent: 0, normal: 1, low: 2 };
  const all = [...cases.values()]
    .filter((one) => states.length === 0 || states.includes(one.state))
    .filter((one) => !wanted('camera') || one.camera?.id === wanted('camera'))
    .filter((one) => !wanted('assignee') || one.assigned?.to === wanted('assignee'))
    .filter((one) => !wanted('event') || one.event.code === wanted('event'))
    .filter((one) => !wanted('source') || one.source === wanted('source'))
    .filter((one) => !wanted('cell') || inside(one, [wanted('cell')]))
    .filter((one) => !area || inside(one, area))
    .sort((a, b) => rank[a.priority] - rank[b.priority] || a.deadline.localeCompare(b.deadline));
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const to = from + Number(url.searchParams.get('limit') ?? 50);
  json(response, 200, { items: all.slice(from, to), next_cursor: to < all.length ? String(to) : null });
}

async function act(one, request, response) {
  const { action, reason, note, into, assignee, event_code } = await bodyOf(request);
  if (request.headers['if-match'] !== `"${one.version}"`) return problem(response, 412, 'changed');
  const allowed = actionsOf(one).find((each) => each.action === action);
  if (!allowed) return problem(response, 409, 'not possible', `${action} of a case that is ${one.state}`);
  if (allowed.reasons.length && !allowed.reasons.includes(reason)) return problem(response, 422, 'reason missing');
  if (action === 'undo') return undo(one, response);
  const { undo: _, history: __, version: ___, ...before } = structuredClone(one);
  const master = cases.get(action === 'merge' ? into : one.merged_into);
  if (action === 'merge' && (!master || master === one || DONE.includes(master.state))) return problem(response, 409, 'bad master');
  const to = { confirm: 'FILED', reject: 'REJECTED', close: 'CLOSED', rework: 'REWORK', merge: 'MERGED', unmerge: one.merged_from, assign: one.state, reclassify: one.state }[action];
  if (action === 'assign') one.assigned = { to: assignee ?? 'wang', why: assignee ? 'by_person' : 'nearest_area', at: at(0) };
  else if (action === 'reclassify') one.event = { ...one.event, ...CATALOGUE.find(({ code }) => code === event_code), local: false };
  else if (one.assigned) Object.assign(one, { assigned: null, manual_reason: null });
  if (action === 'merge') Object.assign(one, { merged_into: into, merged_from: one.state });
  if (action === 'unmerge') Object.assign(one, { merged_into: null, merged_from: null });
  if (master) move(master, master.state, { actor: 'reviewer', kind: action === 'merge' ? 'took_in' : 'let_go', note: one.case_id });
  one.undo = UNDONE.includes(action) ? { until: at(-30), before } : null;
  move(one, to, { actor: 'reviewer', kind: action, reason, note });
  json(response, 200, detailOf(one));
}

function undo(one, response) {
  const { before } = one.undo;
  const master = cases.get(one.merged_into);
  const from = one.state;
  Object.assign(one, { assigned: null, manual_reason: null, merged_into: null }, before, { undo: null, state: from });
  if (master) move(master, master.state, { actor: 'reviewer', kind: 'let_go', note: one.case_id });
  move(one, before.state, { actor: 'reviewer', kind: 'undo' });
  json(response, 200, detailOf(one));
}

/** The edge answers after three seconds; what is an hour old has been deleted. */
async function footage(one, request, response) {
  const wanted = await bodyOf(request);
  const known = one.footage.find((each) => each.from === wanted.from && each.to === wanted.to);
  if (known) return json(response, 200, known);
  const asked = { request_id: `f${one.footage.length}`, ...wanted, asked_at: at(0), status: 'waiting', holes: [] };
  one.footage.push(asked);
  setTimeout(() => {
    const old = Date.parse(wanted.from) < Date.now() - 3_600_000;
    const hole = { from: wanted.from, to: new Date(Date.parse(wanted.from) + 2000).toISOString(), reason: 'stream_lost' };
    const ready = { status: 'ready', holes: [hole], hole: 'stream_lost', clip: evidence('playback', one.case_id), filmstrip: evidence('filmstrip', one.case_id) };
    Object.assign(asked, old ? { status: 'refused', refusal: 'nothing_recorded', hole: 'before_retention' } : ready);
    say(one);
  }, 3000);
  json(response, 202, asked);
}

async function complain(request, response) {
  const body = await bodyOf(request);
  const named = body.place.code && centreOfCell(cellOf(body.place.code));
  const where = named ? { lon_deg: named[0], lat_deg: named[1] } : body.place.code_3d ? cameras[0].place : body.place;
  const one = newCase(body.event, 0, 0, {
    state: 'PRECHECKING', source: 'complaint', external_no: body.external_no, thumbnail: null, evidence: [],
    place: place(where.lon_deg, where.lat_deg, 5),
    history: [{ at: at(0), actor: body.source, kind: 'complaint', to: 'PRECHECKING', note: body.note }],
  });
  const check = { request_id: 'r3', kind: 'precheck', requested_at: at(0), evidence: [] };
  one.verifications.push(check);
  put(one);
  setTimeout(() => {
    Object.assign(check, { result_at: at(0), verdict: verdict('PRESENT', ['found']), evidence: [evidence('before', one.case_id)] });
    move(one, 'FILED', { actor: 'auto:precheck@1', kind: 'precheck_verdict' });
  }, 4000);
  json(response, 201, detailOf(one));
}

async function file(request, response, digest) {
  const owner = [...cases.values()].find((one) => [...one.evidence, ...one.verifications.flatMap((v) => v.evidence), ...one.footage.flatMap((f) => [f.clip, f.filmstrip].filter(Boolean))].some((e) => e.sha256 === digest));
  const role = ['annotated', 'snapshot', 'clip', 'before', 'after', 'playback', 'filmstrip'].find((each) => owner && sha(`${each}/${owner.case_id}`) === digest);
  if (!role) return problem(response, 404, 'no such file');
  const video = role === 'clip' || role === 'playback';
  const path = video ? process.env.DEV_CLIP : process.env.DEV_PICTURE;
  if (!path && video) return problem(response, 404, 'set DEV_CLIP');
  if (!path) return response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(picture(role, digest));
  const bytes = await readFile(path);
  const type = { '.mp4': 'video/mp4', '.jpg': 'image/jpeg', '.png': 'image/png' }[extname(path)];
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
  if (!range) return response.writeHead(200, { 'Content-Type': type, 'Accept-Ranges': 'bytes' }).end(bytes);
  const [from, to] = [Number(range[1]), Math.min(Number(range[2] || bytes.length - 1), bytes.length - 1)];
  response.writeHead(206, { 'Content-Type': type, 'Content-Range': `bytes ${from}-${to}/${bytes.length}` });
  response.end(bytes.subarray(from, to + 1));
}

async function page(path, response) {
  const wanted = normalize(path === '/' ? '/index.html' : path);
  const body = await readFile(join(dist, wanted)).catch(() => null);
  if (!body) return problem(response, 404, 'no such page');
  response.writeHead(200, { 'Content-Type': MEDIA[extname(wanted)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY });
  response.end(body);
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://hub');
  if (url.pathname === '/signin') return response.writeHead(303, { Location: '/', ...COOKIE }).end();
  if (url.pathname.startsWith('/tiles/')) return signedIn(request) ? tiles(request, response) : problem(response, 401, 'not signed in');
  if (!url.pathname.startsWith('/api/v1/')) return page(url.pathname, response);
  const [resource, id, verb] = url.pathname.slice('/api/v1/'.length).split('/');
  if (resource === 'session' && id === 'ways') return json(response, 200, { password: true, oidc: false });
  if (resource === 'session' && id === 'password') {
    const { old } = await bodyOf(request);
    if (old === 'demo') return json(response, 200, me());
    return json(response, 401, { type: 'urn:gridwarden:problem:wrong-password', title: 'wrong password', status: 401, detail: 'the old password is wrong' });
  }
  if (resource === 'session' && request.method === 'POST') {
    const { password } = await bodyOf(request);
    return password === 'demo' ? json(response, 204, undefined, COOKIE) : problem(response, 401, 'wrong name or password');
  }
  if (!signedIn(request)) return problem(response, 401, 'not signed in');
  if (request.method !== 'GET' && request.headers['x-csrf-token'] !== 'dev') return problem(response, 403, 'header missing');
  if (resource === 'session' && request.method === 'DELETE') return json(response, 204, undefined, { 'Set-Cookie': 'gw_session=; Max-Age=0; Path=/' });
  if (resource === 'session') return json(response, 200, me());
  if (await office({ request, response, url, parts: [resource, id, verb], json, bodyOf, cases: [...cases.values()], me: me().name })) return;
  if (resource === 'streets') return json(response, 200, { items: STREETS });
  if (await answerCameras(request, response, url, { json, problem, bodyOf })) return;
  if (resource === 'cameras') return json(response, 200, { items: cameras });
  if (resource === 'map' && !id) return json(response, 200, districtMap());
  if (resource === 'map' && id === 'cells') return json(response, 200, counted(cases.values(), url.searchParams));
  if (resource === 'map' && id === 'hotspots') return json(response, 200, hotspots(cases.values()));
  if (resource === 'grid' && verb === 'cameras') {
    const seeing = camerasOf(cameras, id, url.searchParams.get('3d') === 'true');
    return seeing ? json(response, 200, seeing) : problem(response, 422, 'no code', id);
  }
  if (resource === 'complaints') return complain(request, response);
  if (resource === 'evidence') return file(request, response, id);
  if (resource === 'stream') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': hello\n\n');
    listeners.add(response);
    return request.on('close', () => listeners.delete(response));
  }
  if (resource !== 'cases') return problem(response, 404, 'no such resource');
  if (!id) return list(url, response);
  const one = cases.get(id);
  if (!one) return problem(response, 404, 'no such case');
  if (verb === 'near') {
    const near = [...cases.values()].filter((other) => other !== one && !DONE.includes(other.state) && other.camera?.id === one.camera?.id);
    return json(response, 200, { items: near.map((other, i) => ({ ...other, metres: 0.8 + i * 3.1, proposed: i === 0 })) });
  }
  if (verb === 'staff') {
    const staff = [{ name: 'wang', why: 'nearest_area', metres: 180, waiting: 1 }, { name: 'reviewer', waiting: 0 }];
    return json(response, 200, { items: staff });
  }
  if (verb === 'package') {
    response.writeHead(200, { 'Content-Type': 'application/zip', 'Content-Disposition': `attachment; filename="${id}.zip"` });
    return response.end('not a package: a development fixture');
  }
  if (verb === 'act') return act(one, request, response);
  if (verb === 'footage') return footage(one, request, response);
  return json(response, 200, detailOf(one), { ETag: `"${one.version}"` });
}

createServer((request, response) => {
  answer(request, response).catch((error) => problem(response, 500, String(error)));
}).listen(port, '127.0.0.1', () => console.log(`development fixture on http://127.0.0.1:${port}/signin?ticket=dev`));
