/** What the map page shows. Lives as long as the page's document, so that a person comes back to the same view. */
import { computed, ref, shallowRef, watch } from 'vue';
import { listCases } from '../../api/calls';
import { type CellCounts, countCells, type CountFilter, listHotspots } from '../../api/map';
import type { CaseState, EventData, LonLat } from '../../api/types';
import { CASE_STATES } from '../../api/types';
import { boundsOfCell, cellAt, cellsAcross, codeOf, readCode } from '../../map/beidou';
import { type Bounds, boundsOf } from '../../map/geometry';
import { cameras } from '../../state/cameras';
import { caseChanges } from '../../state/changes';
import { paced } from '../../state/pace';
import { session } from '../../state/session';
import { toastError } from '../../state/toasts';
import { areaOf, blindLevel, Sight } from './blind';
import {
  type Chosen, countLevel, countMarks, drawingOf, holds, hotMarks, type LayerName, padded, touches, type Viewport,
} from './drawing';

const FINAL: readonly CaseState[] = ['CLOSED', 'REJECTED', 'VANISHED', 'MERGED'];
const OPEN = CASE_STATES.filter((state) => !FINAL.includes(state));
/** 待查看 · 待派遣 · 处置中 · 待核实 */
export const STATE_GROUPS = {
  open: OPEN,
  review: ['PENDING_REVIEW', 'PRECHECKING', 'MANUAL'],
  filed: ['FILED'],
  handling: ['DISPATCHED', 'HANDLING', 'SUSPENDED', 'REWORK'],
  verify: ['DISPOSED', 'POSTCHECKING'],
} as const satisfies Record<string, readonly CaseState[]>;
export type StateGroup = keyof typeof STATE_GROUPS;

const HOTSPOT_DAYS = 30;
const NAMED_AT_ONCE = 20;
/** Least width of the first view. */
const METRES_MIN = 400;
/** Where nothing is known yet: the country. */
const COUNTRY: Bounds = { west: 73, south: 17, east: 136, north: 54 };

export const viewport = shallowRef<Viewport | null>(null);
export const layers = ref(new Set<LayerName>(['counts', 'grid', 'cameras']));
export const stateGroup = ref<StateGroup>('open');
export const eventCode = ref<string | null>(null);
export const chosen = shallowRef<Chosen | null>(null);
/** Cameras that see the chosen place. */
export const seeing = ref<ReadonlySet<string>>(new Set());
export const phase = ref<'loading' | 'ready' | 'failed'>('loading');
const counts = shallowRef<CellCounts>({ level: 0, items: [], more: false });
const allHotspots = shallowRef(hotMarks([]));
/** Events that cases here have, for the filter and for the names of hot spots. */
export const events = shallowRef<EventData[]>([]);

export const filter = computed<CountFilter>(() => ({
  states: [...STATE_GROUPS[stateGroup.value]],
  event: eventCode.value,
}));
export const level = computed(() => (viewport.value ? countLevel(viewport.value) : null));
export const blindAt = computed(() => {
  const view = viewport.value;
  return view && blindLevel((view.bounds.south + view.bounds.north) / 2, view.metresPerPx);
});
export const more = computed(() => counts.value.more);
/** What the counts are of, until those of another level have come. */
export const counted = computed(() => counts.value.level);

const marks = computed(() => countMarks(counts.value.items));
/** Within the view: what the list beside the map tells. */
export const shownCounts = computed(() => {
  const view = viewport.value;
  return view ? marks.value.filter(({ bounds }) => touches(bounds, view.bounds)) : [];
});
export const hotspots = computed(() =>
  allHotspots.value.filter(({ event_code }) => !eventCode.value || event_code === eventCode.value),
);
export const shownHotspots = computed(() => {
  const view = viewport.value;
  return view ? hotspots.value.filter(({ at }) => holds(view.bounds, at)) : [];
});
export const shownCameras = computed(() => {
  const view = viewport.value;
  return view
    ? cameras.value.filter(({ place }) => place && holds(view.bounds, [place.lon_deg, place.lat_deg]))
    : [];
});

const sight = new Sight();
const area = computed(() => areaOf(session.value?.area ?? []));
export const drawing = computed(() => {
  if (!viewport.value) return null;
  return drawingOf(viewport.value, layers.value, {
    counts: marks.value,
    hotspots: hotspots.value,
    cameras: cameras.value,
    sight,
    area: area.value,
    chosen: chosen.value,
    seeing: seeing.value,
  });
});
/** Share of the ground in view that no camera sees now. */
export const blindShare = computed(() => {
  const [view, blind] = [viewport.value?.bounds, drawing.value?.blind];
  if (!view || !blind) return null;
  const within = (from: number, to: number, low: number, high: number) => Math.max(0, Math.min(to, high) - Math.max(from, low));
  const sum = blind.reduce((all, { bounds: [w, s, e, n] }) =>
    all + within(w, e, view.west, view.east) * within(s, n, view.south, view.north), 0);
  return sum / ((view.east - view.west) * (view.north - view.south));
});

