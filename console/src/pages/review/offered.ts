/** What the filters offer: events and sources that the page has met since it was opened. */
import { computed, shallowRef, watch } from 'vue';
import type { EventChoice } from '../../api/types';
import { queue } from '../../state/queue';

const met = shallowRef<{ events: ReadonlyMap<string, EventChoice>; sources: ReadonlySet<string> }>({
  events: new Map(),
  sources: new Set(['video', 'complaint']),
});

watch(
  queue,
  ({ items }) => {
    const fresh = items.filter(({ event, source }) => !met.value.events.has(event.code) || !met.value.sources.has(source));
    if (fresh.length === 0) return;
    met.value = {
      events: new Map([...met.value.events, ...fresh.map(({ event }) => [event.code, event] as const)]),
      sources: new Set([...met.value.sources, ...fresh.map(({ source }) => source)]),
    };
  },
  { immediate: true },
);

export const events = computed(() => [...met.value.events.values()].sort((a, b) => a.code.localeCompare(b.code)));
export const sources = computed(() => [...met.value.sources]);
