/** Images that the WebGL drawing needs, drawn here: no sprite file. */
import type { Map as GlMap } from 'maplibre-gl';
import type { Blindness } from './blind';
import type { Worst } from './drawing';
import { BADGE, BLIND_COLOURS, countText, HOT_COLOUR, WORST_COLOURS, WORST_SHAPES } from './marks';

const RATIO = 2;

function image(map: GlMap, name: string, width: number, height: number, draw: (to: CanvasRenderingContext2D) => void): string {
  if (map.hasImage(name)) return name;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.ceil(width * RATIO), Math.ceil(height * RATIO)];
  const to = canvas.getContext('2d');
  if (!to) return name;
  to.scale(RATIO, RATIO);
  draw(to);
  map.addImage(name, to.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: RATIO });
  return name;
}

/** Shape and number on white, with a rim in the colour of the worst. */
export function badge(map: GlMap, worst: Worst, cases: number): string {
  const text = countText(cases);
  const [width, height] = [BADGE.width(text), BADGE.height];
  return image(map, `gw-count-${worst}-${text}`, width, height, (to) => {
    to.beginPath();
    to.roundRect(1, 1, width - 2, height - 2, 5);
    to.fillStyle = '#ffffff';
    to.fill();
    to.strokeStyle = WORST_COLOURS[worst];
    to.lineWidth = 1.6;
    to.stroke();
    to.fillStyle = WORST_COLOURS[worst];
    to.font = '600 12px system-ui, sans-serif';
    to.textBaseline = 'middle';
    to.fillText(text, 19, height / 2 + 0.5);
    to.translate(5, height / 2 - 5.4);
    to.scale(0.9, 0.9);
    to.fill(new Path2D(WORST_SHAPES[worst]));
  });
}

/** Hatched one way where no camera looks, dotted where one cannot see now. */
export function hatch(map: GlMap, kind: Blindness): string {
  return image(map, `gw-blind-${kind}`, 8, 8, (to) => {
    to.strokeStyle = to.fillStyle = BLIND_COLOURS[kind];
    to.globalAlpha = 0.55;
    if (kind === 'none') {
      to.lineWidth = 1;
      for (const from of [-8, 0, 8]) {
        to.beginPath();
        to.moveTo(from - 1, 9);
        to.lineTo(from + 9, -1);
        to.stroke();
      }
    } else {
      for (const [x, y] of [[2, 2], [6, 6]] as const) to.fillRect(x - 0.9, y - 0.9, 1.8, 1.8);
    }
  });
}

/** A camera: round and full, or a hollow square where it is away. */
export function cameraIcon(map: GlMap, online: boolean, chosen: boolean, colour: string): string {
  return image(map, `gw-camera-${online}-${chosen}`, 18, 18, (to) => {
    to.beginPath();
    if (online) to.arc(9, 9, chosen ? 6.5 : 4.5, 0, 7);
    else to.rect(4.5, 4.5, 9, 9);
    to.fillStyle = online ? colour : '#ffffff';
    to.strokeStyle = online ? '#ffffff' : colour;
    to.lineWidth = 2;
    to.fill();
    to.stroke();
  });
}

/** A place that has the same again and again: a ring with an arrow's head. */
export function hotIcon(map: GlMap, recurring: boolean): string {
  return image(map, `gw-hot-${recurring}`, 28, 28, (to) => {
    to.strokeStyle = to.fillStyle = HOT_COLOUR;
    to.lineWidth = recurring ? 3 : 1.6;
    to.beginPath();
    to.arc(14, 14, 10, 0.5, 6.1);
    to.stroke();
    to.beginPath();
    to.moveTo(27, 16);
    to.lineTo(19, 14);
    to.lineTo(25, 8);
    to.fill();
  });
}
