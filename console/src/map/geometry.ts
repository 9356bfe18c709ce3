/**
 * Small-area geometry for drawing. Degrees and metres; good to a few centimetres over a district,
 * which is finer than a screen. Positions on the wire are CGCS2000 and are drawn as they are.
 */
import type { LonLat } from '../api/types';

/** West, south, east, north. */
export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

const METRES_PER_DEG_LAT = 110_574;
const METRES_PER_DEG_LON_EQUATOR = 111_320;

export function metresPerDegLon(latDeg: number): number {
  return METRES_PER_DEG_LON_EQUATOR * Math.cos((latDeg * Math.PI) / 180);
}

/** A ring, first corner repeated, `radiusMetres` about a point. */
export function circle([lon, lat]: LonLat, radiusMetres: number, corners = 48): LonLat[] {
  const perLon = metresPerDegLon(lat);
  return Array.from({ length: corners + 1 }, (_, i) => {
    const turn = (2 * Math.PI * (i % corners)) / corners;
    return [
      lon + (radiusMetres * Math.sin(turn)) / perLon,
      lat + (radiusMetres * Math.cos(turn)) / METRES_PER_DEG_LAT,
    ];
  });
}

/** The corners with the first repeated at the end. */
export function closed(ring: readonly LonLat[]): LonLat[] {
  const [first] = ring;
  return first ? [...ring, first] : [];
}

export function rectangle([west, south, east, north]: readonly [
  number,
  number,
  number,
  number,
]): LonLat[] {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

/** Around all points, at least `metresMin` wide and high, with a margin; none for no points. */
export function boundsOf(points: readonly LonLat[], metresMin: number): Bounds | null {
  if (points.length === 0) return null;
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  const [west, east] = [Math.min(...lons), Math.max(...lons)];
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  const [lon, lat] = [(west + east) / 2, (south + north) / 2];
  const halfLon = Math.max((east - west) * 0.56, metresMin / 2 / metresPerDegLon(lat));
  const halfLat = Math.max((north - south) * 0.56, metresMin / 2 / METRES_PER_DEG_LAT);
  return { west: lon - halfLon, south: lat - halfLat, east: lon + halfLon, north: lat + halfLat };
}

/** Pixels of a flat drawing of `bounds`, north up, same scale both ways. */
export interface Frame {
  widthPx: number;
  heightPx: number;
  metresPerPx: number;
  x: (lonDeg: number) => number;
  y: (latDeg: number) => number;
  lonLat: (x: number, y: number) => LonLat;
  shown: Bounds;
}

export function frame(bounds: Bounds, widthPx: number, heightPx: number): Frame {
  const lon = (bounds.west + bounds.east) / 2;
  const lat = (bounds.south + bounds.north) / 2;
  const perLon = metresPerDegLon(lat);
  const metresPerPx = Math.max(
    ((bounds.east - bounds.west) * perLon) / widthPx,
    ((bounds.north - bounds.south) * METRES_PER_DEG_LAT) / heightPx,
  );
  const lonOf = (x: number) => lon + ((x - widthPx / 2) * metresPerPx) / perLon;
  const latOf = (y: number) => lat - ((y - heightPx / 2) * metresPerPx) / METRES_PER_DEG_LAT;
  return {
    widthPx,
    heightPx,
    metresPerPx,
    x: (lonDeg) => widthPx / 2 + ((lonDeg - lon) * perLon) / metresPerPx,
    y: (latDeg) => heightPx / 2 - ((latDeg - lat) * METRES_PER_DEG_LAT) / metresPerPx,
    lonLat: (x, y) => [lonOf(x), latOf(y)],
    shown: { west: lonOf(0), south: latOf(heightPx), east: lonOf(widthPx), north: latOf(0) },
  };
}

/** The longest of 1, 2, 5 x 10^n metres that is no longer than `pxMax`. */
export function scaleBar(metresPerPx: number, pxMax: number): { metres: number; px: number } {
  const limit = metresPerPx * pxMax;
  const power = 10 ** Math.floor(Math.log10(limit));
  const step = [5, 2, 1].find((factor) => factor * power <= limit) ?? 1;
  return { metres: step * power, px: (step * power) / metresPerPx };
}
