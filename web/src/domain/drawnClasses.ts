import type { LayerSpecification } from 'maplibre-gl';
import { parseMarker } from '../map/markers';
import { and, type DrawnCondition, noneOf } from './drawnCondition';

/** One colour of a style layer, and which features have it. `key` names the class in links. */
export interface DrawnClass { key: string; condition: DrawnCondition; output: unknown }

/** The key of what belongs to no other class. */
export const REST = '*';

const isOperator = (value: unknown, name: string): value is unknown[] => Array.isArray(value) && value[0] === name;

/** The property that an expression reads, however it is turned into text or number. */
function propertyOf(input: unknown): string | null {
  if (isOperator(input, 'get') && typeof input[1] === 'string') return input[1];
  const turns = ['to-string', 'to-number', 'string', 'number', 'coalesce'];
  return Array.isArray(input) && turns.includes(input[0] as string) ? propertyOf(input[1]) : null;
}

const OPERATORS: Record<string, '=' | '<>' | '<' | '<=' | '>' | '>='> = { '==': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };
const MIRRORED = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function readComparison(expression: unknown[]): DrawnCondition | null {
  const op = OPERATORS[expression[0] as string];
  const [, left, right] = expression;
  if (!op) return null;
  const isLiteral = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
  // The oldest form of a filter names the property as it is.
  const property = propertyOf(left) ?? (typeof left === 'string' && !Array.isArray(right) ? left : null);
  if (property !== null && isLiteral(right)) return { is: 'compare', property, op, value: right };
  if (property !== null && typeof right === 'boolean' && op === '=') return { is: 'value', property, values: [String(right)] };
  const other = propertyOf(right);
  return other !== null && isLiteral(left) ? { is: 'compare', property: other, op: MIRRORED[op], value: left } : null;
}

/** `["all", ["has", p], …]` says of a comparison what holds anyway. */
function withoutPresence(parts: DrawnCondition[]): DrawnCondition[] {
  const named = new Set(parts.flatMap((part) => (part.is === 'compare' || part.is === 'range' || part.is === 'value' ? [part.property] : [])));
  return parts.filter((part) => !(part.is === 'not' && part.of.is === 'missing' && named.has(part.of.property)));
}

export function readCondition(expression: unknown): DrawnCondition {
  const unknown: DrawnCondition = { is: 'expression', expression };
  if (expression === true || expression === undefined) return { is: 'all' };
  if (!Array.isArray(expression)) return unknown;
  const [operator, ...rest] = expression as [string, ...unknown[]];
  if (operator === 'all') return and(...withoutPresence(rest.map(readCondition)));
  if (operator === 'any') return { is: 'or', of: rest.map(readCondition) };
  if (operator === 'none') return noneOf(rest.map(readCondition));
  if (operator === '!') {
    const inner = readCondition(rest[0]);
    return inner.is === 'not' ? inner.of : { is: 'not', of: inner };
  }
  if (operator === 'has' && typeof rest[0] === 'string') return { is: 'not', of: { is: 'missing', property: rest[0] } };
  if (operator === '!has' && typeof rest[0] === 'string') return { is: 'missing', property: rest[0] };
  if (operator === 'in') {
    const [needle, hay] = rest;
    const property = propertyOf(needle);
    if (property !== null && isOperator(hay, 'literal') && Array.isArray(hay[1])) return { is: 'value', property, values: hay[1].map(String) };
    const within = propertyOf(hay);
    return within !== null && typeof needle === 'string' ? { is: 'compare', property: within, op: 'like', value: needle } : unknown;
  }
  return readComparison(expression) ?? unknown;
}

/** What a filter asks of features; that they are no clusters goes without saying. */
export function readFilter(filter: unknown): DrawnCondition {
  const isNoCluster = (part: DrawnCondition): boolean => part.is === 'missing' && part.property === 'cluster';
  const condition = readCondition(filter);
  if (isNoCluster(condition)) return { is: 'all' };
  return condition.is === 'and' ? and(...condition.of.filter((part) => !isNoCluster(part))) : condition;
}

const hasState = (expression: unknown): boolean => JSON.stringify(expression).includes('"feature-state"');

function readMatch(expression: unknown[]): DrawnClass[] | null {
  const property = propertyOf(expression[1]);
  if (property === null) return null;
  const classes: DrawnClass[] = [];
  for (let at = 2; at + 1 < expression.length; at += 2) {
    const values = [expression[at]].flat().map(String);
    classes.push({ key: values.join('|'), condition: { is: 'value', property, values }, output: expression[at + 1] });
  }
  classes.push({ key: REST, condition: noneOf(classes.map(({ condition }) => condition)), output: expression.at(-1) });
  return classes;
}

