import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Feature, Layer, Property } from '../src/api/types';
import { keyFacts, statusOf } from '../src/domain/facts';
import { withMarks } from '../src/domain/marks';
import { awayOf, within, writtenDistance } from '../src/domain/nearby';
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

test('what is nearest lies so many metres away, in one of eight directions', () => {
  const at = (lon: number, lat: number): GeoJSON.Point => ({ type: 'Point', coordinates: [lon, lat] });
  expect(awayOf(HERE, at(...HERE))).toEqual({ distanceM: 0, direction: null });
  const north = awayOf(HERE, at(112.9, 30.41));
  expect(north.direction).toBe('n');
  expect(north.distanceM).toBeCloseTo(1112, 0);
  expect(awayOf(HERE, at(112.89, 30.4)).direction).toBe('w');
  expect(awayOf(HERE, at(112.91, 30.3914)).direction).toBe('se');
  // A line passes nearer than any of its corners.
  const line: GeoJSON.LineString = { type: 'LineString', coordinates: [[112.8, 30.401], [113, 30.401]] };
  expect(awayOf(HERE, line).distanceM).toBeCloseTo(111.2, 0);
  expect(awayOf(HERE, line).direction).toBe('n');
  const square = (west: number, east: number): number[][] => [[west, 30.39], [east, 30.39], [east, 30.41], [west, 30.41], [west, 30.39]];
  expect(awayOf(HERE, { type: 'Polygon', coordinates: [square(112.89, 112.91)] })).toEqual({ distanceM: 0, direction: null });
  // In a hole one stands beside the area.
  const holed = awayOf(HERE, { type: 'Polygon', coordinates: [[[112.8, 30.3], [113, 30.3], [113, 30.5], [112.8, 30.5], [112.8, 30.3]], square(112.89, 112.92)] });
  expect(holed.direction).toBe('w');
  expect(holed.distanceM).toBeCloseTo(959, 0);
});

test('a distance is the same there and back', () => {
  const degrees = fc.double({ min: -0.05, max: 0.05, noNaN: true });
  fc.assert(fc.property(degrees, degrees, (east, north) => {
    const there: [number, number] = [HERE[0] + east, HERE[1] + north];
    const [one, other] = [awayOf(HERE, { type: 'Point', coordinates: there }), awayOf(there, { type: 'Point', coordinates: HERE })];
    expect(Math.abs(one.distanceM - other.distanceM)).toBeLessThan(0.001 * one.distanceM + 0.2);
  }));
  expect([writtenDistance(38.4), writtenDistance(1234), writtenDistance(12_345)]).toEqual(['38 m', '1.23 km', '12.3 km']);
  expect(within(HERE, 500)).toBe('distance_m(geometry, POINT(112.9000000 30.4000000)) <= 500');
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
