import type { Layer, Property } from '../api/types';
import { asCql, noneOf } from './drawnCondition';
import type { LegendRow } from './legend';

/** What was typed over a column, as a condition in CQL2; `null` for nothing, `undefined` for what cannot be read. */
export function quickCondition(property: Pick<Property, 'name' | 'type' | 'enum'>, typed: string): string | null | undefined {
  const text = typed.trim();
  if (text === '') return null;
  const name = quoted(property.name);
  if (text === '=') return `${name} IS NULL`;
  if (property.enum.length > 0) return `${name} = ${literal(text)}`;
  switch (property.type) {
    case 'boolean': return text === 'true' || text === 'false' ? `${name} = ${text}` : undefined;
    case 'integer':
    case 'number': return ranged(name, text, (part) => (/^-?\d+(\.\d+)?$/.test(part) ? part : null));
    case 'date': return ranged(name, text, dayOf, periodOf);
    case 'string': if (text.startsWith('=')) return `${name} = ${literal(text.slice(1).trim())}`;
    // falls through
    default: return `CASEI(${name}) LIKE CASEI(${literal(`%${text.replace(/[\\%_]/g, '\\$&')}%`)})`;
  }
}

const quoted = (name: string): string => `"${name}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** `>5`, `<=5`, `3..8` or a value alone. */
function ranged(name: string, text: string, read: (part: string) => string | null, whole?: (part: string) => [string, string] | null): string | undefined {
  const [, sign, right = ''] = /^(>=|<=|≥|≤|>|<|=)\s*(.+)$/.exec(text) ?? [];
  if (sign) {
    const value = read(right.trim());
    return value === null ? undefined : `${name} ${sign === '≥' ? '>=' : sign === '≤' ? '<=' : sign} ${value}`;
  }
  const [, from, to] = /^(.+?)\s*(?:\.\.|…|~|至)\s*(.+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) {
    const [low, high] = [read(from), read(to)];
    return low === null || high === null ? undefined : `${name} BETWEEN ${low} AND ${high}`;
  }
  const period = whole?.(text);
  if (period) return `(${name} >= ${period[0]} AND ${name} <= ${period[1]})`;
  const value = read(text);
  return value === null ? undefined : `${name} = ${value}`;
}

function dayOf(text: string): string | null {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) ? `DATE('${text}')` : null;
}

/** A year or a month, as its first and last day. */
function periodOf(text: string): [string, string] | null {
  const [, year, month] = /^(\d{4})(?:-(\d{2}))?$/.exec(text) ?? [];
  if (!year || (month && !(Number(month) >= 1 && Number(month) <= 12))) return null;
  const last = month ? new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate() : 31;
  const [from, to] = [dayOf(`${year}-${month ?? '01'}-01`), dayOf(`${year}-${month ?? '12'}-${last}`)];
  return from && to ? [from, to] : null;
}

/** A condition that leaves out the classes that the legend hides; `null` where there are none, or where only the map can tell them apart. */
export function withoutHidden(layer: Layer, rows: LegendRow[], off: string[]): string | null {
  const hidden = rows.filter(({ key, is }) => is !== 'cluster' && off.includes(key)).map(({ condition }) => condition);
  return hidden.length === 0 ? null : asCql(noneOf(hidden), layer);
}
