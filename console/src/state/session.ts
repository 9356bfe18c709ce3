/** Who is signed in. */
import { ref } from 'vue';
import { readSession, signIn as post, signOut as end } from '../api/calls';
import { ApiError, useCsrfToken, whenSignedOut } from '../api/client';
import type { Session } from '../api/types';
import { clearDrafts } from './draft';

export const session = ref<Session | null>(null);
/** `asking` until the hub has said whether the cookie is good. */
export const standing = ref<'asking' | 'in' | 'out' | 'unreachable'>('asking');
/** A session that was good has ended. */
export const ended = ref(false);

whenSignedOut(() => {
  ended.value = standing.value === 'in';
  session.value = null;
  standing.value = 'out';
});

/** The hub has opened another session in place of this one. */
export function renewed(now: Session): void {
  session.value = now;
  useCsrfToken(now.csrf_token);
}

let last = '';

export async function ask(): Promise<void> {
  try {
    session.value = await readSession();
    // What the one before had on the page is not for this one.
    if (last && last !== session.value.name) return beginAnew();
    last = session.value.name;
    useCsrfToken(session.value.csrf_token);
    standing.value = 'in';
  } catch (error) {
    const refused = error instanceof ApiError && error.status === 401;
    if (refused) standing.value = 'out';
    // Who was signed in keeps the page, and what is half written on it, until the hub is back.
    else if (standing.value !== 'in') standing.value = 'unreachable';
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  await post(name, password);
  ended.value = false;
  await ask();
}

export async function signOut(): Promise<void> {
  await end().catch(() => {});
  clearDrafts();
  beginAnew();
}

/** Queue, case and forms of whoever sat here go with the page. */
function beginAnew(): void {
  history.replaceState(null, '', location.pathname);
  location.reload();
}
