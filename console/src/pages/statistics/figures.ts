/** Spans of days, and how figures read. */
import type { By, Count, Days, Figures, FiguresOf, Rate } from '../../api/statistics';

export const SPANS = ['today', 'week', 'month', 'own'] as const;
export type Span = (typeof SPANS)[number];
const LENGTHS: Record<Exclude<Span, 'own'>, number> = { today: 1, week: 7, month: 30 };
/** The hub tells no more at once. */
export const DAYS_MAX = 92;

const DAY_MILLIS = 86_400_000;
/** Days have no zone of their own: counted as midnights of UTC. */
const number = (day: string) => Date.parse(`${day}T00:00:00Z`) / DAY_MILLIS;
const dayOf = (days: number) => new Date(days * DAY_MILLIS).toISOString().slice(0, 10);
export const addDays = (day: string, days: number) => dayOf(number(day) + days);

export function spanOf(span: Exclude<Span, 'own'>, today: string): Days {
  return { from: addDays(today, 1 - LENGTHS[span]), to: today };
}

/** A day of the calendar, as a person or an address writes it. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(number(text)) && dayOf(number(text)) === text;

/** Why the hub would not count these days: a name of a text; none where it would. */
export function daysFault({ from, to }: Days): 'badDay' | 'backwards' | 'tooLong' | null {
  if (!isDay(from) || !isDay(to)) return 'badDay';
  if (number(from) > number(to)) return 'backwards';
  return number(to) - number(from) >= DAYS_MAX ? 'tooLong' : null;
}

/** What a rate is of: what is counted, and among what. */
export const RATE_OF: Record<Rate, { part: Count; whole: readonly Count[] }> = {
  false_alarm_rate: { part: 'false_alarms', whole: ['confirmed', 'rejected'] },
  undeterminable_rate: { part: 'undeterminable', whole: ['verdicts'] },
  overruled_rate: { part: 'overruled', whole: ['closed_by_video'] },
  on_time_rate: { part: 'on_time', whole: ['disposed'] },
  rework_rate: { part: 'rework', whole: ['rework', 'closed_by_video', 'closed_by_person'] },
};

/** `12 / 340`: what a rate was made of. */
export function madeOf(figures: Figures, rate: Rate): string {
  const { part, whole } = RATE_OF[rate];
  return `${figures[part]} / ${whole.reduce((sum, name) => sum + figures[name], 0)}`;
}

/** `3.4%`, or a dash where there was nothing to take it of. */
export const percent = (rate: number | null | undefined): string =>
  rate == null || !Number.isFinite(rate) ? '–' : `${(rate * 100).toFixed(1)}%`;

/** Days and hours in which nothing happened are missing from the answer, and not from a line over time. */
export function complete(items: readonly FiguresOf[], by: By, { from, to }: Days, none: Figures): FiguresOf[] {
  if (by !== 'day' && by !== 'hour') return [...items];
  const keys = by === 'hour'
    ? Array.from({ length: 24 }, (_, hour) => String(hour))
    : Array.from({ length: number(to) - number(from) + 1 }, (_, i) => addDays(from, i));
  const known = new Map(items.map((item) => [item.key, item]));
  return keys.map((key) => known.get(key) ?? { ...none, key });
}

/** 0 to 5: how dark a cell is, by its share of the darkest one. Nothing is 0, and something never. */
export const shade = (value: number, most: number): number =>
  value <= 0 || most <= 0 ? 0 : Math.max(1, Math.ceil((value / most) * 5));
