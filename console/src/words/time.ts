/** Times for people: always the district's clock, whatever the browser's zone. */
const ZONE = 'Asia/Shanghai';

// The parts are joined by hand so that every browser agrees on the order.
const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function parts(at: Date): Record<string, string> {
  return Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
}

function parse(text: string | null | undefined): Date | null {
  const at = text ? new Date(text) : null;
  return at && Number.isFinite(at.getTime()) ? at : null;
}

/** `2026-11-21 20:15:04`, or a dash. */
export function localTime(text: string | null | undefined): string {
  const at = parse(text);
  if (!at) return '–';
  const p = parts(at);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** `20:15:04`; with the date before it where that is not today's. */
export function shortTime(text: string | null | undefined, now: Date): string {
  const at = parse(text);
  if (!at) return '–';
  const full = localTime(text);
  const today = localTime(now.toISOString()).slice(0, 10);
  return full.startsWith(today) ? full.slice(11) : full.slice(5);
}

/** The moment that a person means by `2026-11-21 20:15:04` on the district's clock. */
export function fromLocal(text: string): string | null {
  const found = /^\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)\s*$/.exec(text);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  // The zone has had no summer time since 1991.
  const at = new Date(Date.UTC(year, month - 1, day, hour - 8, minute, second));
  return localTime(at.toISOString()) === text.trim().replace('T', ' ') ? at.toISOString() : null;
}

/** So many seconds later. */
export const later = (text: string, secs: number): string =>
  new Date(new Date(text).getTime() + secs * 1000).toISOString();

export type Span = { unit: 'secs' | 'minutes' | 'hours' | 'days'; n: number };

/** A length of time in its largest whole unit. */
export function span(secs: number): Span {
  const whole = Math.max(0, Math.floor(secs));
  if (whole < 60) return { unit: 'secs', n: whole };
  if (whole < 3600) return { unit: 'minutes', n: Math.floor(whole / 60) };
  if (whole < 86_400) return { unit: 'hours', n: Math.floor(whole / 3600) };
  return { unit: 'days', n: Math.floor(whole / 86_400) };
}

/** Age of `text` at `now`; a clock ahead of ours reads as zero. */
export function age(text: string, now: Date): Span {
  const at = parse(text);
  return span(at ? (now.getTime() - at.getTime()) / 1000 : 0);
}

/** From `now` to `text`; past times read as zero. */
export function until(text: string, now: Date): Span {
  const at = parse(text);
  return span(at ? (at.getTime() - now.getTime()) / 1000 : 0);
}

/** `3:05`, `1:02:07` or `4.5 s` below ten seconds: a dwell time to read at a glance. */
export function duration(secs: number): string {
  if (!Number.isFinite(secs) || secs < 0) return '–';
  if (secs < 10) return `${secs.toFixed(1)} s`;
  const whole = Math.round(secs);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return `${h}:${two(m)}:${two(s)}`;
  return m > 0 ? `${m}:${two(s)}` : `${s} s`;
}
