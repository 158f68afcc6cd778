import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import type { SearchResult } from '../api/types';
import { OVERLAY } from '../domain/style';

const SOURCE = `${OVERLAY}found`;
const COLOR = '#c2185b';

/** Marks a place that is no feature of the map, coordinates or a cell, and says what it is; null takes the mark away. */
export function markFound(map: MapLibre, found: SearchResult | null): void {
  const data: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: found ? shapesOf(found) : [] };
  const source = map.getSource<GeoJSONSource>(SOURCE);
  if (source) { source.setData(data); return; }
  if (!found) return;
  map.addSource(SOURCE, { type: 'geojson', data });
  map.addLayer({ id: `${SOURCE}-cell`, type: 'line', source: SOURCE, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'line-color': COLOR, 'line-width': 3 } });
  map.addLayer({
    id: `${SOURCE}-point`, type: 'circle', source: SOURCE, filter: ['==', ['get', 'kind'], 'coordinates'],
    paint: { 'circle-color': COLOR, 'circle-radius': 6, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
  });
  map.addLayer({
    id: `${SOURCE}-title`, type: 'symbol', source: SOURCE, filter: ['==', ['geometry-type'], 'Point'],
    layout: { 'text-field': ['get', 'title'], 'text-font': ['Noto Sans'], 'text-size': 13, 'text-offset': [0, 1], 'text-anchor': 'top', 'text-allow-overlap': true },
    paint: { 'text-color': COLOR, 'text-halo-color': '#ffffff', 'text-halo-width': 2 },
  });
}

function shapesOf({ kind, title, subtitle, center, bbox }: SearchResult): GeoJSON.Feature[] {
  const properties = { kind, title: subtitle && kind === 'coordinates' ? `${title}\n${subtitle}` : title };
  const shapes: GeoJSON.Feature[] = [{ type: 'Feature', properties, geometry: { type: 'Point', coordinates: center } }];
  if (bbox) {
    const [west, south, east, north] = bbox;
    const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    shapes.push({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } });
  }
  return shapes;
}
