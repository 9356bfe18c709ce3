/** What the map page draws, apart from how: WebGL and the flat drawing draw this. */
import type { CellCount, Hotspot } from '../../api/map';
import type { Camera, CellBounds, LonLat } from '../../api/types';
import { boundsOfCell, cellOf, centreOfCell, type ReadCode } from '../../map/beidou';
import type { Bounds } from '../../map/geometry';
import { type GridLines, gridLines, levelFor } from '../../map/grid';
import { type CameraMark, marksOf } from '../../map/scene';
import { type BlindArea, blindAreas, blindLevel, type CellIndex, type Sight } from './blind';

export interface Viewport {
  bounds: Bounds;
  metresPerPx: number;
}

/** The worst of a cell, by which its mark has shape and colour. */
export type Worst = 'urgent' | 'overdue' | 'normal' | 'suspected';
export const WORST: readonly Worst[] = ['urgent', 'overdue', 'normal', 'suspected'];

export interface CountMark extends CellCount {
  bounds: CellBounds;
  at: LonLat;
  worst: Worst;
}

export interface HotMark extends Hotspot {
  at: LonLat;
}

export const LAYERS = ['counts', 'grid', 'cameras', 'blind', 'hotspots'] as const;
export type LayerName = (typeof LAYERS)[number];

export interface Chosen extends ReadCode {
  /** The place that was clicked; none where the code was pasted or taken from the list. */
  point: LonLat | null;
}

export interface Drawing {
  counts: CountMark[];
  grid: { fine: GridLines; coarse: GridLines } | null;
  /** Where the grid's lines end. */
  gridBounds: Bounds;
  cameras: CameraMark[];
  blind: BlindArea[];
  hotspots: HotMark[];
  chosen: { bounds: CellBounds; point: LonLat | null } | null;
}

/** A count has room in a cell this wide. */
const COUNT_PX = 28;
/** A case's place is never finer. */
const LEVEL_MAX = 8;
const LEVEL_MIN = 2;

/** The level at which open cases are counted in a view. */
export function countLevel({ bounds, metresPerPx }: Viewport): number {
  const level = levelFor((bounds.south + bounds.north) / 2, metresPerPx, COUNT_PX);
  return Math.min(LEVEL_MAX, Math.max(LEVEL_MIN, level));
}

export function worstOf({ cases, urgent, overdue, suspected }: CellCount): Worst {
  if (urgent > 0) return 'urgent';
  if (overdue > 0) return 'overdue';
  return suspected >= cases ? 'suspected' : 'normal';
}

/** The worst first, then the fullest; an unknown code is left out. */
export function countMarks(items: readonly CellCount[]): CountMark[] {
  const marks = items.flatMap((item): CountMark[] => {
    const cell = cellOf(item.code);
    if (!cell || item.cases < 1) return [];
    return [{ ...item, bounds: boundsOfCell(cell), at: centreOfCell(cell), worst: worstOf(item) }];
  });
  const rank = (mark: CountMark) => WORST.indexOf(mark.worst);
  return marks.sort((a, b) => rank(a) - rank(b) || b.cases - a.cases || a.code.localeCompare(b.code));
}

/** The fullest first. */
export function hotMarks(items: readonly Hotspot[]): HotMark[] {
  return items
    .flatMap((item): HotMark[] => {
      const cell = cellOf(item.code);
      return cell ? [{ ...item, at: centreOfCell(cell) }] : [];
    })
    .sort((a, b) => b.cases_30d - a.cases_30d || a.code.localeCompare(b.code));
}

export const touches = ([west, south, east, north]: CellBounds, view: Bounds) =>
  west < view.east && east > view.west && south < view.north && north > view.south;

export const holds = (view: Bounds, [lon, lat]: LonLat) =>
  lon >= view.west && lon <= view.east && lat >= view.south && lat <= view.north;

/** The view at the same scale with a cell in its middle, or as it is where the cell lies within. */
export function showing(view: Bounds, [west, south, east, north]: CellBounds): Bounds {
  if (west >= view.west && east <= view.east && south >= view.south && north <= view.north) return view;
  const [lon, lat] = [(west + east - view.west - view.east) / 2, (south + north - view.south - view.north) / 2];
  return { west: view.west + lon, south: view.south + lat, east: view.east + lon, north: view.north + lat };
}

/** Wider by a share of itself on every side, so that a small move shows no empty edge. */
export function padded({ west, south, east, north }: Bounds, share: number): Bounds {
  const [lon, lat] = [(east - west) * share, (north - south) * share];
  return { west: west - lon, south: south - lat, east: east + lon, north: north + lat };
}

export function drawingOf(
  view: Viewport,
  layers: ReadonlySet<LayerName>,
  what: {
    counts: CountMark[];
    hotspots: HotMark[];
    cameras: readonly Camera[];
    sight: Sight;
    area: CellIndex | null;
    chosen: Chosen | null;
    /** Cameras that see the chosen place. */
    seeing: ReadonlySet<string>;
  },
): Drawing {
  const around = padded(view.bounds, 0.3);
  const level = countLevel(view);
  const blind = blindLevel((view.bounds.south + view.bounds.north) / 2, view.metresPerPx);
  const cameras = marksOf(what.cameras, (id) => what.seeing.has(id));
  return {
    counts: layers.has('counts') ? what.counts : [],
    grid: layers.has('grid')
      ? { fine: gridLines(around, level), coarse: gridLines(around, level - 1) }
      : null,
    gridBounds: around,
    cameras: layers.has('cameras') ? cameras : [],
    blind: layers.has('blind') && blind
      ? blindAreas(what.sight.within(what.cameras, view.bounds, blind), what.area, view.bounds, blind)
      : [],
    hotspots: layers.has('hotspots') ? what.hotspots : [],
    chosen: what.chosen && { bounds: boundsOfCell(what.chosen.cell), point: what.chosen.point },
  };
}
