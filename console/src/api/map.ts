/** The calls of docs/http.md that the map makes. */
import { call } from './client';
import type { CaseState, Maybe } from './types';

/** What the hub has of the district's map; all absent: none. Addresses are the hub's own. */
export interface DistrictMap {
  /** A MapLibre style. */
  style?: Maybe<string>;
  /** Vector tiles in one file, read by ranges. */
  pmtiles?: Maybe<string>;
  /** Owner and approval number (审图号), shown on the map. */
  attribution?: Maybe<string>;
}

/** Open cases of one cell. */
export interface CellCount {
  code: string;
  cases: number;
  urgent: number;
  overdue: number;
  suspected: number;
}

export interface CellCounts {
  level: number;
  items: CellCount[];
  /** There are more cells than the hub tells at once. */
  more: boolean;
}

export interface Hotspot {
  code: string;
  event_code: string;
  cases_30d: number;
  days_30d: number;
  recurring: boolean;
}

export interface SeeingCamera {
  camera: string;
  node: string;
  /** Of the cell, 0 to 1. */
  share: number;
  can_see: boolean;
  reason?: Maybe<string>;
  error_metres?: Maybe<number>;
  px_per_metre?: Maybe<number>;
  height_metres?: Maybe<number>;
}

export interface CountFilter {
  states: CaseState[];
  event: string | null;
}

export const readDistrictMap = async () => (await call<DistrictMap>('GET', '/map')).body;

/** `bbox`: west, south, east, north in degrees. */
export async function countCells(
  level: number,
  bbox: readonly number[],
  filter: CountFilter,
): Promise<CellCounts> {
  const query = new URLSearchParams({
    level: String(level),
    bbox: bbox.map((edge) => edge.toFixed(7)).join(','),
  });
  for (const state of filter.states) query.append('state', state);
  if (filter.event) query.set('event', filter.event);
  return (await call<CellCounts>('GET', `/map/cells?${query}`)).body;
}

export const listHotspots = async (days: number) =>
  (await call<{ items: Hotspot[] }>('GET', `/map/hotspots?days=${days}`)).body.items;

/** Cameras that see a cell, the best first. */
export const camerasOfCell = async (code: string, solid: boolean) =>
  (await call<{ items: SeeingCamera[] }>('GET', `/grid/${code}/cameras${solid ? '?3d=true' : ''}`))
    .body.items;
