import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/client';
import { useLoaded } from './loaded';

afterEach(() => vi.useRealTimers());

describe('what a page reads', () => {
  it('is the answer to the last question, whichever comes last', async () => {
    const answers: ((text: string) => void)[] = [];
    const { value, loading, read } = useLoaded(() => new Promise<string>((done) => answers.push(done)));
    const [first, second] = [read(), read()];
    answers[1]!('second');
    await second;
    answers[0]!('first');
    await first;
    expect([value.value, loading.value]).toEqual(['second', false]);
  });

  it('stays on the page when it cannot be read anew, with the reason', async () => {
    let away = false;
    const { value, failed, read } = useLoaded(async () => {
      if (away) throw new ApiError(0, 'no answer', '');
      return 7;
    });
    await read();
    away = true;
    await read();
    expect(value.value).toBe(7);
    expect(failed.value).not.toBe('');
    await read(false);
    expect(value.value).toBeNull();
    away = false;
    await read();
    expect([value.value, failed.value]).toEqual([7, '']);
  });

  it('is read again by itself while no answer comes, and not where the hub has refused', async () => {
    vi.useFakeTimers();
    let status = 0;
    const job = vi.fn(async () => Promise.reject(new ApiError(status, '', '')));
    const { read } = useLoaded(job);
    await read();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(job).toHaveBeenCalledTimes(3);
    status = 403;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(job).toHaveBeenCalledTimes(4);
  });
});
