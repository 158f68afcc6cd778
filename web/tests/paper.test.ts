import fc from 'fast-check';
import { expect, test } from 'vitest';
import { degreeM } from '../src/domain/geodesic';
import { onSheet } from '../src/domain/printLegend';
import { barOf, DPI, mapSize, MM_OF_PIXEL, ORIENTATIONS, PAPERS, type Part, readSheet, roundScale, scaleOf, sheetQuery, sizeOf, stateFor, zoomOf } from '../src/domain/paper';
import type { LegendGroup, LegendRow } from '../src/domain/legend';
import { parsePermalink } from '../src/domain/permalink';
import { plate } from './plate';

const scales = fc.integer({ min: 100, max: 10_000_000 });
const latitudes = fc.double({ min: -60, max: 60, noNaN: true });

test('a scale and its zoom are each other\'s', () => {
  fc.assert(fc.property(scales, latitudes, (scale, lat) => { expect(scaleOf(zoomOf(scale, lat), lat) / scale).toBeCloseTo(1, 9); }));
});

test('a ground length is as long on paper as the scale says, whichever way it runs: within half a percent', () => {
  fc.assert(fc.property(scales, latitudes, (scale, lat) => {
    const pixelsOfDegree = (512 * 2 ** zoomOf(scale, lat)) / 360;
    const degree = degreeM(lat);
    const east = (pixelsOfDegree * MM_OF_PIXEL) / ((degree.lon * 1000) / scale);
    const north = (pixelsOfDegree / Math.cos((lat * Math.PI) / 180) * MM_OF_PIXEL) / ((degree.lat * 1000) / scale);
    expect(Math.abs(east - 1)).toBeLessThan(0.005);
    expect(Math.abs(north - 1)).toBeLessThan(0.005);
    // What one direction gains the other loses: areas are true.
    expect(east * north).toBeCloseTo(1, 6);
  }));
});

test('sheets are those of ISO 216, and the map has most of them', () => {
  for (const paper of PAPERS) {
    for (const orientation of ORIENTATIONS) {
      const { width, height } = sizeOf(paper, orientation);
      expect(Math.max(width, height) / Math.min(width, height)).toBeCloseTo(Math.SQRT2, 2);
      const map = mapSize(paper, orientation);
      expect((map.width * map.height) / (width * height)).toBeGreaterThan(0.5);
      // At the most dots the picture has room in a canvas.
      expect((Math.max(map.width, map.height) / 25.4) * DPI.most).toBeLessThan(8192);
    }
  }
});

test('a bar is as long as its numbers say, fits, and takes most of its room', () => {
  fc.assert(fc.property(scales, fc.double({ min: 25, max: 90, noNaN: true }), (scale, most) => {
    const { metres, parts, mm } = barOf(scale, most);
    expect((mm * scale) / 1000).toBeCloseTo(metres, 6);
    expect(mm * parts).toBeLessThanOrEqual(most * 1.0001);
    expect(mm * parts).toBeGreaterThan(most * 0.7);
    expect(parts).toBeGreaterThanOrEqual(3);
  }));
});

test('a round scale is not larger, and near', () => {
  fc.assert(fc.property(scales, (scale) => {
    expect(roundScale(scale)).toBeLessThanOrEqual(scale);
    expect(roundScale(scale) * 2.5).toBeGreaterThanOrEqual(scale);
  }));
  expect([999, 1000, 2400, 12_345, 60_000].map(roundScale)).toEqual([500, 1000, 2000, 10_000, 50_000]);
});

test('what is asked of a sheet comes back from its address, and the map\'s state stays what it was', () => {
  const sheet = fc.record({
    paper: fc.constantFrom(...PAPERS), orientation: fc.constantFrom(...ORIENTATIONS), dpi: fc.integer({ min: 72, max: 300 }), scale: fc.option(scales), title: fc.option(fc.constantFrom('东风路', 'A & B = 1?#')),
    language: fc.option(fc.constantFrom('zh' as const, 'en' as const)), left: fc.constant<Part[]>(['counts', 'north']), author: fc.option(fc.constantFrom('', '张三 & 李四~#?')),
  });
  const state = '14/30.42/112.89?l=doorplate~50,road&st=doorplate~township~~count~~~quantile~5';
  fc.assert(fc.property(sheet, (asked) => {
    const hash = `#${stateFor(`#${state}`, asked)}`;
    expect(readSheet(`?${sheetQuery(asked).toString()}`, hash)).toEqual(asked);
    expect(parsePermalink(hash)).toEqual(parsePermalink(`#${state}`));
  }));
  expect(readSheet('?paper=A9&dpi=9&scale=x&lang=fr', '#12/30/112?po=map&pa=%')).toEqual({ paper: 'A4', orientation: 'landscape', dpi: DPI.usual, scale: null, title: null, language: null, left: [], author: null });
});

test('the legend of a sheet has what lies on it: nothing of layers and classes that are not there', () => {
  const row = (key: string): LegendRow => ({ key, title: key, swatch: { shape: 'circle', color: '#000000', dash: [], opacity: 1, edge: null, isHatched: false }, condition: { is: 'all' }, is: 'class' });
  const group = (id: string, keys: string[]): LegendGroup => ({ layer: { ...plate, id }, title: id, by: null, rows: keys.map(row), from: null });
  const rows = ['a', 'b', 'c'].map(row);
  const found = onSheet([group('full', ['a', 'b', 'c']), group('empty', ['a']), group('untold', ['a'])], { full: { total: 7, rows: [7, 0, null] }, empty: { total: 0, rows: [0] } }, { full: rows, empty: rows, untold: rows });
  expect(found.map(({ group: { layer }, total, rows: of }) => [layer.id, total, of.map(({ row: { key }, count }) => [key, count])])).toEqual([
    ['full', 7, [['a', 7], ['c', null]]],
    ['untold', undefined, [['a', undefined]]],
  ]);
});
