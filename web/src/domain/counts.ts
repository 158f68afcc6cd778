import type { Box, Layer } from '../api/types';
import { asCql, meets, propertiesOf } from './drawnCondition';
import type { LegendRow } from './legend';

/** How many: a number, `null` where nobody can tell, or hidden because it is small. */
export type Count = number | 'hidden' | null;
/** Of one layer in view: all, and by row of its legend, in the order of the rows. */
export interface LayerCount { total: Count; rows: Count[] }

/** What is asked of the server about one layer: `by` groups a property's values, else each row has a filter of its own. */
export interface CountQuestion { by: string | null; filters: (string | null)[] }

/** One question where the classes tell one property apart; else one for each row that can be asked. */
export function questionOf(layer: Layer, rows: LegendRow[]): CountQuestion {
  const sets = rows.map(({ condition }) => propertiesOf(condition));
  const names = new Set(sets.flatMap((set) => [...(set ?? [])]));
  const [only, ...more] = names;
  const isDeclared = only !== undefined && layer.properties.some(({ name }) => name === only);
  if (sets.every((set) => set !== null) && isDeclared && more.length === 0) return { by: only, filters: [] };
  return { by: null, filters: rows.map(({ condition }) => (condition.is === 'all' ? null : asCql(condition, layer))) };
}

/** A value as the map writes it: a whole number has no fraction. */
export function writtenKey(layer: Layer, by: string, key: string): string {
  const isNumber = ['integer', 'number'].includes(layer.properties.find(({ name }) => name === by)?.type ?? '');
  return isNumber && Number.isFinite(Number(key)) ? String(Number(key)) : key;
}

/** The groups of a property's values, put together by row. */
export function countRows(layer: Layer, rows: LegendRow[], by: string, groups: { key: string | null; count: number }[]): number[] {
  const keyed = groups.map(({ key, count }) => ({ value: key === null ? null : writtenKey(layer, by, key), count }));
  return rows.map(({ condition }) => keyed.filter(({ value }) => meets(condition, { [by]: value })).reduce((sum, { count }) => sum + count, 0));
}

/** Whether a box holds another whole. */
export const holds = ([west, south, east, north]: Box, inner: Box): boolean => west <= inner[0] && south <= inner[1] && east >= inner[2] && north >= inner[3];

/** A box with six decimals, a tenth of a metre, never smaller than it was. */
export function writtenBox([west, south, east, north]: Box): string {
  const down = (value: number): number => Math.floor(value * 1e6) / 1e6;
  const up = (value: number): number => Math.ceil(value * 1e6) / 1e6;
  return [down(Math.max(-180, west)), down(Math.max(-90, south)), up(Math.min(180, east)), up(Math.min(90, north))].join(',');
}

/**
 * Counts from 1 up to the smallest that may be shown are hidden, and so is the next one where the sum would give a single
 * hidden one away.
 */
export function withoutSmall({ total, rows }: { total: number; rows: (number | null)[] }, smallest: number): LayerCount {
  const isSmall = (count: number): boolean => count > 0 && count < smallest;
  if (smallest <= 1) return { total, rows };
  if (isSmall(total)) return { total: 'hidden', rows: rows.map((count) => (count === null || count === 0 ? count : 'hidden')) };
  const shown: Count[] = rows.map((count) => (count !== null && isSmall(count) ? 'hidden' : count));
  if (shown.filter((count) => count === 'hidden').length === 1) {
    const least = Math.min(...shown.filter((count): count is number => typeof count === 'number' && count > 0));
    const at = shown.indexOf(least);
    if (at >= 0) shown[at] = 'hidden';
  }
  return { total, rows: shown };
}
