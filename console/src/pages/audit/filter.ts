/** What a person types to narrow the log, and what the hub is asked for it. */
import type { LogFilter } from '../../api/audit';
import { fromLocal } from '../../words/time';

export const EMPTY = { who: '', kind: '', case: '', file: '', from: '', to: '' };
export type Typed = typeof EMPTY;
export type Fault = 'badTime' | 'badCase' | 'badFile' | 'backwards';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The filter, or the name of the words for what is wrong with it. */
export function filterOf(typed: Typed): LogFilter | Fault {
  const text = (name: keyof Typed) => typed[name].trim();
  const [about, file] = [text('case').toLowerCase(), text('file').toLowerCase()];
  if (about && !UUID.test(about)) return 'badCase';
  if (file && !/^[0-9a-f]{64}$/.test(file)) return 'badFile';
  const times: { from?: string; to?: string } = {};
  for (const name of ['from', 'to'] as const) {
    if (!text(name)) continue;
    // A day alone begins at its midnight.
    const at = fromLocal(/^\d{4}-\d\d-\d\d$/.test(text(name)) ? `${text(name)} 00:00:00` : text(name));
    if (!at) return 'badTime';
    times[name] = at;
  }
  if (times.from && times.to && times.from > times.to) return 'backwards';
  const all = { who: text('who'), kind: text('kind'), case: about, file, ...times };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as LogFilter;
}
