/** Figures of days (docs/http.md). The document has them without their counts, which are named here. */
import { call } from './client';
import type { AlarmView, DigestView, HotSpotView, StatisticsView } from './schema';
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

/** `key`: a day, an event's code, an hour, or `<node>/<camera>`; empty: no camera saw it. */
export type FiguresOf = Figures & { key: string };

export type FalseAlarms = AlarmView;
export type Recurrence = HotSpotView;

type Items<Of, Names extends keyof Of> = Omit<Of, Names | 'totals'> & Record<Names, FiguresOf[]> & { totals: Figures };
export type Statistics = Omit<Items<StatisticsView, 'items'>, 'by'> & { by: By };
export type Digest = Items<DigestView, 'events' | 'cameras' | 'hours'>;

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
