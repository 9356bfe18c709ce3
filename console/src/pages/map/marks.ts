/** Shapes and colours of the map's marks, for both drawings, the list and the legend: never colour alone. */
import type { Blindness } from './blind';
import type { Worst } from './drawing';

export const WORST_COLOURS: Record<Worst, string> = {
  urgent: '#a3271c',
  overdue: '#8a5200',
  normal: '#12578f',
  suspected: '#51606e',
};

/** In a box of 12 by 12. */
export const WORST_SHAPES: Record<Worst, string> = {
  urgent: 'M6 0.5 12 11.5H0Z',
  overdue: 'M6 0 12 6 6 12 0 6Z',
  normal: 'M1.5 1.5h9v9h-9Z',
  suspected: 'M6 1.2a4.8 4.8 0 1 0 0.01 0ZM6 3.2a2.8 2.8 0 1 1 -0.01 0Z',
};

export const BLIND_COLOURS: Record<Blindness, string> = { none: '#6b5b7b', away: '#8a5200' };
export const CHOSEN_COLOUR = '#0b1f33';
export const HOT_COLOUR = '#9d174d';
/** Above the count of the same cell. */
export const HOT_LIFT_PX = 18;
export const FULL_COLOUR = '#12578f';

/** Cells with more cases are fuller: the least number of cases, and the opacity. */
export const FULLNESS: readonly (readonly [number, number])[] = [
  [1, 0.1],
  [5, 0.2],
  [20, 0.32],
  [100, 0.45],
];

export const fullnessOf = (cases: number) => FULLNESS.findLast(([least]) => cases >= least)?.[1] ?? 0;

/** What stands on a count's mark. */
export const countText = (cases: number) => (cases > 999 ? '999+' : String(cases));

/** Pixels of a count's mark. */
export const BADGE = { height: 20, width: (text: string) => 24 + text.length * 7.4 } as const;