/** Steps, and the stops of a continuous ramp, each up to the next. */
function readSteps(property: string, first: { output: unknown } | null, stops: unknown[]): DrawnClass[] {
  const breaks = stops.filter((_, at) => at % 2 === 0).map(Number);
  const outputs = stops.filter((_, at) => at % 2 === 1);
  const range = (from: number | null, below: number | null): DrawnCondition => ({ is: 'range', property, from, below });
  const classes = outputs.map((output, at): DrawnClass => ({ key: '', condition: range(!first && at === 0 ? null : (breaks[at] ?? null), breaks[at + 1] ?? null), output }));
  return first ? [{ key: '', condition: range(null, breaks[0] ?? null), output: first.output }, ...classes] : classes;
}

function readCase(expression: unknown[]): DrawnClass[] {
  const found: DrawnClass[] = [];
  const earlier: DrawnCondition[] = [];
  for (let at = 1; at + 1 < expression.length; at += 2) {
    // What lies under the pointer is no class.
    if (hasState(expression[at])) continue;
    const condition = readCondition(expression[at]);
    for (const inner of readOutput(expression[at + 1])) found.push({ ...inner, condition: and(...withoutPresence([condition, inner.condition, ...(earlier.length > 0 ? [noneOf([...earlier])] : [])])) });
    earlier.push(condition);
  }
  for (const inner of readOutput(expression.at(-1))) {
    const rest = earlier.length === 0 ? inner.condition : and(inner.condition, without(earlier));
    found.push({ ...inner, key: earlier.length > 0 && inner.key === '' ? REST : inner.key, condition: rest });
  }
  return found;
}

/** What is left when some conditions do not hold; where one is that something is there, it is missing. */
function without(earlier: DrawnCondition[]): DrawnCondition {
  const [only, ...more] = earlier;
  return only?.is === 'not' && more.length === 0 ? only.of : noneOf(earlier);
}

function readOutput(expression: unknown): DrawnClass[] {
  const whole: DrawnClass[] = [{ key: '', condition: { is: 'all' }, output: expression }];
  if (!Array.isArray(expression)) return whole;
  if (expression[0] === 'match') return readMatch(expression) ?? whole;
  if (expression[0] === 'case') return readCase(expression);
  if (expression[0] === 'step') {
    const property = propertyOf(expression[1]);
    // By zoom, what is drawn nearest says it best.
    if (isOperator(expression[1], 'zoom')) return readOutput(expression.at(-1));
    return property === null ? whole : readSteps(property, { output: expression[2] }, expression.slice(3));
  }
  if (String(expression[0]).startsWith('interpolate')) {
    const property = propertyOf(expression[2]);
    if (isOperator(expression[2], 'zoom')) return readOutput(expression.at(-1));
    return property === null ? whole : readSteps(property, null, expression.slice(3));
  }
  return whole;
}

/** The classes of a colour or of an image: every output that it may have, and for which features. */
export function readClasses(expression: unknown): DrawnClass[] {
  const seen = new Set<string>();
  return readOutput(expression).map((drawn, at) => {
    const named = drawn.key !== '' && !seen.has(drawn.key) ? drawn.key : drawn.condition.is === 'all' ? '' : `#${at}`;
    seen.add(named);
    return { ...drawn, key: named };
  });
}

/** What tells the classes of a style layer apart. */
export function coloring(drawn: LayerSpecification): unknown {
  const paint = (drawn.paint ?? {}) as Record<string, unknown>;
  const layout = (drawn.layout ?? {}) as Record<string, unknown>;
  switch (drawn.type) {
    case 'fill': return paint['fill-color'];
    case 'line': return paint['line-color'];
    case 'circle': return paint['circle-color'];
    case 'fill-extrusion': return paint['fill-extrusion-color'];
    case 'symbol': return layout['icon-image'];
    default: return undefined;
  }
}

/** The colour of an output: of a colour itself, or of the marker of that name. */
export const colorOf = (output: unknown): string | null => (typeof output === 'string' ? (parseMarker(output)?.color ?? output) : null);

const SECONDARY = /\.(outline|missing|label|cluster|cluster-count|mark-[a-z]+)$/;
/** Whether a style layer draws the features themselves, not their edge, name, number or mark. */
export const isMain = (drawn: LayerSpecification): boolean => coloring(drawn) !== undefined && !SECONDARY.test(drawn.id);
export const isCluster = (drawn: LayerSpecification): boolean => drawn.id.endsWith('.cluster');

/** The classes of each style layer that draws features, with keys that no two of them share. */
export function classesOf(parts: LayerSpecification[]): { drawn: LayerSpecification; classes: DrawnClass[] }[] {
  const mains = parts.filter(isMain);
  return mains.map((drawn, at) => {
    const filter = readFilter('filter' in drawn ? drawn.filter : undefined);
    const keyOf = (key: string): string => (at === 0 && (key !== '' || mains.length === 1) ? key : [drawn.id, key].filter((part) => part !== '').join('/'));
    return { drawn, classes: readClasses(coloring(drawn)).map((one) => ({ ...one, key: keyOf(one.key), condition: and(filter, one.condition) })) };
  });
}
