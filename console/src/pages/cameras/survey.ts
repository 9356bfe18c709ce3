/** The control points of a calibration as they are being marked: pure changes, and what is asked of the hub. */
import { cellOf } from '../../map/beidou';

/** Pixels are numbers, for they are clicked; the rest is text as it was typed. */
export interface SurveyPoint {
  id: number;
  u: number;
  v: number;
  lon: string;
  lat: string;
  /** A BeiDou code, 2D or 3D, in place of lon and lat. */
  code: string;
  height: string;
  /** The ground that it lies on; empty: none, or the only one. */
  plane: string;
}

export interface Survey {
  points: readonly SurveyPoint[];
  /** Of ids, so that an undone point keeps its own. */
  last: number;
}

export interface Settings {
  width: number;
  height: number;
  /** `auto`, `camera` or `homography`. */
  model: string;
  datum: string;
  heightDatum: string;
  gridLevel: number;
  terrain: boolean;
}

export interface Wanted {
  width_px: number;
  height_px: number;
  points: {
    u: number;
    v: number;
    lon?: number;
    lat?: number;
    code?: string;
    code_3d?: string;
    height_metres?: number;
    plane?: string;
  }[];
  model: string;
  datum: string;
  height_datum: string;
  terrain: boolean;
  grid_level: number;
}

/** A 2D code; what is none may be a 3D one, and the hub has the last word. */
const isFlat = (code: string) => cellOf(code) !== null;

export const EMPTY: Survey = { points: [], last: 0 };

/** Tenths of a pixel are what a hand can mark. */
const tenth = (px: number) => Math.round(px * 10) / 10;

export function added(survey: Survey, u: number, v: number, height: string): Survey {
  const id = survey.last + 1;
  const point = { id, u: tenth(u), v: tenth(v), lon: '', lat: '', code: '', height, plane: '' };
  return { points: [...survey.points, point], last: id };
}

const replaced = (survey: Survey, id: number, by: (point: SurveyPoint) => SurveyPoint): Survey => ({
  ...survey,
  points: survey.points.map((point) => (point.id === id ? by(point) : point)),
});

export const moved = (survey: Survey, id: number, u: number, v: number): Survey =>
  replaced(survey, id, (point) => ({ ...point, u: tenth(u), v: tenth(v) }));

export const without = (survey: Survey, id: number): Survey => ({
  ...survey,
  points: survey.points.filter((point) => point.id !== id),
});

/** A place on the map: a centimetre is finer than anybody points. */
export const placed = (survey: Survey, id: number, lon: number, lat: number): Survey =>
  replaced(survey, id, (point) => ({ ...point, lon: lon.toFixed(7), lat: lat.toFixed(7), code: '' }));

/** One field, as typed. `lon, lat[, height]` in one go is taken apart; a code and a place exclude each other. */
export function typed(survey: Survey, id: number, field: keyof SurveyPoint, text: string): Survey {
  return replaced(survey, id, (point) => {
    if (field === 'lon') {
      const [lon, lat, height] = text.split(/[,，\s]+/).filter(Boolean);
      if (lat !== undefined) return { ...point, lon: lon ?? '', lat, height: height ?? point.height, code: '' };
    }
    if (field === 'u' || field === 'v') {
      const px = Number(text);
      return text.trim() === '' || !Number.isFinite(px) ? point : { ...point, [field]: px };
    }
    if (field === 'code' && text.trim()) return { ...point, code: text.replace(/\s+/g, '').toUpperCase(), lon: '', lat: '' };
    if (field === 'lon' || field === 'lat') return { ...point, [field]: text.trim(), code: '' };
    return { ...point, [field]: field === 'plane' ? text : text.trim() };
  });
}

const number = (text: string) => (text.trim() === '' ? NaN : Number(text));

/** What is still missing of a point; `null`: nothing. */
export function missing(point: SurveyPoint): 'place' | 'height' | null {
  const solid = point.code !== '' && !isFlat(point.code);
  const place = point.code !== '' || (Number.isFinite(number(point.lon)) && Number.isFinite(number(point.lat)));
  if (!place) return 'place';
  return Number.isFinite(number(point.height)) || (solid && point.height === '') ? null : 'height';
}

/** Asks about all points that are complete; `ids` tells which is which in the answer. */
export function asked(survey: Survey, settings: Settings): { wanted: Wanted; ids: number[] } {
  const complete = survey.points.filter((point) => missing(point) === null);
  const points = complete.map((point) => {
    const { u, v, code } = point;
    const place = !code
      ? { lon: number(point.lon), lat: number(point.lat) }
      : isFlat(code)
        ? { code }
        : { code_3d: code };
    const height = number(point.height);
    return {
      u,
      v,
      ...place,
      ...(Number.isFinite(height) ? { height_metres: height } : {}),
      ...(point.plane.trim() ? { plane: point.plane.trim() } : {}),
    };
  });
  const wanted = {
    width_px: settings.width,
    height_px: settings.height,
    points,
    model: settings.model,
    datum: settings.datum,
    height_datum: settings.heightDatum,
    terrain: settings.terrain,
    grid_level: settings.gridLevel,
  };
  return { wanted, ids: complete.map(({ id }) => id) };
}

/** A survey that was saved as CSV, with the header that `gridwarden calibrate` reads. */
export function fromCsv(text: string): Survey | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith('#'));
  const header = (lines[0] ?? '').split(',').map((name) => name.trim());
  const at = (name: string) => header.indexOf(name);
  if (['u', 'v', 'lon', 'lat', 'height_metres'].some((name) => at(name) < 0)) return null;
  const points = lines.slice(1).map((line, index): SurveyPoint => {
    const cells = line.split(',').map((cell) => cell.trim());
    const of = (name: string) => cells[at(name)] ?? '';
    return {
      id: index + 1,
      u: Number(of('u')),
      v: Number(of('v')),
      lon: of('lon'),
      lat: of('lat'),
      code: '',
      height: of('height_metres'),
      plane: at('plane') < 0 ? '' : of('plane'),
    };
  });
  if (points.some(({ u, v }) => !Number.isFinite(u) || !Number.isFinite(v))) return null;
  return { points, last: points.length };
}

/** `pingshan-014` is calibrated by `calibration/pingshan_014.toml`, unless its card names another file. */
export const calibrationName = (camera: string, card?: string | null): string =>
  card || camera.replace(/[^A-Za-z0-9]+/g, '_');
