/**
 * Stills, calibrations and zones of the stand-in hub. A still is DEV_PICTURE or a drawing; the fit is invented:
 * it shows what the page does with an answer, not what the hub would answer.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { at, cameras, picture, sha } from './fixture.mjs';

const stills = new Map();

/** A blurred camera is blind, an absent node is not asked; others answer after a moment. */
function ask(camera, { json, problem }, response) {
  if (!camera.online) {
    return json(response, 409, { type: 'urn:gridwarden:problem:node-away', title: 'Conflict', status: 409, detail: 'node edge-1 is not connected' });
  }
  const one = { request_id: `s${stills.size}`, camera: camera.id, node: camera.node, asked_at: at(0), deadline: at(-20), status: 'waiting' };
  stills.set(one.request_id, one);
  setTimeout(() => {
    const shown = { sha256: sha(`still/${camera.id}/${one.request_id}`), width_px: 1280, height_px: 720, captured_at: at(0), available: true };
    Object.assign(one, camera.condition === 'ok' ? { status: 'ready', picture: shown } : { status: 'refused', refusal: 'blind', detail: camera.condition });
  }, 900);
  return json(response, 202, one);
}

const trials = new Map();

/** Two cases after four seconds. */
function tryOut(camera, { from, to }, json, response) {
  const one = { request_id: `t${trials.size}`, camera: camera.id, node: camera.node, from, to, asked_at: at(0), deadline: at(-900), state: 'asked', share: 0, frames: 0, holes: [], cases: [], further_cases: 0 };
  trials.set(one.request_id, one);
  const step = setInterval(() => {
    if (one.state === 'cancelled') return clearInterval(step);
    Object.assign(one, { state: 'running', share: Math.min(one.share + 0.25, 1), frames: one.frames + 450 });
    if (one.share < 1) return;
    clearInterval(step);
    const case_ = (i) => ({ zone: 'pavement', first_seen_at: at(900 - i), confirmed_at: at(870 - i), last_seen_at: at(700), dwell_secs: 45.2, count: 1, score: 0.71, picture: { sha256: sha(`dry/${i}`), width_px: 960, height_px: 540, captured_at: at(870), available: true } });
    Object.assign(one, { state: 'done', cases: [case_(0), case_(60)], holes: [{ from: at(2000), to: at(1900), reason: 'stream_lost' }] });
  }, 1000);
  json(response, 202, one);
}

async function shown(response, digest) {
  const path = process.env.DEV_PICTURE;
  if (!path) return response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(picture('snapshot', digest));
  const type = { '.jpg': 'image/jpeg', '.png': 'image/png' }[extname(path)];
  return response.writeHead(200, { 'Content-Type': type }).end(await readFile(path));
}

function solved({ points, grid_level: level, width_px: width, height_px: height }) {
  const csv = ['u,v,lon,lat,height_metres', ...points.map((p) => [p.u, p.v, p.lon ?? '', p.lat ?? '', p.height_metres ?? ''].join())].join('\n');
  const answer = { points: points.map(() => ({})), facts: {}, warnings: [], hulls_px: [], points_csv: csv };
  if (points.length < 4) {
    return { ...answer, refusal: { kind: 'too_few_points', reason: `${points.length} control points; at least 4 are needed` } };
  }
  const lines = [];
  for (let y = height * 0.45; y < height; y += 40) lines.push([[0, y], [width, y + 12]]);
  for (let x = 0; x < width; x += 80) lines.push([[width / 2 + (x - width / 2) * 0.4, height * 0.45], [x, height]]);
  // Where nothing lies on the ground.
  const wild = points.findIndex(({ v }) => v < height * 0.595);
  const told = points.map(({ u, v }, i) => ({ expected_px: [u + 1.5, v - 0.5 * i], residual_px: 1.6, left_out_px: 2.4, left_out_metres: 0.11 }));
  return {
    ...answer,
    ...(wild >= 0 ? { refusal: { kind: 'outlier', point: wild, reason: 'disagrees' } } : { toml: 'datum = "CGCS2000"\n' }),
    model: points.length > 4 ? 'camera' : 'homography',
    points: told,
    facts: { rms_px: 1.62, field_of_view_deg: 64 },
    left_out_rms_metres: 0.14,
    left_out_median_metres: 0.11,
    camera: { lon_deg: 114.343215, lat_deg: 22.691342, height_metres: 48.5 },
    grid: { level, lines_px: lines },
    hulls_px: [[[0, height * 0.45], [width, height * 0.45], [width, height], [0, height]]],
  };
}

/** `true`: it was for here. */
export async function answerCameras(request, response, url, { json, problem, bodyOf }) {
  const parts = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
  if (parts.join('/') === 'calibrations/solve') {
    json(response, 200, solved(await bodyOf(request)));
    return true;
  }
  if (parts.join('/') === 'scenes/check') {
    const { toml } = await bodyOf(request);
    const bad = /"bad"/.test(toml);
    json(response, 200, { faults: bad ? [{ line: 5, key_path: 'zone[0].id', value: 'bad', allowed: 'another name' }] : [] });
    return true;
  }
  const [resource, node, id, verb, which] = parts;
  if (resource !== 'cameras' || !verb) return false;
  const camera = cameras.find((one) => one.id === id && one.node === node);
  if (!camera) problem(response, 404, 'no such camera');
  else if (verb === 'still') ask(camera, { json, problem }, response);
  else if (verb === 'stills' && stills.has(which)) json(response, 200, stills.get(which));
  else if (verb === 'dry-run') tryOut(camera, await bodyOf(request), json, response);
  else if (verb === 'dry-runs' && trials.has(which)) {
    if (request.method === 'DELETE') trials.get(which).state = 'cancelled';
    json(response, 200, trials.get(which));
  }
  else if (verb === 'pictures') await shown(response, which);
  else problem(response, 404, 'not found');
  return true;
}
