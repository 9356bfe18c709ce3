/** The queue on the left: filter, rows, and which case is chosen. */
import { computed, ref, shallowRef } from 'vue';
import { listCases, type CaseFilter } from '../api/calls';
import type { CaseDetail, CaseEvent, CaseState, CaseSummary } from '../api/types';
import { CASE_STATES } from '../api/types';
import { sentence } from '../i18n';
import { paced } from './pace';
import * as reduce from './queue_reducer';
import { session } from './session';
import { toastError } from './toasts';

const PAGE = 50;
/** The hub gives no more at once. */
const LIMIT_MAX = 200;

/** `mine`: what whoever is signed in is to look at. */
export type StateChoice = CaseState | 'mine' | 'open' | 'all';

export const stateChoice = ref<StateChoice>('PENDING_REVIEW');
export const cameraChoice = ref<string | null>(null);
export const queue = shallowRef<reduce.Queue>(reduce.EMPTY);
export const phase = ref<'loading' | 'ready' | 'failed'>('loading');
/** For the live region: the newest arrival. */
export const announcement = ref('');

export const chosenId = ref<string | null>(null);
/** The last known row of the chosen case, and where it stood. */
const kept = shallowRef<CaseSummary | null>(null);
const keptAt = ref(0);

export const filter = computed<CaseFilter>(() => ({
  states: statesOf(stateChoice.value),
  camera: cameraChoice.value,
  assignee: stateChoice.value === 'mine' ? (session.value?.name ?? null) : null,
}));

export const rows = computed(() =>
  reduce.withKept(queue.value.items, kept.value, keptAt.value),
);

export function statesOf(choice: StateChoice): CaseState[] {
  if (choice === 'all') return [];
  if (choice === 'open' || choice === 'mine') return ['PENDING_REVIEW', 'MANUAL'];
  return CASE_STATES.filter((state) => state === choice);
}

function replace(next: reduce.Queue): void {
  queue.value = next;
  const at = next.items.findIndex((item) => item.case_id === chosenId.value);
  const row = next.items[at];
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
    if (!chosenId.value) choose(next.items[0]?.case_id ?? null);
  } catch (error) {
    if (phase.value === 'loading') phase.value = 'failed';
    toastError(error);
  }
}, 400);

export async function more(): Promise<void> {
  const cursor = queue.value.nextCursor;
  if (!cursor) return;
  try {
    const page = await listCases(filter.value, PAGE, cursor);
    if (queue.value.nextCursor === cursor) replace(reduce.withMore(queue.value, page));
  } catch (error) {
    toastError(error);
  }
}

export function setFilter(state: StateChoice, camera: string | null): void {
  stateChoice.value = state;
  cameraChoice.value = camera;
  queue.value = reduce.EMPTY;
  phase.value = 'loading';
  chosenId.value = null;
  kept.value = null;
  refresh();
}

export function choose(id: string | null): void {
  chosenId.value = id;
  const at = queue.value.items.findIndex((item) => item.case_id === id);
  kept.value = queue.value.items[at] ?? null;
  keptAt.value = Math.max(at, 0);
}

export function step(by: 1 | -1): void {
  const items = rows.value.map((row) => row.item);
  const next = reduce.neighbour(items, chosenId.value, by);
  if (next) choose(next.case_id);
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

/** After a decision: on to the case that took this one's place. */
export function advance(decided: CaseDetail): void {
  const at = keptAt.value;
  kept.value = null;
  replace(reduce.onDetail(queue.value, decided, filter.value));
  const { items } = queue.value;
  if (items.some((item) => item.case_id === decided.case_id)) step(1);
  else choose((items[at] ?? items[at - 1])?.case_id ?? null);
  if (!chosenId.value) refresh();
}

function announce(fresh: CaseSummary[]): void {
  const newest = fresh[0];
  if (newest) announcement.value = sentence('queue.arrived', newest.event);
}
