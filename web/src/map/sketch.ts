import { type ExpressionSpecification, Map as MapLibre, type StyleSpecification } from 'maplibre-gl';
import type { Box } from '../api/types';
import { positionsOf } from '../domain/pieces';
import { OVERLAY } from '../domain/style';

export interface Drawn { geometry: GeoJSON.Geometry; color: string; dash: boolean; width: number }

const PADDING = 40;

/** A small map of a few geometries over the style that is shown; the answer takes it away again. */
export function drawSketch(container: HTMLElement, style: StyleSpecification, drawn: Drawn[]): () => void {
  const positions = drawn.flatMap(({ geometry }) => positionsOf(geometry));
  const [lons, lats] = [positions.map(([lon = 0]) => lon), positions.map(([, lat = 0]) => lat)];
  const bounds: Box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  const source = `${OVERLAY}sketch`;
  const features = drawn.map(({ geometry, ...properties }) => ({ type: 'Feature' as const, geometry, properties }));
  const color: ExpressionSpecification = ['get', 'color'];
  const line = (isDashed: boolean): StyleSpecification['layers'][number] => ({
    id: `${source}-${isDashed}`, type: 'line', source, filter: ['==', ['get', 'dash'], isDashed],
    paint: { 'line-color': color, 'line-width': ['get', 'width'], ...(isDashed ? { 'line-dasharray': [2, 2] } : {}) },
  });
  const map = new MapLibre({
    container, attributionControl: false, dragRotate: false, fadeDuration: 0, bounds, fitBoundsOptions: { padding: PADDING, maxZoom: 18 },
    style: {
      ...style,
      sources: { ...style.sources, [source]: { type: 'geojson', data: { type: 'FeatureCollection', features } } },
      layers: [
        ...style.layers,
        line(false),
        line(true),
        { id: `${source}-point`, type: 'circle', source, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': color, 'circle-radius': 7, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 } },
      ],
    },
  });
  return () => map.remove();
}