/** All cameras, or the person's area, or the country. */
export function wholeView(): Bounds {
  const seen = cameras.value.flatMap(({ place }): LonLat[] =>
    place ? [[place.lon_deg, place.lat_deg], ...place.footprint_lonlat] : [],
  );
  const bounded = (session.value?.area ?? []).flatMap((code): LonLat[] => {
    const cell = readCode(code)?.cell;
    if (!cell) return [];
    const [west, south, east, north] = boundsOfCell(cell);
    return [[west, south], [east, north]];
  });
  return boundsOf(bounded.length > 0 ? bounded : seen, METRES_MIN) ?? COUNTRY;
}

/** Changes of cases, as often as the page reads anew because of them. */
export const changes = ref(0);
const CHANGES_MILLIS = 3000;
const followChanges = paced(async () => {
  changes.value += 1;
}, CHANGES_MILLIS);

/** The window that was asked about, whole cells of the level; a view inside it needs no new question. */
let asked: { level: number; window: Bounds; filter: CountFilter; changes: number } | null = null;

function question() {
  const view = viewport.value;
  if (!view) return null;
  const at = countLevel(view);
  const { cols, rows } = cellsAcross(padded(view.bounds, 0.15), at);
  const [west, south] = boundsOfCell({ level: at, col: cols[0], row: rows[0] });
  const [, , east, north] = boundsOfCell({ level: at, col: cols[1], row: rows[1] });
  return { level: at, window: { west, south, east, north }, filter: filter.value, changes: changes.value };
}

function answered(view: Bounds, now: NonNullable<typeof asked>): boolean {
  const window = asked?.window;
  return (
    asked !== null && window !== undefined &&
    asked.level === now.level && asked.filter === now.filter && asked.changes === now.changes &&
    view.west >= window.west && view.east <= window.east && view.south >= window.south && view.north <= window.north
  );
}

export const refresh = paced(async () => {
  const now = question();
  if (!now || !viewport.value || answered(viewport.value.bounds, now)) return;
  try {
    const { west, south, east, north } = now.window;
    const answer = await countCells(now.level, [west, south, east, north], now.filter);
    if (now.filter !== filter.value) return;
    [counts.value, asked, phase.value] = [answer, now, 'ready'];
  } catch (error) {
    if (phase.value === 'loading') phase.value = 'failed';
    toastError(error);
  }
}, 300);

export const refreshOften = paced(async () => {
  try {
    const [spots, page] = await Promise.all([
      listHotspots(HOTSPOT_DAYS),
      listCases({ states: [...OPEN] }, 200),
    ]);
    allHotspots.value = hotMarks(spots);
    const named = new Map([...events.value, ...page.items.map(({ event }) => event)].map((event) => [event.code, event]));
    // A hot spot has a code alone; any case of it has the words.
    const wordless = new Set(spots.map(({ event_code }) => event_code).filter((code) => !named.has(code)));
    const told = await Promise.all([...wordless].slice(0, NAMED_AT_ONCE).map((event) => listCases({ states: [], event }, 1)));
    for (const { event } of told.flatMap(({ items }) => items)) named.set(event.code, event);
    events.value = [...named.values()].sort((a, b) => a.code.localeCompare(b.code));
  } catch (error) {
    toastError(error);
  }
}, 30_000);

/** Begins to follow the view, the filter and the hub; ends with the component that called it. */
export function useMapState(): void {
  asked = null;
  watch(caseChanges, followChanges);
  watch([viewport, filter, changes], refresh, { immediate: true });
  watch(changes, refreshOften, { immediate: true });
}

/** Takes the cell at a place, of the level that is drawn, or the one that a person typed. */
export function choosePlace(point: LonLat): void {
  const cell = cellAt(point, level.value ?? 7);
  if (cell) chosen.value = { cell, code2d: codeOf(cell), code3d: null, point };
}

export function chooseCode(text: string): Chosen | null {
  const read = readCode(text);
  if (read) chosen.value = { ...read, point: null };
  return read && chosen.value;
}

export function setLayer(name: LayerName, on: boolean): void {
  const next = new Set(layers.value);
  if (on) next.add(name);
  else next.delete(name);
  layers.value = next;
}

export const casesAt = (cell: string, limit: number) => listCases({ ...filter.value, cell }, limit);

/** Roles that may hand in what is to be looked at (docs/people.md). */
const ASKING = ['grid_staff', 'dispatcher', 'reviewer'];
export const asks = computed(() => session.value?.roles.some((role) => ASKING.includes(role)) ?? false);
/** A coarser code is no place that a camera can be asked about. */
export const PRECHECK_LEVEL = 6;
export const precise = ({ point, cell }: Chosen) => point !== null || cell.level >= PRECHECK_LEVEL;
export const mayAsk = (place: Chosen) => asks.value && precise(place);
