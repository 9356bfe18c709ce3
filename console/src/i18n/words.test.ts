import { describe, expect, it } from 'vitest';
import {
  ACTIONS,
  CAMERA_CONDITIONS,
  CASE_STATES,
  DRY_RUN_STATES,
  OUTCOMES,
  PRIORITIES,
  STAGES,
  STILL_REFUSALS,
  UNFITS,
} from '../api/types';
import { CLOSE, FALSE_ALARM, NOT_FILED, RETURN, REWORK, WAITS } from '../words/reasons';
import { en } from './en';
import { zhCN } from './zh-CN';

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[path + key, value]] : leaves(value, `${path}${key}.`),
  );
}

const holders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe('both languages', () => {
  const zh = new Map(leaves(zhCN));
  const english = new Map(leaves(en));

  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...zh.keys()].sort());
  });

  it('leave nothing empty and fill in the same values', () => {
    for (const [key, words] of zh) {
      expect(words, key).not.toBe('');
      expect(english.get(key), key).not.toBe('');
      expect(holders(english.get(key) ?? ''), key).toEqual(holders(words));
    }
  });

  it('keep clear of the characters that the message syntax takes for its own', () => {
    for (const [key, words] of [...zh, ...english]) expect(words, key).not.toMatch(/[@|]/);
  });

  it('speak Chinese in the Chinese one', () => {
    const shared = new Set(['app.language', 'action.done', 'verify.line', 'verify.join']);
    for (const [key, words] of zh) {
      if (!shared.has(key)) expect(words, key).toMatch(/\p{Script=Han}/u);
    }
  });

  it.each([
    ['reason', [...FALSE_ALARM, ...NOT_FILED, ...REWORK, ...CLOSE, ...RETURN, ...WAITS]],
    ['state', CASE_STATES],
    ['stageName', STAGES],
    ['unfit', UNFITS],
    ['trialState', DRY_RUN_STATES],
    ['priority', PRIORITIES],
    ['condition', CAMERA_CONDITIONS],
    ['verdict.precheck', OUTCOMES],
    ['verdict.postcheck', OUTCOMES],
  ])('have words for every %s and for nothing else', (group, codes) => {
    const have = [...zh.keys()]
      .filter((key) => key.startsWith(`${group}.`))
      .map((key) => key.slice(group.length + 1));
    expect(have.sort()).toEqual([...codes].sort());
  });

  it('have words for every refusal of a still', () => {
    for (const refusal of STILL_REFUSALS) expect(zh.has(`still.${refusal}`), refusal).toBe(true);
  });

  it('have words for every action', () => {
    for (const action of ACTIONS) expect(zh.has(`action.${action}`)).toBe(true);
  });
});
