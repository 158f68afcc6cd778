import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import type { StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';
import { withSolids } from '../src/domain/solid';
import { plate } from './plate';

const building = { ...plate, id: 'building', geometry: 'polygon' as const, properties: [{ name: 'floors', title: { zh: '层数', en: 'Floors' }, type: 'integer', unit: null, enum: [] }] };
const style: StyleSpecification = {
  version: 8, sources: { building: { type: 'vector', tiles: ['http://x/{z}/{x}/{y}'] } },
  layers: [
    { id: 'building', type: 'fill', source: 'building', 'source-layer': 'building', minzoom: 13, filter: ['==', ['get', 'use'], 'farm'], paint: { 'fill-color': ['match', ['get', 'use'], 'farm', '#00ff00', '#ff0000'], 'fill-opacity': 0.8 } },
    { id: 'building.missing', type: 'fill', source: 'building', 'source-layer': 'building', paint: { 'fill-pattern': 'hatch' } },
    { id: 'building.label', type: 'symbol', source: 'building', 'source-layer': 'building' },
  ],
};

test('areas with floors are as high as these, in their own colours, and nothing else is', () => {
  const { layers, ...rest } = withSolids(style, [building, plate], { building: 0.5 });
  expect(layers.map(({ id }) => id)).toEqual(['building', 'building.missing', 'building.mark-solid', 'building.label']);
  expect(layers[2]).toMatchObject({ type: 'fill-extrusion', minzoom: 13, filter: ['==', ['get', 'use'], 'farm'], paint: { 'fill-extrusion-opacity': 0.45 } });
  expect(JSON.stringify(layers[2])).toContain('#00ff00');
  expect(validateStyleMin({ ...rest, layers } as never)).toEqual([]);
  expect(withSolids(style, [plate], {}).layers).toHaveLength(3);
});
