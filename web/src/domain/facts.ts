import type { Feature, Layer, Property } from '../api/types';

/** How many facts stand at the head of a card. */
const MOST = 4;

/** The property by whose values the layer is drawn or gathered: what one wants to know of a feature first. */
export function statusOf(layer: Layer): Property | null {
  const name = layer.style.by ?? layer.cluster?.by;
  return layer.properties.find((property) => property.name === name && property.enum.length > 0) ?? null;
}

/** The first properties that have a value, in the order of the schema, without what the head of the card says anyway. */
export function keyFacts(layer: Layer, { properties }: Feature): Property[] {
  const said = new Set([layer.label, layer.priority, statusOf(layer)?.name, 'source']);
  const isThere = ({ name }: Property): boolean => !said.has(name) && properties[name] !== undefined && properties[name] !== null && properties[name] !== '';
  return layer.properties.filter(isThere).slice(0, MOST);
}
