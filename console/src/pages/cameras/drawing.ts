/** Zones as they are being drawn: pure changes in pixels of the camera's frame. */
import type { CameraScene } from '../../api/types';

export type Corner = readonly [x: number, y: number];

export interface Shape {
  key: number;
  kind: 'zone' | 'privacy';
  /** Of a zone; a privacy zone has none. */
  id: string;
  corners: readonly Corner[];
  /** A line that things cross is kept as it is: its two ends, and no corners. */
  line: readonly [Corner, Corner] | null;
  tags: readonly string[];
  componentId: string;
  owner: string;
  tiles: { width_px: number; height_px: number; overlap: number } | null;
}

export interface Drawing {
  width: number;
  height: number;
  shapes: readonly Shape[];
  /** Of keys. */
  last: number;
}

/** What a pointer or the keyboard is at: a shape, and one of its corners. */
export interface Chosen {
  key: number;
  corner: number | null;
}

const round = (px: number) => Math.round(px * 10) / 10;

export function drawingOf(scene: CameraScene | null | undefined, width: number, height: number): Drawing {
  const corners = (list: readonly (readonly number[])[]) => list.map(([x, y]): Corner => [x ?? 0, y ?? 0]);
  const zones = (scene?.zones ?? []).map((zone, index): Shape => {
    const [from, to] = corners(zone.line_px ?? []);
    return {
      key: index + 1,
      kind: 'zone',
      id: zone.id,
      corners: from && to ? [] : corners(zone.polygon_px),
      line: from && to ? [from, to] : null,
      tags: zone.tags ?? [],
      componentId: zone.component_id ?? '',
      owner: zone.owner ?? '',
      tiles: zone.tiles ?? null,
    };
  });
  const privacy = (scene?.privacy ?? []).map((one, index): Shape => ({
    ...blank(zones.length + index + 1, 'privacy', ''),
    corners: corners(one.polygon_px),
  }));
  const shapes = [...zones, ...privacy];
  return {
    width: scene?.frame.width_px ?? width,
    height: scene?.frame.height_px ?? height,
    shapes,
    last: shapes.length,
  };
}

const blank = (key: number, kind: Shape['kind'], id: string): Shape => ({
  key,
  kind,
  id,
  corners: [],
  line: null,
  tags: [],
  componentId: '',
  owner: '',
  tiles: null,
});

/** A further zone around these corners, under a name that is free. */
export function begunShape(drawing: Drawing, kind: Shape['kind'], corners: readonly Corner[]): Drawing {
  const key = drawing.last + 1;
  const names = new Set(drawing.shapes.map(({ id }) => id));
  let number = 1;
  while (names.has(`zone-${number}`)) number += 1;
  const shape = { ...blank(key, kind, kind === 'zone' ? `zone-${number}` : ''), corners };
  return { ...drawing, shapes: [...drawing.shapes, shape], last: key };
}

export const changedShape = (drawing: Drawing, key: number, by: Partial<Shape>): Drawing => ({
  ...drawing,
  shapes: drawing.shapes.map((shape) => (shape.key === key ? { ...shape, ...by } : shape)),
});

export const withoutShape = (drawing: Drawing, key: number): Drawing => ({
  ...drawing,
  shapes: drawing.shapes.filter((shape) => shape.key !== key),
});

const clampTo = (drawing: Drawing, [x, y]: Corner): Corner => [
  round(Math.min(Math.max(x, 0), drawing.width)),
  round(Math.min(Math.max(y, 0), drawing.height)),
];

const shapeOf = (drawing: Drawing, key: number) => drawing.shapes.find((shape) => shape.key === key);

export function movedCorner(drawing: Drawing, { key, corner }: Chosen, to: Corner): Drawing {
  const shape = shapeOf(drawing, key);
  if (!shape || corner === null || !shape.corners[corner]) return drawing;
  const corners = shape.corners.map((at, index) => (index === corner ? clampTo(drawing, to) : at));
  return changedShape(drawing, key, { corners });
}

/** The whole shape, as far as the frame's border lets it. */
export function movedShape(drawing: Drawing, key: number, [dx, dy]: Corner): Drawing {
  const shape = shapeOf(drawing, key);
  if (!shape || shape.corners.length === 0) return drawing;
  const xs = shape.corners.map(([x]) => x);
  const ys = shape.corners.map(([, y]) => y);
  const within = (by: number, least: number, most: number, length: number) =>
    Math.min(Math.max(by, -least), length - most);
  const x = within(dx, Math.min(...xs), Math.max(...xs), drawing.width);
  const y = within(dy, Math.min(...ys), Math.max(...ys), drawing.height);
  return changedShape(drawing, key, { corners: shape.corners.map(([a, b]): Corner => [round(a + x), round(b + y)]) });
}

/** A corner more, behind `after`. */
export function addedCorner(drawing: Drawing, key: number, after: number, at: Corner): Drawing {
  const shape = shapeOf(drawing, key);
  if (!shape) return drawing;
  const corners = [...shape.corners];
  corners.splice(after + 1, 0, clampTo(drawing, at));
  return changedShape(drawing, key, { corners });
}

