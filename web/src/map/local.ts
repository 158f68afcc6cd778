import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import { OVERLAY } from '../domain/style';

const PREFIX = `${OVERLAY}local-`;
const MARK = `${OVERLAY}localmark`;
export interface DrawnLocal { id: string; color: string; features: GeoJSON.Feature[] }

const PARTS = ['fill', 'line', 'point'] as const;

/** Lays the features of a file over the map; its features know their place in the file by `at`. */
export function drawLocal(map: MapLibre, { id, color, features }: DrawnLocal): void {
  const data: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features };
  const name = PREFIX + id;
  const source = map.getSource<GeoJSONSource>(name);
  if (source) { source.setData(data); return; }
  map.addSource(name, { type: 'geojson', data });
  map.addLayer({ id: `${name}-fill`, type: 'fill', source: name, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': color, 'fill-opacity': 0.25 } });
  map.addLayer({ id: `${name}-line`, type: 'line', source: name, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': color, 'line-width': 2 } });
  map.addLayer({ id: `${name}-point`, type: 'circle', source: name, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': color, 'circle-radius': 5, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } });
}

export function eraseLocal(map: MapLibre, id: string): void {
  const name = PREFIX + id;
  for (const part of PARTS) if (map.getLayer(`${name}-${part}`)) map.removeLayer(`${name}-${part}`);
  if (map.getSource(name)) map.removeSource(name);
}

/** Rings the one that is open; `null` takes the ring away. */
export function markLocal(map: MapLibre, feature: GeoJSON.Feature | null, color: string): void {
  const data: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: feature ? [feature] : [] };
  const source = map.getSource<GeoJSONSource>(MARK);
  if (source) { source.setData(data); return; }
  if (!feature) return;
  map.addSource(MARK, { type: 'geojson', data });
  map.addLayer({ id: `${MARK}-line`, type: 'line', source: MARK, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': color, 'line-width': 5 } });
  map.addLayer({ id: `${MARK}-point`, type: 'circle', source: MARK, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-opacity': 0, 'circle-radius': 9, 'circle-stroke-color': color, 'circle-stroke-width': 3 } });
}

const AROUND = 5;
/** Which features of files lie at a point of the screen, the one on top first. */
export function localsAt(map: MapLibre, { x, y }: { x: number; y: number }): { id: string; at: number }[] {
  const layers = map.getStyle().layers.map(({ id }) => id).filter((id) => id.startsWith(PREFIX));
  return map.queryRenderedFeatures([[x - AROUND, y - AROUND], [x + AROUND, y + AROUND]], { layers })
    .map(({ source, properties }) => ({ id: source.slice(PREFIX.length), at: Number(properties.at) }));
}
