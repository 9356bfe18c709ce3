import { describe, expect, it } from 'vitest';
import type { CellCount } from '../../api/map';
import type { Camera, LonLat } from '../../api/types';
import { boundsOfCell, type Cell, cellAt, cellOf, codeOf, neighbourOf } from '../../map/beidou';
import type { Bounds } from '../../map/geometry';
import { areaOf, blindAreas, blindLevel, Sight } from './blind';
import { countLevel, countMarks, drawingOf, LAYERS, showing, touches, worstOf } from './drawing';

const HERE: LonLat = [114.3432, 22.6913];
const around = (metres: number): Bounds => {
  const half = metres / 2 / 111_000;
  return { west: HERE[0] - half, east: HERE[0] + half, south: HERE[1] - half, north: HERE[1] + half };
};
const at = (level: number) => cellAt(HERE, level) as Cell;
const codeAt = (level: number) => codeOf(at(level));
const camera = (footprint: string[], more: Partial<Camera> = {}) =>
  ({ id: 'one', node: 'n', online: true, condition: 'ok', footprint, place: null, ...more }) as unknown as Camera;
const WORLD: Bounds = { west: -180, south: -88, east: 180, north: 88 };
const sightOf = (cameras: Camera[], level = 7) => new Sight().within(cameras, WORLD, level);
const count = (code: string, cases: number, more: Partial<CellCount> = {}): CellCount => ({
  code,
  cases,
  urgent: 0,
  overdue: 0,
  suspected: 0,
  ...more,
});
const areaMetres = (areas: ReturnType<typeof blindAreas>) =>
  areas.reduce((sum, { bounds: [w, s, e, n] }) => sum + (e - w) * (n - s), 0);

describe('counts', () => {
  it('are taken at finer levels as one looks closer', () => {
    const level = (metresPerPx: number) => countLevel({ bounds: around(1000), metresPerPx });
    expect(level(5000)).toBe(2);
    expect(level(40)).toBe(4);
    expect(level(3)).toBe(5);
    expect(level(0.2)).toBe(7);
    expect(level(0.0001)).toBe(8);
  });

  it('have the mark of their worst', () => {
    expect(worstOf(count('N50G', 9, { urgent: 1, overdue: 9 }))).toBe('urgent');
    expect(worstOf(count('N50G', 9, { overdue: 1 }))).toBe('overdue');
    expect(worstOf(count('N50G', 9, { suspected: 8 }))).toBe('normal');
    expect(worstOf(count('N50G', 9, { suspected: 9 }))).toBe('suspected');
  });

  it('are listed the worst first, then the fullest, and without what is no cell', () => {
    const items = [count('N50F01', 3), count('N50F02', 9), count('N50F03', 1, { urgent: 1 }), count('N50X', 4), count('N50F04', 0)];
    expect(countMarks(items).map(({ code }) => code)).toEqual(['N50F03', 'N50F02', 'N50F01']);
  });
});

