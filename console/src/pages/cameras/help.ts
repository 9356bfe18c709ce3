/** Keys of the camera pages, for the help. */
import type { KeyHelp } from '../../state/keys';

const STILL: KeyHelp = [['R'], 'cameraHelp.still'];
export const STILL_KEYS: readonly KeyHelp[] = [STILL];

const UNDO: KeyHelp = [['Z', '⇧Z'], 'cameraHelp.undo'];
const NUDGE: KeyHelp = [['←', '↑', '↓', '→'], 'cameraHelp.nudge'];
const NEXT: KeyHelp = [['N', 'P'], 'cameraHelp.next'];
const REMOVE: KeyHelp = [['Del'], 'cameraHelp.remove'];
const ZOOM: KeyHelp = [['+', '-', '0'], 'cameraHelp.zoom'];

export const SURVEY_KEYS: readonly KeyHelp[] = [STILL, [['A'], 'cameraHelp.addPoint'], NUDGE, NEXT, REMOVE, UNDO, ZOOM];
export const ZONE_KEYS: readonly KeyHelp[] = [
  STILL,
  [['A'], 'cameraHelp.addZone'],
  [['C'], 'cameraHelp.corner'],
  [['I'], 'cameraHelp.insert'],
  NUDGE,
  NEXT,
  REMOVE,
  UNDO,
  ZOOM,
];
