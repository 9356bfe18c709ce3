/** Names of events of which only the code is known: any case of an event has its words. */
import { shallowRef } from 'vue';
import { listCases } from '../api/calls';
import type { EventData } from '../api/types';
import { useWords } from '../i18n';
import { eachOf } from './pool';

const names = shallowRef<ReadonlyMap<string, EventData>>(new Map());
const asked = new Set<string>();
const AT_ONCE = 4;
const MOST = 60;

export async function nameEvents(codes: Iterable<string>): Promise<void> {
  const unknown = [...new Set(codes)].filter((code) => code && !asked.has(code)).slice(0, MOST);
  unknown.forEach((code) => asked.add(code));
  await eachOf(unknown, AT_ONCE, async (code) => {
    try {
      const { items } = await listCases({ states: [], event: code }, 1);
      for (const { event } of items) names.value = new Map(names.value).set(event.code, event);
    } catch {
      asked.delete(code);
    }
  });
}

export function useEventNames() {
  const { named } = useWords();
  return (code: string): string => {
    const event = names.value.get(code);
    return event ? named(event) : code;
  };
}
