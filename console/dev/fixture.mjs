/**
 * Invented cases for `dev/hub.mjs`. A development fixture: never built into the page, never a
 * stand-in for the hub in an integration test.
 */
import { createHash, randomUUID } from 'node:crypto';

export const at = (secsAgo) => new Date(Date.now() - secsAgo * 1000).toISOString();
export const sha = (text) => createHash('sha256').update(text).digest('hex');

const DEG_PER_CELL = 1 / 3600 / 32;
const ORIGIN = { lon: 114.343215, lat: 22.691342 };

export const PATTERNS = [
  { id: 'crowd', version: '1', name_zh: '人群聚集', name_en: 'Crowd gathering', dwell_secs: 4 },
  { id: 'bin_overflowing', version: '1', name_zh: '垃圾满溢', name_en: 'Overflowing bin', dwell_secs: 5 },
  { id: 'illegal_parking', version: '1', name_zh: '机动车违停', name_en: 'Illegal parking', dwell_secs: 6 },
];

const EVENTS = {
  crowd: ['local', 'L0035', 'urgent', true],
  bin_overflowing: ['GB/T 47678.5', '01006', 'normal', false],
  illegal_parking: ['GB/T 47678.5', '04012', 'low', false],
};

const camera = (id, dLon, dLat, more) => {
  const [lon, lat] = [ORIGIN.lon + dLon, ORIGIN.lat + dLat];
  const corner = (x, y) => [lon + x * 1e-5, lat + y * 1e-5];
  return {
    id,
    node: 'edge-1',
    condition: 'ok',
    since: at(3600),
    online: true,
    place: {
      lon_deg: lon,
      lat_deg: lat,
      height_metres: 6.5,
      datum: 'CGCS2000',
      footprint_lonlat: [corner(6, 4), corner(38, 2), corner(52, 30), corner(14, 34)],
    },
    footprint: ['N50G4732655012'],
    patterns: PATTERNS,
    recording: { from: at(5400), to: at(1) },
    note_zh: '演示缩短了时限：停留时间按数秒计',
    note_en: 'The demo shortens time limits: dwell times are a few seconds',
    ...more,
  };
};

export const cameras = [
  camera('plaza-1', 0, 0, {}),
  camera('street-2', 0.0009, 0.0004, {}),
  camera('market-3', -0.0006, 0.0007, { condition: 'blurred', detail: '画面模糊，请清洁镜头' }),
  camera('gate-4', 0.0004, -0.0009, { online: false, condition: 'offline', place: null }),
];

export const evidence = (role, id) => ({
  role,
  url: '',
  sha256: sha(`${role}/${id}`),
  media_type: role === 'clip' || role === 'playback' ? 'video/mp4' : 'image/svg+xml',
  width_px: 960,
  height_px: 540,
  captured_at: at(40),
  available: true,
});

export function place(lon, lat, errorMetres = 0.7) {
  const w = Math.floor(lon / DEG_PER_CELL) * DEG_PER_CELL;
  const s = Math.floor(lat / DEG_PER_CELL) * DEG_PER_CELL;
  return {
    code_2d: 'N50G473265501234',
    code_3d: 'N050G004070030206050050102030400',
    level: 8,
    lon_deg: lon,
    lat_deg: lat,
    height_metres: 39.8,
    error_metres: errorMetres,
    datum: 'CGCS2000',
    cell: [w, s, w + DEG_PER_CELL, s + DEG_PER_CELL],
  };
}

export const REVIEW = `light_or_reflection rain_snow_fog passing_or_brief_stop sanitation_at_work
  within_permit wrong_object wrong_zone duplicate picture_fault cannot_tell privacy
  outside_jurisdiction already_gone licensed insufficient_evidence`.split(/\s+/);

export function newCase(pattern, cameraIndex, secsAgo, more = {}) {
  const id = randomUUID();
  const [std, code, priority, local] = EVENTS[pattern];
  const known = PATTERNS.find((one) => one.id === pattern);
  const seen = cameras[cameraIndex];
  const where = seen.place;
  return {
    case_id: id,
    version: 1,
    state: 'PENDING_REVIEW',
    stage: 'collection',
    event: { std, version: '2026', code, name_zh: known.name_zh, name_en: known.name_en, local },
    pattern: { id: pattern, version: '1' },
    camera: { id: seen.id, node: seen.node },
    zone: 'square-north',
    place: where && place(where.lon_deg + 2.4e-4, where.lat_deg + 1.9e-4),
    first_seen_at: at(secsAgo + 12),
    confirmed_at: at(secsAgo + 2),
    last_seen_at: at(secsAgo),
    dwell_secs: 9.6,
    count: pattern === 'crowd' ? 17 : 1,
    score: 0.83,
    source: 'video',
    priority,
    received_at: at(secsAgo),
    deadline: at(secsAgo - (priority === 'urgent' ? 180 : 900)),
    thumbnail: sha(`annotated/${id}`),
    suspected: false,
    evidence: ['annotated', 'snapshot', 'clip'].map((role) => evidence(role, id)),
    history: [{ at: at(secsAgo), actor: 'edge-1', kind: 'opened', to: 'PENDING_REVIEW' }],
    verifications: [],
    footage: [],
    note_zh: '演示缩短了时限：停留时间按数秒计',
    note_en: 'The demo shortens time limits: dwell times are a few seconds',
    ...more,
  };
}

