/** What all maps drawn by MapLibre GL have in common: worker, gestures, controls, sources of GeoJSON. */
import * as maplibre from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import type { LonLat } from '../api/types';
import type { Bounds } from './geometry';
import { FONTS } from './gl_style';
import type { GridLines } from './grid';

maplibre.setWorkerUrl(new URL(workerUrl, document.baseURI).href);
maplibre.setWorkerCount(1);

export type Feature = GeoJSON.Feature<GeoJSON.Geometry, Record<string, string | number | boolean>>;

/** Throws where WebGL cannot be had. */
export function newGlMap(
  container: HTMLElement,
  sources: readonly string[],
  layers: maplibre.LayerSpecification[],
): maplibre.Map {
  const map = new maplibre.Map({
    container,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 23.9,
    fadeDuration: 0,
    canvasContextAttributes: { antialias: true },
    localIdeographFontFamily: FONTS.map((name) => `'${name}'`).join(','),
    style: {
      version: 8,
      sources: Object.fromEntries(
        sources.map((name) => [
          name,
          {
            type: 'geojson',
            data: { type: 'FeatureCollection', features: [] },
            tolerance: 0,
            maxzoom: 20,
          },
        ]),
      ),
      layers,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new maplibre.ScaleControl({ maxWidth: 90, unit: 'metric' }), 'bottom-left');
  // A tile that does not come leaves its place empty; the rest of the map is as good as before.
  map.on('error', ({ error }) => console.warn(`map: ${error.message}`));
  return map;
}

export function put(map: maplibre.Map, source: string, features: Feature[]): void {
  map.getSource<maplibre.GeoJSONSource>(source)?.setData({ type: 'FeatureCollection', features });
}

export const polygon = (ring: LonLat[], properties: Feature['properties'] = {}): Feature => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Polygon', coordinates: [ring] },
});

export const point = (at: LonLat, properties: Feature['properties'] = {}): Feature => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Point', coordinates: at },
});

export function lines(grid: GridLines, { west, south, east, north }: Bounds): Feature {
  const coordinates = [
    ...grid.lonDeg.map((lon) => [
      [lon, south],
      [lon, north],
    ]),
    ...grid.latDeg.map((lat) => [
      [west, lat],
      [east, lat],
    ]),
  ];
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates } };
}

export function boundsShown(map: maplibre.Map): Bounds {
  const shown = map.getBounds();
  return { west: shown.getWest(), south: shown.getSouth(), east: shown.getEast(), north: shown.getNorth() };
}
