import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Feature } from '../src/api/types';
import { boxArea, placeOf, readArea, wktOf, writeArea } from '../src/domain/area';
import { buffered } from '../src/domain/buffer';
import { writtenIn } from '../src/domain/coordinates';
import { areaM2, circleAround, degreeM, distanceM, lengthM, nearestOf, segmentsM } from '../src/domain/geodesic';
import { nearest } from '../src/domain/nearest';

const HERE = [112.8919, 30.421];
const around = fc.tuple(fc.double({ min: -0.02, max: 0.02, noNaN: true }), fc.double({ min: -0.02, max: 0.02, noNaN: true })).map(([x, y]) => [112.8919 + x, 30.421 + y]);

test('lengths and areas are those of the ellipsoid', () => {
  // One degree of a meridian and of a parallel at 30°: tables of the geodesic reference system (GRS 80).
  expect(distanceM([112, 30], [112, 31])).toBeCloseTo(110_860.7, 0);
  expect(degreeM(30).lon).toBeCloseTo(96_486.3, 0);
  expect(degreeM(30).lat).toBeCloseTo(110_852.4, 0);
  expect(segmentsM([HERE, HERE, [112.9, 30.421]])).toEqual([0, distanceM(HERE, [112.9, 30.421])]);
  const box = boxArea([112.8, 30.4, 112.81, 30.41]);
  expect(areaM2(box)).toBeCloseTo(degreeM(30.405).lon * degreeM(30.405).lat * 1e-4, -1);
  const hole = (box.coordinates[0] ?? []).map(([x = 0, y = 0]) => [112.805 + (x - 112.805) / 2, 30.405 + (y - 30.405) / 2]);
  expect(areaM2({ type: 'Polygon', coordinates: [...box.coordinates, hole] })).toBeCloseTo(areaM2(box) * 0.75, -1);
  expect(lengthM({ type: 'Point', coordinates: HERE })).toBe(0);
});

test('every corner of a circle is as far as it should be', () => {
  for (const corner of circleAround(HERE, 500).coordinates[0] ?? []) expect(distanceM(HERE, corner)).toBeCloseTo(500, 3);
});

test('the nearest position is nearer than any corner, and inside it is the position itself', () => {
  fc.assert(fc.property(fc.array(around, { minLength: 2, maxLength: 6 }), (line) => {
    const metres = distanceM(HERE, nearestOf({ type: 'LineString', coordinates: line }, HERE));
    for (const corner of line) expect(metres).toBeLessThanOrEqual(distanceM(HERE, corner) + 0.5);
  }));
  expect(nearestOf(boxArea([112.89, 30.42, 112.9, 30.43]), HERE)).toEqual(HERE);
  expect(distanceM(nearestOf(boxArea([112.9, 30.42, 112.91, 30.43]), HERE), [112.9, 30.421])).toBeLessThan(0.01);
});

test('a buffer ends where its distance ends, in every direction', () => {
  for (const geometry of [{ type: 'Point', coordinates: HERE }, { type: 'LineString', coordinates: [HERE, [112.9, 30.43], [112.91, 30.42]] }, boxArea([112.89, 30.42, 112.9, 30.43])] as GeoJSON.Geometry[]) {
    const border = buffered(geometry, 200);
    const corners = border?.type === 'Polygon' ? (border.coordinates[0] ?? []) : [];
    expect(corners.length).toBeGreaterThan(20);
    for (const corner of corners) expect(Math.abs(distanceM(corner, nearestOf(geometry, corner)) - 200)).toBeLessThan(0.3);
  }
});

test('positions are written in each system, northing first where its axes say so', () => {
  const [geographic, meridian, zone, web] = writtenIn([112.8866128, 30.4218561]);
  expect(geographic?.text).toBe('112.886613, 30.421856');
  // A plate of the demo city, in each system as the server gives it, which PROJ judges (api::gdal).
  expect(meridian?.text).toBe('X 3367405.02, Y 393027.38');
  expect(zone?.text).toBe('X 3367405.02, Y 38393027.38');
  expect(web?.text).toBe('12566480.25, 3557891.59');
});

test('an area is asked by a filter or by its code', () => {
  expect(wktOf(boxArea([1, 2, 3, 4]))).toBe('POLYGON ((1 2, 3 2, 3 4, 1 4, 1 2))');
  expect(wktOf({ type: 'MultiPolygon', coordinates: [boxArea([1, 2, 3, 4]).coordinates] })).toBe('MULTIPOLYGON (((1 2, 3 2, 3 4, 1 4, 1 2)))');
  expect(placeOf({ is: 'near', at: [112.123456789, 30], metres: 50 })).toEqual({ filter: 'distance_m(geometry, POINT (112.1234568 30)) <= 50', division: null });
  expect(placeOf({ is: 'division', code: '429005001' })).toEqual({ filter: null, division: '429005001' });
});

test('the nearest are found, however many lie around and however far they are', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(around, fc.tuple(fc.double({ min: 112, max: 114, noNaN: true }), fc.double({ min: 29, max: 31, noNaN: true }))), { maxLength: 40 }), fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 10 }), async (places, crowd, n) => {
    const features: Feature[] = [...places, ...Array.from({ length: crowd }, (_, at) => [112.8919 + at * 1e-6, 30.421])].map((coordinates, id) => ({ id, geometry: { type: 'Point', coordinates }, properties: {} }));
    let questions = 0;
    const found = await nearest(HERE, n, async (metres, limit) => {
      questions += 1;
      const inside = features.filter(({ geometry }) => distanceM(HERE, (geometry as GeoJSON.Point).coordinates) <= metres);
      return { features: inside.slice(0, limit), numberMatched: inside.length };
    });
    const all = features.map(({ geometry }) => distanceM(HERE, (geometry as GeoJSON.Point).coordinates)).sort((a, b) => a - b).slice(0, n);
    expect(found).toHaveLength(all.length);
    // Positions have seven digits: a centimetre.
    found.forEach(({ metres }, at) => expect(Math.abs(metres - (all[at] ?? 0))).toBeLessThan(0.02));
    expect(questions).toBeLessThan(30);
  }), { numRuns: 20 });
});

test('an area of a link is whole or none', () => {
  expect(writeArea({ is: 'shape', geometry: boxArea([1, 2, 3, 4]) })).toBe('s~1,2,3,2,3,4,1,4');
  expect(writeArea({ is: 'shape', geometry: circleAround(HERE, 500, 400) })).toBeNull();
  for (const text of ['', 'd~42', 'n~112~30', 'n~112~30~-5', 'n~200~30~5', 's~1,2,3,4', 's~1,2,3,4,5,x', 's~1,2,3,4,5,6,7', 's~1,2,3,4,5,6!1', 's~', 'x~1']) expect(readArea(text)).toBeNull();
});
