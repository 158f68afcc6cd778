import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import type { OwnStyle } from './ownStyle';

/** What a style file says of itself, so that an unchanged one is known again when it comes back. */
export const OWN = 'platbook:style';
export const DIGEST = 'platbook:digest';

/** JSON with its keys in order: equal things are written alike. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, part]) => part !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${written(part)}`).join(',')}}`;
}

/** FNV-1a of some style layers: tells whether they were touched, no more. */
export function digestOf(layers: unknown): string {
  let hash = 0x811c9dc5;
  for (const sign of written(layers)) hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The style of one layer as a file that any MapLibre program reads. */
export function styleFile(layer: Layer, drawn: StyleSpecification, parts: LayerSpecification[], own: OwnStyle | null): StyleSpecification {
  // What is hidden here is not hidden elsewhere.
  const seen = (layout: object): object => Object.fromEntries(Object.entries(layout).filter(([name]) => name !== 'visibility'));
  const layers = parts.map((part) => ({ ...part, ...(part.layout ? { layout: seen(part.layout) } : {}) }) as LayerSpecification);
  const source = drawn.sources[layer.id];
  return {
    version: 8,
    name: layer.title.en,
    metadata: { 'platbook:layer': layer.id, [OWN]: own?.form === 'file' ? null : own, [DIGEST]: own?.form === 'file' ? '' : digestOf(layers) },
    sources: source ? { [layer.id]: source } : {},
    layers,
  };
}
