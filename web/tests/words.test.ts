import { expect, test } from 'vitest';
import type { Figure } from '../src/api/types';
import { approvalNumber, formatArea, formatLonLat, formatRate, formatValue, mergedCounterparts, titleOf } from '../src/domain/format';
import { outlinePaths } from '../src/domain/overview';
import { dictionaries } from '../src/i18n/dictionary';
import { markerCorners, parseMarker } from '../src/map/markers';
import { plate } from './plate';

test('values carry units, enum titles and words', () => {
  const [status, area] = plate.properties;
  expect(formatValue(status, 'mounted', 'en', dictionaries.en)).toBe('Mounted');
  expect(formatValue(area, 892014, 'zh', dictionaries.zh)).toBe('1,338 亩（89.2 公顷）');
  expect(formatValue(undefined, true, 'zh', dictionaries.zh)).toBe('是');
  expect(formatValue(area, null, 'zh', dictionaries.zh)).toBe('—');
});

test('a rate may pass 100 % and is not made up where a part is missing', () => {
  expect(formatRate(20635, 10000)).toBe('206.35%');
  expect(formatRate(null, 10)).toBeNull();
  expect(formatRate(3, 0)).toBeNull();
});

test('a title is the label, or else the code', () => {
  expect(titleOf(plate, { address: '章华中路1号', code: 'x' })).toBe('章华中路1号');
  expect(titleOf(plate, { address: '', code: 'x' })).toBe('x');
  expect(titleOf(plate, {})).toBeNull();
});

test('the map approval number is found in an attribution', () => {
  expect(approvalNumber('市界：天地图 审图号 GS(2024)0650号（第三方数据）')).toBe('GS(2024)0650号');
  expect(approvalNumber('GeoNames')).toBe('');
});

test('coordinates name their hemispheres', () => {
  expect(formatLonLat(112.9, -30.42)).toBe('30.42000°S 112.90000°E');
});

test('equal statements of one source become one line', () => {
  const source = { zh: '统计局', en: 'Statistics' };
  const figure = { counterparts: [{ value: 25, unit: '个', source, date: '2016' }, { value: 25, unit: '个', source, date: '2017' }, { value: 24, unit: '个', source, date: '2019' }] } as Figure;
  expect(mergedCounterparts(figure, 'zh').map(({ value, dates }) => [value, dates])).toEqual([[25, ['2016', '2017']], [24, ['2019']]]);
});

test('marker names are read, others refused', () => {
  expect(parseMarker('marker-star-#a0622d')).toEqual({ shape: 'star', color: '#a0622d' });
  expect(parseMarker('marker-heart-#a0622d')).toBeNull();
  expect(markerCorners('star')).toHaveLength(10);
});

test('the overview has north up and stays in its box', () => {
  const geometry = { type: 'Polygon' as const, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] };
  expect(outlinePaths([{ id: 7, geometry, properties: {} }], [0, 0, 1, 1], 100, 100)).toEqual([{ id: '7', path: 'M0.0 100.0L100.0 100.0L100.0 0.0L0.0 100.0Z' }]);
});

test('areas are told at their scale', () => {
  expect(formatArea(87.4, 'zh')).toBe('87.4 m²');
  expect(formatArea(20_000, 'zh')).toBe('30 亩（2 公顷）');
  expect(formatArea(20_000, 'en')).toBe('2 ha');
  expect(formatArea(86_421_000, 'zh')).toBe('86.42 km²');
});
