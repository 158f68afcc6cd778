import type { Layer, Property, Scalar } from '../api/types';
import type { Dictionary, Language } from '../i18n/dictionary';
import { formatNumber, formatValue } from './format';
import { unitTitle } from './units';

/** A column of the attribute table. */
export interface Column { property: Property; title: string; unit: string; width: number; isNumber: boolean }

export const NARROWEST = 56;
export const WIDEST = 640;

/** Powers that English counts otherwise: their numbers are written with their unit, each by itself. */
const isShifted = (unit: string, language: Language): boolean => language === 'en' && unit.length > 1 && /^[万亿]/.test(unit);

function widthOf({ name, type, enum: values }: Property, layer: Layer): number {
  if (name === layer.label) return 300;
  if (type === 'string' && values.length === 0) return /code/.test(name) ? 200 : 140;
  return type === 'boolean' ? 72 : 108;
}

/** The columns of a layer in the order of its schema; what only serves drawing is not for people. */
export const columnsOf = (layer: Layer, language: Language, widths: Record<string, number> = {}): Column[] =>
  layer.properties.filter(({ name }) => name !== layer.priority).map((property) => ({
    property,
    title: property.title[language],
    unit: property.unit && !isShifted(property.unit, language) ? unitTitle(property.unit, language) : '',
    width: widths[property.name] ?? widthOf(property, layer),
    isNumber: property.type === 'number' || property.type === 'integer',
  }));

/** Whether a count is missing because the layer hides small ones. */
export const isHidden = (layer: Pick<Layer, 'sensitivity' | 'smallest_count'>, property: Property, value: Scalar | undefined): boolean =>
  property.count === true && layer.sensitivity !== 'public' && layer.smallest_count > 1 && (value === null || value === undefined);

/** What stands in a cell: the unit of numbers stands over the column. */
export function cellText({ property, unit, isNumber }: Column, value: Scalar | undefined, language: Language, words: Dictionary): string {
  if (value === null || value === undefined || value === '') return '';
  return isNumber && typeof value === 'number' && (unit !== '' || !property.unit) ? formatNumber(value, language) : formatValue(property, value, language, words);
}

/** Rows as spreadsheets take them from the clipboard: a line each, the titles first. */
export function tabSeparated(columns: Column[], rows: Record<string, Scalar>[], language: Language, words: Dictionary): string {
  const bare = (text: string): string => text.replace(/[\t\r\n]+/g, ' ');
  const cell = (column: Column, value: Scalar | undefined): string =>
    typeof value === 'number' && column.unit !== '' ? String(value) : cellText(column, value, language, words);
  const head = columns.map(({ title, unit }) => bare(unit === '' ? title : `${title} (${unit})`));
  return [head, ...rows.map((row) => columns.map((column) => bare(cell(column, row[column.property.name]))))].map((line) => line.join('\t')).join('\n');
}

/** What somebody chose of a layer's columns. */
export interface Layout { hidden: string[]; widths: Record<string, number> }

const keyOf = (layer: string): string => `platbook.table.${layer}`;

export function keptLayout(memory: () => Storage, layer: string): Layout {
  try {
    const kept = JSON.parse(memory().getItem(keyOf(layer)) ?? 'null') as Partial<Layout> | null;
    const hidden = Array.isArray(kept?.hidden) ? kept.hidden.filter((name) => typeof name === 'string') : [];
    const widths = Object.entries(kept?.widths ?? {}).filter(([, width]) => typeof width === 'number' && width >= NARROWEST && width <= WIDEST);
    return { hidden, widths: Object.fromEntries(widths) };
  } catch {
    return { hidden: [], widths: {} };
  }
}

export function keepLayout(memory: () => Storage, layer: string, layout: Layout): void {
  try {
    memory().setItem(keyOf(layer), JSON.stringify(layout));
  } catch {
    // A browser that keeps nothing shows the columns as they were declared.
  }
}
