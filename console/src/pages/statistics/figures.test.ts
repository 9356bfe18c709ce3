import { describe, expect, it } from 'vitest';
import { COUNTS, type Figures } from '../../api/statistics';
import { addDays, complete, daysFault, isDay, madeOf, percent, shade, spanOf } from './figures';

const none = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Figures;

describe('spans of days', () => {
  it('hold today and so many days before it, across the ends of months and years', () => {
    expect(spanOf('today', '2026-03-01')).toEqual({ from: '2026-03-01', to: '2026-03-01' });
    expect(spanOf('week', '2026-03-01')).toEqual({ from: '2026-02-23', to: '2026-03-01' });
    expect(spanOf('month', '2027-01-05')).toEqual({ from: '2026-12-07', to: '2027-01-05' });
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  });

  it('are refused where the hub would refuse them', () => {
    expect(daysFault({ from: '2026-01-01', to: '2026-04-02' })).toBeNull();
    expect(daysFault({ from: '2026-01-01', to: '2026-04-03' })).toBe('tooLong');
    expect(daysFault({ from: '2026-01-02', to: '2026-01-01' })).toBe('backwards');
    expect(daysFault({ from: '2026-01-02', to: '' })).toBe('badDay');
  });

  it('know days that there are', () => {
    expect(isDay('2026-02-28')).toBe(true);
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', 'yesterday', '']) expect(isDay(text), text).toBe(false);
  });
});

describe('figures', () => {
  it('show what a rate is of', () => {
    const figures = { ...none, confirmed: 7, rejected: 3, false_alarms: 2, rework: 1, closed_by_video: 4, closed_by_person: 5 };
    expect(madeOf(figures, 'false_alarm_rate')).toBe('2 / 10');
    expect(madeOf(figures, 'rework_rate')).toBe('1 / 10');
    expect([percent(0.0345), percent(0), percent(null), percent(undefined)]).toEqual(['3.5%', '0.0%', '–', '–']);
  });

  it('of days and hours have none left out', () => {
    const days = { from: '2026-02-27', to: '2026-03-02' };
    const items = [{ ...none, key: '2026-03-01', found: 4 }];
    expect(complete(items, 'day', days, none).map(({ key, found }) => [key, found])).toEqual([
      ['2026-02-27', 0], ['2026-02-28', 0], ['2026-03-01', 4], ['2026-03-02', 0],
    ]);
    expect(complete([{ ...none, key: '23' }], 'hour', days, none)).toHaveLength(24);
    expect(complete([{ ...none, key: 'edge-1/a' }], 'camera', days, none)).toHaveLength(1);
  });

  it('are shaded so that one is told from none', () => {
    expect([0, 1, 200, 999, 1000].map((value) => shade(value, 1000))).toEqual([0, 1, 1, 5, 5]);
    expect(shade(0, 0)).toBe(0);
  });
});
