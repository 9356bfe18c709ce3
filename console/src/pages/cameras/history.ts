/** What can be undone: values one after the other. Changes under one name that follow each other are one step. */
export interface History<T> {
  now: T;
  past: readonly T[];
  future: readonly T[];
  /** Of the last change, while it may still grow. */
  name: string;
}

const STEPS_MAX = 200;

export const begun = <T>(now: T): History<T> => ({ now, past: [], future: [], name: '' });

/** `name`: of a gesture such as a drag, whose parts are one step; empty: a step of its own. */
export function changed<T>(history: History<T>, now: T, name = ''): History<T> {
  if (now === history.now) return history;
  const grows = name !== '' && name === history.name;
  const past = grows ? history.past : [...history.past, history.now].slice(-STEPS_MAX);
  return { now, past, future: [], name };
}

export function undone<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { now: before, past: history.past.slice(0, -1), future: [history.now, ...history.future], name: '' };
}

export function redone<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { now: next, past: [...history.past, history.now], future, name: '' };
}

/** The gesture is over: whatever follows is a step of its own. */
export const ended = <T>(history: History<T>): History<T> => ({ ...history, name: '' });
