/** An invented district as a PMTiles file: roads, a river, parks, houses and names. */
import { gzipSync } from 'node:zlib';
import { GeoJSONVT } from '@maplibre/geojson-vt';
import { fromGeojsonVt } from '@maplibre/vt-pbf';
import { zxyToTileId } from 'pmtiles';

const ZOOM = { min: 9, max: 15 };
const HALF_DEG = 0.05;
const ROAD_DEG = 0.0045;
const ROADS = ['坪山大道', '龙坪路', '金牛路', '深汕路', '东纵路', '比亚迪路', '石井路', '翠景路'];
const PLACES = ['坪山街道', '马峦街道', '石井街道', '坑梓街道', '龙田街道', '碧岭街道'];

const feature = (type, coordinates, properties = {}) => ({ type: 'Feature', properties, geometry: { type, coordinates } });
const box = (lon, lat, wide, high, properties) =>
  feature('Polygon', [[[lon, lat], [lon + wide, lat], [lon + wide, lat + high], [lon, lat + high], [lon, lat]]], properties);

function district({ lon, lat }) {
  const [west, south] = [lon - HALF_DEG, lat - HALF_DEG];
  const [roads, buildings, landuse] = [[], [], []];
  for (let i = 0; i * ROAD_DEG <= 2 * HALF_DEG; i += 1) {
    const name = `${ROADS[i % ROADS.length]}${i >= ROADS.length ? '辅路' : ''}`;
    const kind = i % 4 === 0 ? 'major_road' : 'minor_road';
    const bend = (at) => Math.sin(at * 60 + i) * 0.0004;
    const along = Array.from({ length: 41 }, (_, k) => (k / 40) * 2 * HALF_DEG);
    roads.push(feature('LineString', along.map((at) => [west + at, south + i * ROAD_DEG + bend(at)]), { name, kind }));
    roads.push(feature('LineString', along.map((at) => [west + i * ROAD_DEG + bend(at), south + at]), { name: ROADS[(i + 3) % ROADS.length], kind }));
    for (let k = 0; k * ROAD_DEG < 2 * HALF_DEG; k += 1) {
      const [x, y] = [west + i * ROAD_DEG, south + k * ROAD_DEG];
      if ((i * 7 + k * 3) % 9 === 0) landuse.push(box(x + 0.0006, y + 0.0006, 0.003, 0.003, { kind: 'park', name: '街心公园' }));
      else for (let n = 0; n < 6; n += 1) buildings.push(box(x + 0.0008 + (n % 3) * 0.0011, y + 0.0009 + (n > 2 ? 0.0015 : 0), 0.0007, 0.0009));
    }
  }
  const bank = Array.from({ length: 41 }, (_, k) => [west + (k / 40) * 2 * HALF_DEG, lat + 0.006 + Math.sin(k / 4) * 0.004]);
  const river = [...bank, ...[...bank].reverse().map(([x, y]) => [x, y + 0.0009]), bank[0]];
  return {
    landuse,
    water: [feature('Polygon', [river]), feature('Point', bank[20], { name: '坪山河' })],
    buildings,
    roads,
    places: PLACES.map((name, i) => feature('Point', [lon + ((i % 3) - 1) * 0.03, lat + (i > 2 ? 0.022 : -0.02)], { name, kind: 'locality' })),
  };
}

function varints(numbers) {
  const bytes = [];
  for (let left of numbers) {
    while (left > 127) {
      bytes.push((left % 128) | 128);
      left = Math.floor(left / 128);
    }
    bytes.push(left);
  }
  return Buffer.from(bytes);
}

/** PMTiles version 3 with one directory. */
function packed(tiles, bounds, layers) {
  tiles.sort((a, b) => a.id - b.id);
  let at = 0;
  const offsets = tiles.map(({ data }) => {
    at += data.length;
    return at - data.length + 1;
  });
  const ids = tiles.map(({ id }, i) => id - (tiles[i - 1]?.id ?? 0));
  const root = gzipSync(varints([tiles.length, ...ids, ...tiles.map(() => 1), ...tiles.map(({ data }) => data.length), ...offsets]));
  const metadata = gzipSync(JSON.stringify({ vector_layers: layers.map((id) => ({ id, fields: {} })) }));
  const header = Buffer.alloc(127);
  header.write('PMTiles');
  header[7] = 3;
  const start = [127, 127 + root.length, 127 + root.length + metadata.length];
  const words = [start[0], root.length, start[1], metadata.length, start[2], 0, start[2], at, tiles.length, tiles.length, tiles.length];
  for (const [i, word] of words.entries()) header.writeBigUInt64LE(BigInt(word), 8 + i * 8);
  header.set([1, 2, 2, 1, ZOOM.min, ZOOM.max], 96);
  for (const [i, deg] of bounds.entries()) header.writeInt32LE(Math.round(deg * 1e7), 102 + i * 4);
  return Buffer.concat([header, root, metadata, ...tiles.map(({ data }) => data)]);
}

export function districtTiles(origin) {
  const layers = district(origin);
  const sliced = Object.entries(layers).map(([name, features]) => [
    name,
    new GeoJSONVT({ type: 'FeatureCollection', features }, { maxZoom: ZOOM.max, indexMaxZoom: ZOOM.max, indexMaxPoints: 0, buffer: 64 }),
  ]);
  const x = (lon, z) => Math.floor(((lon + 180) / 360) * 2 ** z);
  const y = (lat, z) => Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z);
  const [west, south, east, north] = [origin.lon - HALF_DEG, origin.lat - HALF_DEG, origin.lon + HALF_DEG, origin.lat + HALF_DEG];
  const tiles = [];
  for (let z = ZOOM.min; z <= ZOOM.max; z += 1) {
    for (let col = x(west, z); col <= x(east, z); col += 1) {
      for (let row = y(north, z); row <= y(south, z); row += 1) {
        const found = sliced.map(([name, index]) => [name, index.getTile(z, col, row)]).filter(([, tile]) => tile);
        if (found.length > 0) tiles.push({ id: zxyToTileId(z, col, row), data: gzipSync(fromGeojsonVt(Object.fromEntries(found), { version: 2 })) });
      }
    }
  }
  return packed(tiles, [west, south, east, north], Object.keys(layers));
}
