/** The case in the middle: shown at once where it has been read before, and read when chosen or changed. */
import { computed, ref, shallowRef, watch } from 'vue';
import type { ActionName, CaseDetail, CaseEvent } from '../api/types';
import * as details from './details';
import * as queue from './queue';
import { explain, toastError } from './toasts';

export const detail = shallowRef<CaseDetail | null>(null);
export const loading = ref(false);
export const failure = ref('');
/** What has become of a decision that did not count: a sentence to stand above the case. */
export const conflict = ref('');

export const actionsByName = computed(
  () => new Map((detail.value?.actions ?? []).map((action) => [action.action, action])),
);

let reading = 0;
/** Told when the case at hand no longer allows what it allowed. */
let onShown: (actions: ReadonlySet<ActionName>) => void = () => {};
export const whenShown = (handler: typeof onShown): void => void (onShown = handler);

async function read(id: string): Promise<void> {
  reading += 1;
  const mine = reading;
  loading.value = true;
  try {
    const fresh = await details.read(id);
    if (mine === reading) show(fresh);
  } catch (error) {
    if (mine !== reading) return;
    if (detail.value?.case_id === id) toastError(error);
    else failure.value = explain(error);
  } finally {
    if (mine === reading) loading.value = false;
  }
}

export function show(fresh: CaseDetail): void {
  const shown = detail.value;
  if (shown?.case_id === fresh.case_id && shown.version > fresh.version) return;
  detail.value = fresh;
  failure.value = '';
  details.keep(fresh);
  onShown(new Set(fresh.actions.map(({ action }) => action)));
  queue.onDetail(fresh);
}

watch(
  queue.chosenId,
  (id) => {
    detail.value = id ? details.known(id) : null;
    failure.value = '';
    conflict.value = '';
    onShown(new Set());
    if (id) void read(id);
    else loading.value = false;
  },
  { flush: 'sync' },
);

watch(queue.next, (ids, before) => {
  if (ids.join() !== before?.join()) details.prefetch(ids);
});

export function reload(): void {
  if (queue.chosenId.value) void read(queue.chosenId.value);
}

export function onEvent(event: CaseEvent): void {
  details.onEvent(event);
  if (event.case_id !== queue.chosenId.value) return;
  // The same version again: a picture has arrived, or the thing was seen once more.
  if (!detail.value || event.version >= detail.value.version) void read(event.case_id);
}

/** A case that another call has just returned, for example a new complaint. */
export function open(fresh: CaseDetail): void {
  queue.choose(fresh.case_id);
  show(fresh);
}
