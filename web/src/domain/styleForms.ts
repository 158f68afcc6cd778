import type { Layer, Property } from '../api/types';
import { writtenKey } from './counts';
import { type Category, type Form, type Look, MOST_VALUES, type OwnStyle, type Rule } from './ownStyle';
import { OKABE_ITO, OTHER } from './palette';

/** A value of a property and how often it is there. */
export interface Valued { value: string; count: number }

/** How the catalogue draws a layer, whatever its colours. */
export const lookOf = (layer: Layer): Look => ({
  size: layer.style.size,
  marker: layer.style.marker,
  opacity: layer.geometry === 'polygon' ? Math.round(layer.style.opacity * 100) : 100,
});

/** The catalogue's own style, as the form it has. */
export function catalogueStyle(layer: Layer): OwnStyle {
  const { by, classes, color } = layer.style;
  const look = lookOf(layer);
  if (by === null || classes.length === 0) return { form: 'single', look, color };
  return { form: 'category', look, by, classes: classes.slice(0, MOST_VALUES).map((entry) => ({ value: String(entry.value), color: entry.color })), other: color };
}

/** Properties that tiles carry: the map can tell features apart by these alone. */
export const drawable = (layer: Layer): Property[] => layer.properties.filter((property) => property.tile);
export const isNumber = ({ type }: Property): boolean => type === 'integer' || type === 'number';

/** What each form may tell features apart by. Codes and names differ for all, so they come last. */
export function propertiesFor(layer: Layer, form: Form): Property[] {
  const all = drawable(layer);
  if (form === 'graduated') return all.filter(isNumber);
  const rank = (property: Property): number => (property.enum.length > 0 ? 0 : property.type === 'boolean' ? 1 : isNumber(property) ? 2 : 3);
  return [...all].sort((a, b) => rank(a) - rank(b));
}

/** The values that are there, the most frequent first; declared ones in their own order before all others. */
export function valuesIn(layer: Layer, by: string, groups: { key: string | null; count: number }[]): Valued[] {
  const declared = layer.properties.find(({ name }) => name === by)?.enum.map(({ value }) => value) ?? [];
  const counts = new Map<string, number>();
  for (const { key, count } of groups) if (key !== null) counts.set(writtenKey(layer, by, key), (counts.get(writtenKey(layer, by, key)) ?? 0) + count);
  const others = [...counts].filter(([value]) => !declared.includes(value)).sort((a, b) => b[1] - a[1]);
  return [...declared.map((value): Valued => ({ value, count: counts.get(value) ?? 0 })), ...others.map(([value, count]) => ({ value, count }))];
}

/** A style by the values of a property: colours that are told apart, the catalogue's where it has them. */
export function categoryOf(layer: Layer, by: string, values: Valued[], look: Look): Category {
  const own = layer.style.by === by ? layer.style.classes : [];
  const classes = values.slice(0, MOST_VALUES).map(({ value }, at) => ({ value, color: own.find((entry) => String(entry.value) === value)?.color ?? OKABE_ITO[at] ?? OTHER }));
  return { form: 'category', look, by, classes, other: OTHER };
}

/** Whether a rule says something that the map can answer. */
export function isWhole({ property, is, value }: Rule, layer: Layer): boolean {
  const declared = layer.properties.find(({ name }) => name === property);
  if (!declared) return false;
  if (is === 'missing') return true;
  return isNumber(declared) && is !== 'like' ? value.trim() !== '' && Number.isFinite(Number(value)) : value !== '';
}

/** A rule to begin with. */
export function newRule(layer: Layer, at: number): Rule {
  const [property] = propertiesFor(layer, 'rule');
  return { property: property?.name ?? '', is: property && isNumber(property) ? '>=' : '=', value: property?.enum[0]?.value ?? (property?.type === 'boolean' ? 'true' : ''), color: OKABE_ITO[at % OKABE_ITO.length] ?? OTHER };
}
