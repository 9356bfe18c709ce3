/** Lines of the BeiDou grid in a window. */
import { cellsAcross, cellSizeDeg, LEVEL_MAX } from './beidou';
import { type Bounds, metresPerDegLon } from './geometry';

export interface GridLines {
  level: number;
  lonDeg: number[];
  latDeg: number[];
}

/** The finest level whose cells are at least `pxMin` wide on the screen. */
export function levelFor(latDeg: number, metresPerPx: number, pxMin: number): number {
  const perLon = metresPerDegLon(latDeg);
  for (let level = LEVEL_MAX; level > 1; level -= 1) {
    if ((cellSizeDeg(level)[0] * perLon) / metresPerPx >= pxMin) return level;
  }
  return 1;
}

/** Lines of one level that cross `bounds`; none where there would be more than `most` one way. */
export function gridLines(bounds: Bounds, level: number, most = 400): GridLines {
  const [lonDeg, latDeg] = cellSizeDeg(level);
  const { cols, rows } = cellsAcross(bounds, level);
  const inside = ([first, last]: readonly [number, number], size: number, from: number, to: number) => {
    if (last - first >= most) return [];
    const edges = Array.from({ length: last - first + 2 }, (_, i) => (first + i) * size);
    return edges.filter((edge) => edge >= from && edge <= to);
  };
  return {
    level,
    lonDeg: inside(cols, lonDeg, bounds.west, bounds.east),
    latDeg: inside(rows, latDeg, bounds.south, bounds.north),
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
