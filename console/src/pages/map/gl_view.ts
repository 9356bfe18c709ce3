/** The map page's drawing by MapLibre GL, over the district's tiles where there are any. */
import type { CellBounds, LonLat } from '../../api/types';
import { addDistrict, type District } from '../../map/district';
import { type Bounds, metresPerDegLon, rectangle } from '../../map/geometry';
import { boundsShown, lines, newGlMap, point, polygon, put } from '../../map/gl_base';
import { COLOURS } from '../../map/gl_style';
import { type Drawing, showing, type Viewport } from './drawing';
import { badge, cameraIcon, hatch, hotIcon } from './gl_images';
import { LAYERS, SOURCES } from './gl_layers';
import { fullnessOf, WORST_COLOURS } from './marks';

export interface MapView {
  show(drawing: Drawing): void;
  fit(bounds: Bounds): void;
  /** Moves there without zooming, if it is not in view. */
  reveal(bounds: CellBounds): void;
  destroy(): void;
}

export interface MapEvents {
  moved: (view: Viewport) => void;
  picked: (at: LonLat) => void;
  /** WebGL was lost. */
  failed: () => void;
  ready: () => void;
  district: (found: District) => void;
}

/** Throws where WebGL cannot be had. */
export function createGlView(container: HTMLElement, first: Bounds, label: string, on: MapEvents): MapView {
  const map = newGlMap(container, SOURCES, LAYERS);
  let drawing: Drawing | null = null;
  let loaded = false;
  let removed = false;
  const fit = ({ west, south, east, north }: Bounds) =>
    map.fitBounds([west, south, east, north], { animate: false, padding: 16 });

  const draw = () => {
    if (!loaded || removed || !drawing) return;
    const { counts, grid, gridBounds, cameras, blind, hotspots, chosen } = drawing;
    put(map, 'blind', blind.map(({ bounds, kind }) => polygon(rectangle(bounds), { image: hatch(map, kind) })));
    put(map, 'footprint', cameras.map((one) => polygon(one.footprint, { chosen: one.chosen })));
    put(map, 'grid-fine', grid ? [lines(grid.fine, gridBounds)] : []);
    put(map, 'grid-coarse', grid ? [lines(grid.coarse, gridBounds)] : []);
    put(map, 'count', counts.map(({ bounds, worst, cases }) =>
      polygon(rectangle(bounds), { colour: WORST_COLOURS[worst], fullness: fullnessOf(cases) }),
    ));
    put(map, 'hotspot', hotspots.map(({ at, recurring }) => point(at, { image: hotIcon(map, recurring) })));
    put(map, 'camera', cameras.map(({ at, online, chosen: near }) =>
      point(at, { image: cameraIcon(map, online, near, online ? COLOURS.camera : COLOURS.offline) }),
    ));
    // The worst come first in the list and are drawn last.
    put(map, 'badge', counts.map(({ at, worst, cases }, i) =>
      point(at, { image: badge(map, worst, cases), order: -i }),
    ));
    put(map, 'chosen', chosen ? [polygon(rectangle(chosen.bounds))] : []);
    put(map, 'place', chosen?.point ? [point(chosen.point)] : []);
  };

  const report = () => {
    if (removed) return;
    const bounds = boundsShown(map);
    const metres = (bounds.east - bounds.west) * metresPerDegLon(map.getCenter().lat);
    const metresPerPx = metres / container.clientWidth;
    if (metresPerPx > 0 && Number.isFinite(metresPerPx)) on.moved({ bounds, metresPerPx });
  };

  fit(first);
  map.getCanvas().setAttribute('aria-label', label);
  map.on('load', () => {
    loaded = true;
    draw();
    report();
    map.once('idle', on.ready);
    void addDistrict(map, 'blind').then((found) => {
      if (found && !removed) on.district(found);
    });
  });
  map.on('moveend', report);
  map.on('resize', report);
  map.on('webglcontextlost', () => {
    if (!removed) on.failed();
  });
  map.getCanvas().style.cursor = 'crosshair';
  map.on('click', ({ lngLat }) => on.picked([lngLat.lng, lngLat.lat]));

  return {
    show(next) {
      drawing = next;
      draw();
    },
    fit,
    reveal(cell) {
      const shown = boundsShown(map);
      const { west, south, east, north } = showing(shown, cell);
      if (west !== shown.west || south !== shown.south) map.jumpTo({ center: [(west + east) / 2, (south + north) / 2] });
    },
    destroy() {
      removed = true;
      map.remove();
    },
  };
}
