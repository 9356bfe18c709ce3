/** The calls of docs/http.md about shifts (交接班). */
import { call } from './client';
import type { HandedOverView, HandoverView, NewHandover, ShiftView } from './schema';
import type { CaseSummary } from './types';

export type Handover = HandoverView;
export type { NewHandover };

/** `done`: acts since, by their name. */
export type Shift = Omit<ShiftView, 'assigned' | 'done'> & { assigned: CaseSummary[]; done: Record<string, number> };

/** `kept`: cases that stay. */
export type HandedOver = HandedOverView;

export const readShift = async () => (await call<Shift>('GET', '/shifts/now')).body;

export const handOver = async (handover: NewHandover) =>
  (await call<HandedOver>('POST', '/shifts/handover', handover)).body;

export const readNote = (shiftId: string) =>
  call<void>('POST', `/shifts/${encodeURIComponent(shiftId)}/read`);
