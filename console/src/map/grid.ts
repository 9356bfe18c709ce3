/**
 * Lines of the BeiDou grid (GB/T 39409-2020). Each level's cells are whole multiples of its size
 * counted from the equator and the prime meridian, so its lines need no code arithmetic.
 */
import type { Bounds } from './geometry';
import { metresPerDegLon } from './geometry';

/** Units of 1/2048 arc-second a degree: every cell size is a whole number of them. */
const UNITS_PER_DEG = 3600 * 2048;

/** Cell size (longitude, latitude) in units, levels 1 to 10. */
const CELL_UNITS: readonly (readonly [number, number])[] = [
  [44_236_800, 29_491_200],
  [3_686_400, 3_686_400],
  [1_843_200, 1_228_800],
  [122_880, 122_880],
  [8_192, 8_192],
  [4_096, 4_096],
  [512, 512],
  [64, 64],
  [8, 8],
  [1, 1],
];

export interface GridLines {
  level: number;
  lonDeg: number[];
  latDeg: number[];
}

/** The finest level whose cells are at least `pxMin` wide on the screen. */
export function levelFor(latDeg: number, metresPerPx: number, pxMin: number): number {
  const perLon = metresPerDegLon(latDeg);
  for (let level = CELL_UNITS.length; level > 1; level -= 1) {
    const width = (CELL_UNITS[level - 1]?.[0] ?? 0) / UNITS_PER_DEG;
    if ((width * perLon) / metresPerPx >= pxMin) return level;
  }
  return 1;
}

function multiples(from: number, to: number, units: number, most: number): number[] {
  const first = Math.ceil((from * UNITS_PER_DEG) / units);
  const last = Math.floor((to * UNITS_PER_DEG) / units);
  if (last < first || last - first >= most) return [];
  return Array.from({ length: last - first + 1 }, (_, i) => ((first + i) * units) / UNITS_PER_DEG);
}

/** Lines of one level inside `bounds`; none where there would be more than `most` one way. */
export function gridLines(bounds: Bounds, level: number, most = 400): GridLines {
  const [lonUnits, latUnits] = CELL_UNITS[level - 1] ?? [1, 1];
  return {
    level,
    lonDeg: multiples(bounds.west, bounds.east, lonUnits, most),
    latDeg: multiples(bounds.south, bounds.north, latUnits, most),
  };
}

/** A light grid and, over it, the lines of the next coarser level. */
export function gridFor(bounds: Bounds, metresPerPx: number): { fine: GridLines; coarse: GridLines } {
  const level = levelFor((bounds.south + bounds.north) / 2, metresPerPx, 14);
  return {
    fine: gridLines(bounds, level),
    coarse: gridLines(bounds, Math.max(1, level - 1)),
  };
}
