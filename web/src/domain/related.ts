import type { Layer, Property, Scalar } from '../api/types';

/** Features that a feature is bound to by a code: those that it names, or those that name it. */
export interface Relation {
  layer: Layer;
  /** The property that holds the code: the feature's own where it names the others, else theirs. */
  property: Property;
  isNamed: boolean;
  /** The others have this value in this property. */
  name: string;
  value: string;
}

/** The condition in CQL2 that the others meet. */
export const meets = ({ name, value }: Pick<Relation, 'name' | 'value'>): string => `"${name}" = '${value.replaceAll("'", "''")}'`;
const isThere = (value: Scalar | undefined): value is string | number | boolean => value !== null && value !== undefined && value !== '';

/** What the catalogue declares (`references`) of a layer, read both ways, for the values of one feature. Only layers that one sees. */
export function relationsOf(layer: Layer, properties: Record<string, Scalar>, layers: Layer[]): Relation[] {
  const named = layer.properties.flatMap((property): Relation[] => {
    const target = layers.find(({ id }) => id === property.references?.layer);
    const value = properties[property.name];
    return property.references && target && isThere(value) ? [{ layer: target, property, isNamed: true, name: property.references.by, value: String(value) }] : [];
  });
  const naming = layers.flatMap((other) => other.properties.flatMap((property): Relation[] => {
    const { references } = property;
    const value = references?.layer === layer.id ? properties[references.by] : undefined;
    return isThere(value) ? [{ layer: other, property, isNamed: false, name: property.name, value: String(value) }] : [];
  }));
  return [...named, ...naming];
}
