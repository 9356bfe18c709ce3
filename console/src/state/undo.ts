/** What has just been decided here, and may be taken back for a short while. */
import { computed, ref, shallowRef } from 'vue';
import { act } from '../api/calls';
import { ApiError } from '../api/client';
import type { ActionName, CaseDetail, EventData } from '../api/types';
import { i18n } from '../i18n';
import { choose, chosenId, onDetail, refresh } from './queue';
import { open, show } from './chosen';
import * as details from './details';
import { eachOf } from './pool';
import { explain, toast } from './toasts';

/** A decision, of one case or of several at once. */
export interface Done {
  readonly key: number;
  readonly action: ActionName;
  /** Of a decision about one case. */
  readonly event: EventData | null;
  /** What the hub has made of it; until then empty. */
  cases: readonly CaseDetail[];
  /** In milliseconds of this browser's clock; null while the hub has not answered. */
  until: number | null;
  /** How long that is from the beginning, in seconds. */
  lasts: number;
}

/** A case as it is after a decision, and when this browser heard of it. */
export interface Taken {
  after: CaseDetail;
  at: number;
}
export const taken = (after: CaseDetail): Taken => ({ after, at: Date.now() });

/** The oldest first. */
export const done = shallowRef<readonly Done[]>([]);
export const now = ref(Date.now());
export const latest = computed(() => done.value.at(-1) ?? null);
/** How long the latest may still be taken back. */
export const secondsLeft = computed(() =>
  latest.value?.until ? Math.max(0, Math.ceil((latest.value.until - now.value) / 1000)) : null,
);

const AT_ONCE = 4;
let last = 0;
let ticking: ReturnType<typeof setInterval> | undefined;
const answers = new Map<number, Promise<void>>();

function keep(entries: readonly Done[]): void {
  done.value = entries;
  if (entries.length > 0) ticking ??= setInterval(tick, 500);
  else {
    clearInterval(ticking);
    ticking = undefined;
  }
}

function tick(): void {
  now.value = Date.now();
  const open = done.value.filter(({ until }) => until === null || until > now.value);
  if (open.length < done.value.length) keep(open);
}

const drop = (key: number): void => keep(done.value.filter((entry) => entry.key !== key));

/**
 * A decision is on its way; `answer` gives the cases as they are after it, none where it was refused.
 * It stays to be taken back as long as the hub says that it may be.
 */
export function offer(
  action: ActionName,
  event: EventData | null,
  answer: Promise<readonly Taken[]>,
): void {
  last += 1;
  const entry: Done = { key: last, action, event, cases: [], until: null, lasts: 0 };
  keep([...done.value, entry]);
  const settled = answer.then(
    (all) => {
      const may = all.filter(({ after }) => untilOf(after) !== null);
      now.value = Date.now();
      // Several are taken back as a whole, so the first that runs out ends it for all.
      const until = Math.min(...may.map(({ after, at }) => at + (untilOf(after) ?? 0)));
      const settled = { ...entry, cases: may.map(({ after }) => after), until, lasts: (until - now.value) / 1000 };
      const rest = done.value.map((one) => (one.key === entry.key ? settled : one));
      keep(may.length > 0 ? rest : rest.filter(({ key }) => key !== entry.key));
    },
    () => drop(entry.key),
  );
  answers.set(entry.key, settled.finally(() => answers.delete(entry.key)));
}

/**
 * For how many milliseconds the hub lets the last decision on a case be taken back. Measured from that
 * decision on the hub's clock, which need not be the browser's.
 */
export function untilOf({ actions, history }: Pick<CaseDetail, 'actions' | 'history'>): number | null {
  const until = actions.find(({ action }) => action === 'undo')?.until;
  const at = history.at(-1)?.at;
  if (!until || !at) return null;
  return Math.max(0, Date.parse(until) - Date.parse(at));
}

/** Takes back the last decision; one about several cases as a whole. */
export async function takeBack(): Promise<void> {
  const key = latest.value?.key;
  if (key === undefined) return;
  await answers.get(key);
  const entry = done.value.find((one) => one.key === key);
  if (!entry) return;
  drop(key);
  const back: CaseDetail[] = [];
  await eachOf(entry.cases, AT_ONCE, async ({ case_id }) => {
    try {
      back.push(await takeBackOne(case_id));
    } catch (error) {
      toast('error', whyNot(error));
    }
  });
  if (back.length === 0) return;
  refresh();
  const [first] = back;
  if (entry.cases.length === 1 && first) open(first);
  else if (!chosenId.value && first) choose(first.case_id);
  toast('done', i18n.global.t('undo.done', { n: back.length }));
}

/** Why a decision stands. */
export function whyNot(error: unknown): string {
  const late = error instanceof ApiError && [409, 412].includes(error.status);
  return late ? i18n.global.t('undo.late') : explain(error);
}

/** The last decision on a case, as it is now: something may have been written to it since. */
export async function takeBackOne(id: string): Promise<CaseDetail> {
  const { version } = await details.read(id);
  const after = await act(id, version, { action: 'undo' });
  details.keep(after);
  onDetail(after);
  if (chosenId.value === id) show(after);
  return after;
}
