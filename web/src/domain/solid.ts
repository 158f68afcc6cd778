import type { ExpressionSpecification, FillExtrusionLayerSpecification, FillLayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import { layerOf } from './style';

/** How high a floor is taken to be; where nothing is known of its floors, a building has one. */
export const FLOOR_M = 3;
const FLOORS = 'floors';
const SELECTED = '#c2185b';
const OPACITY = 0.9;

const height: ExpressionSpecification = ['*', FLOOR_M, ['max', 1, ['to-number', ['get', FLOORS], 1]]];

const isSolid = (layer: Layer): boolean => layer.geometry === 'polygon' && layer.properties.some(({ name }) => name === FLOORS);

function solidOf(fill: FillLayerSpecification, layer: Layer, share: number): FillExtrusionLayerSpecification {
  const color = fill.paint?.['fill-color'] ?? layer.style.color;
  return {
    id: `${layer.id}.mark-solid`, type: 'fill-extrusion', source: fill.source, metadata: { 'platbook:layer': layer.id },
    ...(fill['source-layer'] === undefined ? {} : { 'source-layer': fill['source-layer'] }), ...(fill.minzoom === undefined ? {} : { minzoom: fill.minzoom }),
    ...(fill.filter === undefined ? {} : { filter: fill.filter }), layout: { visibility: fill.layout?.visibility ?? 'visible' },
    paint: {
      'fill-extrusion-color': ['case', ['boolean', ['feature-state', 'selected'], false], SELECTED, color] as unknown as ExpressionSpecification,
      'fill-extrusion-height': height, 'fill-extrusion-opacity': OPACITY * share,
    },
  };
}

/** The style with areas that have floors as high as these, in the colours in which they are drawn; `shares` are their opacities. */
export function withSolids(style: StyleSpecification, catalogue: Layer[], shares: Record<string, number>): StyleSpecification {
  const solid = new Map(catalogue.filter(isSolid).map((layer) => [layer.id, layer]));
  const last = new Map(style.layers.flatMap((drawn, at) => (drawn.type === 'symbol' ? [] : [[layerOf(drawn), at] as const])));
  const layers = style.layers.flatMap((drawn, at) => {
    const layer = solid.get(layerOf(drawn));
    const fill = layer && style.layers.find((one): one is FillLayerSpecification => one.type === 'fill' && layerOf(one) === layer.id);
    // Edges on the ground lie below what stands on it.
    return fill && last.get(layer.id) === at ? [drawn, solidOf(fill, layer, shares[layer.id] ?? 1)] : [drawn];
  });
  return { ...style, layers };
}
