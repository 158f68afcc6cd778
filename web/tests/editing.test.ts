import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Collision, Commit, Feature, FeatureVersion, LineProblem, Schema } from '../src/api/types';
import { layerToEdit, meant } from '../src/domain/editable';
import { conflictOf, isEmpty, resolve, undecided } from '../src/domain/conflict';
import { commonInput, faultsByField, formOf, inputsOf, readAll, readChanges, readInput } from '../src/domain/form';
import { differing, distanceM, patchTowards } from '../src/domain/history';
import { boxOf, countsOf, grown, tileKey, touched } from '../src/domain/live';
import { asField, dayOf, endOf, fieldOf, isMoment, momentOfField, neighbour } from '../src/domain/moment';
import { assemble, extentOf, geometryOfText, pieces, positionsText } from '../src/domain/pieces';
import { plate } from './plate';

const schema: Schema = {
  required: ['code'],
  properties: {
    code: { type: 'string', pattern: '^\\d{3}$', 'x-title': { zh: '编码', en: 'Code' } },
    status: { type: 'string', enum: ['made', 'mounted'], 'x-enum': [{ const: 'made', title: '待装' }, { const: 'mounted', title: '在挂' }], 'x-title': { zh: '状态', en: 'Status' } },
    number: { type: 'integer', minimum: 1, maximum: 9, 'x-unit': '块', 'x-title': { zh: '号', en: 'Number' } },
    on: { type: 'string', format: 'date', pattern: '^\\d{4}-\\d{2}-\\d{2}$', 'x-title': { zh: '日期', en: 'Day' } },
    lit: { type: 'boolean', 'x-title': { zh: '亮', en: 'Lit' } },
    synthetic: { type: 'boolean', title: '合成数据' },
  },
};
const fields = formOf(schema, 'zh');
const amissOf = (name: string, text: string): string => {
  const read = readInput(fields.find((field) => field.name === name) ?? fields[0]!, text);
  return 'amiss' in read ? read.amiss : JSON.stringify(read.value);
};

test('a schema becomes a form in one language; what the layer does not declare is not asked for', () => {
  expect(fields.map(({ name, title, control, required }) => [name, title, control, required])).toEqual([
    ['code', '编码', 'text', true], ['status', '状态', 'choice', false], ['number', '号', 'integer', false], ['on', '日期', 'date', false], ['lit', '亮', 'boolean', false],
  ]);
  expect(fields[1]?.choices).toEqual([{ value: 'made', title: '待装' }, { value: 'mounted', title: '在挂' }]);
  expect(fields[2]).toMatchObject({ unit: '块', minimum: 1, maximum: 9 });
});

test('what only serves drawing is not asked for, unless it must be there', () => {
  const names = (required: string[]) => formOf({ ...schema, required }, 'zh', 'number').map(({ name }) => name);
  expect(names([])).toEqual(['code', 'status', 'on', 'lit']);
  expect(names(['number'])).toContain('number');
});

test('each kind of value is read, or said to be amiss', () => {
  expect(['', '12', '123'].map((text) => amissOf('code', text))).toEqual(['required', 'pattern', '"123"']);
  expect(['', 'x', 'made'].map((text) => amissOf('status', text))).toEqual(['null', 'choice', '"made"']);
  expect(['x', '1.5', '0', '10', ' 7 '].map((text) => amissOf('number', text))).toEqual(['number', 'integer', 'minimum', 'maximum', '7']);
  expect(['2026-02-30', '2026/01/01', '2026-02-28'].map((text) => amissOf('on', text))).toEqual(['date', 'date', '"2026-02-28"']);
  expect(['true', 'false'].map((text) => amissOf('lit', text))).toEqual(['true', 'false']);
});

test('a patch holds what was touched and nothing else', () => {
  const before = inputsOf(fields, { code: 'old-form', status: 'made', number: 3 });
  expect(readChanges(fields, before, { ...before, number: '4', status: '' })).toEqual({ properties: { number: 4, status: null }, amiss: {} });
  expect(readChanges(fields, before, before)).toEqual({ properties: {}, amiss: {} });
  expect(readChanges(fields, before, { ...before, code: '' }).amiss).toEqual({ code: 'required' });
  expect(readAll(fields, { code: '123', number: '' })).toEqual({ properties: { code: '123' }, amiss: {} });
});

test('faults stand at the field their pointer names', () => {
  const fault = (pointer: string) => ({ pointer, code: 'x', message: { zh: '', en: '' } });
  expect(Object.keys(faultsByField([fault('/properties/code'), fault('/properties/a~1b'), fault('/geometry/coordinates'), fault('')]))).toEqual(['code', 'a/b', 'geometry', '']);
});

test('what several have in common is told, what they do not is not made up', () => {
  expect(commonInput('status', [{ status: 'made' }, { status: 'made' }])).toBe('made');
  expect(commonInput('status', [{ status: 'made' }, {}])).toBeNull();
  expect(commonInput('status', [{}, {}])).toBe('');
});

const collision = (field: string): Collision => ({ field, base: 1, mine: 2, theirs: 3 });

