/** The rows of a long list that are to be seen, and where they stand. */
export interface Window { first: number; last: number; top: number; height: number }

/** Browsers lay nothing out beyond some tens of millions of pixels. Longer lists are scrolled faster than their rows. */
export const TALLEST_PIXELS = 8_000_000;

/** Rows beside those that are seen, so that none is missing while one scrolls. */
const SPARE = 4;

/** How many pixels of rows one pixel of scrolling stands for; 1 for all but the longest lists. */
function pace(total: number, row: number, room: number): number {
  const whole = total * row;
  return whole <= TALLEST_PIXELS ? 1 : (whole - room) / (TALLEST_PIXELS - room);
}

export function windowOf(total: number, row: number, scrolled: number, room: number): Window {
  const whole = total * row;
  const height = Math.min(whole, TALLEST_PIXELS);
  const fast = pace(total, row, room);
  const at = Math.min(Math.max(0, scrolled), Math.max(0, height - room));
  // Where the seen part begins among all rows, in pixels of rows.
  const seen = at * fast;
  const first = Math.max(0, Math.floor(seen / row) - SPARE);
  const last = Math.min(total, Math.ceil((seen + room) / row) + SPARE);
  return { first, last, top: Math.max(0, at - (seen - first * row)), height };
}

/** How far to scroll so that a row is in sight; `null` where it is. */
export function scrollTo(index: number, total: number, row: number, scrolled: number, room: number): number | null {
  const fast = pace(total, row, room);
  const seen = scrolled * fast;
  const [top, bottom] = [index * row, (index + 1) * row];
  if (top >= seen && bottom <= seen + room) return null;
  return Math.max(0, (top < seen ? top : bottom - room) / fast);
}
