/** Cases of the queue that one decision is to be about. */
import { computed, shallowRef, watch } from 'vue';
import { choice, rows } from './queue';

export const selected = shallowRef<ReadonlySet<string>>(new Set());
export const count = computed(() => selected.value.size);
/** So many at once are still few enough to be taken back in time. */
export const SELECTED_MAX = 200;
/** Where a span begins. */
let anchor: string | null = null;

const order = () => rows.value.map(({ item }) => item.case_id);

export function toggle(id: string | null): void {
  if (!id) return;
  anchor = id;
  selected.value = toggled(selected.value, id);
}

/** All from the last one that was selected to this one. */
export function span(id: string | null): void {
  if (id) selected.value = atMost([...selected.value, ...between(order(), anchor ?? id, id)]);
}

/** All that are shown, as far as they may be selected; none, where they are. */
export function all(): void {
  const shown = atMost(order());
  selected.value = [...shown].every((id) => selected.value.has(id)) ? new Set() : shown;
}

export function clear(): void {
  selected.value = new Set();
  anchor = null;
}

export function drop(id: string): void {
  if (selected.value.has(id)) selected.value = toggled(selected.value, id);
}

// Another filter shows other cases, and what has left the list is no longer meant.
watch(choice, clear);
watch(rows, () => {
  if (selected.value.size === 0) return;
  const shown = new Set(order());
  const left = [...selected.value].filter((id) => shown.has(id));
  if (left.length < selected.value.size) selected.value = new Set(left);
});

const atMost = (ids: readonly string[]) => new Set(ids.slice(0, SELECTED_MAX));

export function toggled(of: ReadonlySet<string>, id: string): Set<string> {
  const now = new Set(of);
  if (!now.delete(id)) now.add(id);
  return now;
}

/** From one to the other, whichever comes first; the second alone where the first is not there. */
export function between(ids: readonly string[], from: string, to: string): string[] {
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  if (a < 0 || b < 0) return b < 0 ? [] : [to];
  return ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}
