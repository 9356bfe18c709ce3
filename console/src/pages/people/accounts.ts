/** Checks of what is typed about an account, and passwords that nobody has to think of. */
import { cellOf } from '../../map/beidou';

export const ROLES = ['viewer', 'grid_staff', 'dispatcher', 'reviewer', 'administrator', 'auditor'] as const;
/** The hub takes no more codes for one account. */
export const AREA_MAX = 64;
export const PASSWORD_MIN = 8;

/** Codes as they were typed, each once, and those among them that are none. */
export function areaOf(text: string): { codes: string[]; bad: string[] } {
  const codes = [...new Set(text.toUpperCase().split(/[\s,，;；、]+/).filter(Boolean))];
  return { codes, bad: codes.filter((code) => !cellOf(code)) };
}

/** What the hub takes for a name; it has the last word on those of machines. */
export const isName = (text: string): boolean => /^[\p{L}\p{N}_.\u0040-]{1,64}$/u.test(text);

/** Without letters and digits that are mistaken for one another when read aloud or from paper. */
const SIGNS = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP = 4;

/** 80 bits, in groups to read: `k3fm-w8qa-...`. `random` fills bytes. */
export function newPassword(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (bytes) => crypto.getRandomValues(bytes)): string {
  // 32 signs: five bits of a byte choose each of them alike.
  const signs = [...random(new Uint8Array(GROUPS * GROUP))].map((byte) => SIGNS[byte & 31]);
  return Array.from({ length: GROUPS }, (_, i) => signs.slice(i * GROUP, (i + 1) * GROUP).join('')).join('-');
}
