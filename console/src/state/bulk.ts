/** One decision about all cases that are selected: as many single ones, each about the version that was shown. */
import { shallowRef } from 'vue';
import type { ActionName, CaseDetail, CaseSummary } from '../api/types';
import { i18n } from '../i18n';
import { FALSE_ALARM, NOT_FILED } from '../words/reasons';
import { actionsByName } from './chosen';
import { asking, decide, mark, whatHappened, type Words } from './decisions';
import * as details from './details';
import { eachOf } from './pool';
import * as queue from './queue';
import * as selection from './selection';
import { send } from './send';
import { toast, toastError } from './toasts';
import * as undo from './undo';

/** What may be decided about several at once. */
export const BULK: readonly ActionName[] = ['confirm', 'reject', 'assign', 'reclassify'];
const AT_ONCE = 4;

export interface Progress {
  action: ActionName;
  total: number;
  answered: number;
  refused: number;
}
export const progress = shallowRef<Progress | null>(null);
/** Why a case that is still selected was not decided. */
export const refusals = shallowRef<ReadonlyMap<string, string>>(new Map());

export const running = (): boolean =>
  progress.value !== null && progress.value.answered < progress.value.total;

/** Starts a decision about all that are selected. */
export async function beginAll(action: ActionName): Promise<void> {
  if (running()) return;
  if (!BULK.includes(action)) return toast('info', i18n.global.t('bulk.onlyOne'));
  if (action === 'reject') {
    asking.value = { action, reasons: [...FALSE_ALARM, ...NOT_FILED], choices: [], all: true };
  } else if (action === 'reclassify') {
    const choices = await choicesOfOne();
    if (choices.length > 0) asking.value = { action, reasons: [], choices, all: true };
    else toast('info', i18n.global.t('reclassify.none'));
  } else {
    await decideAll(action);
  }
}

/** What the first of them may become; a case that may not is refused by the hub. */
async function choicesOfOne() {
  const [first] = selection.selected.value;
  if (!first) return [];
  try {
    const known = details.known(first) ?? (await details.read(first));
    const listed = known.actions.find(({ action }) => action === 'reclassify');
    return listed?.choices ?? actionsByName.value.get('reclassify')?.choices ?? [];
  } catch (error) {
    toastError(error);
    return [];
  }
}

export async function decideAll(action: ActionName, words: Words = {}, sent?: () => void): Promise<void> {
  if (running()) return;
  const cases = queue.rows.value.map(({ item }) => item).filter((item) => selection.selected.value.has(item.case_id));
  if (cases.length === 0) return;
  asking.value = null;
  refusals.value = new Map();
  progress.value = { action, total: cases.length, answered: 0, refused: 0 };
  const given = Object.fromEntries(Object.entries(words).filter(([, text]) => text));
  const taken: undo.Taken[] = [];
  const all = eachOf(cases, AT_ONCE, async (one) => {
    mark(one.case_id, action);
    try {
      const decided = await send(one.case_id, one.version, { action, ...given });
      taken.push(undo.taken(decided));
      accepted(one, decided);
    } catch (error) {
      const { words: why } = await whatHappened(error, one);
      refusals.value = new Map(refusals.value).set(one.case_id, why);
      count({ refused: 1 });
    } finally {
      mark(one.case_id, null);
    }
  });
  undo.offer(action, null, all.then(() => taken));
  await all;
  sent?.();
  const here = queue.chosenId.value;
  if (here && taken.some(({ after }) => after.case_id === here)) {
    const [left] = queue.rows.value.filter((row) => !row.left);
    queue.choose(left?.item.case_id ?? null);
  }
  queue.refresh();
}

function accepted(one: CaseSummary, decided: CaseDetail): void {
  details.keep(decided);
  selection.drop(one.case_id);
  queue.settle(one.case_id, decided);
  count({});
}

function count({ refused = 0 }: { refused?: number }): void {
  const now = progress.value;
  if (now) progress.value = { ...now, answered: now.answered + 1, refused: now.refused + refused };
}

/** The result has been read. */
export function dismiss(): void {
  if (running()) return;
  progress.value = null;
  refusals.value = new Map();
}

/** What a dialog asked for: about the case at hand, or about all that are selected. */
export function answer(words: Words, sent: () => void): void {
  const asked = asking.value;
  if (asked?.all) void decideAll(asked.action, words, sent);
  else if (asked) void decide(asked.action, words, sent);
}
