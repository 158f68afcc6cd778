/** A filter as people put it together: conditions in groups, written as CQL2 text. */

export type Kind = 'text' | 'number' | 'date' | 'boolean';
export type Op = 'equals' | 'in' | 'begins' | 'contains' | 'ends' | 'less' | 'atMost' | 'greater' | 'atLeast' | 'between' | 'null' | 'within';

/** What one property is to be. `within` is a division, by its code. */
export interface Condition { is: 'condition'; property: string; kind: Kind; op: Op; values: string[]; isNot: boolean }
export interface Group { is: 'group'; join: 'and' | 'or'; isNot: boolean; parts: Node[] }
export type Node = Condition | Group;

/** The queryable that holds the village of a feature. */
export const VILLAGE = 'village';
export const emptyGroup = (): Group => ({ is: 'group', join: 'and', isNot: false, parts: [] });

const NUMBER = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DIVISION = /^\d{6}(\d{3}(\d{3})?)?$/;
const VILLAGE_DIGITS = 12;

const COMPARISONS: Partial<Record<Op, string>> = { less: '<', atMost: '<=', greater: '>', atLeast: '>=' };
export const SIGNS: Record<string, Op> = { '<': 'less', '<=': 'atMost', '>': 'greater', '>=': 'atLeast' };

/** A comparison that does not hold is the opposite one: where there is no value, neither is told. */
const OPPOSITES: Partial<Record<Op, Op>> = { less: 'atLeast', atLeast: 'less', greater: 'atMost', atMost: 'greater' };

/** Words that a name would be taken for. */
const KEYWORDS = new Set(['and', 'or', 'not', 'like', 'in', 'between', 'is', 'null', 'true', 'false', 'div', 'casei', 'accenti', 'date', 'timestamp', 'interval', 'bbox',
  'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geometrycollection', 'empty']);

function isValue(kind: Kind, value: string): boolean {
  switch (kind) {
    case 'number': return NUMBER.test(value);
    case 'date': return DAY.test(value) && !Number.isNaN(Date.parse(value));
    case 'boolean': return value === 'true' || value === 'false';
    case 'text': return value !== '';
  }
}

/** Whether a condition says something: it has all its values. */
export function isComplete({ property, kind, op, values }: Condition): boolean {
  if (property === '') return false;
  if (op === 'null') return true;
  if (op === 'within') return values.length === 1 && values.every((value) => DIVISION.test(value));
  const wanted = op === 'between' ? values.length === 2 : op === 'in' ? values.length > 0 : values.length === 1;
  return wanted && values.every((value) => isValue(kind, value));
}

/** The conditions in a group and in its groups. */
export const conditionsOf = (node: Node): Condition[] => (node.is === 'condition' ? [node] : node.parts.flatMap(conditionsOf));

function normalPart(node: Node): Node | null {
  if (node.is === 'condition') {
    if (!isComplete(node)) return null;
    const { property, kind, op, values, isNot } = node;
    const opposite = isNot ? OPPOSITES[op] : undefined;
    if (opposite) return { ...node, op: opposite, values: [...values], isNot: false };
    if (op === 'null') return { is: 'condition', property, kind: 'text', op, values: [], isNot };
    return { is: 'condition', property, kind, op: op === 'in' && values.length === 1 ? 'equals' : op, values: [...values], isNot };
  }
  const parts = node.parts.flatMap((part) => normalPart(part) ?? []);
  const [only] = parts;
  if (!only) return null;
  if (parts.length === 1) return node.isNot ? normalPart({ ...only, isNot: !only.isNot }) : only;
  return { is: 'group', join: node.join, isNot: node.isNot, parts };
}

export const asGroup = (node: Node): Group => (node.is === 'group' ? node : { is: 'group', join: 'and', isNot: false, parts: [node] });

/** The same without what says nothing: unfinished conditions, empty groups, groups of one. */
export function normal(root: Group): Group {
  const part = normalPart(root);
  return part ? asGroup(part) : emptyGroup();
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const nameOf = (name: string): string => (/^\p{Alphabetic}[\p{Alphabetic}\p{Number}_]*$/u.test(name) && !KEYWORDS.has(name.toLowerCase()) ? name : `"${name.replaceAll('"', '""')}"`);
const plain = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

function literal(kind: Kind, value: string): string {
  switch (kind) {
    case 'number': return value;
    case 'date': return `DATE('${value}')`;
    case 'boolean': return value.toUpperCase();
    case 'text': return quoted(value);
  }
}

function written({ property, kind, op, values, isNot }: Condition): string {
  const name = nameOf(property);
  const [first = '', second = ''] = values;
  const not = isNot ? 'NOT ' : '';
  const equals = (text: string): string => `${name} ${isNot ? '<>' : '='} ${text}`;
  switch (op) {
    case 'null': return `${name} IS ${not}NULL`;
    case 'equals': return equals(literal(kind, first));
    case 'in': return `${name} ${not}IN (${values.map((value) => literal(kind, value)).join(', ')})`;
    case 'between': return `${name} ${not}BETWEEN ${literal(kind, first)} AND ${literal(kind, second)}`;
    case 'begins': return `${name} ${not}LIKE ${quoted(`${plain(first)}%`)}`;
    case 'contains': return `${name} ${not}LIKE ${quoted(`%${plain(first)}%`)}`;
    case 'ends': return `${name} ${not}LIKE ${quoted(`%${plain(first)}`)}`;
    case 'within': return first.length === VILLAGE_DIGITS ? equals(quoted(first)) : `${name} ${not}LIKE ${quoted(`${first}%`)}`;
    default: return `${name} ${COMPARISONS[op] ?? '='} ${literal(kind, first)}`;
  }
}

function joined({ join, parts }: Group): string {
  const inner = parts.map((part) => (part.is === 'condition' ? written(part) : `${part.isNot ? 'NOT ' : ''}(${joined(part)})`));
  return inner.join(join === 'and' ? ' AND ' : ' OR ');
}

/** A filter as CQL2 text, without what says nothing; empty where nothing is asked. */
export function writeCql(root: Group): string {
  const group = normal(root);
  const text = joined(group);
  return group.isNot && text !== '' ? `NOT (${text})` : text;
}

/** Two conditions in CQL2 text that must both hold; empty ones say nothing. */
export const bothOf = (...texts: (string | null)[]): string | null => {
  const said = texts.flatMap((text) => (text && text.trim() !== '' ? [text.trim()] : []));
  return said.length > 1 ? said.map((text) => `(${text})`).join(' AND ') : (said[0] ?? null);
};
