import { describe, expect, it } from 'vitest';
import type { CaseDetail, Evidence, EvidenceRole, MergedCase, Verdict } from '../api/types';
import { filesOf, firstView, latestAnswer, latestCheck, picturesOf, sourcesOf, validFrames, viewsOf } from './evidence';
import { groupedCode, lonLat, metres, shortCode } from './place';
import { groupReasons } from './reasons';
import { age, duration, fromLocal, later, localTime, shortTime, span, until } from './time';

describe('times', () => {
  it('are the district’s, also across its midnight', () => {
    expect(localTime('2026-11-21T15:59:59.999Z')).toBe('2026-11-21 23:59:59');
    expect(localTime('2026-11-21T16:00:00.000Z')).toBe('2026-11-22 00:00:00');
    expect(localTime('2026-12-31T16:00:00Z')).toBe('2027-01-01 00:00:00');
  });

  it('show a dash for what is no time', () => {
    expect(localTime(null)).toBe('–');
    expect(localTime('yesterday')).toBe('–');
  });

  it('leave the date out only today', () => {
    const now = new Date('2026-11-21T16:30:00Z');
    expect(shortTime('2026-11-21T16:10:05Z', now)).toBe('00:10:05');
    expect(shortTime('2026-11-21T15:10:05Z', now)).toBe('11-21 23:10:05');
  });

  it('have an age that a fast clock cannot make negative', () => {
    const now = new Date('2026-11-21T10:00:00Z');
    expect(age('2026-11-21T10:00:09Z', now)).toEqual({ unit: 'secs', n: 0 });
    expect(age('2026-11-21T09:00:01Z', now)).toEqual({ unit: 'minutes', n: 59 });
    expect(until('2026-11-21T12:00:00Z', now)).toEqual({ unit: 'hours', n: 2 });
    expect(until('2026-11-21T09:00:00Z', now)).toEqual({ unit: 'secs', n: 0 });
    expect(span(3600)).toEqual({ unit: 'hours', n: 1 });
    expect(span(86_400 * 2.9)).toEqual({ unit: 'days', n: 2 });
  });

  it('measure dwell times', () => {
    expect(duration(4)).toBe('4.0 s');
    expect(duration(59.6)).toBe('1:00');
    expect(duration(3725)).toBe('1:02:05');
    expect(duration(Number.NaN)).toBe('–');
  });
});

describe('places', () => {
  it('split a code at its levels and lose nothing', () => {
    const code = 'N50G4732655012341112';
    expect(groupedCode(code)).toBe('N 50G 47 3 26 55 0 12 34 11 12');
    expect(groupedCode(code).replaceAll(' ', '')).toBe(code);
    expect(groupedCode('N50G')).toBe('N 50G');
  });

  it('shorten to the part that tells neighbours apart', () => {
    expect(shortCode('N50G473265501234')).toBe('…65501234');
    expect(shortCode('N50G473')).toBe('N50G473');
  });

  it('give centimetres in degrees and sensible metres', () => {
    expect(lonLat(114.34, 22.69)).toBe('114.3400000, 22.6900000');
    expect(metres(0.72)).toBe('0.7 m');
    expect(metres(31.6)).toBe('32 m');
  });
});

const file = (role: EvidenceRole, captured_at: string, available = true): Evidence => ({
  role,
  sha256: `${role}-${captured_at}`,
  media_type: 'image/jpeg',
  width_px: 1,
  height_px: 1,
  captured_at,
  available,
});

const detail = (evidence: Evidence[], checks: Evidence[][] = []) =>
  ({
    evidence,
    verifications: checks.map((files, i) => ({
      request_id: String(i),
      kind: 'postcheck',
      requested_at: `2026-01-0${i + 1}T00:00:00Z`,
      evidence: files,
    })),
  }) as unknown as CaseDetail;

