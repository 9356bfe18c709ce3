/**
 * Codes of the BeiDou grid (GB/T 39409-2020): text to cell to bounds and back, 2D, levels 1 to 10.
 * The hub has the last word on every code; this is for what the page draws and a person pastes.
 *
 * A cell is counted from the equator and the prime meridian in cells of its level, below zero in the
 * west and the south, so that a step is an addition. A point on an edge belongs to the cell farther
 * from both. The caps beyond 88 degrees have codes of their own, which the page does not draw: none.
 */
import type { CellBounds, LonLat } from '../api/types';
import type { Bounds } from './geometry';

/** Units of 1/2048 arc-second a degree: every cell size is a whole number of them. */
const UNITS_PER_DEG = 3600 * 2048;
/** A point this near to an edge lies on it: decimals cannot say it better. */
const SNAP_UNITS = 1e-6;
const LAT_DEG_MAX = 88;
const DIGITS = '0123456789ABCDE';
const ROWS = 'ABCDEFGHIJKLMNOPQRSTUV';

interface Level {
  /** Cell size in units, longitude and latitude. */
  units: readonly [number, number];
  /** Cells of the level above hold so many, longitude and latitude; of level 1, a quarter of the globe. */
  parts: readonly [number, number];
  /** One digit for both, row by row, instead of one each. */
  joint: boolean;
  /** Characters of a code, 2D and 3D. */
  length: number;
  length3: number;
}

const level = (
  units: readonly [number, number],
  parts: readonly [number, number],
  length: number,
  length3: number,
  joint = false,
): Level => ({ units, parts, joint, length, length3 });

const LEVELS: readonly Level[] = [
  level([44_236_800, 29_491_200], [30, 22], 4, 7),
  level([3_686_400, 3_686_400], [12, 8], 6, 10),
  level([1_843_200, 1_228_800], [2, 3], 7, 12, true),
  level([122_880, 122_880], [15, 10], 9, 15),
  level([8_192, 8_192], [15, 15], 11, 18),
  level([4_096, 4_096], [2, 2], 12, 20, true),
  level([512, 512], [8, 8], 14, 23),
  level([64, 64], [8, 8], 16, 26),
  level([8, 8], [8, 8], 18, 29),
  level([1, 1], [8, 8], 20, 32),
];
export const LEVEL_MAX = LEVELS.length;
/** Ends of a 2D code, levels 1 to 10. */
export const CODE_LENGTHS: readonly number[] = LEVELS.map(({ length }) => length);

export interface Cell {
  /** 1 to 10. */
  level: number;
  col: number;
  row: number;
}

function rowOf(level: number): Level {
  const found = LEVELS[level - 1];
  if (!found) throw new RangeError(`level ${level} is none of 1 to ${LEVEL_MAX}`);
  return found;
}

/** Width and height of a level's cells in degrees. */
export function cellSizeDeg(level: number): [number, number] {
  const [lon, lat] = rowOf(level).units;
  return [lon / UNITS_PER_DEG, lat / UNITS_PER_DEG];
}

/** Cells from the middle to the edge of the grid, each way. */
function reach(level: number): [number, number] {
  const [lon, lat] = rowOf(level).units;
  return [(180 * UNITS_PER_DEG) / lon, (LAT_DEG_MAX * UNITS_PER_DEG) / lat];
}

/** Cells between the middle and a place, `deg` away from it. */
function steps(deg: number, units: number): number {
  const exact = Math.abs(deg) * UNITS_PER_DEG;
  const whole = Math.round(exact);
  return Math.floor((Math.abs(exact - whole) <= SNAP_UNITS ? whole : exact) / units);
}

const signed = (negative: boolean, steps: number) => (negative ? -steps - 1 : steps);
const magnitude = (index: number) => (index < 0 ? -index - 1 : index);

/** None beyond 88 degrees north or south. */
export function cellAt([lon, lat]: LonLat, level: number): Cell | null {
  if (!(Math.abs(lon) <= 180 && Math.abs(lat) < LAT_DEG_MAX)) return null;
  const [lonUnits, latUnits] = rowOf(level).units;
  const [colsMax, rowsMax] = reach(level);
  const row = steps(lat, latUnits);
  if (row >= rowsMax) return null;
  // The 180th meridian belongs to the last cell of its own sign.
  const col = Math.min(steps(lon, lonUnits), colsMax - 1);
  return { level, col: signed(lon < 0, col), row: signed(lat < 0, row) };
}

export function boundsOfCell({ level, col, row }: Cell): CellBounds {
  const [lonUnits, latUnits] = rowOf(level).units;
  return [
    (col * lonUnits) / UNITS_PER_DEG,
    (row * latUnits) / UNITS_PER_DEG,
    ((col + 1) * lonUnits) / UNITS_PER_DEG,
    ((row + 1) * latUnits) / UNITS_PER_DEG,
  ];
}

export function centreOfCell(cell: Cell): LonLat {
  const [west, south, east, north] = boundsOfCell(cell);
  return [(west + east) / 2, (south + north) / 2];
}

