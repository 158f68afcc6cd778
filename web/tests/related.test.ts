import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Feature, Layer, Property } from '../src/api/types';
import { keyFacts, statusOf } from '../src/domain/facts';
import { withMarks } from '../src/domain/marks';
import { DIRECTIONS, directionOf, NEARBY_M, writtenDistance } from '../src/domain/nearby';
import { measured, nearest } from '../src/domain/nearest';
import { meets, relationsOf } from '../src/domain/related';

const property = (name: string, more: Partial<Property> = {}): Property => ({ name, title: { zh: name, en: name }, type: 'string', unit: null, enum: [], ...more });
const layerOf = (id: string, properties: Property[], more: Record<string, unknown> = {}): Layer => ({ id, properties, label: 'name', priority: null, cluster: null, style: { by: null }, ...more }) as unknown as Layer;
const station = layerOf('station', [property('code'), property('name')]);
const sector = layerOf('sector', [property('code'), property('station', { references: { layer: 'station', by: 'code' } })]);

test('relations are read both ways from what is declared, and only of layers that one sees', () => {
  const own = relationsOf(sector, { code: 'S-1', station: "o'S" }, [station, sector]);
  expect(own.map(({ layer, isNamed }) => [layer.id, isNamed])).toEqual([['station', true]]);
  expect(own.map(meets)).toEqual([`"code" = 'o''S'`]);
  const theirs = relationsOf(station, { code: 'S', name: 'x' }, [station, sector]);
  expect(theirs.map((one) => [one.layer.id, one.isNamed, meets(one)])).toEqual([['sector', false, `"station" = 'S'`]]);
  expect(relationsOf(sector, { station: 'S' }, [sector])).toEqual([]);
  expect(relationsOf(sector, { code: 'S-1' }, [station, sector])).toEqual([]);
});

const HERE: [number, number] = [112.9, 30.4];

test('what is near lies so many metres away, in one of eight directions', () => {
  const near = (geometry: GeoJSON.Geometry) => { const one = measured({ id: 1, geometry, properties: {} }, HERE); return [directionOf(HERE, one), Math.round(one.metres)]; };
  const point = (lon: number, lat: number) => near({ type: 'Point', coordinates: [lon, lat] });
  expect(point(...HERE)).toEqual([null, 0]);
  expect(point(112.9, 30.41)[0]).toBe('n');
  expect(point(112.89, 30.4)[0]).toBe('w');
  expect(point(112.91, 30.3914)[0]).toBe('se');
  expect(point(112.889, 30.39)[0]).toBe('sw');
  // A line passes nearer than any of its corners.
  expect(near({ type: 'LineString', coordinates: [[112.8, 30.401], [113, 30.401]] })).toEqual(['n', 111]);
  const square = (west: number, east: number): number[][] => [[west, 30.39], [east, 30.39], [east, 30.41], [west, 30.41], [west, 30.39]];
  expect(near({ type: 'Polygon', coordinates: [square(112.89, 112.91)] })).toEqual([null, 0]);
  // In a hole one stands beside the area.
  expect(near({ type: 'Polygon', coordinates: [[[112.8, 30.3], [113, 30.3], [113, 30.5], [112.8, 30.5], [112.8, 30.3]], square(112.89, 112.92)] })[0]).toBe('w');
});

test('every direction has its eighth of the circle', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 7 }), fc.double({ min: -20, max: 20, noNaN: true }), (eighth, degrees) => {
    const turn = ((eighth * 45 + degrees) * Math.PI) / 180;
    const at = [HERE[0] + (0.01 * Math.sin(turn)) / Math.cos((HERE[1] * Math.PI) / 180), HERE[1] + 0.01 * Math.cos(turn)];
    expect(directionOf(HERE, { at, metres: 1000 })).toBe(DIRECTIONS[eighth]);
  }));
  expect([writtenDistance(38.4), writtenDistance(1234), writtenDistance(12_345)]).toEqual(['38 m', '1.23 km', '12.3 km']);
});

test('the nearest are looked for no farther than is said', async () => {
  const asked: number[] = [];
  const none = await nearest(HERE, 3, (metres) => { asked.push(metres); return Promise.resolve({ features: [], numberMatched: 0 }); }, NEARBY_M);
  expect(none).toEqual([]);
  expect(Math.max(...asked)).toBe(NEARBY_M);
});

test('a card begins with how the feature stands and four facts that its head does not say', () => {
  const status = property('status', { enum: [{ value: 'good', title: { zh: '完好', en: 'Good' } }] });
  const lamp = layerOf('lamp', [property('name'), property('code'), status, property('a'), property('b'), property('c'), property('d')], { style: { by: 'status' } });
  expect(statusOf(lamp)).toBe(status);
  expect(statusOf(station)).toBeNull();
  const feature = { properties: { name: 'n', code: 'x', status: 'good', a: '1', b: '', c: '3', d: '4' } } as unknown as Feature;
  expect(keyFacts(lamp, feature).map(({ name }) => name)).toEqual(['code', 'a', 'c', 'd']);
});

test('what is selected is ringed below the names, in its own layer alone; pictures are ringed under the pointer', () => {
  const catalogue = [layerOf('road', [], { geometry: 'line', zoom: { min: 7 } }), layerOf('lamp', [], { geometry: 'point', zoom: { min: 9 } }), layerOf('tree', [], { geometry: 'point', zoom: { min: 9 } })];
  const style = { version: 8, sources: {}, layers: [
    { id: 'road', type: 'line', source: 'road' }, { id: 'lamp', type: 'symbol', source: 'lamp', layout: { 'icon-image': 'x' } },
    { id: 'tree', type: 'circle', source: 'tree', layout: { visibility: 'none' } }, { id: 'road.label', type: 'symbol', source: 'road' },
  ] } as unknown as Parameters<typeof withMarks>[0];
  const ids = (selected: string[]) => withMarks(style, catalogue, selected, false).layers.map(({ id }) => id);
  expect(ids([])).toEqual(['road', 'lamp', 'tree', 'lamp.mark-hover', 'road.label']);
  expect(ids(['road', 'tree'])).toEqual(['road', 'lamp', 'tree', 'road.mark-halo', 'road.mark-ring', 'lamp.mark-hover', 'road.label']);
});
