/**
 * Cells that no camera sees. Cards say what a camera sees in cells of levels 7 and 8, compacted to
 * coarser ones where a whole cell is seen; a cell counts as seen where any part of it is.
 */
import { ancestorOf, boundsOfCell, type Cell, type CellRange, cellOf, cellSizeDeg, cellsAcross } from '../../map/beidou';
import { type Bounds, metresPerDegLon } from '../../map/geometry';
import type { Camera, CellBounds } from '../../api/types';

/** `none`: no camera looks there; `away`: only such as cannot see now. */
export type Blindness = 'none' | 'away';

export interface BlindArea {
  bounds: CellBounds;
  kind: Blindness;
}

/** Levels at which a blind spot is a place, not a district, and the least width of their cells in pixels. */
const LEVELS: readonly (readonly [number, number])[] = [
  [7, 5],
  [6, 8],
  [5, 10],
];
const COARSEST = 4;
/** Rows of one level fit, north and south; cells of one level fit. */
const ROW_SPAN = 2 ** 22;
const LEVEL_SPAN = 2 ** 46;

/** The level at which blind spots are shown, or none where the view is too wide. */
export function blindLevel(latDeg: number, metresPerPx: number): number | null {
  const px = (level: number) => (cellSizeDeg(level)[0] * metresPerDegLon(latDeg)) / metresPerPx;
  return LEVELS.find(([level, pxMin]) => px(level) >= pxMin)?.[0] ?? null;
}

/** Values of cells, found again for the cells around and inside them; the larger value counts. */
export class CellIndex {
  /** Cells themselves, and cells that hold some of them, by level. */
  private readonly own: Map<number, number>[] = [];
  private readonly holding: Map<number, number>[] = [];

  add(cell: Cell, value: number): void {
    keep(this.own, cell, value);
    for (let level = cell.level - 1; level >= COARSEST; level -= 1) {
      // What the level above knows already, all above it know.
      if (!keep(this.holding, ancestorOf(cell, level), value)) return;
    }
  }

  /** Of the cell, of one that it lies in, or of one that lies in it. */
  of(cell: Cell): number | undefined {
    let best = take(this.holding, cell);
    for (let level = cell.level; level >= COARSEST; level -= 1) {
      const found = take(this.own, level === cell.level ? cell : ancestorOf(cell, level));
      if (found !== undefined && !(best !== undefined && best >= found)) best = found;
    }
    return best;
  }
}

const keyOf = ({ col, row }: Cell) => col * ROW_SPAN + row;

/** Whether that was new. */
function keep(maps: Map<number, number>[], cell: Cell, value: number): boolean {
  const map = (maps[cell.level] ??= new Map());
  const key = keyOf(cell);
  const before = map.get(key);
  if (before !== undefined && before >= value) return false;
  map.set(key, value);
  return true;
}

const take = (maps: Map<number, number>[], cell: Cell) => maps[cell.level]?.get(keyOf(cell));

/** What one camera sees, cells once each, at every level of [`LEVELS`] or as coarse as its card says. */
interface Seen {
  serial: number;
  bounds: CellBounds;
  cells: Map<number, Cell[]>;
}

/**
 * What cameras see in a window: 1 where one sees now, 0 where only such look as cannot. A card of 1,500
 * cells is read once, however often its camera is told of; an index is made for the cameras in view alone.
 */
export class Sight {
  private readonly known = new Map<string, { footprint: readonly string[]; seen: Seen | null }>();
  private last = { key: '', index: new CellIndex() };
  private serials = 0;

  within(cameras: readonly Camera[], window: Bounds, level: number): CellIndex {
    const near = cameras.flatMap((camera) => {
      const seen = this.seenBy(camera);
      const sees = camera.online && camera.condition === 'ok' ? 1 : 0;
      return seen && overlap(seen.bounds, window) ? [{ seen, sees }] : [];
    });
    const key = `${level} ${near.map(({ seen, sees }) => `${seen.serial}:${sees}`).join()}`;
    if (key !== this.last.key) {
      const index = new CellIndex();
      for (const { seen, sees } of near) {
        for (const cell of seen.cells.get(level) ?? []) index.add(cell, sees);
      }
      this.last = { key, index };
    }
    return this.last.index;
  }

  private seenBy({ node, id, footprint }: Camera): Seen | null {
    const name = `${node}/${id}`;
    const before = this.known.get(name);
    const same = before?.footprint.length === footprint.length && footprint.every((code, i) => code === before.footprint[i]);
    if (before && same) return before.seen;
    const seen = this.read(footprint);
    this.known.set(name, { footprint, seen });
    return seen;
  }

  private read(footprint: readonly string[]): Seen | null {
    const own = footprint.map(cellOf).filter((cell) => cell !== null);
    if (own.length === 0) return null;
    let finer = own;
    const cells = new Map(LEVELS.map(([level]) => [level, (finer = distinct(finer, level))]));
    const bounds = own.map(boundsOfCell).reduce(([west, south, east, north], [w, s, e, n]): CellBounds => [
      Math.min(west, w), Math.min(south, s), Math.max(east, e), Math.max(north, n),
    ]);
    this.serials += 1;
    return { serial: this.serials, bounds, cells };
  }
}

function distinct(cells: readonly Cell[], level: number): Cell[] {
  const found = new Map<number, Cell>();
  for (const one of cells) {
    const cell = one.level > level ? ancestorOf(one, level) : one;
    found.set(cell.level * LEVEL_SPAN + keyOf(cell), cell);
  }
  return [...found.values()];
}

const overlap = ([west, south, east, north]: CellBounds, window: Bounds) =>
  west < window.east && east > window.west && south < window.north && north > window.south;

/** Bounds of somebody's area; none: the whole district. */
export function areaOf(codes: readonly string[]): CellIndex | null {
  if (codes.length === 0) return null;
  const index = new CellIndex();
  for (const code of codes) {
    const cell = cellOf(code);
    if (cell) index.add(cell, 1);
  }
  return index;
}

/** Blind cells in a window, those side by side in a row as one. */
export function blindAreas(sight: CellIndex, area: CellIndex | null, window: Bounds, level: number): BlindArea[] {
  const { cols, rows }: CellRange = cellsAcross(window, level);
  const kindOf = (cell: Cell): Blindness | null => {
    if (area && area.of(cell) === undefined) return null;
    const seen = sight.of(cell);
    return seen === 1 ? null : seen === 0 ? 'away' : 'none';
  };
  const areas: BlindArea[] = [];
  for (let row = rows[0]; row <= rows[1]; row += 1) {
    let from = cols[0];
    let kind = kindOf({ level, col: from, row });
    for (let col = from + 1; col <= cols[1] + 1; col += 1) {
      const next = col <= cols[1] ? kindOf({ level, col, row }) : null;
      if (next === kind && col <= cols[1]) continue;
      if (kind) {
        const [west, south] = boundsOfCell({ level, col: from, row });
        const [, , east, north] = boundsOfCell({ level, col: col - 1, row });
        areas.push({ bounds: [west, south, east, north], kind });
      }
      [from, kind] = [col, next];
    }
  }
  return areas;
}
