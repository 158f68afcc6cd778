import type { Layer, Property, Scalar } from '../api/types';
import { quoted } from './condition';

/** What the features of one class have in common. A property that is not there meets no comparison; as a value it is empty, as the map reads it. */
export type DrawnCondition =
  | { is: 'all' }
  | { is: 'value'; property: string; values: string[] }
  | { is: 'range'; property: string; from: number | null; below: number | null }
  | { is: 'missing'; property: string }
  | { is: 'compare'; property: string; op: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'like'; value: string | number }
  | { is: 'and'; of: DrawnCondition[] }
  | { is: 'or'; of: DrawnCondition[] }
  | { is: 'not'; of: DrawnCondition }
  /** An expression that only the map can answer. */
  | { is: 'expression'; expression: unknown };

export function and(...conditions: DrawnCondition[]): DrawnCondition {
  const parts = conditions.flatMap((one) => (one.is === 'and' ? one.of : [one])).filter(({ is }) => is !== 'all');
  const [only, ...more] = parts;
  if (only === undefined) return { is: 'all' };
  return more.length === 0 ? only : { is: 'and', of: parts };
}

/** What none of some others is. */
export const noneOf = (conditions: DrawnCondition[]): DrawnCondition =>
  (conditions.length === 0 ? { is: 'all' } : { is: 'not', of: conditions.length === 1 && conditions[0] ? conditions[0] : { is: 'or', of: conditions } });

/** The properties that a condition asks for; `null` where nobody but the map knows. */
export function propertiesOf(condition: DrawnCondition): Set<string> | null {
  switch (condition.is) {
    case 'all': return new Set();
    case 'expression': return null;
    case 'not': return propertiesOf(condition.of);
    case 'and': case 'or': {
      const sets = condition.of.map(propertiesOf);
      return sets.includes(null) ? null : new Set(sets.flatMap((set) => [...(set ?? [])]));
    }
    default: return new Set([condition.property]);
  }
}

function compares(op: string, a: string | number, b: string | number): boolean {
  switch (op) {
    case '=': return a === b;
    case '<>': return a !== b;
    case '<': return a < b;
    case '<=': return a <= b;
    case '>': return a > b;
    case '>=': return a >= b;
    default: return String(a).includes(String(b));
  }
}

/** Whether a feature meets a condition; one that only the map can answer, nobody meets. */
export function meets(condition: DrawnCondition, properties: Record<string, Scalar | undefined>): boolean {
  if (condition.is === 'all') return true;
  if (condition.is === 'expression') return false;
  if (condition.is === 'and') return condition.of.every((part) => meets(part, properties));
  if (condition.is === 'or') return condition.of.some((part) => meets(part, properties));
  if (condition.is === 'not') return !meets(condition.of, properties);
  const value = properties[condition.property];
  if (condition.is === 'value') return condition.values.includes(String(value ?? ''));
  if (value === null || value === undefined) return condition.is === 'missing';
  switch (condition.is) {
    case 'missing': return false;
    case 'range': return (condition.from === null || Number(value) >= condition.from) && (condition.below === null || Number(value) < condition.below);
    case 'compare': return typeof condition.value === 'number' ? compares(condition.op, Number(value), condition.value) : compares(condition.op, String(value), condition.value);
  }
}

/** A condition as an expression of the map. */
export function asExpression(condition: DrawnCondition): unknown {
  const { is } = condition;
  if (is === 'all') return true;
  if (is === 'expression') return condition.expression;
  if (is === 'and') return ['all', ...condition.of.map(asExpression)];
  if (is === 'or') return ['any', ...condition.of.map(asExpression)];
  if (is === 'not') return ['!', asExpression(condition.of)];
  const got = ['get', condition.property];
  if (is === 'missing') return ['!', ['has', condition.property]];
  if (is === 'value') return ['in', ['to-string', got], ['literal', condition.values]];
  const tests: unknown[] = [['has', condition.property]];
  if (is === 'range') {
    if (condition.from !== null) tests.push(['>=', ['to-number', got], condition.from]);
    if (condition.below !== null) tests.push(['<', ['to-number', got], condition.below]);
    return ['all', ...tests];
  }
  const value = typeof condition.value === 'number' ? ['to-number', got] : ['to-string', got];
  if (condition.op === 'like') tests.push(['in', String(condition.value), ['to-string', got]]);
  else tests.push([{ '=': '==', '<>': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' }[condition.op], value, condition.value]);
  return ['all', ...tests];
}

const isNumeric = (property: Property | undefined): boolean => property?.type === 'integer' || property?.type === 'number';

function literal(property: Property | undefined, value: string | number): string {
  if (isNumeric(property) && Number.isFinite(Number(value))) return String(Number(value));
  return property?.type === 'boolean' && (value === 'true' || value === 'false') ? value : quoted(String(value));
}

/** A condition in CQL2 text, as the server is asked; `null` where it cannot be said so. */
export function asCql(condition: DrawnCondition, layer: Layer): string | null {
  if (condition.is === 'all') return 'TRUE = TRUE';
  if (condition.is === 'expression') return null;
  if (condition.is === 'not') {
    const inner = asCql(condition.of, layer);
    return inner && `NOT (${inner})`;
  }
  if (condition.is === 'and' || condition.is === 'or') {
    const parts = condition.of.map((part) => asCql(part, layer));
    return parts.includes(null) ? null : parts.map((part) => `(${part})`).join(condition.is === 'and' ? ' AND ' : ' OR ');
  }
  const { property: name } = condition;
  const property = layer.properties.find((entry) => entry.name === name);
  if (!property) return null;
  if (condition.is === 'missing') return `${name} IS NULL`;
  // Of what is not there, CQL2 says neither yes nor no; here it is no.
  const tests = [`${name} IS NOT NULL`];
  if (condition.is === 'value') {
    const among = `${name} IN (${condition.values.map((value) => literal(property, value)).join(', ')})`;
    if (condition.values.includes('')) return `${name} IS NULL OR ${among}`;
    tests.push(among);
  } else if (condition.is === 'range') {
    if (condition.from !== null) tests.push(`${name} >= ${condition.from}`);
    if (condition.below !== null) tests.push(`${name} < ${condition.below}`);
  } else if (condition.op === 'like') tests.push(`${name} LIKE ${quoted(`%${String(condition.value).replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`)}`);
  else tests.push(`${name} ${condition.op} ${literal(property, condition.value)}`);
  return tests.join(' AND ');
}
