/** Something that a page reads from the hub: what came last stays while it is read anew, and an answer to an older question is dropped. */
import { getCurrentScope, onScopeDispose, type Ref, ref, shallowRef } from 'vue';
import { ApiError } from '../api/client';
import { explain } from './toasts';

const RETRY_MILLIS = 5000;

/** A job that is done again by itself after a while, as long as no answer comes; ends with the component that called it. */
export function useRetry(job: () => void): (error: unknown) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (getCurrentScope()) onScopeDispose(() => clearTimeout(timer));
  return (error) => {
    clearTimeout(timer);
    if (error instanceof ApiError && error.status === 0) timer = setTimeout(job, RETRY_MILLIS);
  };
}

export interface Loaded<T> {
  value: Readonly<Ref<T | null>>;
  loading: Readonly<Ref<boolean>>;
  /** Why the last reading failed, in words; empty: it did not. */
  failed: Readonly<Ref<string>>;
  /** Reads it anew. Not `keep`: nothing of the old question is shown any more. */
  read: (keep?: boolean) => Promise<void>;
}

export function useLoaded<T>(job: () => Promise<T>): Loaded<T> {
  const value = shallowRef<T | null>(null);
  const loading = ref(false);
  const failed = ref('');
  const later = useRetry(() => void read());
  let last = 0;
  const read = async (keep = true) => {
    last += 1;
    const mine = last;
    loading.value = true;
    if (!keep) value.value = null;
    try {
      const answer = await job();
      if (mine === last) [value.value, failed.value] = [answer, ''];
    } catch (error) {
      if (mine !== last) return;
      failed.value = explain(error);
      later(error);
    } finally {
      if (mine === last) loading.value = false;
    }
  };
  return { value, loading, failed, read };
}