describe('pictures', () => {
  it('offer only what is there', () => {
    const views = viewsOf(picturesOf(detail([file('snapshot', '1'), file('clip', '1')])));
    expect(views).toEqual(['picture', 'clip']);
    expect(firstView(views)).toBe('picture');
    expect(firstView([])).toBeNull();
  });

  it('begin with before and after when there is a pair', () => {
    const pair = [file('before', '1'), file('after', '2')];
    const views = viewsOf(picturesOf(detail([file('annotated', '1')], [pair])));
    expect(views).toEqual(['picture', 'compare']);
    expect(firstView(views)).toBe('compare');
  });

  it('show the half of a pair, and what a precheck of a complaint brought', () => {
    expect(viewsOf(picturesOf(detail([], [[file('after', '1')]])))).toEqual(['after']);
    expect(viewsOf(picturesOf(detail([], [[file('annotated', '1')]])))).toEqual(['picture']);
  });

  it('take the newest check’s pictures, but one that is held before one still on its way', () => {
    const shown = picturesOf(detail([], [[file('after', '1')], [file('after', '2')]]));
    expect(shown.after?.captured_at).toBe('2');
    const held = picturesOf(detail([file('annotated', '1'), file('annotated', '2', false)]));
    expect(held.annotated?.captured_at).toBe('1');
  });

  it('do not take a check’s pictures for the case’s own', () => {
    const [opened, checked] = [file('annotated', '1'), file('annotated', '2')];
    expect(picturesOf(detail([opened, checked], [[checked]])).annotated).toBe(opened);
  });

  it('of what is merged into a case stand beside its own, under the case that they belong to', () => {
    const own = detail([file('annotated', '1')]);
    const merged = (case_id: string, camera: string | null, evidence: Evidence[]) =>
      ({ case_id, camera: camera && { id: camera, node: 'edge-2' }, evidence }) as unknown as MergedCase;
    const all = {
      ...own,
      case_id: 'a',
      merged: [
        merged('b', 'corner', [file('snapshot', '2')]),
        merged('c', null, [file('clip', '3')]),
        merged('d', 'dark', []),
      ],
    };
    const sources = sourcesOf(all);
    expect(sources.map(({ caseId }) => caseId)).toEqual(['a', 'b', 'c']);
    expect(sources.map(({ camera }) => camera).slice(1)).toEqual(['edge-2 / corner', 'c']);
    expect(viewsOf(sources[1]!.pictures)).toEqual(['picture']);
    expect(sourcesOf({ ...own, case_id: 'a' })).toHaveLength(1);
  });

  it('show boxes or not where there are both, and what there is where there is one', () => {
    const roles = (from: Evidence[], boxes: boolean) =>
      filesOf(picturesOf(detail(from)), 'picture', boxes).map(({ role }) => role);
    const both = [file('annotated', '1'), file('snapshot', '1')];
    expect([roles(both, true), roles(both, false)]).toEqual([['annotated'], ['snapshot']]);
    expect(roles([file('snapshot', '1')], true)).toEqual(['snapshot']);
    expect(roles([file('annotated', '1')], false)).toEqual(['annotated']);
    const pair = picturesOf(detail([file('before', '1'), file('after', '2')]));
    expect(filesOf(pair, 'compare', false)).toHaveLength(2);
    expect(filesOf(pair, null, true)).toEqual([]);
  });

  it('name the latest check', () => {
    expect(latestCheck(detail([], [[], []]).verifications)?.request_id).toBe('1');
    expect(latestCheck([])).toBeNull();
  });
});

describe('checks', () => {
  const look = (frames: number, valid_frames: number) => ({ from: '', to: '', frames, valid_frames, found: 0 });
  const verdict = (...looks: ReturnType<typeof look>[]) => ({ looks }) as unknown as Verdict;

  it('say how much of what was looked at could tell anything, and never round up to all of it', () => {
    expect(validFrames(verdict(look(60, 58), look(60, 60)))).toEqual({ valid: 118, all: 120, percent: 98 });
    expect(validFrames(verdict(look(1000, 999)))?.percent).toBe(99);
    expect(validFrames(verdict())).toBeNull();
  });

  it('that still run have no answer', () => {
    const checks = detail([], [[], []]).verifications;
    expect(latestAnswer(checks)).toBeNull();
    const answered = [{ ...checks[0]!, verdict: verdict() }, checks[1]!];
    expect(latestAnswer(answered)?.request_id).toBe('0');
  });
});

describe('reasons', () => {
  it('tell false alarms from refusals and keep unknown codes', () => {
    expect(groupReasons(['duplicate', 'licensed', 'brand_new'])).toEqual([
      { title: 'falseAlarm', codes: ['duplicate', 'brand_new'] },
      { title: 'notFiled', codes: ['licensed'] },
    ]);
    expect(groupReasons(['not_cleared', 'came_back'])).toEqual([
      { title: '', codes: ['not_cleared', 'came_back'] },
    ]);
  });
});

describe('times that people type', () => {
  it('are of the district, whatever the browser, and wrong ones are none', () => {
    const at = '2026-11-21T12:15:04.000Z';
    expect(fromLocal(localTime(at))).toBe(at);
    expect(fromLocal(' 2026-01-01T00:00:00 ')).toBe('2025-12-31T16:00:00.000Z');
    for (const wrong of ['', '2026-11-21', '2026-02-30 10:00:00', '2026-01-01 24:00:00', 'now']) {
      expect(fromLocal(wrong), wrong).toBeNull();
    }
    expect(later(at, -20)).toBe('2026-11-21T12:14:44.000Z');
  });
});
