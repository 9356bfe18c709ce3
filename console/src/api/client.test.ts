import { afterEach, describe, expect, it, vi } from 'vitest';
import { act, listCases, nearCases } from './calls';
import { changePassword } from './people';
import { ApiError, useCsrfToken, whenSignedOut } from './client';

/** The browser's `fetch` is the boundary; what goes out and how answers are read is ours. */
function answers(status: number, body: string) {
  const fetched = vi.fn(async (_path: string, _init: RequestInit) =>
    status === 0
      ? Promise.reject(new TypeError('Failed to fetch'))
      : new Response(body || null, { status }),
  );
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

afterEach(() => vi.unstubAllGlobals());

const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error as ApiError,
  );

describe('calls', () => {
  it('name the version that a decision is about, and show whose page asks', async () => {
    const fetched = answers(200, '{"case_id":"a"}');
    useCsrfToken('of-this-session');
    await act('a/b', 7, { action: 'reject', reason: 'duplicate' });
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe('/api/v1/cases/a%2Fb/act');
    expect(init?.headers).toMatchObject({ 'If-Match': '"7"', 'X-CSRF-Token': 'of-this-session' });
    expect(JSON.parse(init?.body as string)).toEqual({ action: 'reject', reason: 'duplicate' });
  });

  it('name the case to merge into, of those that the hub offers', async () => {
    const near = answers(200, '{"items":[{"case_id":"b"}]}');
    const offered = await nearCases('a');
    expect(near.mock.calls[0]?.[0]).toBe('/api/v1/cases/a/near');
    const merged = answers(200, '{"case_id":"a"}');
    await act('a', 2, { action: 'merge', into: offered[0]?.case_id ?? '' });
    expect(JSON.parse(merged.mock.calls[0]?.[1].body as string)).toEqual({ action: 'merge', into: 'b' });
  });

  it('repeat the state in a filter', async () => {
    const fetched = answers(200, '{"items":[]}');
    await listCases({ states: ['PENDING_REVIEW', 'MANUAL'], camera: 'c 1' }, 50, 'x');
    expect(fetched.mock.calls[0]?.[0]).toBe(
      '/api/v1/cases?state=PENDING_REVIEW&state=MANUAL&camera=c+1&limit=50&cursor=x',
    );
  });

  it('carry the public words of a problem', async () => {
    answers(409, '{"title":"not possible","detail":"confirm of a case that is FILED"}');
    const error = await failure(act('a', 1, { action: 'confirm' }));
    expect(error).toMatchObject({ status: 409, detail: 'confirm of a case that is FILED' });
  });

  it('read answers that are no problem document, broken JSON, and no answer at all', async () => {
    const filter = { states: [], camera: null };
    answers(502, '<html>');
    expect(await failure(listCases(filter, 1))).toMatchObject({ status: 502 });
    answers(200, '{"items":');
    expect(await failure(listCases(filter, 1))).toMatchObject({ title: 'unreadable answer' });
    answers(0, '');
    expect(await failure(listCases(filter, 1))).toMatchObject({ status: 0 });
  });

  it('tell the page when nobody is signed in any more', async () => {
    const signedOut = vi.fn();
    whenSignedOut(signedOut);
    answers(401, '{}');
    await failure(listCases({ states: [], camera: null }, 1));
    expect(signedOut).toHaveBeenCalledOnce();
    answers(401, '{"type":"urn:gridwarden:problem:wrong-password"}');
    await failure(changePassword('old', 'new'));
    expect(signedOut).toHaveBeenCalledOnce();
  });
});
