// Loaded with the style editor.
import { ckmeans } from 'simple-statistics';
import { breaksOf, classOf, type Method } from './classes';

/** Values and how often each stands there, the least first. */
export type Tally = [value: number, count: number][];

/** Natural breaks are sought among so many values at the most; more would make the page wait. */
const MOST_FOR_JENKS = 5000;
const MOST_SORTED = 100_000;

export const tallied = (groups: { key: string | null; count: number }[]): Tally =>
  groups.flatMap(({ key, count }): Tally => (key !== null && key !== '' && Number.isFinite(Number(key)) ? [[Number(key), count]] : [])).sort(([a], [b]) => a - b);

export const howMany = (tally: Tally): number => tally.reduce((sum, [, count]) => sum + count, 0);

/** All values one by one, or evenly every so many of them. */
export function spread(tally: Tally, most: number): number[] {
  const all = howMany(tally);
  const wanted = Math.min(all, most);
  const values: number[] = [];
  let passed = 0;
  for (const [value, count] of tally) {
    passed += count;
    const until = Math.round((passed / all) * wanted);
    while (values.length < until) values.push(value);
  }
  return values;
}

/** A number as people write it: with no more digits than tell the classes apart. */
export function rounded(value: number, step: number): number {
  const digits = Math.max(0, Math.min(12, 2 - Math.floor(Math.log10(step || 1))));
  return Number(value.toFixed(digits));
}

/**
 * Where classes end, by a method: fewer than were asked for where the values are too few or too alike. The least value is in
 * the first class.
 */
export function breaksFor(tally: Tally, method: Exclude<Method, 'manual'>, classes: number): number[] {
  const [least, greatest] = [tally[0]?.[0] ?? 0, tally.at(-1)?.[0] ?? 0];
  const breaks = breaksOf(spread(tally, method === 'jenks' ? MOST_FOR_JENKS : MOST_SORTED), method, classes, [], ckmeans);
  // Natural breaks and quantiles are values that are there: rounded, they would fall into the other class.
  const written = method === 'equal' ? breaks.map((value) => rounded(value, (greatest - least) / classes / 10)) : breaks;
  return [...new Set(written)].filter((value) => value > least && value <= greatest);
}

/** How many values each class has; a value at a break is in the class above it. */
export function tallyOf(tally: Tally, breaks: number[]): number[] {
  const counts = Array.from({ length: breaks.length + 1 }, () => 0);
  for (const [value, count] of tally) {
    const at = classOf(value, breaks);
    counts[at] = (counts[at] ?? 0) + count;
  }
  return counts;
}
