import { describe, expect, it } from 'vitest';
import { EMPTY, filterOf } from './filter';

const CASE = '019a9c1e-0000-7000-8000-00000000000a';

describe('the filter of the log', () => {
  it('leaves out what nobody typed', () => {
    expect(filterOf(EMPTY)).toEqual({});
    expect(filterOf({ ...EMPTY, who: '  wang ', kind: 'view' })).toEqual({ who: 'wang', kind: 'view' });
  });

  it('takes times of the district, and a day alone from its midnight', () => {
    expect(filterOf({ ...EMPTY, from: '2026-11-21', to: '2026-11-21 08:30:00' })).toEqual({
      from: '2026-11-20T16:00:00.000Z', to: '2026-11-21T00:30:00.000Z',
    });
    expect(filterOf({ ...EMPTY, from: '2026-02-29' })).toBe('badTime');
    expect(filterOf({ ...EMPTY, to: 'today' })).toBe('badTime');
    expect(filterOf({ ...EMPTY, from: '2026-11-22', to: '2026-11-21' })).toBe('backwards');
  });

  it('asks for no case and no file that there cannot be', () => {
    expect(filterOf({ ...EMPTY, case: CASE.toUpperCase() })).toEqual({ case: CASE });
    expect(filterOf({ ...EMPTY, case: CASE.slice(1) })).toBe('badCase');
    expect(filterOf({ ...EMPTY, file: 'A'.repeat(64) })).toEqual({ file: 'a'.repeat(64) });
    expect(filterOf({ ...EMPTY, file: 'a'.repeat(63) })).toBe('badFile');
  });
});
