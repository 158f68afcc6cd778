import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import { classesOf, type DrawnClass } from './drawnClasses';
import { asExpression } from './drawnCondition';

/** How one layer of the catalogue is shown. `off` holds the values of the classes that are not. */
export interface LayerView { isShown: boolean; opacity: number; off: string[] }

/** How layers are shown where some are named (`null`: the catalogue's own choice), and some of their classes are off. */
export function viewsOf(layers: readonly Layer[], shown: readonly { id: string; opacity: number }[] | null, off: Record<string, string[]>): Record<string, LayerView> {
  const opacities = shown && new Map(shown.map(({ id, opacity }) => [id, opacity]));
  return Object.fromEntries(layers.map(({ id, visible }) => [id, { isShown: opacities ? opacities.has(id) : visible, opacity: opacities?.get(id) ?? 100, off: off[id] ?? [] }]));
}

/** Sources and layers that tools lay over the style; a new style leaves them be. */
export const OVERLAY = 'over-';

const OPACITIES: Record<string, string[]> = {
  fill: ['fill-opacity'],
  line: ['line-opacity'],
  circle: ['circle-opacity', 'circle-stroke-opacity'],
  symbol: ['icon-opacity', 'text-opacity'],
};

export function layerOf(layer: { id: string; metadata?: unknown }): string {
  const named = (layer.metadata as Record<string, unknown> | undefined)?.['platbook:layer'];
  return typeof named === 'string' ? named : (layer.id.split('.')[0] ?? layer.id);
}

/** An expression over zoom must stay outermost, so those keep their own opacity. */
function dimmed(base: unknown, factor: number): unknown {
  if (base === undefined) return factor;
  if (typeof base === 'number') return base * factor;
  return JSON.stringify(base).includes('["zoom"]') ? base : ['*', factor, base];
}

function withoutClasses(base: FilterSpecification | undefined, classes: DrawnClass[], off: string[]): FilterSpecification | undefined {
  const hidden = classes.filter(({ key }) => off.includes(key)).map(({ condition }) => condition);
  const values = hidden.flatMap((condition) => (condition.is === 'value' ? [condition] : []));
  const [first] = values;
  if (hidden.length === 0) return base;
  // Values of one property are one test.
  const isPlain = first && values.length === hidden.length && values.every(({ property }) => property === first.property);
  const test = isPlain ? asExpression({ ...first, values: values.flatMap((condition) => condition.values) }) : ['any', ...hidden.map(asExpression)];
  return (base === undefined ? ['!', test] : ['all', base, ['!', test]]) as FilterSpecification;
}

/** The parts of each layer of a style. */
export function partsByLayer(style: StyleSpecification): Map<string, LayerSpecification[]> {
  const parts = new Map<string, LayerSpecification[]>();
  for (const drawn of style.layers) if (drawn.type !== 'background') parts.set(layerOf(drawn), [...(parts.get(layerOf(drawn)) ?? []), drawn]);
  return parts;
}

/** What each style layer tells apart: those that draw features their own classes, names and edges those of all of these. */
function classesByPart(style: StyleSpecification): (drawn: LayerSpecification) => DrawnClass[] {
  const known = new Map([...partsByLayer(style)].map(([id, drawn]) => [id, classesOf(drawn)]));
  return (part) => {
    const all = known.get(layerOf(part)) ?? [];
    return all.find(({ drawn }) => drawn === part)?.classes ?? all.flatMap(({ classes }) => classes);
  };
}

/** The sources of a style, their tiles as of a moment and with what holds a layer's condition alone. */
function sourcesOf(sources: StyleSpecification['sources'], moment: string | null, filters: Record<string, string>): StyleSpecification['sources'] {
  return Object.fromEntries(Object.entries(sources).map(([id, source]) => {
    const filter = filters[id];
    const asked = [...(moment === null ? [] : [`datetime=${encodeURIComponent(moment)}`]), ...(filter === undefined ? [] : [`filter=${encodeURIComponent(filter)}`])].join('&');
    return [id, asked !== '' && source.type === 'vector' && source.tiles ? { ...source, tiles: source.tiles.map((url) => `${url}?${asked}`) } : source];
  }));
}

/** The style that the server gave, shown as the reader asked for: pure, so that the map can be told the difference. */
export function composeStyle(style: StyleSpecification, catalogue: Layer[], views: Record<string, LayerView>, moment: string | null = null, isNarrow = false, filters: Record<string, string> = {}): StyleSpecification {
  const known = new Map(catalogue.map((layer) => [layer.id, layer]));
  const classesFor = classesByPart(style);
  const layers = style.layers.map((drawn) => {
    const id = layerOf(drawn);
    const layer = known.get(id);
    const view = views[id];
    if (!layer || !view || drawn.type === 'background') return drawn;
    const copy = { ...drawn, layout: { ...drawn.layout, visibility: view.isShown ? 'visible' : 'none' } } as LayerSpecification & Record<string, unknown>;
    // Names that must all stand have no room on a phone: there they give way to each other until one comes nearer.
    if (isNarrow && drawn.id.endsWith('.label')) copy.layout = { ...copy.layout, 'text-allow-overlap': false };
    if (view.opacity < 100) {
      const paint: Record<string, unknown> = { ...(drawn.paint ?? {}) };
      for (const name of OPACITIES[drawn.type] ?? []) paint[name] = dimmed(paint[name], view.opacity / 100);
      copy.paint = paint;
    }
    if (view.off.length > 0 && !/\.cluster(-count)?$/.test(drawn.id)) {
      const filter = withoutClasses('filter' in drawn ? drawn.filter : undefined, classesFor(drawn), [...view.off]);
      if (filter !== undefined) copy.filter = filter;
    }
    return copy as LayerSpecification;
  });
  return { ...style, sources: sourcesOf(style.sources, moment, filters), layers };
}
