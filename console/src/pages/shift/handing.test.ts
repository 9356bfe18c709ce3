import { describe, expect, it } from 'vitest';
import type { Handover } from '../../api/shift';
import type { CaseSummary } from '../../api/types';
import { colleagues, handoverOf, stillChosen } from './handing';

const assigned = ['a', 'b', 'c'].map((case_id) => ({ case_id }) as CaseSummary);

describe('a handover', () => {
  it('of all cases names none, so that those beyond the list go as well', () => {
    expect(handoverOf(' wang ', ' n ', new Set(['a', 'b', 'c']), { assigned })).toEqual({ to: 'wang', note: 'n' });
  });

  it('of some names them, and of none names none at all', () => {
    expect(handoverOf('wang', '', new Set(['c', 'a', 'gone']), { assigned }).cases).toEqual(['a', 'c']);
    expect(handoverOf('wang', '', new Set(), { assigned }).cases).toEqual([]);
    expect(handoverOf('wang', 'quiet', new Set(), { assigned: [] }).cases).toEqual([]);
  });

  it('keeps what somebody has left out when cases are read anew', () => {
    expect([...stillChosen(new Set(['a', 'x']), ['a', 'b', 'x'], ['a', 'b', 'd'])]).toEqual(['a', 'd']);
  });

  it('proposes those that one has handed over to or taken over from', () => {
    const between = (from: string, to: string) => ({ from, to }) as Handover;
    expect(colleagues({ handovers: [between('me', 'li'), between('wang', 'me'), between('me', 'li')] }, 'me')).toEqual(['li', 'wang']);
  });
});
