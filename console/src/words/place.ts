/** Places for people. */
import { CODE_LENGTHS } from '../map/beidou';

/**
 * The part of a code that tells neighbours apart: its last eight characters, since all cases of a
 * district share the rest.
 */
export function shortCode(code: string): string {
  return code.length > 9 ? `…${code.slice(-8)}` : code;
}

/** Split after each level, for reading aloud and comparing: `N 50G 47 3 26 ...`. */
export function groupedCode(code: string): string {
  const ends = [1, ...CODE_LENGTHS].filter((end) => end < code.length);
  return [0, ...ends].map((from, i) => code.slice(from, ends[i] ?? code.length)).join(' ');
}

/** Seven decimals are one centimetre. */
export function lonLat(lonDeg: number, latDeg: number): string {
  return `${lonDeg.toFixed(7)}, ${latDeg.toFixed(7)}`;
}

export function metres(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} m`;
}
