/** A layer told by divisions: what is asked, and what the answer says of each. */
import type { Sums } from '../api/asking';
import type { Feature } from '../api/types';
import { classOf, MOST_CLASSES, METHODS, type Method } from './classes';

export const MEASURES = ['count', 'sum', 'mean'] as const;
export type Measure = (typeof MEASURES)[number];
export const LEVELS = ['township', 'village'] as const;
export type Level = (typeof LEVELS)[number];

/** What is asked: `within` is a township whose villages are told apart; `value` the property that is added up. */
export interface Chosen { layer: string; by: Level; within: string | null; measure: Measure; value: string | null; isPerKm2: boolean; method: Method; classes: number; breaks: number[] }

export const DEFAULT_CLASSES = 5;
export const chosenFor = (layer: string): Chosen => ({ layer, by: 'township', within: null, measure: 'count', value: null, isPerKm2: false, method: 'quantile', classes: DEFAULT_CLASSES, breaks: [] });

/** As a link carries it: parts between `~`. */
export function writeChosen({ layer, by, within, measure, value, isPerKm2, method, classes, breaks }: Chosen, encoded: (text: string) => string): string {
  const parts = [layer, by, within ?? '', measure, value ?? '', isPerKm2 ? 'km2' : '', method, String(classes), ...breaks.map(String)];
  return parts.map(encoded).join('~');
}

const among = <T extends string>(known: readonly T[], word: string | undefined): T | null => known.find((one) => one === word) ?? null;

export function readChosen(text: string, decoded: (text: string) => string | null): Chosen | null {
  const [layer, by, within, measure, value, area, method, classes, ...breaks] = text.split('~').map((part) => decoded(part) ?? undefined);
  const [level, what, how] = [among(LEVELS, by), among(MEASURES, measure), among(METHODS, method)];
  const n = Number(classes);
  if (!layer || !level || !what || !how || !Number.isInteger(n) || n < 2 || n > MOST_CLASSES) return null;
  if ((what === 'count') !== !value || (within && !/^\d{9}$/.test(within))) return null;
  const numbers = breaks.map(Number).filter((number, at) => breaks[at] !== '' && Number.isFinite(number));
  return { layer, by: level, within: within || null, measure: what, value: value || null, isPerKm2: area === 'km2' && what !== 'mean', method: how, classes: n, breaks: numbers };
}

/** What is told of a division. `shown` is what its colour and bar say; `null`: nothing is known, or it is `hidden`. */
export interface Row {
  code: string;
  name: string;
  count: number;
  /** How many of the features have the value. */
  values: number | null;
  sum: number | null;
  mean: number | null;
  areaKm2: number | null;
  shown: number | null;
  /** Values that are there and are not told: small counts of a layer that hides them. */
  hidden: number;
}

const M2_PER_KM2 = 1e6;

function shownOf(row: Omit<Row, 'shown'>, { measure, isPerKm2 }: Pick<Chosen, 'measure' | 'isPerKm2'>): number | null {
  const plain = measure === 'count' ? row.count : measure === 'sum' ? row.sum : row.mean;
  if (plain === null || !isPerKm2 || measure === 'mean') return plain;
  return row.areaKm2 !== null && row.areaKm2 > 0 ? plain / row.areaKm2 : null;
}

/** One row for each area, and for each division that has features and no area; greatest first, what is not told last. */
export function rowsOf(areas: Feature[], groups: Sums[], chosen: Pick<Chosen, 'measure' | 'isPerKm2'>, hides: boolean): Row[] {
  const told = new Map(groups.flatMap((group) => (group.key === null ? [] : [[group.key, group] as const])));
  const known = new Map(areas.map(({ properties }) => [String(properties.code), properties] as const));
  const rows = [...new Set([...known.keys(), ...told.keys()])].map((code): Row => {
    const [area, sums] = [known.get(code), told.get(code)];
    const [count, values] = [sums?.count ?? 0, sums?.values ?? null];
    const has = values !== null && values > 0;
    const m2 = Number(area?.area_m2 ?? Number.NaN);
    const row = {
      code, name: String(area?.name ?? sums?.title ?? code), count, values,
      sum: has ? (sums?.sum ?? null) : null, mean: has ? (sums?.mean ?? null) : null,
      areaKm2: Number.isFinite(m2) ? m2 / M2_PER_KM2 : null,
      hidden: hides && chosen.measure !== 'count' && values !== null ? count - values : 0,
    };
    return { ...row, shown: shownOf(row, chosen) };
  });
  const rank = ({ shown }: Row): number => shown ?? Number.NEGATIVE_INFINITY;
  return rows.sort((a, b) => (rank(b) === rank(a) ? a.code.localeCompare(b.code) : rank(b) - rank(a)));
}

/** How a division is drawn: by its class, with dots where counts are hidden, hatched where nothing is known. */
export type Drawn = { is: 'class'; at: number } | { is: 'hidden' } | { is: 'none' };
export function drawnOf({ shown, hidden }: Row, breaks: number[]): Drawn {
  if (shown !== null) return { is: 'class', at: classOf(shown, breaks) };
  return hidden > 0 ? { is: 'hidden' } : { is: 'none' };
}

/** A table as text for spreadsheets (RFC 4180); what a spreadsheet would take for a formula stays text. */
export function asCsv(header: string[], rows: (string | number | null)[][]): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return '';
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
