/** What the queue does with pages, live events and decisions: pure, so that it can be tested alone. */
import type { CaseFilter, CasePage } from '../api/calls';
import type { CaseDetail, CaseEvent, CaseState, CaseSummary } from '../api/types';

export interface Queue {
  /** In the server's order. */
  items: CaseSummary[];
  nextCursor: string | null;
}

export const EMPTY: Queue = { items: [], nextCursor: null };

export function fits(state: CaseState, filter: CaseFilter): boolean {
  return filter.states.length === 0 || filter.states.includes(state);
}

/**
 * The newest first page takes the place of the old list's beginning, but never an older version of a
 * case. What was read beyond that page stays, until it is read again.
 */
export function withPage(queue: Queue, page: CasePage): Queue {
  const held = new Map(queue.items.map((item) => [item.case_id, item]));
  const items = page.items.map((item) => {
    const old = held.get(item.case_id);
    return old && old.version > item.version ? old : item;
  });
  const nextCursor = page.next_cursor ?? null;
  if (!nextCursor || queue.items.length <= items.length) return { items, nextCursor };
  const fresh = new Set(items.map((item) => item.case_id));
  const end = queue.items.findLastIndex((item) => fresh.has(item.case_id));
  // No row in common: nothing says where the old rows would go on.
  if (end < 0) return { items, nextCursor };
  const beyond = queue.items.slice(end + 1);
  return { items: [...items, ...beyond], nextCursor: beyond.length > 0 ? queue.nextCursor : nextCursor };
}

/** A further page; a case that moved between two pages is kept once. */
export function withMore(queue: Queue, page: CasePage): Queue {
  const held = new Set(queue.items.map((item) => item.case_id));
  const fresh = page.items.filter((item) => !held.has(item.case_id));
  return { items: [...queue.items, ...fresh], nextCursor: page.next_cursor ?? null };
}

/**
 * A live event says only that a case has a new version and state. What is listed is changed at once;
 * `refetch` says that the list must be read again for what the event does not carry.
 */
export function onCaseEvent(
  queue: Queue,
  event: CaseEvent,
  filter: CaseFilter,
): { queue: Queue; refetch: boolean } {
  const at = queue.items.findIndex((item) => item.case_id === event.case_id);
  const old = queue.items[at];
  if (!old) return { queue, refetch: fits(event.state, filter) };
  if (event.version < old.version) return { queue, refetch: false };
  // The same version again may mean that the picture has arrived.
  if (event.version === old.version) return { queue, refetch: !old.thumbnail };
  const items = [...queue.items];
  if (!fits(event.state, filter)) {
    items.splice(at, 1);
    return { queue: { ...queue, items }, refetch: false };
  }
  // The version stays: the rest of this row is still the old version's until it is read again.
  items[at] = { ...old, state: event.state };
  return { queue: { ...queue, items }, refetch: true };
}

/** After a case was read or decided: its row is refreshed, or leaves with its state. */
export function onDetail(queue: Queue, detail: CaseDetail, filter: CaseFilter): Queue {
  const at = queue.items.findIndex((item) => item.case_id === detail.case_id);
  const old = queue.items[at];
  if (!old || old.version > detail.version) return queue;
  const items = [...queue.items];
  if (fits(detail.state, filter)) {
    items[at] = { ...detail, thumbnail: detail.thumbnail ?? old.thumbnail };
  } else {
    items.splice(at, 1);
  }
  return { ...queue, items };
}

/** The case `step` away from `id`, kept inside the list; the first where `id` is not listed. */
export function neighbour(items: readonly CaseSummary[], id: string | null, step: number) {
  const at = items.findIndex((item) => item.case_id === id);
  if (at < 0) return items[0] ?? null;
  return items[Math.min(Math.max(at + step, 0), items.length - 1)] ?? null;
}

/** The case that is shown after `id` has been decided: the next, at the end of the list the one before. */
export function following(items: readonly CaseSummary[], id: string): CaseSummary | null {
  const at = items.findIndex((item) => item.case_id === id);
  return (at < 0 ? items[0] : (items[at + 1] ?? items[at - 1])) ?? null;
}

/** The `count` cases after `id`, to be read before they are chosen. */
export function ahead(items: readonly CaseSummary[], id: string | null, count: number): string[] {
  const at = items.findIndex((item) => item.case_id === id);
  return items.slice(at + 1, at + 1 + count).map((item) => item.case_id);
}

/** Cases in `after` that `before` did not list. */
export function arrivals(before: Queue, after: Queue): CaseSummary[] {
  const held = new Set(before.items.map((item) => item.case_id));
  return after.items.filter((item) => !held.has(item.case_id));
}

/** Where the chosen case has left the filter it stays in view, at its place, until left. */
export function withKept(
  items: readonly CaseSummary[],
  kept: CaseSummary | null,
  at: number,
): { item: CaseSummary; left: boolean }[] {
  const rows = items.map((item) => ({ item, left: false }));
  if (!kept || items.some((item) => item.case_id === kept.case_id)) return rows;
  rows.splice(Math.min(Math.max(at, 0), rows.length), 0, { item: kept, left: true });
  return rows;
}
