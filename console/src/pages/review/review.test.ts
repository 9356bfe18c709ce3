import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../api/types';
import { en } from '../../i18n/en';
import { zhCN } from '../../i18n/zh-CN';
import { ACTION_KEYS, KEYED } from './action_keys';
import { HELP } from './help';
import { scrollTo, windowOf } from './window';

describe('keys', () => {
  it('are the trade’s for the six decisions', () => {
    const six = ['confirm', 'reject', 'merge', 'assign', 'reclassify', 'undo'] as const;
    expect(six.map((action) => ACTION_KEYS[action]).join('')).toBe('12345z');
  });

  it('are there for every action but the checklist’s, each key once', () => {
    const without = ACTIONS.filter((action) => !ACTION_KEYS[action]);
    expect(without).toEqual(['check', 'uncheck']);
    expect(new Set(KEYED.map(([key]) => key)).size).toBe(KEYED.length);
    // What else the page answers to.
    for (const taken of 'jkxafgmvlbp') expect(KEYED.some(([key]) => key === taken), taken).toBe(false);
  });

  it('all stand in the help, in words', () => {
    const told = HELP.flatMap(([keys]) => keys).join('').toLowerCase();
    for (const [key] of KEYED) expect(told, key).toContain(key);
    for (const [, words] of HELP) {
      expect(zhCN.help).toHaveProperty(words.replace('help.', ''));
      expect(en.help).toHaveProperty(words.replace('help.', ''));
    }
  });
});

describe('a long list', () => {
  it('draws what is seen and a screenful on either side', () => {
    expect(windowOf(0, 500, 100, 10_000)).toEqual({ first: 0, end: 11 });
    expect(windowOf(5000, 500, 100, 10_000)).toEqual({ first: 45, end: 61 });
    expect(windowOf(999_500, 500, 100, 10_000)).toEqual({ first: 9990, end: 10_000 });
    expect(windowOf(0, 500, 100, 3)).toEqual({ first: 0, end: 3 });
    // A list that has become short while it was scrolled far down.
    expect(windowOf(90_000, 500, 100, 3)).toEqual({ first: 3, end: 3 });
  });

  it('scrolls no further than the row asks for', () => {
    expect(scrollTo(2, 0, 500, 100)).toBe(0);
    expect(scrollTo(5, 0, 500, 100)).toBe(100);
    expect(scrollTo(1, 400, 500, 100)).toBe(100);
  });
});
