import fc from 'fast-check';
import { ckmeans } from 'simple-statistics';
import { expect, test } from 'vitest';
import type { Feature } from '../src/api/types';
import { breaksOf, classOf, countsOf, METHODS, rampOf, readBreaks } from '../src/domain/classes';
import { asCsv, chosenFor, drawnOf, readChosen, rowsOf, writeChosen } from '../src/domain/statistics';

const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.double({ min: -1e4, max: 1e6, noNaN: true })), { maxLength: 60 });

test('every value is in one class, classes ascend, and there are no more than were asked for', () => {
  fc.assert(fc.property(values, fc.constantFrom('quantile' as const, 'equal' as const, 'jenks' as const), fc.integer({ min: 2, max: 7 }), (numbers, method, classes) => {
    const breaks = breaksOf(numbers, method, classes, [], ckmeans);
    expect(breaks.length).toBeLessThan(classes);
    expect([...breaks].sort((a, b) => a - b)).toEqual(breaks);
    const counts = countsOf(numbers, breaks);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(numbers.length);
    // No class is empty where classes follow the values.
    if (method !== 'equal' && numbers.length > 0) expect(Math.min(...counts)).toBeGreaterThan(0);
  }));
});

test('breaks are where a reader expects them', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(breaksOf(numbers, 'quantile', 5, [], ckmeans)).toEqual([3, 5, 7, 9]);
  expect(breaksOf(numbers, 'equal', 3, [], ckmeans)).toEqual([4, 7]);
  expect(breaksOf([1, 2, 3, 50, 51, 52, 900], 'jenks', 3, [], ckmeans)).toEqual([50, 900]);
  expect(breaksOf(numbers, 'manual', 5, [8, 2, 2, Number.NaN], ckmeans)).toEqual([2, 8]);
  expect(breaksOf([0, 0, 0, 0, 0, 0, 9], 'quantile', 5, [], ckmeans)).toEqual([9]);
  expect(breaksOf([4, 4], 'equal', 5, [], ckmeans)).toEqual([]);
  expect([1, 2, 7, 8].map((value) => classOf(value, [2, 8]))).toEqual([0, 1, 1, 2]);
  expect(readBreaks('10, 20；30')).toEqual([10, 20, 30]);
  expect(readBreaks('10, zehn')).toBeNull();
});

test('there are as many colours as classes, dark ones turned round', () => {
  for (let classes = 1; classes <= 7; classes += 1) {
    expect(new Set(rampOf(classes, false)).size).toBe(classes);
    expect(rampOf(classes, true)).toEqual([...rampOf(classes, false)].reverse());
  }
});

const area = (code: string, km2: number): Feature => ({ id: code, geometry: { type: 'Point', coordinates: [0, 0] }, properties: { code, name: `名${code}`, area_m2: km2 * 1e6 } });

test('rows hold areas without features, and features without an area, each with what is told of it', () => {
  const groups = [{ key: 'b', count: 6 }, { key: 'c', title: '农场', count: 1 }, { key: null, count: 2 }];
  const rows = rowsOf([area('a', 2), area('b', 3)], groups, { measure: 'count', isPerKm2: true }, false);
  expect(rows.map(({ name, count, shown }) => [name, count, shown])).toEqual([['名b', 6, 2], ['名a', 0, 0], ['农场', 1, null]]);
});

test('what is hidden differs from what is not there, and neither is a zero', () => {
  const groups = [{ key: 'a', count: 3, values: 2, sum: 40, mean: 20 }, { key: 'b', count: 1, values: 0, sum: 0, mean: 0 }];
  const rows = rowsOf([area('a', 1), area('b', 1), area('c', 1)], groups, { measure: 'sum', isPerKm2: false }, true);
  expect(rows.map(({ code, shown, hidden }) => [code, shown, hidden])).toEqual([['a', 40, 1], ['b', null, 1], ['c', null, 0]]);
  expect(rows.map((row) => drawnOf(row, [10]).is)).toEqual(['class', 'hidden', 'none']);
});

test('what a link says of statistics is read back; what is damaged is not', () => {
  const chosen = fc.record({
    layer: fc.constantFrom('doorplate', 'base~station'), by: fc.constantFrom('township' as const, 'village' as const), within: fc.constantFrom(null, '429005001'), method: fc.constantFrom(...METHODS),
    classes: fc.integer({ min: 2, max: 7 }), breaks: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0), { maxLength: 4 }),
  }).chain((plain) => fc.oneof(
    fc.record({ measure: fc.constant('count' as const), value: fc.constant(null), isPerKm2: fc.boolean() }),
    fc.record({ measure: fc.constant('sum' as const), value: fc.constantFrom('priority', 'a~b'), isPerKm2: fc.boolean() }),
    fc.record({ measure: fc.constant('mean' as const), value: fc.constantFrom('priority'), isPerKm2: fc.constant(false) }),
  ).map((more) => ({ ...plain, ...more })));
  const encoded = (text: string): string => encodeURIComponent(text).replaceAll('~', '%7E');
  fc.assert(fc.property(chosen, (one) => { expect(readChosen(writeChosen(one, encoded), decodeURIComponent)).toEqual(one); }));
  for (const text of ['', 'doorplate', 'doorplate~street~~count~~~quantile~5', 'doorplate~village~~sum~~~quantile~5', 'doorplate~village~42~count~~~quantile~5', 'doorplate~village~~count~~~quantile~99']) expect(readChosen(text, decodeURIComponent)).toBeNull();
  expect(readChosen(writeChosen(chosenFor('doorplate'), encoded), decodeURIComponent)).toEqual(chosenFor('doorplate'));
});

test('a table is safe for spreadsheets', () => {
  expect(asCsv(['名称', 'n'], [['a "b", c', 1.5], ['=1+1', null], ['-3', -3]])).toBe('名称,n\r\n"a ""b"", c",1.5\r\n\'=1+1,\r\n\'-3,-3\r\n');
});