/** A triangle keeps its three. */
export function withoutCorner(drawing: Drawing, { key, corner }: Chosen): Drawing {
  const shape = shapeOf(drawing, key);
  if (!shape || corner === null || shape.corners.length <= 3) return drawing;
  return changedShape(drawing, key, { corners: shape.corners.filter((_, index) => index !== corner) });
}

const distance = ([ax, ay]: Corner, [bx, by]: Corner) => Math.hypot(ax - bx, ay - by);

/** The nearest point of a side. */
export function onSide(at: Corner, from: Corner, to: Corner): Corner {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : ((at[0] - from[0]) * dx + (at[1] - from[1]) * dy) / square;
  const along = Math.min(Math.max(share, 0), 1);
  return [from[0] + along * dx, from[1] + along * dy];
}

export const sides = (corners: readonly Corner[]): [Corner, Corner][] =>
  corners.map((from, index) => [from, corners[(index + 1) % corners.length] ?? from]);

/**
 * Where a corner goes that is dropped at `at`: onto another shape's corner, else onto the frame's border or another
 * shape's side, where one is within `reach` pixels.
 */
export function snapped(drawing: Drawing, at: Corner, own: number | null, reach: number): Corner {
  const others = drawing.shapes.filter((shape) => shape.key !== own);
  const frameCorners: Corner[] = [
    [0, 0],
    [drawing.width, 0],
    [drawing.width, drawing.height],
    [0, drawing.height],
  ];
  const corners = [...others.flatMap((shape) => shape.corners), ...frameCorners];
  const nearest = (points: readonly Corner[]) =>
    points.reduce<Corner | null>((best, point) => {
      const near = distance(point, at) <= reach;
      return near && (!best || distance(point, at) < distance(best, at)) ? point : best;
    }, null);
  const corner = nearest(corners);
  if (corner) return corner;
  const all = [...others.flatMap((shape) => sides(shape.corners)), ...sides(frameCorners)];
  return clampTo(drawing, nearest(all.map(([from, to]) => onSide(at, from, to))) ?? at);
}

const turn = (a: Corner, b: Corner, c: Corner) =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** Whether two sides that share no corner meet. */
export function crossesItself(corners: readonly Corner[]): boolean {
  const all = sides(corners);
  return all.some(([a, b], one) =>
    all.some(([c, d], other) => {
      const apart = other > one + 1 && !(one === 0 && other === all.length - 1);
      return apart && turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b);
    }),
  );
}

export type Fault = 'crossed' | 'few' | 'flat' | 'name' | 'twice';

/** What a person should mend first; the hub has the last word. */
export function faultOf(drawing: Drawing, shape: Shape): Fault | null {
  if (shape.kind === 'zone') {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(shape.id)) return 'name';
    if (drawing.shapes.some((other) => other.key !== shape.key && other.kind === 'zone' && other.id === shape.id)) return 'twice';
  }
  if (shape.line) return null;
  if (shape.corners.length < 3) return 'few';
  if (crossesItself(shape.corners)) return 'crossed';
  const area = sides(shape.corners).reduce((sum, [[ax, ay], [bx, by]]) => sum + ax * by - bx * ay, 0);
  return Math.abs(area) < 1 ? 'flat' : null;
}

const quoted = (text: string) => JSON.stringify(text);
const pairs = (corners: readonly Corner[]) => `[${corners.map(([x, y]) => `[${x}, ${y}]`).join(', ')}]`;

/** `[frame]`, `[[zone]]` and `[[privacy]]` of the camera's pipeline. */
export function tomlOf(drawing: Drawing): string {
  const lines = ['[frame]', `width_px = ${drawing.width}`, `height_px = ${drawing.height}`];
  for (const shape of drawing.shapes.filter(({ kind }) => kind === 'zone')) {
    lines.push('', '[[zone]]', `id = ${quoted(shape.id)}`);
    lines.push(shape.line ? `line_px = ${pairs(shape.line)}` : `polygon_px = ${pairs(shape.corners)}`);
    if (shape.tags.length) lines.push(`tags = [${shape.tags.map(quoted).join(', ')}]`);
    if (shape.componentId) lines.push(`component_id = ${quoted(shape.componentId)}`);
    if (shape.componentId && shape.owner) lines.push(`owner = ${quoted(shape.owner)}`);
    const { tiles } = shape;
    if (tiles) lines.push(`tiles = { width_px = ${tiles.width_px}, height_px = ${tiles.height_px}, overlap = ${tiles.overlap} }`);
  }
  for (const shape of drawing.shapes.filter(({ kind }) => kind === 'privacy')) {
    lines.push('', '[[privacy]]', `polygon_px = ${pairs(shape.corners)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Which shape the hub's `zone[1].polygon_px` or `privacy[0]` is about. */
export function shapeOfFault(drawing: Drawing, keyPath: string): number | null {
  const named = /^(zone|privacy)\[(\d+)\]/.exec(keyPath);
  if (!named) return null;
  const shape = drawing.shapes.filter(({ kind }) => kind === named[1])[Number(named[2])];
  return shape?.key ?? null;
}