test('a resolved conflict writes mine where it was chosen, and what never collided', () => {
  const geometry = { type: 'Point' as const, coordinates: [1, 2] };
  const patch = { geometry, properties: { a: 2, b: 2, c: 5 } };
  const collisions = ['geometry', 'a', 'b'].map(collision);
  expect(undecided(collisions, { a: 'mine' })).toEqual(['geometry', 'b']);
  expect(resolve(patch, collisions, { geometry: 'theirs', a: 'mine', b: 'theirs' })).toEqual({ properties: { a: 2, c: 5 } });
  expect(resolve(patch, collisions, { geometry: 'mine', a: 'mine', b: 'mine' })).toEqual(patch);
  expect(isEmpty(resolve({ properties: { a: 2 } }, [collision('a')], { a: 'theirs' }))).toBe(true);
});

test('only a conflict whose current feature is shown can be settled', () => {
  const problem: LineProblem = { status: 412, code: 'version.conflict', title: { zh: '', en: '' }, detail: { zh: '', en: '' } };
  const current = { id: 1, geometry: { type: 'Point' as const, coordinates: [1, 2] }, properties: {}, version: 4 };
  expect(conflictOf({ ...problem, current })).toEqual({ current, since: [], collisions: [] });
  expect(conflictOf({ ...problem, current: null })).toBeNull();
  expect(conflictOf({ ...problem, code: 'feature.invalid', current })).toBeNull();
});

test('of the tiles that are held, the listed ones and those below are drawn again', () => {
  const held = [{ z: 8, x: 1, y: 1 }, { z: 9, x: 2, y: 2 }, { z: 11, x: 8, y: 11 }, { z: 11, x: 12, y: 8 }, { z: 8, x: 0, y: 0 }];
  expect(touched({ zooms: [[8, [[1, 1]]], [9, [[2, 2]]]], deeper_than: null }, held).map(tileKey)).toEqual(['8/1/1', '9/2/2']);
  expect(touched({ zooms: [[8, [[1, 1]]], [9, [[2, 2]]]], deeper_than: 9 }, held).map(tileKey)).toEqual(['8/1/1', '9/2/2', '11/8/11']);
  expect(touched({ zooms: [], deeper_than: 0 }, held)).toEqual(held);
  expect(touched({ zooms: [], deeper_than: null }, held)).toEqual([]);
});

test('a tile is touched just when an ancestor of it is listed at the last zoom', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 8 }), fc.nat(255), fc.nat(255), fc.integer({ min: 1, max: 8 }), (deep, x, y, more) => {
    const parent = { x: x % 2 ** deep, y: y % 2 ** deep };
    const child = { z: deep + more, x: parent.x * 2 ** more + (x % 2 ** more), y: parent.y * 2 ** more + (y % 2 ** more) };
    const cover = { zooms: [[deep, [[parent.x, parent.y]]]] as [number, [number, number][]][], deeper_than: deep };
    expect(touched(cover, [child])).toEqual([child]);
    expect(touched({ ...cover, deeper_than: null }, [child])).toEqual([]);
  }));
});

test('a commit is counted, and lies where it left things', () => {
  const change = (kind: 'created' | 'deleted' | 'updated', before: number[] | null, after: number[] | null) => ({ layer: 'plate', id: 1, version: 1, village: null, kind, before, after });
  const commit = { changes: [change('created', null, [2, 2, 3, 3]), change('updated', [9, 9, 9, 9], [1, 1, 1, 1]), change('deleted', [0, 4, 0, 4], null)] } as Pick<Commit, 'changes'>;
  expect(boxOf(commit)).toEqual([0, 1, 3, 4]);
  expect(boxOf({ changes: [] })).toBeNull();
  expect(countsOf(commit).map(({ kind, count }) => [kind, count])).toEqual([['created', 1], ['updated', 1], ['deleted', 1]]);
  expect(grown(commit)).toEqual({ plate: 0 });
});

const feature = (properties: Feature['properties'], lon = 112): Feature => ({ id: 1, geometry: { type: 'Point', coordinates: [lon, 30] }, properties });

test('restoring writes what differs, so that what is not shown stays', () => {
  expect(patchTowards(feature({ a: 1, b: 2 }), feature({ a: 1, c: 3 }))).toEqual({ properties: { b: null, c: 3 } });
  expect(patchTowards(feature({ a: 1 }), feature({ a: 1 }, 113))).toEqual({ geometry: { type: 'Point', coordinates: [113, 30] } });
  expect(patchTowards(feature({ a: 1 }), feature({ a: 1 }))).toEqual({});
});

test('a version is told by what it changed, and by how far it moved', () => {
  const version = (n: number, fields: string[], properties: Feature['properties']) => ({ version: n, fields, feature: feature(properties) }) as FeatureVersion;
  const versions = [version(2, ['a', 'geometry', 'b'], { a: 2 }), version(1, ['a', 'b'], { a: 1, b: 7 })];
  expect(differing(versions, 0)).toEqual([{ field: 'a', before: 1, after: 2 }, { field: 'b', before: 7, after: undefined }]);
  expect(distanceM([112, 30], [112.001, 30])).toBeCloseTo(96.3, 0);
});

