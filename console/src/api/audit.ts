/** The calls of docs/http.md about the access log and the roots of days. */
import { call } from './client';
import type { AccessPage, AccessView, DayRootView } from './schema';

export type Entry = AccessView;
export type DayRoot = DayRootView;

export const ACCESS_KINDS = ['view', 'playback', 'footage_request', 'export', 'dataset', 'comparison', 'sign_in', 'account', 'handover'] as const;

/** All empty: every entry. Times are RFC 3339. */
export interface LogFilter {
  who?: string;
  kind?: string;
  case?: string;
  file?: string;
  from?: string;
  to?: string;
}

export async function listEntries(filter: LogFilter, limit: number, cursor?: string | null): Promise<AccessPage> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  if (cursor) query.set('cursor', cursor);
  return (await call<AccessPage>('GET', `/audit?${query}`)).body;
}

export const listDayRoots = async () => (await call<{ items: DayRoot[] }>('GET', '/audit/days')).body.items;
