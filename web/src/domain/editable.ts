import type { Layer } from '../api/types';

/** What this platform is kept for. */
const LIKELIEST = 'doorplate';

/** The layer that editing starts on, of those that may be edited: the one last chosen, else the likeliest, else points that are shown. */
export function layerToEdit(layers: Layer[], shown: string[], last: string): Layer | undefined {
  const inSight = layers.filter(({ id }) => shown.includes(id));
  return layers.find(({ id }) => id === last) ?? layers.find(({ id }) => id === LIKELIEST)
    ?? inSight.find(({ geometry }) => geometry === 'point') ?? inSight[0] ?? layers[0];
}

/** Which of the things under a click is meant: one of the chosen layer, else the topmost; an area only where its layer is chosen. */
export function meant<Thing extends { layer: string }>(things: Thing[], layers: Layer[], chosen: string): Thing | undefined {
  const geometryOf = new Map(layers.map(({ id, geometry }) => [id, geometry]));
  return things.find(({ layer }) => layer === chosen) ?? things.find(({ layer }) => geometryOf.has(layer) && geometryOf.get(layer) !== 'polygon');
}
