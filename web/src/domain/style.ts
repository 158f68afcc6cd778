import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';

/** How one layer of the catalogue is shown. `off` holds the values of the classes that are not. */
export interface LayerView { isShown: boolean; opacity: number; off: string[] }

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

function withoutClasses(base: FilterSpecification | undefined, by: string, off: string[]): FilterSpecification {
  const kept = ['!', ['in', ['to-string', ['get', by]], ['literal', off]]];
  return (base === undefined ? kept : ['all', base, kept]) as FilterSpecification;
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
    if (view.off.length > 0 && layer.style.by !== null && !/\.cluster(-count)?$/.test(drawn.id)) {
      copy.filter = withoutClasses('filter' in drawn ? drawn.filter : undefined, layer.style.by, [...view.off]);
    }
    return copy as LayerSpecification;
  });
  return { ...style, sources: sourcesOf(style.sources, moment, filters), layers };
}
