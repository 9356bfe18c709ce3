/** What goes with a handover. */
import type { NewHandover, Shift } from '../../api/shift';

/** The hub shows so many of the cases that are with somebody. */
export const ASSIGNED_MAX = 200;
/** It counts no further. */
export const LEFT_MAX = 1000;

/** Whoever takes everything along takes also what the page has no room for, or what came since. */
export function handoverOf(to: string, note: string, chosen: ReadonlySet<string>, { assigned }: Pick<Shift, 'assigned'>): NewHandover {
  const going = assigned.map(({ case_id }) => case_id).filter((id) => chosen.has(id));
  const all = going.length > 0 && going.length === assigned.length;
  return { to: to.trim(), note: note.trim(), ...(all ? {} : { cases: going }) };
}

/** After a reading: what is still there stays as it was, and what is new goes along until somebody says otherwise. */
export function stillChosen(chosen: ReadonlySet<string>, before: readonly string[], now: readonly string[]): Set<string> {
  const known = new Set(before);
  return new Set(now.filter((id) => chosen.has(id) || !known.has(id)));
}

/** Names that have been in handovers with this person, the latest first. */
export function colleagues({ handovers }: Pick<Shift, 'handovers'>, me: string): string[] {
  return [...new Set(handovers.flatMap(({ from, to }) => [from, to]))].filter((name) => name !== me);
}
