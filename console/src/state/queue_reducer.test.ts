import { describe, expect, it } from 'vitest';
import type { CaseDetail, CaseState, CaseSummary } from '../api/types';
import * as reduce from './queue_reducer';

const row = (case_id: string, version = 1, state: CaseState = 'PENDING_REVIEW') =>
  ({ case_id, version, state, thumbnail: 'picture' }) as unknown as CaseSummary;

const queue = (...items: CaseSummary[]): reduce.Queue => ({ items, nextCursor: null });
const ids = (of: reduce.Queue) => of.items.map((item) => item.case_id).join('');
const PENDING = { states: ['PENDING_REVIEW' as const], camera: null };
const ALL = { states: [], camera: null };

describe('live events', () => {
  it('of a new case that fits ask for the list, of one that does not are nothing', () => {
    const held = queue(row('a'));
    const fits = reduce.onCaseEvent(held, { case_id: 'b', version: 1, state: 'PENDING_REVIEW' }, PENDING);
    expect(fits).toEqual({ queue: held, refetch: true });
    const not = reduce.onCaseEvent(held, { case_id: 'b', version: 1, state: 'FILED' }, PENDING);
    expect(not).toEqual({ queue: held, refetch: false });
  });

  it('take a case out that no longer fits, and leave the others where they are', () => {
    const held = queue(row('a'), row('b'), row('c'));
    const { queue: next } = reduce.onCaseEvent(held, { case_id: 'b', version: 2, state: 'FILED' }, PENDING);
    expect(ids(next)).toBe('ac');
    expect(ids(held)).toBe('abc');
  });

  it('change a state at once, and have the rest read', () => {
    const { queue: next, refetch } = reduce.onCaseEvent(
      queue(row('a')),
      { case_id: 'a', version: 2, state: 'FILED' },
      ALL,
    );
    expect(next.items[0]?.state).toBe('FILED');
    expect(refetch).toBe(true);
    // What is read afterwards is taken although the event has named its version before.
    const read = reduce.withPage(next, { items: [row('a', 2, 'FILED')] });
    expect(read.items[0]?.version).toBe(2);
  });

  it('of the same version have a row without its picture read again', () => {
    const held = queue({ ...row('a', 5), thumbnail: null });
    const same = { case_id: 'a', version: 5, state: 'PENDING_REVIEW' as const };
    expect(reduce.onCaseEvent(held, same, ALL)).toEqual({ queue: held, refetch: true });
  });

  it('that come late or twice change nothing', () => {
    const held = queue(row('a', 5, 'FILED'));
    for (const version of [4, 5]) {
      const late = reduce.onCaseEvent(held, { case_id: 'a', version, state: 'PENDING_REVIEW' }, ALL);
      expect(late).toEqual({ queue: held, refetch: false });
    }
  });
});

describe('lists', () => {
  it('take the server’s order but no older version', () => {
    const next = reduce.withPage(queue(row('a', 3), row('b')), { items: [row('b'), row('a', 2)] });
    expect(ids(next)).toBe('ba');
    expect(next.items[1]?.version).toBe(3);
  });

  it('keep a case once that moved between two pages', () => {
    const next = reduce.withMore(queue(row('a'), row('b')), { items: [row('b'), row('c')], next_cursor: 'x' });
    expect(ids(next)).toBe('abc');
    expect(next.nextCursor).toBe('x');
  });

  it('keep what was read beyond the first page, and drop what has left it', () => {
    const long = { items: ['a', 'b', 'c', 'd', 'e'].map((id) => row(id)), nextCursor: 'far' };
    const page = { items: [row('n'), row('a'), row('c')], next_cursor: 'near' };
    const next = reduce.withPage(long, page);
    expect(ids(next)).toBe('nacde');
    expect(next.nextCursor).toBe('far');
    // The last page, or none in common: the page is all that is known.
    expect(ids(reduce.withPage(long, { items: [row('a')] }))).toBe('a');
    const other = reduce.withPage(long, { items: [row('x')], next_cursor: 'near' });
    expect([ids(other), other.nextCursor]).toEqual(['x', 'near']);
    // All of the old rows are in the page: it goes on where the page says.
    const all = reduce.withPage({ items: [row('a'), row('b')], nextCursor: 'far' }, page);
    expect([ids(all), all.nextCursor]).toEqual(['nac', 'near']);
  });

  it('say what is new', () => {
    const fresh = reduce.arrivals(queue(row('a')), queue(row('b'), row('a')));
    expect(fresh.map((item) => item.case_id)).toEqual(['b']);
  });
});

describe('decisions', () => {
  const decided = { ...row('b', 2, 'REJECTED'), thumbnail: null } as unknown as CaseDetail;

  it('take the case out of a list that it no longer fits, and keep it in one that it does', () => {
    const held = queue(row('a'), row('b'), row('c'));
    expect(ids(reduce.onDetail(held, decided, PENDING))).toBe('ac');
    const all = reduce.onDetail(held, decided, ALL);
    expect(all.items[1]).toMatchObject({ state: 'REJECTED', thumbnail: 'picture' });
  });

  it('never go back to an older version', () => {
    const held = queue(row('b', 9, 'FILED'));
    expect(reduce.onDetail(held, decided, ALL)).toBe(held);
  });
});

describe('selection', () => {
  const items = [row('a'), row('b'), row('c')];

  it('steps inside the list and begins at its top', () => {
    expect(reduce.neighbour(items, 'b', 1)?.case_id).toBe('c');
    expect(reduce.neighbour(items, 'c', 1)?.case_id).toBe('c');
    expect(reduce.neighbour(items, 'a', -1)?.case_id).toBe('a');
    expect(reduce.neighbour(items, 'gone', 1)?.case_id).toBe('a');
    expect(reduce.neighbour([], null, 1)).toBeNull();
  });

  it('goes to the next after a decision, at the end to the one before', () => {
    expect(reduce.following(items, 'a')?.case_id).toBe('b');
    expect(reduce.following(items, 'c')?.case_id).toBe('b');
    expect(reduce.following([row('a')], 'a')).toBeNull();
    expect(reduce.following(items, 'gone')?.case_id).toBe('a');
  });

  it('names the cases ahead of it', () => {
    expect(reduce.ahead(items, 'a', 3)).toEqual(['b', 'c']);
    expect(reduce.ahead(items, null, 2)).toEqual(['a', 'b']);
    expect(reduce.ahead(items, 'c', 3)).toEqual([]);
  });

  it('stays in view at its place when the case has left the list', () => {
    const rows = reduce.withKept(items, row('x'), 1);
    expect(rows.map((each) => `${each.item.case_id}${each.left ? '*' : ''}`)).toEqual(['a', 'x*', 'b', 'c']);
    expect(reduce.withKept(items, row('b'), 1).every((each) => !each.left)).toBe(true);
    expect(reduce.withKept([], row('x'), 7)).toHaveLength(1);
  });
});
