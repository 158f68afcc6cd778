import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer, Marker } from '../api/types';
import type { Dictionary, Language } from '../i18n/dictionary';
import { parseMarker } from '../map/markers';
import { classesOf, colorOf, coloring, type DrawnClass, isCluster, isMain, REST } from './drawnClasses';
import { and, type DrawnCondition, propertiesOf } from './drawnCondition';
import { formatNumber, formatValue } from './format';
import { partsByLayer } from './style';
import { unitTitle } from './units';

/** `color` is `null` where only the map can tell it; `opacity` is that of an area, hatched where it has no value. */
export interface Swatch { shape: Marker | 'line' | 'area'; color: string | null; dash: number[]; opacity: number; edge: string | null; isHatched: boolean }
/** `key` is the class in links, empty for the whole layer; `condition` says which features it has. */
export interface LegendRow { key: string; title: string; swatch: Swatch; condition: DrawnCondition; is: 'class' | 'rest' | 'cluster' }
/** `by`: what the classes tell apart, where that is one property. `from`: the zoom from which it is drawn, where that is nearer than the map is. */
export interface LegendGroup { layer: Layer; title: string; by: string | null; rows: LegendRow[]; from: number | null }

export interface Reading { words: Dictionary; language: Language; zoom: number | null }

const range = (from: number | null, below: number | null, unit: string, language: Language): string => {
  const written = (value: number): string => formatNumber(value, language);
  if (from === null) return `< ${written(below ?? 0)}${unit}`;
  return below === null ? `≥ ${written(from)}${unit}` : `${written(from)} – <${written(below)}${unit}`;
};
const SIGNS: Record<string, string> = { '=': '=', '<>': '≠', '<': '<', '<=': '≤', '>': '>', '>=': '≥' };

/** What people call the features of a class. */
export function titleOfCondition(condition: DrawnCondition, layer: Layer, { words, language }: Pick<Reading, 'words' | 'language'>): string {
  const property = 'property' in condition ? layer.properties.find(({ name }) => name === condition.property) : undefined;
  const named = (name: string): string => property?.title[language] ?? name;
  const value = (text: string): string => {
    if (property?.type === 'boolean') return text === 'true' ? words.yes : text === 'false' ? words.no : text;
    return text === '' ? words.noValue : formatValue(property && { ...property, unit: null }, text, language, words);
  };
  switch (condition.is) {
    case 'all': return layer.title[language];
    case 'value': return condition.values.map(value).join(words.listSign);
    case 'range': return range(condition.from, condition.below, property?.unit ? ` ${unitTitle(property.unit, language)}`.trimEnd() : '', language);
    case 'missing': return words.noValue;
    case 'compare': return condition.op === 'like' ? words.contains(named(condition.property), String(condition.value)) : `${named(condition.property)} ${SIGNS[condition.op]} ${value(String(condition.value))}`;
    case 'and': return condition.of.map((part) => titleOfCondition(part, layer, { words, language })).join(words.andSign);
    case 'or': return condition.of.map((part) => titleOfCondition(part, layer, { words, language })).join(words.orSign);
    case 'not': return words.except(titleOfCondition(condition.of, layer, { words, language }));
    case 'expression': return words.byExpression;
  }
}

/** The opacity of what is not under the pointer. */
function plain(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return Array.isArray(value) ? plain(value.at(-1)) : null;
}

const outlineOf = (parts: LayerSpecification[]): LayerSpecification | undefined => parts.find(({ id }) => id.endsWith('.outline'));

function dashOf(drawn: LayerSpecification | undefined): number[] {
  const dash = (drawn?.paint as Record<string, unknown> | undefined)?.['line-dasharray'];
  return Array.isArray(dash) && dash.every((part) => typeof part === 'number') ? dash : [];
}

/** `outline` is the part that draws the edge of an area. */
function swatchOf(drawn: LayerSpecification, output: unknown, edge: string | null, outline?: LayerSpecification): Swatch {
  const paint = (drawn.paint ?? {}) as Record<string, unknown>;
  const marker = typeof output === 'string' ? parseMarker(output) : null;
  const dash = dashOf(drawn.type === 'fill' ? outline : drawn);
  const shape = marker?.shape ?? ({ line: 'line', circle: 'circle', symbol: 'square' } as const)[drawn.type as 'line'] ?? 'area';
  return { shape, color: colorOf(output), dash, opacity: plain(paint['fill-opacity']) ?? 1, edge, isHatched: false };
}

