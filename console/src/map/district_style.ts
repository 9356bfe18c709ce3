/**
 * How the district's vector tiles are drawn: pale, so that cases stand out, with Chinese names. Layers of
 * the usual schemas are known by name; others are drawn as thin lines and points, so that nothing is lost.
 */
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import { FONTS } from './gl_style';

const INK = '#45525e';
const HALO = '#f7f9fb';

/** Names of one theme in the schemas of Protomaps, OpenMapTiles and Shortbread, and in Chinese files. */
const THEMES = {
  land: ['earth', 'land', 'landcover', 'landuse', 'park', '绿地'],
  water: ['water', 'waterway', 'ocean', 'water_polygons', 'water_lines', '水系'],
  building: ['buildings', 'building', '建筑'],
  road: ['roads', 'transportation', 'streets', 'street_polygons', '道路'],
  roadName: ['transportation_name', 'street_labels'],
  boundary: ['boundaries', 'boundary', '境界', '网格'],
  place: ['places', 'place', 'place_labels', 'pois', 'poi', '地名'],
} as const;
type Theme = keyof typeof THEMES;

const NAME: ExpressionSpecification = ['coalesce', ['get', 'name:zh-Hans'], ['get', 'name:zh'], ['get', 'name'], ['get', '名称'], ''];
const KIND: ExpressionSpecification = ['coalesce', ['get', 'kind'], ['get', 'class'], ['get', 'highway'], ['get', 'type'], ''];
const GREEN = ['park', 'forest', 'wood', 'grass', 'grassland', 'scrub', 'nature_reserve', 'garden', 'cemetery', 'pitch', 'golf_course', '绿地'];
const BIG = ['highway', 'motorway', 'trunk', 'major_road', 'primary', 'secondary', '主干路', '快速路'];

const isPolygon: ExpressionSpecification = ['in', ['geometry-type'], ['literal', ['Polygon', 'MultiPolygon']]];
const isLine: ExpressionSpecification = ['in', ['geometry-type'], ['literal', ['LineString', 'MultiLineString']]];
const isPoint: ExpressionSpecification = ['in', ['geometry-type'], ['literal', ['Point', 'MultiPoint']]];
const among = (kinds: string[]): ExpressionSpecification => ['in', KIND, ['literal', kinds]];

type Draw = (base: { source: string; 'source-layer': string }, id: string) => LayerSpecification[];

const label = (more: Record<string, unknown>, colour = INK) => ({
  layout: { 'text-field': NAME, 'text-font': FONTS, 'text-size': 12, ...more },
  paint: { 'text-color': colour, 'text-halo-color': HALO, 'text-halo-width': 1.4 },
});

const roadNames: Draw = (base, id) => [
  { ...base, id: `${id}-name`, type: 'symbol', minzoom: 14, filter: isLine, ...label({ 'symbol-placement': 'line' }) } as LayerSpecification,
];

const DRAW: Record<Theme, Draw> = {
  land: (base, id) => [
    { ...base, id, type: 'fill', filter: isPolygon, paint: { 'fill-color': ['case', among(GREEN), '#dbe8d8', '#eceeec'] } },
  ],
  water: (base, id) => [
    { ...base, id, type: 'fill', filter: isPolygon, paint: { 'fill-color': '#c3d9e8' } },
    { ...base, id: `${id}-line`, type: 'line', filter: isLine, paint: { 'line-color': '#b3cfe2', 'line-width': ['interpolate', ['linear'], ['zoom'], 10, 1, 18, 14] } },
    { ...base, id: `${id}-name`, type: 'symbol', minzoom: 12, filter: isPoint, ...label({}, '#2f5f80') } as LayerSpecification,
  ],
  building: (base, id) => [
    { ...base, id, type: 'fill', minzoom: 14, filter: isPolygon, paint: { 'fill-color': '#dcdfe2', 'fill-outline-color': '#c3c8cd' } },
  ],
  road: (base, id) => [
    { ...base, id: `${id}-case`, type: 'line', minzoom: 12, filter: isLine, paint: { 'line-color': '#c9ced3', 'line-width': ['interpolate', ['linear'], ['zoom'], 12, 2, 14, 4, 18, 18] } },
    { ...base, id, type: 'line', filter: isLine, layout: { 'line-cap': 'round' }, paint: { 'line-color': ['case', among(BIG), '#fbf3d9', '#ffffff'], 'line-width': ['interpolate', ['linear'], ['zoom'], 9, ['case', among(BIG), 1.5, 0.4], 14, ['case', among(BIG), 4, 2.4], 18, ['case', among(BIG), 22, 15]] } },
    ...roadNames(base, id),
  ],
  roadName: roadNames,
  boundary: (base, id) => [
    { ...base, id, type: 'line', paint: { 'line-color': '#8d7f9b', 'line-width': 1.2, 'line-dasharray': [5, 3] } },
  ],
  place: (base, id) => [
    { ...base, id, type: 'symbol', filter: isPoint, ...label({ 'text-size': 13 }) } as LayerSpecification,
  ],
};

/** Layers for the layers that a file has, bottom to top. */
export function districtLayers(source: string, present: readonly string[]): LayerSpecification[] {
  const themes = Object.entries(THEMES) as [Theme, readonly string[]][];
  const known = themes.flatMap(([theme, names]) =>
    names
      .filter((name) => present.includes(name))
      .flatMap((name) => DRAW[theme]({ source, 'source-layer': name }, `district-${name}`)),
  );
  const names = themes.flatMap(([, listed]) => listed);
  const others = present
    .filter((name) => !names.includes(name))
    .flatMap((name): LayerSpecification[] => {
      const base = { source, 'source-layer': name };
      return [
        { ...base, id: `district-${name}`, type: 'line', filter: ['!', isPoint], paint: { 'line-color': '#b6bec6', 'line-width': 1 } },
        { ...base, id: `district-${name}-name`, type: 'symbol', minzoom: 13, filter: isPoint, ...label({}) } as LayerSpecification,
      ];
    });
  // Names above all lines and areas, whatever their theme.
  const all = [...others, ...known];
  return [...all.filter(({ type }) => type !== 'symbol'), ...all.filter(({ type }) => type === 'symbol')];
}
