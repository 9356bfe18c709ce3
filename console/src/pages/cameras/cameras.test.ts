import { describe, expect, it } from 'vitest';
import { begun, changed, ended, redone, undone } from './history';
import * as survey from './survey';
import {
  addedCorner,
  begunShape,
  changedShape,
  type Corner,
  crossesItself,
  drawingOf,
  faultOf,
  movedCorner,
  movedShape,
  shapeOfFault,
  snapped,
  tomlOf,
  withoutCorner,
} from './drawing';

describe('history', () => {
  it('takes steps back and forward, a gesture as one', () => {
    let history = changed(begun(0), 1);
    history = changed(changed(changed(history, 2, 'drag'), 3, 'drag'), 4, 'drag');
    history = changed(ended(history), 5, 'drag');
    expect([history.now, history.past]).toEqual([5, [0, 1, 4]]);
    history = undone(undone(history));
    expect(history.now).toBe(1);
    expect(redone(history).now).toBe(4);
    expect(redone(changed(history, 9)).now).toBe(9);
    expect(undone(begun(7)).now).toBe(7);
  });
});

const settings = {
  width: 1920, height: 1080, model: 'auto', datum: 'CGCS2000', heightDatum: 'ellipsoidal', gridLevel: 7, terrain: false,
};

describe('control points', () => {
  it('are asked about once they have a place and a height', () => {
    let points = survey.added(survey.added(survey.EMPTY, 10.04, 20, '42'), 30, 40, '');
    expect(points.points.map(survey.missing)).toEqual(['place', 'place']);
    points = survey.placed(points, 1, 114.34, 22.69);
    points = survey.typed(points, 2, 'code', ' n50f0535166000 ');
    expect(points.points.map(survey.missing)).toEqual([null, 'height']);
    let { wanted, ids } = survey.asked(points, settings);
    expect(ids).toEqual([1]);
    expect(wanted.points).toEqual([{ u: 10, v: 20, lon: 114.34, lat: 22.69, height_metres: 42 }]);
    points = survey.typed(points, 2, 'height', '41.5');
    ({ wanted, ids } = survey.asked(points, settings));
    expect([ids, wanted.points[1]]).toEqual([[1, 2], { u: 30, v: 40, code: 'N50F0535166000', height_metres: 41.5 }]);
  });

  it('take a 3D code with its own height', () => {
    let points = survey.added(survey.EMPTY, 1, 2, '');
    points = survey.typed(points, 1, 'code', 'N050F000503051066000005');
    expect(survey.asked(points, settings).wanted.points).toEqual([{ u: 1, v: 2, code_3d: 'N050F000503051066000005' }]);
  });

  it('take a pasted pair apart, and a place in place of a code', () => {
    let points = survey.typed(survey.added(survey.EMPTY, 1, 2, '40'), 1, 'code', 'N50F0535166000');
    points = survey.typed(points, 1, 'lon', '114.3412, 22.6901，43.2');
    expect(points.points[0]).toMatchObject({ lon: '114.3412', lat: '22.6901', height: '43.2', code: '' });
    points = survey.typed(points, 1, 'lat', 'north');
    expect(survey.missing(points.points[0]!)).toBe('place');
    expect(survey.typed(points, 1, 'u', 'x').points[0]!.u).toBe(1);
  });

  it('come back from their own file', () => {
    const csv = 'u,v,lon,lat,height_metres,plane\n10.5,20,114.34,22.69,42,road\n30,40,114.35,22.7,43,\n';
    expect(survey.fromCsv(csv)?.points.map(({ u, plane }) => [u, plane])).toEqual([[10.5, 'road'], [30, '']]);
    expect(survey.fromCsv('a,b\n1,2\n')).toBeNull();
    expect(survey.fromCsv('u,v,lon,lat,height_metres\nx,2,3,4,5\n')).toBeNull();
  });

  it('are named after their camera', () => {
    expect(survey.calibrationName('pingshan-014')).toBe('pingshan_014');
    expect(survey.calibrationName('pingshan-014', 'gate_2026')).toBe('gate_2026');
  });
});

