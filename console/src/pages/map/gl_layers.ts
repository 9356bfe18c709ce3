/** Layers of the map page over the district's, bottom to top. */
import type { LayerSpecification } from 'maplibre-gl';
import { COLOURS } from '../../map/gl_style';
import { CHOSEN_COLOUR, FULL_COLOUR, HOT_LIFT_PX } from './marks';

export const SOURCES = ['blind', 'footprint', 'grid-fine', 'grid-coarse', 'count', 'hotspot', 'camera', 'badge', 'chosen', 'place'];

const marks = (name: string, liftPx = 0, order?: string): LayerSpecification => ({
  id: name,
  type: 'symbol',
  source: name,
  layout: {
    'icon-image': ['get', 'image'],
    'icon-allow-overlap': true,
    'icon-ignore-placement': true,
    'icon-offset': [0, -liftPx],
    ...(order ? { 'symbol-sort-key': ['get', order] } : {}),
  },
});

export const LAYERS: LayerSpecification[] = [
  { id: 'ground', type: 'background', paint: { 'background-color': COLOURS.ground } },
  { id: 'blind', type: 'fill', source: 'blind', paint: { 'fill-pattern': ['get', 'image'] } },
  {
    id: 'footprint-fill',
    type: 'fill',
    source: 'footprint',
    paint: { 'fill-color': COLOURS.footprint, 'fill-opacity': ['case', ['get', 'chosen'], 0.28, 0.12] },
  },
  {
    id: 'footprint-line',
    type: 'line',
    source: 'footprint',
    paint: {
      'line-color': COLOURS.footprint,
      'line-width': ['case', ['get', 'chosen'], 2, 1],
      'line-dasharray': [4, 2],
    },
  },
  { id: 'grid-fine', type: 'line', source: 'grid-fine', paint: { 'line-color': '#9aa7b4', 'line-width': 0.7, 'line-opacity': 0.75 } },
  { id: 'grid-coarse', type: 'line', source: 'grid-coarse', paint: { 'line-color': '#6f7f8f', 'line-width': 1.4, 'line-opacity': 0.85 } },
  {
    id: 'count-fill',
    type: 'fill',
    source: 'count',
    paint: { 'fill-color': FULL_COLOUR, 'fill-opacity': ['get', 'fullness'] },
  },
  {
    id: 'count-line',
    type: 'line',
    source: 'count',
    // Inside the cell, so that neighbours do not draw over each other.
    paint: { 'line-color': ['get', 'colour'], 'line-width': 1.4, 'line-offset': 0.9 },
  },
  marks('hotspot', HOT_LIFT_PX),
  marks('camera'),
  marks('badge', 0, 'order'),
  { id: 'chosen-halo', type: 'line', source: 'chosen', paint: { 'line-color': '#ffffff', 'line-width': 5 } },
  { id: 'chosen', type: 'line', source: 'chosen', paint: { 'line-color': CHOSEN_COLOUR, 'line-width': 2.5 } },
  {
    id: 'place',
    type: 'circle',
    source: 'place',
    paint: { 'circle-radius': 4, 'circle-color': CHOSEN_COLOUR, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
  },
];
