/** A view that can be moved and zoomed without WebGL: by wheel, drag, double click, buttons and keys. */
import { computed, onBeforeUnmount, onMounted, type Ref, ref } from 'vue';
import type { LonLat } from '../api/types';
import { type Bounds, frame } from './geometry';

const STEP = 1.7;
/** Share of the view that an arrow key moves it by. */
const PAN = 0.2;
const METRES_PER_PX = { min: 0.005, max: 20_000 } as const;

export function useFlatView(box: Ref<HTMLElement | undefined>, first: Bounds | null) {
  const size = ref({ width: 360, height: 240 });
  const view = ref<Bounds | null>(first);
  let observer: ResizeObserver | undefined;
  onMounted(() => {
    observer = new ResizeObserver(([entry]) => {
      if (!entry || entry.contentRect.width < 10) return;
      size.value = { width: entry.contentRect.width, height: entry.contentRect.height };
    });
    if (box.value) observer.observe(box.value);
  });
  onBeforeUnmount(() => observer?.disconnect());

  const drawn = computed(() => (view.value ? frame(view.value, size.value.width, size.value.height) : null));

  function pixels(event: MouseEvent): [number, number] {
    const at = box.value?.getBoundingClientRect();
    return [event.clientX - (at?.left ?? 0), event.clientY - (at?.top ?? 0)];
  }

  /** Times `factor` as much ground; the place at the pixel, or the middle, stays where it is. */
  function zoom(factor: number, at?: [number, number]) {
    const f = drawn.value;
    if (!f) return;
    const metresPerPx = f.metresPerPx * factor;
    if (metresPerPx < METRES_PER_PX.min || metresPerPx > METRES_PER_PX.max) return;
    const [lon, lat] = f.lonLat(...(at ?? [f.widthPx / 2, f.heightPx / 2]));
    const { west, south, east, north } = f.shown;
    view.value = {
      west: lon + (west - lon) * factor,
      east: lon + (east - lon) * factor,
      south: lat + (south - lat) * factor,
      north: lat + (north - lat) * factor,
    };
  }

  function move(xPx: number, yPx: number) {
    const f = drawn.value;
    if (!f) return;
    const [[lon0, lat0], [lon1, lat1]] = [f.lonLat(0, 0), f.lonLat(xPx, yPx)];
    const { west, south, east, north } = f.shown;
    const [lon, lat] = [lon0 - lon1, lat0 - lat1];
    view.value = { west: west + lon, east: east + lon, south: south + lat, north: north + lat };
  }

  let dragged = false;
  const handlers = {
    pointerdown: () => (dragged = false),
    pointermove: (event: PointerEvent) => {
      if (event.buttons !== 1 || (!event.movementX && !event.movementY)) return;
      dragged = true;
      move(event.movementX, event.movementY);
    },
    wheel: (event: WheelEvent) => zoom(event.deltaY > 0 ? STEP : 1 / STEP, pixels(event)),
    dblclick: (event: MouseEvent) => zoom(1 / STEP, pixels(event)),
    keydown: (event: KeyboardEvent) => {
      const { widthPx, heightPx } = drawn.value ?? { widthPx: 0, heightPx: 0 };
      const keys: Record<string, () => void> = {
        ArrowLeft: () => move(widthPx * PAN, 0),
        ArrowRight: () => move(-widthPx * PAN, 0),
        ArrowUp: () => move(0, heightPx * PAN),
        ArrowDown: () => move(0, -heightPx * PAN),
        '+': () => zoom(1 / STEP),
        '=': () => zoom(1 / STEP),
        '-': () => zoom(STEP),
      };
      const act = keys[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    },
  };

  function ring(corners: readonly LonLat[]): string {
    const f = drawn.value;
    return f ? corners.map(([lon, lat]) => `${f.x(lon).toFixed(1)},${f.y(lat).toFixed(1)}`).join(' ') : '';
  }

  /** Where a click was; none where it was the end of a drag. */
  function clicked(event: MouseEvent): LonLat | null {
    return dragged ? null : (drawn.value?.lonLat(...pixels(event)) ?? null);
  }

  return { size, view, drawn, handlers, ring, clicked, closer: () => zoom(1 / STEP), wider: () => zoom(STEP) };
}
