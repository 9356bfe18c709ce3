/**
 * Brings a decision to the hub. Where no answer comes, as during a restart, it is sent again: the
 * version that it names keeps it from counting twice.
 */
import { act, type Decision } from '../api/calls';
import { ApiError } from '../api/client';
import type { CaseDetail } from '../api/types';
import { read } from './details';
import { session } from './session';

const FIRST_WAIT_MILLIS = 500;
const WAIT_MAX_MILLIS = 5000;
const TRY_FOR_MILLIS = 60_000;

/** Nobody can say whether the hub has taken it. */
const unanswered = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || (error.status >= 502 && error.status <= 504));

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

export async function send(id: string, version: number, decision: Decision): Promise<CaseDetail> {
  const end = Date.now() + TRY_FOR_MILLIS;
  let wait = FIRST_WAIT_MILLIS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await act(id, version, decision);
    } catch (error) {
      const retried = tries > 1 && error instanceof ApiError && [409, 412].includes(error.status);
      if (retried) {
        const now = await read(id);
        if (isMine(now, version, decision)) return now;
      }
      if (!unanswered(error) || Date.now() > end) throw error;
    }
    await pause(wait);
    wait = Math.min(wait * 2, WAIT_MAX_MILLIS);
  }
}

/** Whether the first thing that happened to the case after `version` is this person's decision. */
function isMine(now: CaseDetail, version: number, { action }: Decision): boolean {
  const since = now.version - version;
  const entry = since > 0 ? now.history.at(-since) : undefined;
  return entry?.kind === action && entry.actor === session.value?.name;
}
