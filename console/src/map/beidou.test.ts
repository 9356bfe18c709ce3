/** Against the vectors that the Rust grid is tested with too. */
import { describe, expect, it } from 'vitest';
import {
  ancestorOf,
  boundsOfCell,
  type Cell,
  cellAt,
  cellOf,
  cellsAcross,
  codeOf,
  neighbourOf,
  parentsOf,
  readCode,
  split3d,
} from './beidou';

interface Vectors {
  encode: { id: string; lon: number; lat: number; level: number; code2d: string; bounds?: number[]; code3d?: Record<string, string> }[];
  operations: Record<string, unknown>[];
}
const files = import.meta.glob<string>('../../../tests/golden/grid_vectors.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const vectors = JSON.parse(Object.values(files)[0] ?? '') as Vectors;
const operations = <T>(op: string) => vectors.operations.filter((one) => one.op === op) as (T & { id: string })[];
const cell = (code: string): Cell => {
  const found = cellOf(code);
  if (!found) throw new Error(`${code} is no code`);
  return found;
};

describe('vectors', () => {
  const plain = vectors.encode.filter((one) => Math.abs(one.lat) < 88);

  it.each(plain.map((one) => [one.id, one] as const))('%s', (_, { lon, lat, level, code2d, bounds, code3d }) => {
    const found = cellAt([lon, lat], level);
    expect(found && codeOf(found)).toBe(code2d);
    expect(cellOf(code2d)).toEqual(found);
    for (const [i, edge] of (bounds ?? []).entries()) {
      expect(boundsOfCell(cell(code2d))[i]).toBeCloseTo(edge, 12);
    }
    for (const solid of Object.values(code3d ?? {})) {
      expect(readCode(solid)).toEqual({ cell: cell(code2d), code2d, code3d: solid });
    }
  });

  it('have caps, which are refused', () => {
    const caps = vectors.encode.filter((one) => Math.abs(one.lat) >= 88);
    expect(caps.length).toBeGreaterThan(2);
    for (const { lon, lat, level, code2d } of caps) {
      expect(cellAt([lon, lat], level)).toBeNull();
      expect(readCode(code2d)).toBeNull();
    }
  });

  it('decode, and refuse what is no code', () => {
    const decoded = operations<{ code: string; valid?: boolean; bounds?: number[] }>('decode2d');
    expect(decoded.length).toBeGreaterThan(5);
    for (const { code, valid, bounds } of decoded) {
      if (valid === false) expect(cellOf(code), code).toBeNull();
      else expect(boundsOfCell(cell(code))).toEqual(bounds?.map((edge) => expect.closeTo(edge, 11)));
    }
  });

  it('step to neighbours across every seam', () => {
    const stepped = operations<{ code: string; result: Record<string, string | null> }>('neighbours2d');
    expect(stepped.length).toBeGreaterThan(3);
    for (const { code, result } of stepped) {
      for (const [step, wanted] of Object.entries(result)) {
        const [east, north] = step.split(',').map(Number) as [number, number];
        const found = neighbourOf(cell(code), east, north);
        expect(found && codeOf(found), `${code} ${step}`).toBe(wanted);
      }
    }
  });

  it('cover a window', () => {
    for (const one of operations<{ lon0: number; lat0: number; lon1: number; lat1: number; level: number; result: string[] }>('cover_bbox')) {
      const { cols, rows, level } = cellsAcross({ west: one.lon0, south: one.lat0, east: one.lon1, north: one.lat1 }, one.level);
      const codes: string[] = [];
      for (let col = cols[0]; col <= cols[1]; col += 1) {
        for (let row = rows[0]; row <= rows[1]; row += 1) codes.push(codeOf({ level, col, row }));
      }
      expect(codes.sort()).toEqual([...one.result].sort());
    }
  });

  it('split 3D codes', () => {
    for (const { code, code2d, hcode } of operations<{ code: string; code2d: string; hcode: string }>('split3d')) {
      expect(split3d(code)).toEqual({ code2d, height: hcode });
    }
  });
});

describe('cells', () => {
  it('lie inside their ancestors, in all four quarters', () => {
    for (const [lon, lat] of [[114.343, 22.691], [-114.343, 22.691], [114.343, -22.691], [-0.0001, -0.0001]] as const) {
      const fine = cellAt([lon, lat], 10) as Cell;
      for (let level = 1; level < 10; level += 1) {
        const up = ancestorOf(fine, level);
        expect(cellAt([lon, lat], level)).toEqual(up);
        expect(codeOf(fine).startsWith(codeOf(up))).toBe(true);
        const [w, s, e, n] = boundsOfCell(up);
        const [fw, fs, fe, fn] = boundsOfCell(fine);
        expect(w <= fw && s <= fs && fe <= e && fn <= n).toBe(true);
      }
    }
  });

  it('take no cell that a window only touches with its edge', () => {
    const [west, south, east, north] = boundsOfCell(cell('N50F0535166'));
    const { cols, rows } = cellsAcross({ west, south, east, north }, 5);
    expect(cols[0]).toBe(cols[1]);
    expect(rows[0]).toBe(rows[1]);
  });
});

describe('pasted codes', () => {
  it('may be small and spaced', () => {
    expect(readCode(' n50f 05 3 51 66\n')?.code2d).toBe('N50F0535166');
  });

  it('are told apart where 2D and 3D have the same length', () => {
    expect(readCode('N50J475')?.code3d).toBeNull();
    expect(readCode('N050J00')).toEqual({ cell: cell('N50J'), code2d: 'N50J', code3d: 'N050J00' });
  });

  it('name their parents, the nearest last', () => {
    expect(parentsOf('N50F0535166')).toEqual(['N50F', 'N50F05', 'N50F053', 'N50F05351']);
    expect(parentsOf('N50F')).toEqual([]);
  });

  it('are none when they are cut short or misspelt', () => {
    for (const text of ['', 'N50F053516', 'N50F0535F66', 'M50F0535166', 'N50F0535166G', 'N50J475493E0-23']) expect(readCode(text), text).toBeNull();
  });
});
