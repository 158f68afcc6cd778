import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';

const WHITE = '#ffffff';

/** A style as it is drawn on paper: on white, so that no ink is spent on the ground, and with nothing that waits for a pointer. */
export function forPaper(style: StyleSpecification): StyleSpecification {
  return {
    ...style,
    layers: style.layers.map((drawn): LayerSpecification => (drawn.type === 'background' ? { ...drawn, paint: { ...drawn.paint, 'background-color': WHITE } } : drawn)),
  };
}