const SQUARE: Corner[] = [[100, 100], [300, 100], [300, 300], [100, 300]];
const drawn = begunShape(drawingOf(null, 640, 360), 'zone', SQUARE);

describe('zones', () => {
  it('snap to corners before sides, and to the border', () => {
    expect(snapped(drawn, [303, 98], null, 8)).toEqual([300, 100]);
    expect(snapped(drawn, [200, 96], null, 8)).toEqual([200, 100]);
    expect(snapped(drawn, [200, 90], null, 8)).toEqual([200, 90]);
    expect(snapped(drawn, [200, 96], 1, 8), 'its own side is no help').toEqual([200, 96]);
    expect(snapped(drawn, [5, 200], null, 8)).toEqual([0, 200]);
    expect(snapped(drawn, [637, 358], null, 8)).toEqual([640, 360]);
  });

  it('stay in the frame', () => {
    const moved = movedShape(drawn, 1, [-500, 20]).shapes[0]!.corners;
    expect(moved).toEqual([[0, 120], [200, 120], [200, 320], [0, 320]]);
    expect(movedCorner(drawn, { key: 1, corner: 0 }, [-9, 400]).shapes[0]!.corners[0]).toEqual([0, 360]);
  });

  it('tell when their sides cross', () => {
    expect(crossesItself(SQUARE)).toBe(false);
    expect(crossesItself([[100, 100], [300, 300], [300, 100], [100, 300]])).toBe(true);
    const bow = movedCorner(drawn, { key: 1, corner: 0 }, [350, 200]);
    expect(faultOf(bow, bow.shapes[0]!)).toBe('crossed');
    expect(faultOf(drawn, drawn.shapes[0]!)).toBeNull();
    const flat = changedShape(drawn, 1, { corners: [[0, 0], [10, 0], [20, 0]] });
    expect(faultOf(flat, flat.shapes[0]!)).toBe('flat');
  });

  it('gain and lose corners, down to three', () => {
    const five = addedCorner(drawn, 1, 0, [200, 90]);
    expect(five.shapes[0]!.corners[1]).toEqual([200, 90]);
    let fewer = five;
    for (let i = 0; i < 4; i += 1) fewer = withoutCorner(fewer, { key: 1, corner: 0 });
    expect(fewer.shapes[0]!.corners).toHaveLength(3);
  });

  it('have names of their own', () => {
    const two = begunShape(drawn, 'zone', SQUARE);
    expect(two.shapes.map(({ id }) => id)).toEqual(['zone-1', 'zone-2']);
    const same = changedShape(two, 2, { id: 'zone-1' });
    expect(faultOf(same, same.shapes[1]!)).toBe('twice');
    const bad = changedShape(two, 2, { id: '人行道' });
    expect(faultOf(bad, bad.shapes[1]!)).toBe('name');
  });

  it('are written as a pipeline has them, and read back', () => {
    const scene = {
      frame: { width_px: 640, height_px: 360 },
      zones: [
        { id: 'bin', polygon_px: SQUARE.map((at) => [...at]), tags: ['学校'], component_id: '44-7', owner: '环卫', tiles: { width_px: 320, height_px: 320, overlap: 0.2 } },
        { id: 'kerb', polygon_px: [], line_px: [[0, 10], [640, 20]] },
      ],
      privacy: [{ polygon_px: [[0, 0], [9, 0], [0, 9]] }],
    };
    const drawing = drawingOf(scene, 1, 1);
    expect(tomlOf(drawing)).toBe(`[frame]
width_px = 640
height_px = 360

[[zone]]
id = "bin"
polygon_px = [[100, 100], [300, 100], [300, 300], [100, 300]]
tags = ["学校"]
component_id = "44-7"
owner = "环卫"
tiles = { width_px = 320, height_px = 320, overlap = 0.2 }

[[zone]]
id = "kerb"
line_px = [[0, 10], [640, 20]]

[[privacy]]
polygon_px = [[0, 0], [9, 0], [0, 9]]
`);
    expect(shapeOfFault(drawing, 'zone[1].line_px')).toBe(2);
    expect(shapeOfFault(drawing, 'privacy[0].polygon_px')).toBe(3);
    expect(shapeOfFault(drawing, 'frame.width_px')).toBeNull();
  });
});