export function verdict(outcome, reasons) {
  return {
    verdict: outcome,
    reasons,
    advisory: false,
    looks: [
      { from: at(190), to: at(130), frames: 60, valid_frames: 58, found: outcome === 'PRESENT' ? 51 : 0 },
      { from: at(90), to: at(30), frames: 60, valid_frames: 60, found: outcome === 'PRESENT' ? 57 : 0 },
    ],
    positive_control: { ran: outcome !== 'UNDETERMINABLE', found: outcome !== 'UNDETERMINABLE' },
    health: {},
    fov_match: outcome === 'UNDETERMINABLE' ? null : 0.97,
    model: { id: 'street-nano', sha256: sha('model') },
    pattern: { id: 'bin_overflowing', version: '1' },
  };
}

/** What a reviewer may make of a case that was found as something else. */
export const CATALOGUE = [
  ['01006', '垃圾满溢', 'Overflowing bin'],
  ['04012', '机动车违停', 'Illegal parking'],
  ['06010', '乱堆物料', 'Heaped material'],
  ['06011', '暴露垃圾', 'Exposed rubbish'],
  ['09001', '占道经营', 'Street trading'],
].map(([code, name_zh, name_en]) => ({ code, name_zh, name_en }));

export const STREETS = [
  { name: '坪山街道', cells: ['N50G47326550'] },
  { name: '龙田街道', cells: ['N50G47326551'] },
];

/** What may be taken back for thirty seconds. */
export const UNDONE = ['confirm', 'reject', 'close', 'rework', 'merge', 'reclassify', 'assign'];

export function actionsOf(one) {
  const undo = one.undo && Date.parse(one.undo.until) > Date.now() ? [{ action: 'undo', reasons: [], until: one.undo.until }] : [];
  return [...decisionsOf(one), ...undo];
}

function decisionsOf(one) {
  const reclassify = { action: 'reclassify', reasons: [], choices: CATALOGUE.filter(({ code }) => code !== one.event.code) };
  const reject = { action: 'reject', reasons: REVIEW };
  const merge = { action: 'merge', reasons: [] };
  const assign = { action: 'assign', reasons: [] };
  if (one.state === 'PENDING_REVIEW') return [{ action: 'confirm', reasons: [] }, reject, merge, assign, reclassify];
  if (one.state === 'MERGED') return [{ action: 'unmerge', reasons: [] }];
  if (one.state === 'FILED' || one.state === 'REWORK') return [merge];
  if (one.state !== 'MANUAL') return [];
  return [
    { action: 'confirm', reasons: [] },
    reject,
    merge,
    assign,
    reclassify,
    { action: 'close', reasons: ['seen_cleared_on_site', 'seen_cleared_in_pictures', 'handled_elsewhere'] },
    { action: 'rework', reasons: ['not_cleared', 'partly_cleared', 'wrong_place', 'came_back'] },
  ];
}

/** A street corner with a box round something; colours differ with the seed. */
export function picture(role, seed) {
  const hue = parseInt(seed.slice(0, 4), 16) % 360;
  const box = role === 'annotated' || role === 'before'
    ? '<rect x="430" y="250" width="150" height="130" fill="none" stroke="#ffb020" stroke-width="5"/>'
    : '';
  const heap = role === 'after' ? '' : '<path d="M440 375l30-90 60-25 45 60 5 60z" fill="#5b4a3a"/>';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 540" width="960" height="540">
<rect width="960" height="300" fill="hsl(${hue} 22% 74%)"/><rect y="260" width="960" height="280" fill="#8b9096"/>
<path d="M0 520 960 330v26L0 548z" fill="#c9ccd0"/><rect x="90" y="70" width="250" height="210" fill="hsl(${hue} 18% 52%)"/>
<rect x="620" y="40" width="280" height="240" fill="hsl(${hue} 15% 60%)"/>${heap}${box}</svg>`;
}
