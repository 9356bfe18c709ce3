/** Which rows of a long list are drawn: those that are seen, and as many again before and after them. */
export interface Window {
  first: number;
  /** One past the last. */
  end: number;
}

/**
 * All rows are `rowPx` high. A screenful on either side is drawn too, so that its pictures are there
 * before somebody scrolls to them.
 */
export function windowOf(scrollPx: number, heightPx: number, rowPx: number, count: number): Window {
  const screenful = Math.max(1, Math.ceil(heightPx / rowPx));
  const seen = Math.max(0, Math.floor(scrollPx / rowPx));
  const first = Math.min(Math.max(0, seen - screenful), count);
  return { first, end: Math.min(count, seen + 2 * screenful + 1) };
}

/** Where to scroll so that row `at` is seen whole; where it is already, no other place. */
export function scrollTo(at: number, scrollPx: number, heightPx: number, rowPx: number): number {
  const top = at * rowPx;
  if (top < scrollPx) return top;
  return top + rowPx > scrollPx + heightPx ? top + rowPx - heightPx : scrollPx;
}
