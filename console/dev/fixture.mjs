/**
 * Invented cases for `dev/hub.mjs`. A development fixture: never built into the page, never a
 * stand-in for the hub in an integration test.
 */
import { createHash, randomUUID } from 'node:crypto';
import { boundsOfCell, cellAt, cellsAcross, centreOfCell, codeOf } from './grid.mjs';

export const at = (secsAgo) => new Date(Date.now() - secsAgo * 1000).toISOString();
export const sha = (text) => createHash('sha256').update(text).digest('hex');

export const ORIGIN = { lon: 114.343215, lat: 22.691342 };

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

function inside([lon, lat], ring) {
  let odd = false;
  for (const [i, [x, y]] of ring.entries()) {
    const [x0, y0] = ring[(i || ring.length) - 1];
    if (y > lat !== y0 > lat && lon < ((x0 - x) * (lat - y)) / (y0 - y) + x) odd = !odd;
  }
  return odd;
}

/** Cells of level 7 whose middle lies in a ring. */
function cellsIn(ring) {
  const [lons, lats] = [ring.map(([lon]) => lon), ring.map(([, lat]) => lat)];
  const window = { west: Math.min(...lons), east: Math.max(...lons), south: Math.min(...lats), north: Math.max(...lats) };
  const { cols, rows, level } = cellsAcross(window, 7);
  const codes = [];
  for (let col = cols[0]; col <= cols[1]; col += 1) {
    for (let row = rows[0]; row <= rows[1]; row += 1) {
      if (inside(centreOfCell({ level, col, row }), ring)) codes.push(codeOf({ level, col, row }));
    }
  }
  return codes;
}

const camera = (id, dLon, dLat, more) => {
  const [lon, lat] = [ORIGIN.lon + dLon, ORIGIN.lat + dLat];
  const corner = (x, y) => [lon + x * 1e-5, lat + y * 1e-5];
  const ring = [corner(6, 4), corner(38, 2), corner(52, 30), corner(14, 34)];
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
      footprint_lonlat: ring,
    },
    footprint: cellsIn(ring),
    patterns: PATTERNS,
    recording: { from: at(5400), to: at(1) },
    width_px: 1280,
    height_px: 720,
    calibration_id: id.replace('-', '_'),
    scene: {
      frame: { width_px: 1280, height_px: 720 },
      zones: [
        { id: 'pavement', polygon_px: [[0, 420], [520, 380], [640, 720], [0, 720]], tags: ['学校'] },
        { id: 'bin-1', polygon_px: [[700, 430], [780, 430], [780, 540], [700, 540]], component_id: '440310-0042', owner: '环卫一队' },
        { id: 'kerb', polygon_px: [[0, 0], [1280, 0], [1280, 720], [0, 720]], line_px: [[0, 400], [1280, 360]] },
      ],
      privacy: [{ polygon_px: [[1000, 0], [1280, 0], [1280, 200], [1000, 200]] }],
    },
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

/** A number from 0 to 1 that is the same every time. */
const scatter = (i, k) => {
  const wild = Math.sin(i * 127.1 + k * 311.7) * 43758.5453;
  return wild - Math.floor(wild);
};

/** For a whole district: cameras along the streets, one in seven away. */
if (process.env.DISTRICT) {
  for (let i = 0; i < 60; i += 1) {
    const more = i % 7 === 3 ? { online: false, condition: 'offline' } : {};
    cameras.push(camera(`st-${String(i + 5).padStart(3, '0')}`, (scatter(i, 1) - 0.5) * 0.05, (scatter(i, 2) - 0.5) * 0.05, more));
  }
}

/** Open cases all over the district, thicker in some places. */
export function districtCases(howMany) {
  return Array.from({ length: howMany }, (_, i) => {
    const near = i % 3 ? 0.012 : 0.045;
    const centre = [[0, 0], [0.018, 0.012], [-0.02, -0.008]][i % 3];
    const lon = ORIGIN.lon + centre[0] + (scatter(i, 3) + scatter(i, 4) - 1) * near;
    const lat = ORIGIN.lat + centre[1] + (scatter(i, 5) + scatter(i, 6) - 1) * near;
    const again = i % 12 === 0 ? [ORIGIN.lon + 0.0003 + (i % 5) * 0.004, ORIGIN.lat + 0.0002] : [lon, lat];
    const states = ['PENDING_REVIEW', 'FILED', 'DISPATCHED', 'HANDLING', 'MANUAL', 'DISPOSED'];
    return newCase(['illegal_parking', 'bin_overflowing', 'bin_overflowing', 'illegal_parking', 'crowd'][i % 5], i % 3, 600 + i * 60, {
      state: states[i % 6], overdue: i % 9 === 4, suspected: i % 11 === 5, place: place(...again),
    });
  });
}

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
  const cell = cellAt([lon, lat], 8);
  return {
    code_2d: codeOf(cell),
    code_3d: 'N050G004070030206050050102030400',
    level: 8,
    lon_deg: lon,
    lat_deg: lat,
    height_metres: 39.8,
    error_metres: errorMetres,
    datum: 'CGCS2000',
    cell: boundsOfCell(cell),
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
    place: where && place(where.lon_deg + 2.4e-4 + (secsAgo % 7) * 1e-5, where.lat_deg + 1.9e-4 - (secsAgo % 5) * 1e-5),
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
  { name: '坪山街道', cells: [codeOf(cellAt([ORIGIN.lon, ORIGIN.lat], 4))] },
  { name: '龙田街道', cells: [codeOf(cellAt([ORIGIN.lon + 0.03, ORIGIN.lat], 4))] },
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
