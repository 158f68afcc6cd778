import type { CircleLayerSpecification, ExpressionSpecification, FilterSpecification, LayerSpecification, LineLayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import { layerOf } from './style';

/** The ring of what is selected: no class has this hue. Around it a halo, so that it is seen on any ground. */
const COLORS = { light: { ring: '#c2185b', halo: '#ffffff', hover: '#3b4250' }, dark: { ring: '#ff7ab8', halo: '#161b22', hover: '#c8d0da' } };
const RING_PIXELS = 2;
const HALO_PIXELS = 4;
/** The radius of the ring around a point, by zoom. */
const RADII: [zoom: number, pixels: number][] = [[8, 4], [14, 5], [18, 10]];

const isSo = (state: 'selected' | 'hover'): ExpressionSpecification => ['boolean', ['feature-state', state], false];
const when = (state: 'selected' | 'hover', value: number): ExpressionSpecification => ['case', isSo(state), value, 0];
const radius = (state: 'selected' | 'hover'): ExpressionSpecification =>
  ['interpolate', ['linear'], ['zoom'], ...RADII.flatMap(([zoom, pixels]) => [zoom, when(state, pixels)])] as unknown as ExpressionSpecification;

type Part = 'halo' | 'ring' | 'hover';
/** What every part of a layer's marks has in common. */
const base = ({ id, zoom }: Layer, part: Part) => ({ id: `${id}.mark-${part}`, source: id, 'source-layer': id, minzoom: zoom.min, metadata: { 'platbook:layer': id } });
const single: FilterSpecification = ['!', ['has', 'cluster']];

function circle(layer: Layer, part: Part, state: 'selected' | 'hover', color: string, pixels: number): CircleLayerSpecification {
  return {
    ...base(layer, part), type: 'circle', filter: single,
    paint: { 'circle-radius': radius(state), 'circle-opacity': 0, 'circle-stroke-color': color, 'circle-stroke-width': when(state, pixels) },
  };
}

function line(layer: Layer, part: Part, color: string, pixels: number): LineLayerSpecification {
  return {
    ...base(layer, part), type: 'line', layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': color, 'line-width': when('selected', pixels) },
  };
}

/** The style with rings around what is selected, above all shapes and below all names; points that are pictures are ringed under the pointer, too. */
export function withMarks(style: StyleSpecification, catalogue: Layer[], selected: string[], isDark: boolean): StyleSpecification {
  const colors = isDark ? COLORS.dark : COLORS.light;
  const drawn = new Map(style.layers.map((one) => [layerOf(one), one.layout?.visibility !== 'none'] as const));
  const shown = catalogue.filter(({ id }) => drawn.get(id));
  const pictures = new Set(style.layers.filter(({ type, layout }) => type === 'symbol' && layout !== undefined && 'icon-image' in layout).map(layerOf));
  const marks = shown.flatMap((layer): LayerSpecification[] => {
    const hover = pictures.has(layer.id) ? [circle(layer, 'hover', 'hover', colors.hover, 1)] : [];
    if (!selected.includes(layer.id)) return hover;
    return layer.geometry === 'point'
      ? [circle(layer, 'halo', 'selected', colors.halo, HALO_PIXELS), circle(layer, 'ring', 'selected', colors.ring, RING_PIXELS), ...hover]
      : [line(layer, 'halo', colors.halo, HALO_PIXELS), line(layer, 'ring', colors.ring, layer.geometry === 'line' ? RING_PIXELS + 1 : RING_PIXELS)];
  });
  const names = style.layers.findIndex(({ id }) => /\.(label|cluster-count)$/.test(id));
  const at = names === -1 ? style.layers.length : names;
  return { ...style, layers: [...style.layers.slice(0, at), ...marks, ...style.layers.slice(at)] };
}
