/**
 * What somebody has begun to write in a form. It outlives a reload of the page and a restart of the
 * hub, and goes when it has been sent or when its writer signs out.
 */
import { reactive, watch } from 'vue';
import { session } from './session';

const PREFIX = 'gridwarden.draft.';

/** `form`: which form; `of`: what it is about, such as a case. `empty` names its fields. */
export function useDraft<T extends Record<string, string>>(form: string, of: string, empty: T) {
  const key = `${PREFIX}${session.value?.name ?? ''}.${form}.${of}`;
  const fields = reactive({ ...empty, ...stored(key, empty) }) as T;
  let sent = '';
  watch(fields, (now) => {
    if (JSON.stringify(now) !== sent) store(key, Object.keys(empty).some((name) => now[name] !== empty[name]) ? now : null);
  });
  return {
    fields,
    /** It has been sent: nothing is left to keep, until something is written anew. */
    clear: () => {
      sent = JSON.stringify(fields);
      store(key, null);
    },
  };
}

/** Whoever signs in next at this desk is somebody else. */
export function clearDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    }
  } catch {
    // Without storage there is nothing to clear.
  }
}

/** Only fields that the form has, and only text. */
export function stored<T extends Record<string, string>>(key: string, empty: T): Partial<T> {
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Record<string, unknown>;
    const names = Object.keys(empty).filter((name) => typeof found[name] === 'string');
    return Object.fromEntries(names.map((name) => [name, found[name]])) as Partial<T>;
  } catch {
    return {};
  }
}

function store(key: string, fields: Record<string, string> | null): void {
  try {
    if (fields) sessionStorage.setItem(key, JSON.stringify(fields));
    else sessionStorage.removeItem(key);
  } catch {
    // Without storage a draft lasts as long as its form.
  }
}
