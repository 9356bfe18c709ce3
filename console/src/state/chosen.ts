/** The case in the middle: read when chosen or changed, decided by staff. */
import { computed, ref, shallowRef, watch } from 'vue';
import { act, readCase, type Decision } from '../api/calls';
import { ApiError } from '../api/client';
import type { ActionName, CaseDetail, CaseEvent } from '../api/types';
import { i18n, sentence } from '../i18n';
import * as queue from './queue';
import { explain, toast, toastError } from './toasts';

export const detail = shallowRef<CaseDetail | null>(null);
export const loading = ref(false);
export const failure = ref('');
/** A decision is on its way. */
export const busy = ref(false);
/** The case changed under the reader: which sentence to show above it. */
export const conflict = ref<'' | 'changed' | 'notAllowed'>('');
/** The decision whose reason, or for a merge whose master, is being asked for. */
export const asking = ref<ActionName | null>(null);

export const actionsByName = computed(
  () => new Map((detail.value?.actions ?? []).map((action) => [action.action, action])),
);

let reading = 0;

async function read(id: string): Promise<void> {
  reading += 1;
  const mine = reading;
  loading.value = true;
  try {
    const fresh = await readCase(id);
    if (mine !== reading) return;
    show(fresh);
  } catch (error) {
    if (mine !== reading) return;
    if (detail.value?.case_id === id) toastError(error);
    else failure.value = explain(error);
  } finally {
    if (mine === reading) loading.value = false;
  }
}

function show(fresh: CaseDetail): void {
  detail.value = fresh;
  failure.value = '';
  if (asking.value && !fresh.actions.some(({ action }) => action === asking.value)) {
    asking.value = null;
  }
  queue.onDetail(fresh);
}

watch(
  queue.chosenId,
  (id) => {
    detail.value = null;
    failure.value = '';
    conflict.value = '';
    asking.value = null;
    if (id) void read(id);
    else loading.value = false;
  },
  { flush: 'sync' },
);

export function reload(): void {
  if (queue.chosenId.value) void read(queue.chosenId.value);
}

export function onEvent(event: CaseEvent): void {
  if (event.case_id !== queue.chosenId.value || busy.value) return;
  // The same version again: a picture has arrived, or the thing was seen once more.
  if (!detail.value || event.version >= detail.value.version) void read(event.case_id);
}

/** A case that another call has just returned, for example a new complaint. */
export function open(fresh: CaseDetail): void {
  queue.choose(fresh.case_id);
  show(fresh);
}

/** What asks for something else than a reason. */
const ASKS: readonly ActionName[] = ['merge', 'dispatch', 'assign'];

/** Starts a decision: at once, or by asking for the reason or the other case. */
export function begin(action: ActionName): void {
  const known = actionsByName.value.get(action);
  if (!known || busy.value) return;
  if (known.reasons.length > 0 || ASKS.includes(action)) asking.value = action;
  else void decide(action);
}

/** The reader stays with the case: there is more to do on it. */
const STAYS: readonly ActionName[] = ['unmerge', 'assign', 'check', 'uncheck', 'extend'];

export async function decide(
  action: ActionName,
  words: Omit<Decision, 'action'> = {},
): Promise<void> {
  const now = detail.value;
  if (!now || busy.value) return;
  busy.value = true;
  asking.value = null;
  conflict.value = '';
  try {
    const given = Object.fromEntries(Object.entries(words).filter(([, text]) => text));
    const after = await act(now.case_id, now.version, { action, ...given });
    done(after, action === 'merge');
    if (STAYS.includes(action)) show(after);
    else queue.advance(after);
  } catch (error) {
    await refused(error, now.case_id);
  } finally {
    busy.value = false;
  }
}

function done(after: CaseDetail, mayUndo = false): void {
  const state = i18n.global.t(`state.${after.state}`);
  const link = mayUndo
    ? { text: i18n.global.t('action.undo'), go: () => void undoMerge(after) }
    : { text: i18n.global.t('action.show'), go: () => queue.choose(after.case_id) };
  toast('done', sentence('action.done', after.event, { state }), link);
}

/** Takes a merge back while its notice is still on the screen; later, from the merged case itself. */
async function undoMerge(merged: CaseDetail): Promise<void> {
  try {
    const back = await act(merged.case_id, merged.version, { action: 'unmerge' });
    done(back);
    open(back);
  } catch (error) {
    toastError(error);
  }
}

async function refused(error: unknown, id: string): Promise<void> {
  const status = error instanceof ApiError ? error.status : 0;
  if (status === 412 || status === 409) {
    await read(id);
    if (queue.chosenId.value === id) conflict.value = status === 412 ? 'changed' : 'notAllowed';
  } else {
    toastError(error);
  }
}
