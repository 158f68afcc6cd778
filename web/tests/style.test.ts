import type { StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';
import { composeStyle, type LayerView } from '../src/domain/style';
import { plate } from './plate';

const style = {
  version: 8,
  sources: {},
  layers: [
    { id: 'land', type: 'background', paint: { 'background-color': '#fff' } },
    { id: 'doorplate', type: 'circle', source: 'doorplate', metadata: { 'platbook:layer': 'doorplate' }, filter: ['!', ['has', 'cluster']], paint: { 'circle-color': ['match', ['get', 'status'], 'mounted', '#1b7f5c', 'odd', '#b3261e', '#1f5fa8'], 'circle-opacity': ['case', true, 1, 0.5] } },
    { id: 'doorplate.cluster', type: 'circle', source: 'doorplate', metadata: { 'platbook:layer': 'doorplate' }, filter: ['has', 'cluster'], paint: { 'circle-opacity': 0.8 } },
    { id: 'other', type: 'line', source: 'other', paint: { 'line-opacity': ['interpolate', ['linear'], ['zoom'], 8, 0, 9, 1] } },
  ],
} as unknown as StyleSpecification;

const shown = (view: Partial<LayerView>) => composeStyle(style, [plate, { ...plate, id: 'other' }], {
  doorplate: { isShown: true, opacity: 100, off: [], ...view },
  other: { isShown: true, opacity: 50, off: [] },
}).layers.map((layer) => ({ ...layer }) as Record<string, unknown>);

test('a hidden layer hides all it draws and nothing else', () => {
  expect(shown({ isShown: false }).map(({ layout }) => (layout as { visibility?: string } | undefined)?.visibility)).toEqual([undefined, 'none', 'none', 'visible']);
});

test('a class that is off filters features and leaves clusters whole', () => {
  const [, features, clusters] = shown({ off: ['odd'] });
  expect(features?.filter).toEqual(['all', ['!', ['has', 'cluster']], ['!', ['in', ['to-string', ['get', 'status']], ['literal', ['odd']]]]]);
  expect(clusters?.filter).toEqual(['has', 'cluster']);
});

test('opacity scales numbers and expressions, and never wraps an expression over zoom', () => {
  const [, features, clusters, other] = shown({ opacity: 50 });
  expect(features?.paint).toMatchObject({ 'circle-opacity': ['*', 0.5, ['case', true, 1, 0.5]] });
  expect(clusters?.paint).toMatchObject({ 'circle-opacity': 0.4 });
  expect(other?.paint).toEqual({ 'line-opacity': ['interpolate', ['linear'], ['zoom'], 8, 0, 9, 1] });
});

test('the style that was given is not changed', () => {
  const before = JSON.stringify(style);
  shown({ isShown: false, opacity: 20, off: ['odd'] });
  expect(JSON.stringify(style)).toBe(before);
});

test('names that must all stand give way to each other on a phone; counts stay', () => {
  const layout = { 'text-allow-overlap': true };
  const named = { ...style, layers: ['.label', '.cluster-count'].map((part) => ({ id: `doorplate${part}`, type: 'symbol', source: 'doorplate', layout })) } as unknown as StyleSpecification;
  const overlaps = (isNarrow: boolean) => composeStyle(named, [plate], { doorplate: { isShown: true, opacity: 100, off: [] } }, null, isNarrow)
    .layers.map((layer) => (layer.layout as Record<string, unknown>)['text-allow-overlap']);
  expect(overlaps(false)).toEqual([true, true]);
  expect(overlaps(true)).toEqual([false, true]);
});

test('a style as of a moment asks for the tiles of then, and only where a moment is named', () => {
  const tiled = { ...style, sources: { doorplate: { type: 'vector', tiles: ['/tiles/doorplate/{z}/{x}/{y}'] } } } as unknown as StyleSpecification;
  expect(composeStyle(tiled, [], {}, '2025-06-30T06:05:00Z').sources.doorplate).toMatchObject({ tiles: ['/tiles/doorplate/{z}/{x}/{y}?datetime=2025-06-30T06%3A05%3A00Z'] });
  expect(composeStyle(tiled, [], {}).sources).toEqual(tiled.sources);
});
