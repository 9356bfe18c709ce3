/**
 * Decisions of whoever sits here. The next case is shown at once and the hub's answer comes behind; a
 * decision that it refuses brings its case back, with a sentence that says what has happened to it.
 */
import { computed, shallowRef } from 'vue';
import type { Decision } from '../api/calls';
import { ApiError } from '../api/client';
import type { ActionName, CaseDetail, CaseState, EventChoice } from '../api/types';
import { i18n, sentence } from '../i18n';
import { localTime } from '../words/time';
import { actionsByName, conflict, detail, show, whenShown } from './chosen';
import * as details from './details';
import * as queue from './queue';
import { send } from './send';
import { explain, toast } from './toasts';
import * as undo from './undo';

export type Words = Omit<Decision, 'action'>;

/** A decision that is being asked about. */
export interface Asking {
  action: ActionName;
  reasons: readonly string[];
  choices: readonly EventChoice[];
  /** Of all that are selected. */
  all: boolean;
}
export const asking = shallowRef<Asking | null>(null);

/** Whose decision is on its way, and which. */
export const sending = shallowRef<ReadonlyMap<string, ActionName>>(new Map());
export const busy = computed(() => detail.value !== null && sending.value.has(detail.value.case_id));

/** Whose dialog asks for something else than a reason. */
const ASKS: readonly ActionName[] = ['merge', 'dispatch', 'reclassify'];
/** The reader stays with the case: there is more to do on it. */
const STAYS: readonly ActionName[] = ['unmerge', 'check', 'uncheck', 'extend', 'undo'];
/** What becomes of a case, as far as it is known before the hub has said. */
const LEADS_TO: Partial<Record<ActionName, CaseState>> = {
  confirm: 'FILED',
  reject: 'REJECTED',
  merge: 'MERGED',
  close: 'CLOSED',
  rework: 'REWORK',
  reopen: 'REWORK',
  dispatch: 'DISPATCHED',
  return: 'FILED',
  accept: 'HANDLING',
  suspend: 'SUSPENDED',
  resume: 'HANDLING',
};

/** A case that has just come back is not to be decided by the key that was meant for another. */
const LOOK_FIRST_MILLIS = 800;
let cameBackAt = 0;

whenShown((allowed) => {
  if (asking.value && !asking.value.all && !allowed.has(asking.value.action)) asking.value = null;
});

/** Starts a decision about the case at hand: at once, or by asking for what it needs. */
export function begin(action: ActionName): void {
  const known = actionsByName.value.get(action);
  if (!known || busy.value || Date.now() - cameBackAt < LOOK_FIRST_MILLIS) return;
  if (action === 'undo') void takeBack();
  else if (known.reasons.length > 0 || ASKS.includes(action)) {
    asking.value = { action, reasons: known.reasons, choices: known.choices ?? [], all: false };
  } else void decide(action);
}

/** To somebody who is named, where `begin('assign')` leaves the choice to the hub. */
export function assignByName(): void {
  if (actionsByName.value.has('assign') && !busy.value) {
    asking.value = { action: 'assign', reasons: [], choices: [], all: false };
  }
}

export function mark(id: string, action: ActionName | null): void {
  const now = new Map(sending.value);
  if (action) now.set(id, action);
  else now.delete(id);
  sending.value = now;
}

/** `sent`: called once the hub has taken it, for what was kept until then. */
export async function decide(action: ActionName, words: Words = {}, sent?: () => void): Promise<void> {
  const now = detail.value;
  if (!now || busy.value) return;
  const id = now.case_id;
  asking.value = null;
  conflict.value = '';
  mark(id, action);
  if (!STAYS.includes(action)) queue.goOn(id, LEADS_TO[action] ?? null);
  const given = Object.fromEntries(Object.entries(words).filter(([, text]) => text));
  const answer = send(id, now.version, { action, ...given });
  if (!STAYS.includes(action)) undo.offer(action, now.event, answer.then((after) => [undo.taken(after)]));
  try {
    const after = await answer;
    sent?.();
    details.keep(after);
    queue.settle(id, after);
    if (queue.chosenId.value === id) show(after);
    if (undo.untilOf(after) === null) tell(after);
  } catch (error) {
    queue.settle(id, null);
    await refused(error, now);
  } finally {
    mark(id, null);
  }
}

function tell(after: CaseDetail): void {
  const state = i18n.global.t(`state.${after.state}`);
  const link = { text: i18n.global.t('action.show'), go: () => queue.choose(after.case_id) };
  toast('done', sentence('action.done', after.event, { state }), link);
}

async function takeBack(): Promise<void> {
  const id = detail.value?.case_id;
  if (!id) return;
  mark(id, 'undo');
  try {
    await undo.takeBackOne(id);
    queue.refresh();
  } catch (error) {
    conflict.value = undo.whyNot(error);
  } finally {
    mark(id, null);
  }
}

async function refused(error: unknown, decided: CaseDetail): Promise<void> {
  if (error instanceof ApiError && error.status === 401) return;
  const { words, fresh } = await whatHappened(error, decided);
  // Whoever is in the middle of a form is told, and goes on.
  if (asking.value && queue.chosenId.value !== decided.case_id) {
    const go = () => queue.choose(decided.case_id);
    return toast('error', `${sentence('error.about', decided.event)}${words}`, { text: i18n.global.t('action.show'), go });
  }
  if (queue.chosenId.value !== decided.case_id) {
    cameBackAt = Date.now();
    queue.choose(decided.case_id);
  }
  if (fresh) show(fresh);
  conflict.value = words;
}

/** Why the hub did not take it, as a sentence: for the most part somebody else was faster. */
export async function whatHappened(
  error: unknown,
  decided: { case_id: string; version: number },
): Promise<{ words: string; fresh: CaseDetail | null }> {
  const { t } = i18n.global;
  const changed = error instanceof ApiError && [409, 412].includes(error.status);
  if (!changed) return { words: explain(error), fresh: null };
  const fresh = await details.read(decided.case_id).catch(() => null);
  const last = fresh?.history.at(-1);
  if (!fresh || !last || fresh.version <= decided.version) {
    return { words: error.kind === 'four-eyes' ? explain(error) : t('error.notAllowed'), fresh };
  }
  const words = t('error.changedBy', {
    who: last.actor,
    time: localTime(last.at).slice(11),
    what: kindWords(last.kind),
    state: t(`state.${fresh.state}`),
  });
  return { words, fresh };
}

function kindWords(kind: string): string {
  const { t, te } = i18n.global;
  const key = [`history.${kind}`, `action.${kind}`].find((one) => te(one));
  return key ? t(key) : kind;
}

window.addEventListener('beforeunload', (event) => {
  // A decision that the hub has not answered would be lost with the page.
  if (sending.value.size > 0) event.preventDefault();
});
