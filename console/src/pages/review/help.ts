/** What the help dialog tells about this page's keys. */
import type { KeyHelp } from '../../state/keys';

export const HELP: readonly KeyHelp[] = [
  [['1'], 'help.confirm'],
  [['2'], 'help.reject'],
  [['3'], 'help.merge'],
  [['4'], 'help.assign'],
  [['5'], 'help.reclassify'],
  [['Z'], 'help.undo'],
  [['J', '↓'], 'help.next'],
  [['K', '↑'], 'help.previous'],
  [['X'], 'help.select'],
  [['⇧X'], 'help.span'],
  [['A'], 'help.all'],
  [['F'], 'help.filter'],
  [['G'], 'help.assignByName'],
  [['C', 'R', 'O'], 'help.closing'],
  [['D', 'T', 'Q'], 'help.handling'],
  [['S', 'E'], 'help.waiting'],
  [['M'], 'help.map'],
  [['V'], 'help.picture'],
  [['Space'], 'help.play'],
  [[',', '.'], 'help.frame'],
];
