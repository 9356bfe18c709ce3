/** Figures of days (docs/http.md). By hand: the document has them without fields. */
import { call } from './client';
import type { Maybe } from './types';

export const COUNTS = [
  'found', 'filed', 'confirmed', 'rejected', 'false_alarms', 'merged', 'unmerged', 'vanished', 'closed_by_video',
  'closed_by_person', 'manual', 'rework', 'reopened', 'overdue', 'verdicts', 'undeterminable', 'overruled', 'disposed', 'on_time',
] as const;
export type Count = (typeof COUNTS)[number];

export const RATES = ['false_alarm_rate', 'undeterminable_rate', 'overruled_rate', 'on_time_rate', 'rework_rate'] as const;
export type Rate = (typeof RATES)[number];

/** A rate of nothing is absent. */
export type Figures = Record<Count, number> & Partial<Record<Rate, Maybe<number>>>;

export const BYS = ['day', 'event', 'camera', 'hour'] as const;
export type By = (typeof BYS)[number];

export interface FiguresOf extends Figures {
  /** A day, an event's code, an hour, or `<node>/<camera>`; empty: no camera saw it. */
  key: string;
}

export interface FalseAlarms {
  camera: string;
  node: string;
  event_code: string;
  reviewed: number;
  false_alarms: number;
  rate: number;
}

export interface Recurrence {
  code: string;
  event_code: string;
  cases_30d: number;
  days_30d: number;
  recurring: boolean;
  stubborn: boolean;
}

export interface Statistics {
  from: string;
  to: string;
  by: By;
  totals: Figures;
  items: FiguresOf[];
  false_alarms: FalseAlarms[];
  recurrence: Recurrence[];
  /** Cases found: Monday to Sunday, hour by hour. */
  heat: number[][];
}

export interface Digest {
  day: string;
  district: string;
  totals: Figures;
  events: FiguresOf[];
  cameras: FiguresOf[];
  hours: FiguresOf[];
}

/** Local days, both in it. */
export interface Days {
  from: string;
  to: string;
}

const query = ({ from, to }: Days, by: By) => new URLSearchParams({ from, to, by }).toString();

export const readStatistics = async (days: Days, by: By) =>
  (await call<Statistics>('GET', `/statistics?${query(days, by)}`)).body;

export const statisticsSheet = (days: Days, by: By) => `/api/v1/statistics.csv?${query(days, by)}`;

export const readDigest = async (day: string) =>
  (await call<Digest>('GET', `/digest?day=${encodeURIComponent(day)}`)).body;
