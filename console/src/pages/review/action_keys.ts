/** The key of each decision. */
import type { ActionName } from '../../api/types';

/** A case is merged or can be merged, suspended or can be suspended, never both. */
export const ACTION_KEYS: Partial<Record<ActionName, string>> = {
  confirm: '1',
  reject: '2',
  merge: '3',
  unmerge: '3',
  assign: '4',
  reclassify: '5',
  undo: 'z',
  close: 'c',
  rework: 'r',
  dispatch: 'd',
  reopen: 'o',
  return: 't',
  accept: 'q',
  suspend: 's',
  resume: 's',
  extend: 'e',
};

/** Each key once, with all that it may mean. */
export const KEYED: readonly (readonly [key: string, actions: readonly ActionName[]])[] = [
  ...new Set(Object.values(ACTION_KEYS)),
].map((key) => {
  const actions = Object.keys(ACTION_KEYS) as ActionName[];
  return [key, actions.filter((action) => ACTION_KEYS[action] === key)] as const;
});
