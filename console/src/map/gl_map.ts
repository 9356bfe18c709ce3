/**
 * A scene drawn by MapLibre GL over the district's map, if there is one: every layer of ours is GeoJSON
 * made here. Loaded on demand, since the library is larger than the rest of the page.
 */
import type { LonLat } from '../api/types';
import { addDistrict, type District } from './district';
import { metresPerDegLon } from './geometry';
import { boundsShown, lines, newGlMap, point, polygon, put } from './gl_base';
import { COLOURS, LAYERS, SOURCES } from './gl_style';
import { gridFor } from './grid';
import type { Scene } from './scene';

export interface GlMap {
  show(scene: Scene): void;
  destroy(): void;
}

/** Throws where WebGL cannot be had; `failed` is called if it is lost later. */
export function createGlMap(
  container: HTMLElement,
  onPick: ((at: LonLat) => void) | null,
  failed: () => void,
  ready: () => void,
  district: (found: District) => void,
): GlMap {
  const map = newGlMap(container, SOURCES, LAYERS);
  let scene: Scene | null = null;
  let shownKey = '';
  let loaded = false;
  let removed = false;

  const drawGrid = () => {
    const shown = boundsShown(map);
    const metresPerPx =
      ((shown.east - shown.west) * metresPerDegLon(map.getCenter().lat)) / map.getContainer().clientWidth;
    if (!(metresPerPx > 0) || metresPerPx > 2000) return;
    const { fine, coarse } = gridFor(shown, metresPerPx);
    put(map, 'grid-fine', [lines(fine, shown)]);
    put(map, 'grid-coarse', [lines(coarse, shown)]);
  };

  const draw = () => {
    if (!loaded || !scene) return;
    put(map, 'footprint', scene.cameras.map((c) => polygon(c.footprint, { chosen: c.chosen })));
    put(map, 'camera', scene.cameras.map((c) => point(c.at, { chosen: c.chosen, online: c.online })));
    put(map, 'cell', scene.cell.length > 0 ? [polygon(scene.cell)] : []);
    put(map, 'error', scene.error.length > 0 ? [polygon(scene.error)] : []);
    put(map, 'others', scene.others.map((at) => point(at)));
    put(map, 'place', scene.point ? [point(scene.point, { ring: scene.ring })] : []);
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
    void addDistrict(map, 'grid-fine').then((found) => {
      if (found && !removed) district(found);
    });
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