describe('blind spots', () => {
  it('have a level only where a place can be told', () => {
    expect(blindLevel(22.69, 0.5)).toBe(7);
    expect(blindLevel(22.69, 3)).toBe(6);
    expect(blindLevel(22.69, 9)).toBe(5);
    expect(blindLevel(22.69, 40)).toBeNull();
  });

  it('are what is left over by the cells that are seen', () => {
    const window = around(100);
    const all = areaMetres(blindAreas(sightOf([]), null, window, 7));
    const [w, s, e, n] = boundsOfCell(at(7));
    const left = blindAreas(sightOf([camera([codeAt(7)])]), null, window, 7);
    expect(left.every(({ kind }) => kind === 'none')).toBe(true);
    expect(areaMetres(left)).toBeCloseTo(all - (e - w) * (n - s), 12);
    expect(left.some(({ bounds }) => touches(bounds, { west: w, south: s, east: e, north: n }))).toBe(false);
  });

  it('do not include a cell of which a part is seen, nor one inside a cell that is', () => {
    const seen = (footprint: string, level: number) =>
      sightOf([camera([footprint])], level).of(at(level));
    expect(seen(codeAt(8), 7)).toBe(1);
    expect(seen(codeAt(8), 5)).toBe(1);
    expect(seen(codeAt(6), 7)).toBe(1);
    expect(seen(codeOf(neighbourOf(at(7), 1, 0) as Cell), 7)).toBeUndefined();
  });

  it('are told apart where the only camera cannot see now', () => {
    const window = around(20);
    const kinds = (...cameras: Camera[]) =>
      blindAreas(sightOf(cameras), null, window, 7)
        .filter(({ bounds: [w, s, e, n] }) => HERE[0] > w && HERE[0] < e && HERE[1] > s && HERE[1] < n)
        .map(({ kind }) => kind);
    const away = camera([codeAt(7)], { condition: 'blurred' });
    expect(kinds(away)).toEqual(['away']);
    expect(kinds(camera([codeAt(7)], { online: false }))).toEqual(['away']);
    expect(kinds(away, camera([codeAt(7)], { id: 'two' }))).toEqual([]);
    expect(kinds()).toEqual(['none']);
  });

  it('follow a camera that goes away, comes back or is calibrated anew', () => {
    const sight = new Sight();
    const of = (...cameras: Camera[]) => sight.within(cameras, around(50), 7).of(at(7));
    const one = camera([codeAt(7)]);
    expect(of(one)).toBe(1);
    expect(of({ ...one, online: false })).toBe(0);
    expect(of({ ...one })).toBe(1);
    expect(of({ ...one, footprint: [codeOf(neighbourOf(at(7), 1, 0) as Cell)] })).toBeUndefined();
    expect(of()).toBeUndefined();
  });

  it('are asked of the cameras in view alone', () => {
    const sight = new Sight();
    const index = sight.within([camera([codeAt(7)])], { west: 115, east: 115.1, south: 22, north: 22.1 }, 7);
    expect(index.of(at(7))).toBeUndefined();
  });

  it('end at the bounds of the area, and a cell that reaches into it belongs to it', () => {
    const window = around(300);
    const left = blindAreas(sightOf([]), areaOf([codeAt(6)]), window, 7);
    const [w, s, e, n] = boundsOfCell(at(6));
    expect(areaMetres(left)).toBeCloseTo((e - w) * (n - s), 12);
    expect(areaOf([codeAt(8)])?.of(at(7))).toBe(1);
    expect(areaOf([])).toBeNull();
  });

  it('stay inside the window, also in the south and west', () => {
    for (const code of ['S29B0000000', 'N31A0000000', 'S30A0000000']) {
      const cell = cellOf(code) as Cell;
      const [west, south, east, north] = boundsOfCell(cell);
      const areas = blindAreas(sightOf([camera([code])], 5), null, { west, south, east, north }, 5);
      expect(areas, code).toEqual([]);
    }
  });
});

describe('drawing', () => {
  const view = { bounds: around(400), metresPerPx: 0.5 };
  const what = {
    counts: countMarks([count(codeAt(7), 2)]),
    hotspots: [],
    cameras: [camera([codeAt(7)])],
    sight: new Sight(),
    area: null,
    chosen: null,
    seeing: new Set<string>(),
  };

  it('has only the layers that are switched on', () => {
    const all = drawingOf(view, new Set(LAYERS), what);
    expect(all.counts).toHaveLength(1);
    expect(all.grid?.fine.level).toBe(6);
    expect(all.grid?.coarse.level).toBe(5);
    expect(all.blind.length).toBeGreaterThan(0);
    const none = drawingOf(view, new Set(), what);
    expect([none.counts, none.blind, none.cameras, none.grid]).toEqual([[], [], [], null]);
  });

  it('has the outline of the chosen cell whatever is switched off', () => {
    const chosen = { cell: at(6), code2d: codeAt(6), code3d: null, point: null };
    expect(drawingOf(view, new Set(), { ...what, chosen }).chosen?.bounds).toEqual(boundsOfCell(at(6)));
  });
});

describe('a cell to be shown', () => {
  it('moves the view only where it lies outside, and keeps the scale', () => {
    const view = around(100);
    expect(showing(view, boundsOfCell(at(8)))).toEqual(view);
    const away = boundsOfCell(neighbourOf(at(7), 40, -30) as Cell);
    const moved = showing(view, away);
    expect(moved.east - moved.west).toBeCloseTo(view.east - view.west, 12);
    expect((moved.east + moved.west) / 2).toBeCloseTo((away[0] + away[2]) / 2, 12);
    expect((moved.north + moved.south) / 2).toBeCloseTo((away[1] + away[3]) / 2, 12);
  });
});
