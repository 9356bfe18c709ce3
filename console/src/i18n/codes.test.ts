/** The page's lists of codes against the Rust source that defines them. */
import { describe, expect, it } from 'vitest';
import { CASE_STATES, STAGES } from '../api/types';
import { CLOSE, FALSE_ALARM, NOT_FILED, RETURN, REWORK, WAITS } from '../words/reasons';
import { zhCN } from './zh-CN';

const files = import.meta.glob<string>('../../../src/domain/{wire,wire/footage,wire/dry_run,footage,verdict/mod,people/nearest,case/*,case/lifecycle/*}.rs', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const source = (path: string) => files[`../../../src/domain/${path}`] ?? '';

const snake = (name: string) => name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();

/** The part of `text` between the first `{` or `[` after `from` and the next `close`. */
function block(text: string, from: string, close: string): string {
  const start = text.indexOf(from);
  expect(start, from).toBeGreaterThanOrEqual(0);
  const open = text.slice(start + from.length).search(/[{[]\s*\n/) + start + from.length;
  return text.slice(open, text.indexOf(close, open));
}

const quoted = (text: string) => [...text.matchAll(/"([\w-]+)"/g)].map((found) => found[1]);

describe('codes of the Rust source', () => {
  it('verdict reasons all have words', () => {
    const variants = [
      ...block(source('verdict/mod.rs'), 'pub enum Reason', '\n}').matchAll(/^\s{4}(\w+),/gm),
    ].map((found) => snake(found[1] ?? ''));
    expect(variants.length).toBeGreaterThan(10);
    expect(Object.keys(zhCN.verdictReason).sort()).toEqual(variants.sort());
  });

  it('camera conditions all have words', () => {
    const variants = [
      ...block(source('wire.rs'), 'pub enum CameraCondition', '\n}').matchAll(/^\s{4}(\w+),/gm),
    ].map((found) => snake(found[1] ?? ''));
    expect(Object.keys(zhCN.condition).sort()).toEqual(variants.sort());
  });

  it('holes in recordings and refusals of footage all have words', () => {
    const variants = (path: string, name: string) =>
      [...block(source(path), `pub enum ${name}`, '\n}').matchAll(/^\s{4}(\w+),/gm)].map((found) =>
        snake(found[1] ?? ''),
      );
    expect(Object.keys(zhCN.hole).sort()).toEqual(variants('footage.rs', 'HoleReason').sort());
    const refusals = [...variants('wire/footage.rs', 'FootageRefusal'), 'no_answer'];
    expect(Object.keys(zhCN.footageRefusal).sort()).toEqual(refusals.sort());
    expect(Object.keys(zhCN.trialRefusal).sort()).toEqual(variants('wire/dry_run.rs', 'DryRunRefusal').sort());
  });

  it('states, stages and history kinds are those of the life-cycle', () => {
    const text = source('case/lifecycle/state.rs');
    expect(quoted(block(text, ' State', '\n    }'))).toEqual([...CASE_STATES]);
    expect(quoted(block(text, ' Stage', '\n    }'))).toEqual([...STAGES]);
    const events = source('case/lifecycle/event.rs');
    const kinds = quoted(block(events, ' EventKind', '\n    }')) as string[];
    // What a person decides may have the words of the decision.
    const without = kinds.filter((kind) => !(kind in zhCN.history) && !(kind in zhCN.action));
    expect(without).toEqual([]);
    expect(Object.keys(zhCN.history).filter((kind) => !kinds.includes(kind))).toEqual([]);
  });

  it('clocks and their pace all have words', () => {
    const named = (path: string, name: string) =>
      quoted(block(source(path), ` ${name}`, '\n    }')).sort();
    expect(Object.keys(zhCN.clockName).sort()).toEqual(named('case/clock.rs', 'ClockKind'));
    expect(Object.keys(zhCN.pace).sort()).toEqual(named('case/limits.rs', 'Pace'));
    expect(Object.keys(zhCN.recurring).sort()).toEqual(named('case/recurrence.rs', 'Recurring'));
  });

  it('what the hub holds against a verdict, and why a case is with whom, all has words', () => {
    const doubts = [
      ...block(source('case/clearance.rs'), 'pub enum Doubt', '\n}').matchAll(/#\[error\("(\w+)"\)\]/g),
    ].map((found) => found[1] ?? '');
    expect(doubts.length).toBeGreaterThan(5);
    const held = [...doubts, 'pictures_missing', 'cleared_once'];
    expect(Object.keys(zhCN.hubReason).sort()).toEqual(held.sort());
    const whys = quoted(block(source('people/nearest.rs'), ' AssignedWhy', '\n    }')).sort();
    expect(Object.keys(zhCN.assignedWhy).sort()).toEqual(whys);
  });

  it('reason codes are those of the hub', () => {
    const text = source('case/reason_codes.rs');
    const listed = (name: string) =>
      quoted(text.slice(text.indexOf(`${name}: &[&str]`)).split('];')[0] ?? '');
    expect(listed('FALSE_ALARM')).toEqual([...FALSE_ALARM]);
    expect(listed('NOT_FILED')).toEqual([...NOT_FILED]);
    expect(listed('const REWORK')).toEqual([...REWORK]);
    expect(listed('CLOSE_UNFILED')).toEqual([...CLOSE]);
    expect(listed('RETURN')).toEqual([...RETURN]);
    expect(listed('WAITS')).toEqual([...WAITS]);
  });
});
