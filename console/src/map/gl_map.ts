/**
 * The map drawn by MapLibre GL, without tiles, glyphs or any request: every layer is GeoJSON made
 * here. Loaded on demand, since the library is larger than the rest of the page.
 */
import * as maplibre from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import type { LonLat } from '../api/types';
import { metresPerDegLon } from './geometry';
import { gridFor, type GridLines } from './grid';
import { COLOURS, LAYERS, SOURCES, type SourceName } from './gl_style';
import type { Scene } from './scene';

maplibre.setWorkerUrl(new URL(workerUrl, document.baseURI).href);
maplibre.setWorkerCount(1);

type Feature = GeoJSON.Feature<GeoJSON.Geometry, Record<string, string | boolean>>;

export interface GlMap {
  show(scene: Scene): void;
  destroy(): void;
}

const polygon = (ring: LonLat[], properties: Feature['properties'] = {}): Feature => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Polygon', coordinates: [ring] },
});

const point = (at: LonLat, properties: Feature['properties'] = {}): Feature => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Point', coordinates: at },
});

function lines(grid: GridLines, bounds: maplibre.LngLatBounds): Feature {
  const [w, s, e, n] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const coordinates = [
    ...grid.lonDeg.map((lon) => [
      [lon, s],
      [lon, n],
    ]),
    ...grid.latDeg.map((lat) => [
      [w, lat],
      [e, lat],
    ]),
  ];
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates } };
}

/** Throws where WebGL cannot be had; `failed` is called if it is lost later. */
export function createGlMap(
  container: HTMLElement,
  onPick: ((at: LonLat) => void) | null,
  failed: () => void,
  ready: () => void,
): GlMap {
  const map = new maplibre.Map({
    container,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 23.9,
    fadeDuration: 0,
    canvasContextAttributes: { antialias: true },
    style: {
      version: 8,
      sources: Object.fromEntries(
        SOURCES.map((name) => [
          name,
          {
            type: 'geojson',
            data: { type: 'FeatureCollection', features: [] },
            tolerance: 0,
            maxzoom: 20,
          },
        ]),
      ),
      layers: LAYERS,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new maplibre.ScaleControl({ maxWidth: 90, unit: 'metric' }), 'bottom-left');

  let scene: Scene | null = null;
  let shownKey = '';
  let loaded = false;
  let removed = false;

  const put = (name: SourceName, features: Feature[]) => {
    const source = map.getSource(name) as maplibre.GeoJSONSource | undefined;
    source?.setData({ type: 'FeatureCollection', features });
  };

  const drawGrid = () => {
    const shown = map.getBounds();
    const lat = map.getCenter().lat;
    const metresPerPx =
      ((shown.getEast() - shown.getWest()) * metresPerDegLon(lat)) / map.getContainer().clientWidth;
    if (!(metresPerPx > 0) || metresPerPx > 2000) return;
    const { fine, coarse } = gridFor(
      {
        west: shown.getWest(),
        south: shown.getSouth(),
        east: shown.getEast(),
        north: shown.getNorth(),
      },
      metresPerPx,
    );
    put('grid-fine', [lines(fine, shown)]);
    put('grid-coarse', [lines(coarse, shown)]);
  };

  const draw = () => {
    if (!loaded || !scene) return;
    put(
      'footprint',
      scene.cameras.map((c) => polygon(c.footprint, { chosen: c.chosen })),
    );
    put(
      'camera',
      scene.cameras.map((c) => point(c.at, { chosen: c.chosen, online: c.online })),
    );
    put('cell', scene.cell.length > 0 ? [polygon(scene.cell)] : []);
    put('error', scene.error.length > 0 ? [polygon(scene.error)] : []);
    put('place', scene.point ? [point(scene.point, { ring: scene.ring })] : []);
    if (scene.bounds && scene.key !== shownKey) {
      shownKey = scene.key;
      const { west, south, east, north } = scene.bounds;
      map.fitBounds([west, south, east, north], { animate: false, padding: 12 });
    }
    drawGrid();
  };

  map.on('load', () => {
    loaded = true;
    draw();
    map.once('idle', ready);
  });
  map.on('moveend', drawGrid);
  map.on('resize', drawGrid);
  // Removing the map loses its context too; that is no failure.
  map.on('webglcontextlost', () => {
    if (!removed) failed();
  });
  if (onPick) {
    map.getCanvas().style.cursor = 'crosshair';
    map.on('click', (event) => onPick([event.lngLat.lng, event.lngLat.lat]));
  }
  container.style.backgroundColor = COLOURS.ground;

  return {
    show(next) {
      scene = next;
      draw();
    },
    destroy() {
      removed = true;
      map.remove();
    },
  };
}
