/** Something that a page reads from the hub: what came last stays while it is read anew, and an answer to an older question is dropped. */
import { type Ref, ref, shallowRef } from 'vue';
import { explain } from './toasts';

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
      if (mine === last) failed.value = explain(error);
    } finally {
      if (mine === last) loading.value = false;
    }
  };
  return { value, loading, failed, read };
}
