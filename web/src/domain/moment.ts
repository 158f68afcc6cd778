/** A moment is a day of the city (its end), or a time in UTC, as links and `datetime=` write it. */
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?Z$/;

/** Hours of China Standard Time before UTC: a day of the city ends then, wherever the reader sits. */
const CITY_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

export function isMoment(text: string): boolean {
  if (!DAY.test(text) && !TIME.test(text)) return false;
  const start = new Date(text);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text.slice(0, 10));
}

/** The last millisecond that a moment takes in. */
export const endOf = (moment: string): number =>
  DAY.test(moment) ? Date.parse(moment) - CITY_OFFSET_MS + DAY_MS - 1 : Date.parse(moment);

/** A time as a moment. */
export const momentAt = (time: number): string => new Date(time).toISOString();

/** The day of the city in which a time lies. */
export const dayOf = (time: number): string => new Date(time + CITY_OFFSET_MS).toISOString().slice(0, 10);

/** Day and time of the city, to the second: `2026-06-30 14:05:00`. */
export const cityTime = (time: number): string => new Date(time + CITY_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');

/** A moment as people of the city read it. */
export const writtenMoment = (moment: string): string => (DAY.test(moment) ? moment : cityTime(Date.parse(moment)));

/** `2026-06-30T14:05:00`, as a field for local time holds it, and back. */
export const fieldOf = (moment: string): string => cityTime(endOf(moment)).replace(' ', 'T');
export function momentOfField(text: string): string | null {
  const written = asField(text);
  // A day is its end, as everywhere.
  const whole = DAY.test(written) ? `${written}T23:59:59` : written.length === 16 ? `${written}:00` : written;
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(whole) && isMoment(whole.slice(0, 10)) ? Date.parse(`${whole}Z`) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time - CITY_OFFSET_MS).toISOString().replace('.000Z', 'Z');
}

/** What was typed as a date or time, as fields hold it: `2026/6/30 9:05` is `2026-06-30T09:05`. */
export function asField(text: string): string {
  const [, year, month = '', day = '', hour, rest = ''] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2})(:.*))?$/.exec(text.trim()) ?? [];
  if (!year) return text.trim();
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${hour ? `T${hour.padStart(2, '0')}${rest}` : ''}`;
}

/** The first mark after a moment, or the last before it; `null` where there is none. */
export function neighbour(marks: number[], moment: number, step: 'before' | 'after'): number | null {
  const sorted = [...marks].sort((a, b) => a - b);
  return (step === 'after' ? sorted.find((mark) => mark > moment) : sorted.findLast((mark) => mark < moment)) ?? null;
}
