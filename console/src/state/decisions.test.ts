import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CaseDetail } from '../api/types';
import { stored } from './draft';
import { eachOf } from './pool';
import { between, toggled } from './selection';
import { send } from './send';
import { session } from './session';
import { untilOf } from './undo';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  session.value = null;
});

describe('several at once', () => {
  it('are never more than so many at a time, and one that fails stops no other', async () => {
    let [now, most] = [0, 0];
    const finished: number[] = [];
    await eachOf([1, 2, 3, 4, 5, 6, 7], 3, async (n) => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      if (n === 2) throw new Error('refused');
      finished.push(n);
    });
    expect(most).toBe(3);
    expect(finished.sort()).toEqual([1, 3, 4, 5, 6, 7]);
  });

  it('none is no work', async () => {
    const job = vi.fn();
    await eachOf([], 4, job);
    expect(job).not.toHaveBeenCalled();
  });
});

describe('selection', () => {
  it('spans both ways, and is the one alone where the other has gone', () => {
    const order = ['a', 'b', 'c', 'd'];
    expect(between(order, 'b', 'd')).toEqual(['b', 'c', 'd']);
    expect(between(order, 'd', 'b')).toEqual(['b', 'c', 'd']);
    expect(between(order, 'gone', 'c')).toEqual(['c']);
    expect(between(order, 'a', 'gone')).toEqual([]);
  });

  it('toggles without touching the old set', () => {
    const old = new Set(['a']);
    expect([...toggled(old, 'b')]).toEqual(['a', 'b']);
    expect([...toggled(old, 'a')]).toEqual([]);
    expect([...old]).toEqual(['a']);
  });
});

describe('undo', () => {
  const of = (until: string | null, at: string) =>
    untilOf({ actions: until ? [{ action: 'undo', reasons: [], until }] : [], history: [{ at }] } as unknown as CaseDetail);

  it('lasts as long as the hub says, whatever the browser’s clock', () => {
    expect(of('2026-01-01T00:00:30Z', '2026-01-01T00:00:00Z')).toBe(30_000);
    expect(of(null, '2026-01-01T00:00:00Z')).toBeNull();
    expect(of('2026-01-01T00:00:00Z', '2026-01-01T00:00:09Z')).toBe(0);
  });
});

describe('a decision without an answer', () => {
  const after = (version: number, actor: string, kind: string) =>
    ({ case_id: 'a', version, history: [{ actor, kind }], evidence: [], verifications: [] }) as unknown as CaseDetail;
  /** `null`: no answer; else status and body. */
  function hub(...answers: (null | [number, unknown])[]) {
    vi.useFakeTimers();
    const fetched = vi.fn(async () => {
      const answer = answers.shift();
      if (!answer) throw new TypeError('Failed to fetch');
      return new Response(JSON.stringify(answer[1]), { status: answer[0] });
    });
    vi.stubGlobal('fetch', fetched);
    return fetched;
  }
  const confirm = async () => {
    session.value = { name: 'wang' } as never;
    const sent = send('a', 1, { action: 'confirm' }).then(
      (detail) => detail.version,
      (error: { status: number }) => `refused ${error.status}`,
    );
    await vi.runAllTimersAsync();
    return sent;
  };

  it('is sent again', async () => {
    const fetched = hub(null, [503, {}], [200, after(2, 'wang', 'confirm')]);
    expect(await confirm()).toBe(2);
    expect(fetched).toHaveBeenCalledTimes(3);
  });

  it('that the hub had taken counts once', async () => {
    hub(null, [412, {}], [200, after(2, 'wang', 'confirm')]);
    expect(await confirm()).toBe(2);
  });

  it('does not count where somebody else was faster meanwhile', async () => {
    hub(null, [412, {}], [200, after(2, 'li', 'confirm')]);
    expect(await confirm()).toBe('refused 412');
    hub(null, [412, {}], [200, after(2, 'wang', 'reject')]);
    expect(await confirm()).toBe('refused 412');
  });

  it('is not sent again where the hub has refused it', async () => {
    const fetched = hub([412, {}]);
    expect(await confirm()).toBe('refused 412');
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

describe('drafts', () => {
  const keep = (text: string) => vi.stubGlobal('sessionStorage', { getItem: () => text });

  it('give back the fields that the form has, and nothing that is no text', () => {
    keep('{"note":"half a","old":"x","reason":7}');
    expect(stored('k', { note: '', reason: '' })).toEqual({ note: 'half a' });
    keep('not json');
    expect(stored('k', { note: '' })).toEqual({});
  });
});
