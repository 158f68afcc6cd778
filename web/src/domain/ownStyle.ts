import type { LayerSpecification } from 'maplibre-gl';
import type { Marker } from '../api/types';
import { type Method, METHODS } from './classes';
import { packed, unpacked } from './packed';
import { MOST_CLASSES, type Ramp, RAMPS } from './palette';

/** How a layer looks whatever its colours are; `size` is pixels at zoom 14, `opacity` percent. */
export interface Look { size: number; marker: Marker; opacity: number }

export const MARKERS: Marker[] = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross'];
export const COMPARISONS = ['=', '<>', '<', '<=', '>', '>=', 'like', 'missing'] as const;
export type Comparison = (typeof COMPARISONS)[number];
export interface Rule { property: string; is: Comparison; value: string; color: string }

export type Single = { form: 'single'; look: Look; color: string };
export type Category = { form: 'category'; look: Look; by: string; classes: { value: string; color: string }[]; other: string };
/** `breaks` are where one class ends and the next begins. */
export type Graduated = { form: 'graduated'; look: Look; by: string; method: Method; ramp: Ramp; breaks: number[] };
/** The first rule that holds gives the colour. */
export type Ruled = { form: 'rule'; look: Look; rules: Rule[]; other: string };
/** Style layers that were brought in as they are. */
export type Brought = { form: 'file'; layers: LayerSpecification[] };

/** A style that somebody made for a layer, in place of the catalogue's. */
export type OwnStyle = Single | Category | Graduated | Ruled | Brought;
export type Form = OwnStyle['form'];

export const MOST_VALUES = 8;
export const MOST_RULES = 8;
export const SIZE = { least: 0.2, most: 40 };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isColor = (value: unknown): value is string => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 64;
const isOneOf = <T>(list: readonly T[], value: unknown): value is T => list.includes(value as T);
const isWithin = (value: unknown, least: number, most: number): value is number => typeof value === 'number' && value >= least && value <= most;

function readLook(value: unknown): Look | null {
  if (!isRecord(value)) return null;
  const { size, marker, opacity } = value;
  return isWithin(size, SIZE.least, SIZE.most) && isOneOf(MARKERS, marker) && isWithin(opacity, 0, 100) ? { size, marker, opacity } : null;
}

export const isAscending = (breaks: number[]): boolean => breaks.every((value, at) => at === 0 || value > (breaks[at - 1] as number));

function readClasses(value: unknown): Category['classes'] | null {
  if (!Array.isArray(value) || value.length > MOST_VALUES) return null;
  const classes = value.flatMap((entry: unknown) => (isRecord(entry) && typeof entry.value === 'string' && isColor(entry.color) ? [{ value: entry.value, color: entry.color }] : []));
  const isDistinct = new Set(classes.map((entry) => entry.value)).size === classes.length;
  return classes.length === value.length && classes.length > 0 && isDistinct ? classes : null;
}

function readRules(value: unknown): Rule[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_RULES) return null;
  const rules = value.flatMap((rule: unknown) => (isRecord(rule) && isName(rule.property) && isOneOf(COMPARISONS, rule.is) && typeof rule.value === 'string' && isColor(rule.color)
    ? [{ property: rule.property, is: rule.is, value: rule.value, color: rule.color }] : []));
  return rules.length === value.length ? rules : null;
}

/** A style that was written somewhere: a link, a store, a file. What is not whole is none. */
export function readOwnStyle(value: unknown): OwnStyle | null {
  if (!isRecord(value)) return null;
  if (value.form === 'file') return Array.isArray(value.layers) && value.layers.length > 0 && value.layers.every(isRecord) ? { form: 'file', layers: value.layers as unknown as LayerSpecification[] } : null;
  const look = readLook(value.look);
  if (!look) return null;
  const { form, color, by, other, method, ramp, breaks } = value;
  if (form === 'single') return isColor(color) ? { form, look, color } : null;
  if (form === 'category') {
    const classes = readClasses(value.classes);
    return classes && isName(by) && isColor(other) ? { form, look, by, classes, other } : null;
  }
  if (form === 'graduated') {
    const isWhole = Array.isArray(breaks) && breaks.length > 0 && breaks.length < MOST_CLASSES && breaks.every(Number.isFinite) && isAscending(breaks as number[]);
    return isWhole && isName(by) && isOneOf(METHODS, method) && isOneOf(RAMPS, ramp) ? { form, look, by, method, ramp, breaks: breaks as number[] } : null;
  }
  const rules = form === 'rule' ? readRules(value.rules) : null;
  return rules && isColor(other) ? { form: 'rule', look, rules, other } : null;
}

/** How long all styles of a link may be together; longer links are cut by mail and chat programs. */
export const LINK_CHARACTERS = 1500;

/** A style as a link holds it: letters, digits, `-` and `_` alone. */
export const encodeStyle = (own: OwnStyle): string => packed(JSON.stringify(own));

export function decodeStyle(text: string): OwnStyle | null {
  try {
    return readOwnStyle(JSON.parse(unpacked(text) ?? 'null'));
  } catch {
    return null;
  }
}

/** The styles that a link has room for, the shortest first; of the others it says that they are kept elsewhere. */
export function forLink(styles: Record<string, OwnStyle>): Record<string, OwnStyle | 'kept'> {
  const sized = Object.entries(styles).map(([id, own]) => ({ id, own, length: encodeStyle(own).length })).sort((a, b) => a.length - b.length);
  let left = LINK_CHARACTERS;
  return Object.fromEntries(sized.map(({ id, own, length }) => {
    left -= length;
    return [id, left >= 0 ? own : 'kept'];
  }));
}
