import { describe, expect, it } from 'vitest';
import type { Camera, CaseSummary, LonLat } from '../api/types';
import { boundsOf, circle, closed, frame, metresPerDegLon, scaleBar } from './geometry';
import { gridFor, gridLines, levelFor } from './grid';
import { sceneOf } from './scene';

const HERE: LonLat = [114.3432, 22.6913];

describe('geometry', () => {
  it('draws circles of the radius asked for', () => {
    for (const [lon, lat] of circle(HERE, 10)) {
      const east = (lon - HERE[0]) * metresPerDegLon(HERE[1]);
      const north = (lat - HERE[1]) * 110_574;
      expect(Math.hypot(east, north)).toBeCloseTo(10, 6);
    }
  });

  it('closes rings and leaves empty ones empty', () => {
    expect(closed([HERE, [1, 2], [3, 4]])).toHaveLength(4);
    expect(closed([])).toEqual([]);
  });

  it('frames bounds whole, and turns pixels back into the same place', () => {
    const bounds = boundsOf([HERE, [HERE[0] + 0.001, HERE[1] + 0.002]], 24);
    if (!bounds) throw new Error('no bounds');
    const drawn = frame(bounds, 360, 240);
    expect(drawn.y(bounds.north)).toBeGreaterThanOrEqual(-1e-6);
    expect(drawn.y(bounds.south)).toBeLessThanOrEqual(240 + 1e-6);
    const [lon, lat] = drawn.lonLat(drawn.x(HERE[0]), drawn.y(HERE[1]));
    expect(lon).toBeCloseTo(HERE[0], 9);
    expect(lat).toBeCloseTo(HERE[1], 9);
  });

  it('chooses round scale bars that fit', () => {
    for (const metresPerPx of [0.003, 0.07, 0.5, 1, 19.99]) {
      const bar = scaleBar(metresPerPx, 90);
      expect(bar.px).toBeLessThanOrEqual(90);
      expect(bar.px).toBeGreaterThan(30);
      expect(String(bar.metres)).toMatch(/^(0\.0*)?[125]0*$/);
    }
  });
});

describe('grid', () => {
  it('has its lines on the cells of the standard', () => {
    // 114.34, 22.69 is the corner of a level 5 cell (9 cells of 4" from a whole minute).
    const bounds = { west: 114.34 - 1e-6, east: 114.3412, south: 22.69 - 1e-6, north: 22.6911 };
    const lines = gridLines(bounds, 5);
    expect(lines.lonDeg[0]).toBeCloseTo(114.34, 12);
    expect(lines.latDeg[0]).toBeCloseTo(22.69, 12);
    expect((lines.lonDeg[1] ?? 0) - (lines.lonDeg[0] ?? 0)).toBeCloseTo(4 / 3600, 12);
  });

  it('takes finer levels as one looks closer, and never too many lines', () => {
    expect(levelFor(22.69, 0.05, 14)).toBe(8);
    expect(levelFor(22.69, 0.5, 14)).toBe(7);
    expect(levelFor(22.69, 1e9, 14)).toBe(1);
    const wide = { west: 113, east: 115, south: 22, north: 23 };
    expect(gridLines(wide, 10).lonDeg).toEqual([]);
    const { fine, coarse } = gridFor(wide, 500);
    expect(coarse.level).toBeLessThan(fine.level);
  });
});

const camera = (id: string, lon: number): Camera =>
  ({
    id,
    online: true,
    place: {
      lon_deg: lon,
      lat_deg: 22.69,
      footprint_lonlat: [
        [lon, 22.69],
        [lon + 0.0001, 22.69],
        [lon, 22.6901],
      ],
    },
  }) as unknown as Camera;

const subject = {
  case_id: 'a',
  camera: { id: 'one', node: 'n' },
  place: {
    lon_deg: 114.34001,
    lat_deg: 22.69001,
    error_metres: 1,
    code_2d: 'N50G',
    cell: [114.34, 22.69, 114.3401, 22.6901],
  },
} as unknown as CaseSummary;

describe('scene', () => {
  const cameras = [camera('one', 114.34), camera('far', 115)];

  it('looks at the camera of the case, close up at its cell, and at all cameras without a case', () => {
    const wide = sceneOf(cameras, subject);
    expect(wide.bounds?.east).toBeLessThan(114.4);
    const cell = sceneOf(cameras, subject, 'cell');
    expect((cell.bounds?.east ?? 0) - (cell.bounds?.west ?? 0)).toBeLessThan(
      (wide.bounds?.east ?? 0) - (wide.bounds?.west ?? 0),
    );
    expect(sceneOf(cameras, null).bounds?.east).toBeGreaterThan(115);
  });

  it('has the neighbours that have a place, and does not move for them', () => {
    const other = { ...subject, case_id: 'other', place: { ...subject.place!, lon_deg: 1 } };
    const [seen, nowhere] = [sceneOf(cameras, subject, 'wide', [other]), sceneOf(cameras, subject, 'wide', [{ ...other, place: null }])];
    expect([seen.others.length, nowhere.others.length]).toEqual([1, 0]);
    expect(seen.bounds).toEqual(sceneOf(cameras, subject).bounds);
  });

  it('keeps its key while the same case is only updated', () => {
    const again = sceneOf(cameras, { ...subject, version: 9, state: 'FILED' });
    expect(again.key).toBe(sceneOf(cameras, subject).key);
    expect(sceneOf(cameras, subject, 'cell').key).not.toBe(again.key);
  });

  it('stands without cameras and without a place', () => {
    expect(sceneOf([], { ...subject, place: null, camera: null }).bounds).toBeNull();
  });
});