/** The colour of an edge, where it is another than that of the area. */
function edgeOf(parts: LayerSpecification[], main: LayerSpecification): string | null {
  const outline = outlineOf(parts);
  const color = outline && JSON.stringify(coloring(outline)) !== JSON.stringify(coloring(main)) ? coloring(outline) : null;
  return typeof color === 'string' ? color : null;
}

/** A rule is called by what it asks for; that no earlier one held goes without saying. */
function spoken(condition: DrawnCondition): DrawnCondition {
  if (condition.is !== 'and') return condition;
  const said = condition.of.filter(({ is }) => is !== 'not');
  return said.length > 0 ? and(...said) : condition;
}

function rowOf(layer: Layer, parts: LayerSpecification[], drawn: LayerSpecification, { key, condition, output }: DrawnClass, reading: Reading): LegendRow {
  const isRest = key === REST || key.endsWith(`/${REST}`);
  const title = !isRest ? titleOfCondition(spoken(condition), layer, reading) : condition.is === 'missing' ? reading.words.noValue : reading.words.otherClasses;
  return { key, title, swatch: { ...swatchOf(drawn, output, edgeOf(parts, drawn), outlineOf(parts)), isHatched: condition.is === 'missing' && parts.some(({ id }) => id.endsWith('.missing')) }, condition, is: isRest ? 'rest' : 'class' };
}

/** One row for each class that the parts of a layer draw. */
export function rowsOf(layer: Layer, parts: LayerSpecification[], reading: Reading): LegendRow[] {
  const rows = classesOf(parts).flatMap(({ drawn, classes }) => classes.map((one) => rowOf(layer, parts, drawn, one, reading)));
  // Two style layers that draw the same features in one colour are one class.
  const unique = new Map<string, LegendRow>();
  for (const row of rows) {
    const name = JSON.stringify([row.condition, row.swatch.color]);
    if (!unique.has(name)) unique.set(name, row);
  }
  return [...unique.values()];
}

function clusterRow(drawn: LayerSpecification, { words }: Reading): LegendRow {
  return { key: '', title: words.clusterRow, swatch: swatchOf(drawn, coloring(drawn), null), condition: { is: 'all' }, is: 'cluster' };
}

function byOf(layer: Layer, rows: LegendRow[], language: Language): string | null {
  const [only, ...more] = new Set(rows.flatMap(({ condition }) => [...(propertiesOf(condition) ?? ['', ' '])]));
  return more.length === 0 ? (layer.properties.find(({ name }) => name === only)?.title[language] ?? null) : null;
}

const isShown = (drawn: LayerSpecification): boolean => drawn.layout?.visibility !== 'none';

/**
 * The legend of a style as it is drawn, the layer on top first: a row for each class, made of the style alone. `off` holds
 * the classes of each layer that are filtered out.
 */
export function legendOf(style: StyleSpecification, layers: Layer[], off: Record<string, string[]>, reading: Reading): LegendGroup[] {
  const known = new Map(layers.map((layer) => [layer.id, layer]));
  const groups = [...partsByLayer(style)].flatMap(([id, parts]): LegendGroup[] => {
    const layer = known.get(id);
    const shown = parts.filter(isShown);
    if (!layer || shown.length === 0) return [];
    const from = Math.min(...shown.filter((drawn) => isMain(drawn) || isCluster(drawn)).map(({ minzoom = 0 }) => minzoom));
    const rows = rowsOf(layer, shown, reading).filter(({ key }) => key === '' || !(off[id] ?? []).includes(key));
    const cluster = shown.find(isCluster);
    const isClustered = cluster && layer.cluster && reading.zoom !== null && reading.zoom < layer.cluster.below;
    const isLater = reading.zoom !== null && reading.zoom < from;
    return [{ layer, title: layer.title[reading.language], by: byOf(layer, rows, reading.language), rows: isClustered ? [...rows, clusterRow(cluster, reading)] : rows, from: isLater ? from : null }];
  });
  // The order of the shapes is that of the groups: what is drawn last lies on top.
  return groups.reverse();
}