test('a day of the city ends at its midnight; times are read as the city’s', () => {
  expect(new Date(endOf('2025-06-30')).toISOString()).toBe('2025-06-30T15:59:59.999Z');
  expect(dayOf(Date.parse('2025-06-30T16:00:00Z'))).toBe('2025-07-01');
  expect(fieldOf('2025-06-30T06:05:00Z')).toBe('2025-06-30T14:05:00');
  expect(momentOfField('2025-06-30T14:05')).toBe('2025-06-30T06:05:00Z');
  expect(momentOfField('soon')).toBeNull();
  expect(momentOfField('2025-06-30 14:05:09')).toBe('2025-06-30T06:05:09Z');
  expect(momentOfField('2025/6/30')).toBe('2025-06-30T15:59:59Z');
  expect(momentOfField('2025-02-30 14:05')).toBeNull();
  expect(momentOfField('11/26/2026, 05:54 AM')).toBeNull();
  expect(asField(' 2025年6月3日 9:05 ')).toBe('2025-06-03T09:05');
  expect(asField('2025-06-03')).toBe('2025-06-03');
  expect(['2025-06-30', '2025-06-30T06:05:00Z', '2025-02-30', '2025-06-30T06:05:00+08:00', '1&x=1'].map(isMoment)).toEqual([true, true, false, false, false]);
});

test('the neighbouring change is the nearest on either side', () => {
  expect(neighbour([30, 10, 20], 20, 'before')).toBe(10);
  expect(neighbour([30, 10, 20], 20, 'after')).toBe(30);
  expect(neighbour([30], 30, 'after')).toBeNull();
});

const position = fc.tuple(fc.integer({ min: -1800, max: 1800 }), fc.integer({ min: -900, max: 900 })).map(([lon, lat]) => [lon / 10, lat / 10]);
const ring = fc.array(position, { minLength: 3, maxLength: 6 }).map((positions) => [...positions, positions[0]!]);
const geometry: fc.Arbitrary<GeoJSON.Geometry> = fc.oneof(
  position.map((coordinates) => ({ type: 'Point' as const, coordinates })),
  fc.array(position, { minLength: 2, maxLength: 5 }).map((coordinates) => ({ type: 'LineString' as const, coordinates })),
  fc.array(fc.array(position, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 3 }).map((coordinates) => ({ type: 'MultiLineString' as const, coordinates })),
  fc.array(ring, { minLength: 1, maxLength: 3 }).map((coordinates) => ({ type: 'Polygon' as const, coordinates })),
  fc.array(fc.array(ring, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }).map((coordinates) => ({ type: 'MultiPolygon' as const, coordinates })),
);

test('a geometry that is taken apart and put together is the same, holes and parts too', () => {
  fc.assert(fc.property(geometry, (whole) => { expect(assemble(whole, pieces(whole))).toEqual(whole); }));
});

test('coordinates are typed as they are written, and what is none is refused', () => {
  const square = { type: 'Polygon' as const, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] };
  expect(geometryOfText(positionsText(square) ?? '', 'polygon')).toEqual(square);
  expect(geometryOfText('112.5，30.4', 'point')).toEqual({ type: 'Point', coordinates: [112.5, 30.4] });
  expect(['112.5', '112.5 30.4 7', '112 95', 'a b', '112 30\n113 30'].map((text) => geometryOfText(text, 'point'))).toEqual([null, null, null, null, null]);
  expect(positionsText({ type: 'MultiPolygon', coordinates: [square.coordinates, square.coordinates] })).toBeNull();
});

test('editing begins where it is likeliest, and areas are meant only where their layer is chosen', () => {
  const layers = [{ ...plate, id: 'village', geometry: 'polygon' as const }, { ...plate, id: 'road', geometry: 'line' as const }, { ...plate, id: 'node' }, plate];
  const others = layers.slice(0, 3);
  expect(layerToEdit(layers, [], '')?.id).toBe('doorplate');
  expect(layerToEdit(layers, [], 'village')?.id).toBe('village');
  expect(layerToEdit(others, ['village', 'node'], 'gone')?.id).toBe('node');
  expect(layerToEdit(others, ['village'], '')?.id).toBe('village');
  expect(layerToEdit([], [], '')).toBeUndefined();
  const hits = ['village', 'road', 'doorplate'].map((layer) => ({ layer }));
  expect(meant(hits, layers, 'doorplate')).toEqual({ layer: 'doorplate' });
  expect(meant(hits, layers, 'village')).toEqual({ layer: 'village' });
  expect(meant(hits, layers, 'node')).toEqual({ layer: 'road' });
  expect(meant(hits.slice(0, 1), layers, 'node')).toBeUndefined();
  expect(meant([{ layer: 'secret' }], layers, 'node')).toBeUndefined();
});

test('a geometry has an extent', () => {
  expect(extentOf({ type: 'MultiPoint', coordinates: [[112.8, 30.5], [112.9, 30.4]] })).toEqual([112.8, 30.4, 112.9, 30.5]);
});