/** The cell of a coarser level that holds this one. */
export function ancestorOf(cell: Cell, level: number): Cell {
  let [col, row] = [magnitude(cell.col), magnitude(cell.row)];
  for (let at = cell.level; at > level; at -= 1) {
    const [cols, rows] = rowOf(at).parts;
    [col, row] = [Math.floor(col / cols), Math.floor(row / rows)];
  }
  return { level, col: signed(cell.col < 0, col), row: signed(cell.row < 0, row) };
}

/** `east` and `north` cells away, round the globe; none beyond 88 degrees. */
export function neighbourOf({ level, col, row }: Cell, east: number, north: number): Cell | null {
  const [colsMax, rowsMax] = reach(level);
  const next = row + north;
  if (next < -rowsMax || next >= rowsMax) return null;
  const round = 2 * colsMax;
  const turned = (((col + east + colsMax) % round) + round) % round;
  return { level, col: turned - colsMax, row: next };
}

/** The cells of a level that a window touches, by their first and last column and row. */
export interface CellRange {
  level: number;
  cols: [number, number];
  rows: [number, number];
}

export function cellsAcross({ west, south, east, north }: Bounds, level: number): CellRange {
  const [lonUnits, latUnits] = rowOf(level).units;
  const [colsMax, rowsMax] = reach(level);
  const range = (from: number, to: number, units: number, max: number): [number, number] => {
    const place = (deg: number) => {
      const at = (deg * UNITS_PER_DEG) / units;
      return Math.abs(at - Math.round(at)) * units <= SNAP_UNITS ? Math.round(at) : at;
    };
    const first = Math.max(-max, Math.floor(place(from)));
    return [first, Math.min(max - 1, Math.max(first, Math.ceil(place(to)) - 1))];
  };
  return {
    level,
    cols: range(west, east, lonUnits, colsMax),
    rows: range(south, north, latUnits, rowsMax),
  };
}

export function codeOf(cell: Cell): string {
  const letters = [cell.row < 0 ? 'S' : 'N'];
  for (let at = 1; at <= cell.level; at += 1) {
    const up = ancestorOf(cell, at);
    const { parts, joint } = rowOf(at);
    const [x, y] = [magnitude(up.col) % parts[0], magnitude(up.row) % parts[1]];
    if (at === 1) letters.push(String(cell.col < 0 ? 30 - x : 31 + x).padStart(2, '0'), ROWS[y] ?? '');
    else letters.push(joint ? String(2 * y + x) : `${DIGITS[x]}${DIGITS[y]}`);
  }
  return letters.join('');
}

/** None for what is no 2D code. */
export function cellOf(code: string): Cell | null {
  const level = CODE_LENGTHS.indexOf(code.length) + 1;
  const head = /^([NS])(0[1-9]|[1-5]\d|60)([A-V])/.exec(code);
  if (level === 0 || !head) return null;
  const sheet = Number(head[2]);
  const [west, south] = [sheet <= 30, head[1] === 'S'];
  let [col, row] = [west ? 30 - sheet : sheet - 31, ROWS.indexOf(head[3] ?? '')];
  for (let at = 2; at <= level; at += 1) {
    const { parts, joint, length } = rowOf(at);
    const digit = (index: number) => DIGITS.indexOf(code[index] ?? '');
    const single = digit(length - 1);
    const [x, y] = joint ? [single % 2, Math.floor(single / 2)] : [digit(length - 2), single];
    if (x < 0 || y < 0 || x >= parts[0] || y >= parts[1]) return null;
    [col, row] = [col * parts[0] + x, row * parts[1] + y];
  }
  return { level, col: signed(west, col), row: signed(south, row) };
}

/** The codes of all levels above, the nearest last. */
export function parentsOf(code: string): string[] {
  return CODE_LENGTHS.filter((length) => length < code.length).map((length) => code.slice(0, length));
}

/** The 2D code inside a 3D one, and the digits of its height; none for what is no 3D code. */
export function split3d(code: string): { code2d: string; height: string } | null {
  const level = LEVELS.findIndex(({ length3 }) => length3 === code.length) + 1;
  if (level === 0) return null;
  let [flat, height, at] = [code[0] ?? '', code[1] ?? '', 2];
  for (let step = 1; step <= level; step += 1) {
    const wide = rowOf(step).length - flat.length;
    const high = rowOf(step).length3 - at - wide;
    flat += code.slice(at, at + wide);
    height += code.slice(at + wide, at + wide + high);
    at += wide + high;
  }
  return cellOf(flat) && /^[01]\d\d[0-9A-F]*$/.test(height) ? { code2d: flat, height } : null;
}

/** A code as a person pastes it. */
export interface ReadCode {
  cell: Cell;
  code2d: string;
  /** The whole code, where it has a height. */
  code3d: string | null;
}

/**
 * 2D or 3D; a hyphen would make it a reference code, which counts from a cell and is not read here. The lengths alone do not tell: the fourth character does, the letter of a row in one
 * and a digit in the other.
 */
export function readCode(text: string): ReadCode | null {
  const code = text.replace(/\s+/g, '').toUpperCase();
  const solid = split3d(code);
  const code2d = solid?.code2d ?? code;
  const cell = cellOf(code2d);
  return cell && { cell, code2d, code3d: solid ? code : null };
}
