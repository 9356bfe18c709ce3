/** Layers of the map, bottom to top, and the colours that the SVG drawing shares. */
import type { LayerSpecification } from 'maplibre-gl';

/** Without `glyphs` in the style every letter is drawn from the fonts of the machine; nothing is fetched. */
export const FONTS = ['Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'sans-serif'];

/** Told apart by lightness and pattern as well as hue. */
export const COLOURS = {
  ground: '#eef1f4',
  gridFine: '#d7dde3',
  gridCoarse: '#b9c3cd',
  footprint: '#2f6f9f',
  cell: '#c2410c',
  error: '#7c2d12',
  camera: '#12324d',
  offline: '#7b8794',
} as const;

export const SOURCES = [
  'grid-fine',
  'grid-coarse',
  'footprint',
  'cell',
  'error',
  'camera',
  'others',
  'place',
] as const;
export type SourceName = (typeof SOURCES)[number];

export const LAYERS: LayerSpecification[] = [
  { id: 'ground', type: 'background', paint: { 'background-color': COLOURS.ground } },
  {
    id: 'grid-fine',
    type: 'line',
    source: 'grid-fine',
    paint: { 'line-color': COLOURS.gridFine, 'line-width': 1 },
  },
  {
    id: 'grid-coarse',
    type: 'line',
    source: 'grid-coarse',
    paint: { 'line-color': COLOURS.gridCoarse, 'line-width': 1.2 },
  },
  {
    id: 'footprint-fill',
    type: 'fill',
    source: 'footprint',
    paint: {
      'fill-color': COLOURS.footprint,
      'fill-opacity': ['case', ['get', 'chosen'], 0.16, 0.05],
    },
  },
  {
    id: 'footprint-line',
    type: 'line',
    source: 'footprint',
    paint: {
      'line-color': COLOURS.footprint,
      'line-width': ['case', ['get', 'chosen'], 1.6, 0.8],
      'line-dasharray': [4, 2],
    },
  },
  {
    id: 'cell-fill',
    type: 'fill',
    source: 'cell',
    paint: { 'fill-color': COLOURS.cell, 'fill-opacity': 0.28 },
  },
  {
    id: 'cell-line',
    type: 'line',
    source: 'cell',
    paint: { 'line-color': COLOURS.cell, 'line-width': 2 },
  },
  {
    id: 'error-line',
    type: 'line',
    source: 'error',
    paint: { 'line-color': COLOURS.error, 'line-width': 1.4, 'line-dasharray': [2, 2] },
  },
  {
    id: 'camera',
    type: 'circle',
    source: 'camera',
    paint: {
      'circle-radius': ['case', ['get', 'chosen'], 6, 4],
      'circle-color': ['case', ['get', 'online'], COLOURS.camera, COLOURS.offline],
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': 2,
    },
  },
  {
    id: 'others',
    type: 'circle',
    source: 'others',
    paint: {
      'circle-radius': 5,
      'circle-color': '#ffffff',
      'circle-stroke-color': COLOURS.cell,
      'circle-stroke-width': 2.5,
    },
  },
  {
    id: 'place',
    type: 'circle',
    source: 'place',
    paint: {
      'circle-radius': 2.5,
      'circle-color': COLOURS.error,
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': 1,
    },
  },
  // Finds the eye where the cell is only a few pixels wide.
  {
    id: 'place-ring',
    type: 'circle',
    source: 'place',
    filter: ['to-boolean', ['get', 'ring']],
    paint: {
      'circle-radius': 13,
      'circle-opacity': 0,
      'circle-stroke-color': COLOURS.cell,
      'circle-stroke-width': 1.6,
    },
  },
];
