/** Places for people. */

/** Ends of a BeiDou 2D code at levels 1 to 10: `N50G` ... 20 characters. */
const CODE_LENGTHS = [4, 6, 7, 9, 11, 12, 14, 16, 18, 20];

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

/** Whether the text could be a BeiDou 2D code; the hub has the last word. */
export function looksLikeCode(text: string): boolean {
  return /^[NS](0[1-9]|[1-5]\d|60)[A-V][0-9A-E]*$/.test(text) && CODE_LENGTHS.includes(text.length);
}

/** Upper case without the blanks that a pasted code may carry. */
export function cleanCode(text: string): string {
  return text.replace(/\s+/g, '').toUpperCase();
}

/** Seven decimals are one centimetre. */
export function lonLat(lonDeg: number, latDeg: number): string {
  return `${lonDeg.toFixed(7)}, ${latDeg.toFixed(7)}`;
}

export function metres(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} m`;
}
