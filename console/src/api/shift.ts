/** The calls of docs/http.md about shifts (交接班). */
import { call } from './client';
import type { CaseSummary, Maybe } from './types';

export interface Handover {
  shift_id: string;
  from: string;
  to: string;
  at: string;
  note: string;
  cases: number;
  read_at?: Maybe<string>;
}

export interface Shift {
  began_at: string;
  /** Acts since, by their name. */
  done: Record<string, number>;
  /** 1,000 stands for more. */
  left_over: number;
  /** 200 at most. */
  assigned: CaseSummary[];
  unread: Handover[];
  handovers: Handover[];
}

export interface NewHandover {
  to: string;
  note: string;
  /** Left out: all that are with whoever hands over. */
  cases?: string[];
}

/** `kept`: cases that stay. */
export type HandedOver = Handover & { kept: string[] };

export const readShift = async () => (await call<Shift>('GET', '/shifts/now')).body;

export const handOver = async (handover: NewHandover) =>
  (await call<HandedOver>('POST', '/shifts/handover', handover)).body;

export const readNote = (shiftId: string) =>
  call<void>('POST', `/shifts/${encodeURIComponent(shiftId)}/read`);
