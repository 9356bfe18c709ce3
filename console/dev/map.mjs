/** The map's part of the development fixture: counts by cell, hot spots, who sees a cell, and tiles. */
import { ORIGIN } from './fixture.mjs';
import { CODE_LENGTHS, cellOf, split3d } from './grid.mjs';
import { districtTiles } from './tiles.mjs';

const CELLS_MAX = 2000;
const FINAL = ['CLOSED', 'REJECTED', 'VANISHED', 'MERGED'];

export function districtMap() {
  if (process.env.TILES === 'no') return {};
  return { pmtiles: '/tiles/district.pmtiles', attribution: '演示底图（虚构）' };
}

let archive;
/** The file by ranges, as the hub serves it. */
export function tiles(request, response) {
  archive ??= districtTiles(ORIGIN);
  const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  const headers = { 'Content-Type': 'application/octet-stream', 'Accept-Ranges': 'bytes', ETag: '"district-1"' };
  if (!range) return response.writeHead(200, headers).end(archive);
  const [from, to] = [Number(range[1]), Math.min(Number(range[2]), archive.length - 1)];
  response.writeHead(206, { ...headers, 'Content-Range': `bytes ${from}-${to}/${archive.length}` });
  response.end(archive.subarray(from, to + 1));
}

export function counted(cases, query) {
  const level = Number(query.get('level'));
  const [west, south, east, north] = query.get('bbox').split(',').map(Number);
  const states = query.getAll('state');
  const event = query.get('event');
  const cells = new Map();
  for (const { place, state, event: { code }, priority, overdue, suspected } of cases) {
    if (!place || (states.length ? !states.includes(state) : FINAL.includes(state)) || (event && code !== event)) continue;
    if (place.lon_deg < west || place.lon_deg > east || place.lat_deg < south || place.lat_deg > north) continue;
    const cell = place.code_2d.slice(0, CODE_LENGTHS[level - 1]);
    const sum = cells.get(cell) ?? { code: cell, cases: 0, urgent: 0, overdue: 0, suspected: 0 };
    cells.set(cell, {
      code: cell,
      cases: sum.cases + 1,
      urgent: sum.urgent + (priority === 'urgent' ? 1 : 0),
      overdue: sum.overdue + (overdue ? 1 : 0),
      suspected: sum.suspected + (suspected ? 1 : 0),
    });
  }
  const items = [...cells.values()].sort((a, b) => b.urgent - a.urgent || b.cases - a.cases);
  return { level, items: items.slice(0, CELLS_MAX), more: items.length > CELLS_MAX };
}

/** Cells of level 7 with two cases and more of one event. */
export function hotspots(cases) {
  const spots = new Map();
  for (const { place, event } of cases) {
    if (!place) continue;
    const key = `${place.code_2d.slice(0, 14)}/${event.code}`;
    spots.set(key, (spots.get(key) ?? 0) + 1);
  }
  const items = [...spots].filter(([, n]) => n > 1).map(([key, n]) => {
    const [code, event_code] = key.split('/');
    return { code, event_code, cases_30d: n, days_30d: Math.ceil(n / 2), recurring: n >= 3 };
  });
  return { items: items.sort((a, b) => b.cases_30d - a.cases_30d) };
}

export function camerasOf(cameras, code, solid) {
  const flat = solid ? split3d(code)?.code2d : code;
  if (!flat || !cellOf(flat)) return null;
  const items = cameras.flatMap((one) => {
    const seen = one.footprint.filter((cell) => cell.startsWith(flat) || flat.startsWith(cell)).length;
    if (seen === 0) return [];
    const can_see = one.online && one.condition === 'ok';
    return [{
      camera: one.id, node: one.node, share: flat.length >= 14 ? 0.9 : Math.min(1, seen / 256), can_see,
      ...(can_see ? {} : { reason: one.condition }), error_metres: 0.4 + seen / 40, px_per_metre: 42, height_metres: 39.8,
    }];
  });
  return { items: items.sort((a, b) => b.can_see - a.can_see || b.share - a.share) };
}
