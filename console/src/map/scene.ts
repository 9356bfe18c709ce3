/** What a map shows, apart from how: both drawings (WebGL and SVG) draw this. */
import type { Camera, CaseSummary, LonLat } from '../api/types';
import { type Bounds, boundsOf, circle, closed, rectangle } from './geometry';

export interface CameraMark {
  id: string;
  at: LonLat;
  /** Ring of the ground that it sees, first corner repeated. */
  footprint: LonLat[];
  online: boolean;
  /** The camera of the case, or one that sees the place, at hand. */
  chosen: boolean;
}

export interface Scene {
  cameras: CameraMark[];
  /** The case's cell, position and error circle. */
  cell: LonLat[];
  point: LonLat | null;
  error: LonLat[];
  /** Other open cases nearby. */
  others: LonLat[];
  /** The view is too wide to see the cell by itself. */
  ring: boolean;
  /** What to bring into view; changes only with the case, so that a person's own view stays. */
  bounds: Bounds | null;
  /** Changes when the view should move. */
  key: string;
}

/** Least width of a view: a street corner, a few cells of the finest level in use, or what lies around a place. */
const METRES_MIN = { wide: 24, cell: 5, around: 80 } as const;

/** `wide`: the camera's whole view; `cell`: the cell and its error close up. */
export type Focus = 'wide' | 'cell';

/** Cameras that have a place; the others are nowhere on a map. */
export function marksOf(cameras: readonly Camera[], chosen: (id: string) => boolean): CameraMark[] {
  return cameras.flatMap(({ id, place, online }): CameraMark[] =>
    place
      ? [
          {
            id,
            at: [place.lon_deg, place.lat_deg],
            footprint: closed(place.footprint_lonlat),
            online,
            chosen: chosen(id),
          },
        ]
      : [],
  );
}

export function sceneOf(
  cameras: readonly Camera[],
  subject: CaseSummary | null,
  focus: Focus = 'wide',
  neighbours: readonly CaseSummary[] = [],
): Scene {
  const marks = marksOf(cameras, (id) => id === subject?.camera?.id);
  const place = subject?.place;
  const point: LonLat | null = place ? [place.lon_deg, place.lat_deg] : null;
  const cell = place?.cell ? rectangle(place.cell) : [];
  const error = place && point ? circle(point, place.error_metres) : [];
  const chosen = marks.filter((mark) => mark.chosen);
  const near = chosen.length > 0 || point ? chosen : marks;
  const close = focus === 'cell' && (cell.length > 0 || error.length > 0);
  const around = close ? [] : near.flatMap((mark) => [mark.at, ...mark.footprint]);
  return {
    cameras: marks,
    cell,
    point,
    error,
    others: neighbours.flatMap(({ place }): LonLat[] => (place ? [[place.lon_deg, place.lat_deg]] : [])),
    ring: point !== null && !close,
    bounds: boundsOf([...around, ...cell, ...error], METRES_MIN[close ? 'cell' : 'wide']),
    key: `${subject?.case_id ?? ''}/${place?.code_2d ?? ''}/${near.map((mark) => mark.id).join()}/${close}`,
  };
}

/** A scene for choosing a place: all cameras, or what lies around `start`, and the point chosen so far. */
export function pickScene(cameras: readonly Camera[], point: LonLat | null, start?: LonLat): Scene {
  const scene = { ...sceneOf(cameras, null), point, ring: point !== null };
  return start ? { ...scene, bounds: boundsOf([start], METRES_MIN.around), key: start.join() } : scene;
}
