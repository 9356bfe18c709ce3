/** The queue on the left: filter, rows, and which case is chosen. */
import { computed, ref, shallowRef } from 'vue';
import { listCases, type CaseFilter } from '../api/calls';
import type { CaseDetail, CaseEvent, CaseState, CaseSummary } from '../api/types';
import { CASE_STATES } from '../api/types';
import { sentence } from '../i18n';
import { AHEAD } from './details';
import { paced } from './pace';
import * as reduce from './queue_reducer';
import { session } from './session';
import { toastError } from './toasts';

const PAGE = 100;
/** The hub gives no more at once. */
const LIMIT_MAX = 200;

/** `mine`: what whoever is signed in is to look at. */
export type StateChoice = CaseState | 'mine' | 'open' | 'all';

export interface Choice {
  state: StateChoice;
  camera: string | null;
  event: string | null;
  source: string | null;
  cell: string | null;
  street: string | null;
}
const EVERYWHERE = { camera: null, event: null, source: null, cell: null, street: null };

export const choice = shallowRef<Choice>({ state: 'PENDING_REVIEW', ...EVERYWHERE });
/** How many narrow the list besides the state. */
export const narrowed = computed(() => Object.values({ ...choice.value, state: null }).filter(Boolean).length);
export const queue = shallowRef<reduce.Queue>(reduce.EMPTY);
export const phase = ref<'loading' | 'ready' | 'failed'>('loading');
/** For the live region: the newest arrival. */
export const announcement = ref('');

export const chosenId = ref<string | null>(null);
/** The last known row of the chosen case, and where it stood. */
const kept = shallowRef<CaseSummary | null>(null);
const keptAt = ref(0);
/** Decided here, the hub's answer is on its way: shown no more. */
const leaving = shallowRef<ReadonlySet<string>>(new Set());

export const filter = computed<CaseFilter>(() => {
  const { state, ...narrower } = choice.value;
  return {
    ...narrower,
    states: statesOf(state),
    assignee: state === 'mine' ? (session.value?.name ?? null) : null,
  };
});

const listed = computed(() => queue.value.items.filter((item) => !leaving.value.has(item.case_id)));
export const rows = computed(() => reduce.withKept(listed.value, kept.value, keptAt.value));
/** Read before somebody looks. */
export const next = computed(() => reduce.ahead(listed.value, chosenId.value, AHEAD));

export function statesOf(state: StateChoice): CaseState[] {
  if (state === 'all') return [];
  if (state === 'open' || state === 'mine') return ['PENDING_REVIEW', 'MANUAL'];
  return CASE_STATES.filter((one) => one === state);
}

function replace(next: reduce.Queue): void {
  queue.value = next;
  const at = listed.value.findIndex((item) => item.case_id === chosenId.value);
  const row = listed.value[at];
  if (row) {
    kept.value = row;
    keptAt.value = at;
  }
}

export const refresh = paced(async () => {
  const asked = filter.value;
  try {
    const most = Math.min(Math.max(PAGE, queue.value.items.length), LIMIT_MAX);
    const page = await listCases(asked, most);
    if (asked !== filter.value) return;
    const next = reduce.withPage(queue.value, page);
    if (phase.value === 'ready') announce(reduce.arrivals(queue.value, next));
    replace(next);
    phase.value = 'ready';
    if (!chosenId.value) choose(listed.value[0]?.case_id ?? null);
  } catch (error) {
    if (phase.value === 'loading') phase.value = 'failed';
    toastError(error);
  }
}, 400);

let reading = '';

/** The next page; asked for while somebody scrolls, so one at a time. */
export async function more(): Promise<void> {
  const cursor = queue.value.nextCursor;
  if (!cursor || reading === cursor) return;
  reading = cursor;
  try {
    const page = await listCases(filter.value, LIMIT_MAX, cursor);
    if (queue.value.nextCursor === cursor) replace(reduce.withMore(queue.value, page));
  } catch (error) {
    toastError(error);
  } finally {
    reading = '';
  }
}

export function setFilter(part: Partial<Choice>): void {
  choice.value = { ...choice.value, ...part };
  queue.value = reduce.EMPTY;
  phase.value = 'loading';
  chosenId.value = null;
  kept.value = null;
  refresh();
}

export const widen = (): void => setFilter(EVERYWHERE);

export function choose(id: string | null): void {
  chosenId.value = id;
  const at = listed.value.findIndex((item) => item.case_id === id);
  kept.value = listed.value[at] ?? null;
  keptAt.value = Math.max(at, 0);
}

export function step(by: 1 | -1): void {
  const items = rows.value.map((row) => row.item);
  const to = reduce.neighbour(items, chosenId.value, by);
  if (to) choose(to.case_id);
}

/** On to the next case before the hub has answered; the decided one goes if it `will` no longer fit. */
export function goOn(id: string, will: CaseState | null): void {
  const to = reduce.following(rows.value.map((row) => row.item), id);
  if (will && !reduce.fits(will, filter.value)) leaving.value = new Set(leaving.value).add(id);
  choose(to?.case_id ?? null);
}

/** The hub has answered: what it made of the case, or nothing where the case stays as it was. */
export function settle(id: string, after: CaseDetail | null): void {
  const left = new Set(leaving.value);
  left.delete(id);
  if (after) replace(reduce.onDetail(queue.value, after, filter.value));
  leaving.value = left;
  if (!chosenId.value) {
    if (listed.value[0]) choose(listed.value[0].case_id);
    else refresh();
  }
}

export function onEvent(event: CaseEvent): void {
  const { queue: next, refetch } = reduce.onCaseEvent(queue.value, event, filter.value);
  replace(next);
  if (refetch) refresh();
}

export function onDetail(detail: CaseDetail): void {
  replace(reduce.onDetail(queue.value, detail, filter.value));
  if (kept.value?.case_id === detail.case_id || chosenId.value === detail.case_id) {
    kept.value = { ...detail, thumbnail: detail.thumbnail ?? kept.value?.thumbnail };
  }
}

function announce(fresh: CaseSummary[]): void {
  const newest = fresh[0];
  if (newest) announcement.value = sentence('queue.arrived', newest.event);
}
