import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Governance } from '../src/api/types';
import { holds, questionOf, withoutSmall, writtenBox } from '../src/domain/counts';
import { freshnessOf } from '../src/domain/freshness';
import type { LegendRow } from '../src/domain/legend';
import { catalogueOrder, isSameOrder, moved, placed, withOrder } from '../src/domain/order';
import { plate } from './plate';

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });
const withSome = ids.chain((all) => fc.record({ all: fc.constant(all), some: fc.shuffledSubarray(all, { minLength: 1 }) }));
const isPermutation = (a: string[], b: string[]) => expect([...a].sort()).toEqual([...b].sort());

test('an order that a link gives holds for what it names, and nothing else moves', () => {
  fc.assert(fc.property(withSome, fc.uniqueArray(fc.string({ maxLength: 4 })), ({ all, some }, unknown) => {
    const order = withOrder(all, [...unknown.filter((id) => !all.includes(id)), ...some]);
    isPermutation(order, all);
    expect(order.filter((id) => some.includes(id))).toEqual(some);
    for (const [at, id] of all.entries()) if (!some.includes(id)) expect(order[at]).toBe(id);
  }));
});

test('a step up and a step down take each other back, and pass by what is hidden', () => {
  fc.assert(fc.property(withSome, ({ all, some }) => {
    const shown = all.filter((id) => some.includes(id));
    for (const [at, id] of shown.entries()) {
      const up = moved(all, id, 'up', some);
      isPermutation(up, all);
      const place = up.filter((other) => some.includes(other)).indexOf(id);
      expect(place).toBe(Math.max(0, at - 1));
      if (at > 0) expect(isSameOrder(moved(up, id, 'down', some), all, some)).toBe(true);
      else expect(up).toEqual(all);
    }
  }));
});

test('what is dragged stands directly beside where it was put', () => {
  fc.assert(fc.property(withSome, fc.boolean(), ({ all, some }, isAbove) => {
    const [id = '', other = ''] = [some[0], all.at(-1)];
    const order = placed(all, id, other, isAbove ? 'above' : 'below');
    isPermutation(order, all);
    if (id !== other) expect(order.indexOf(id) - order.indexOf(other)).toBe(isAbove ? -1 : 1);
  }));
});

test('the catalogue lists from the ground up, orders are read from the top down', () => {
  expect(catalogueOrder([{ id: 'land' }, { id: 'plate' }])).toEqual(['plate', 'land']);
});

const governed = (last: string | null, refresh_days: number | null): Governance => ({ class: 1, sources: 1, collected: 1, governed: 1, mappable: 1, last, refresh_days });
const NOON = Date.parse('2026-07-01T04:00:00Z');

test('a layer is late from the day after it was due, by days of the city', () => {
  expect(freshnessOf(governed('2026-06-01T01:00:00Z', 30), NOON)).toEqual({ is: 'fresh' });
  expect(freshnessOf(governed('2026-05-31T01:00:00Z', 30), NOON)).toEqual({ is: 'late', days: 1 });
  // In the city it is the second of July by then, and the second of June.
  expect(freshnessOf(governed('2026-06-01T17:00:00Z', 30), Date.parse('2026-07-01T17:00:00Z'))).toEqual({ is: 'fresh' });
  expect(freshnessOf(governed('2026-06-01T01:00:00Z', 30), Date.parse('2026-07-01T17:00:00Z'))).toEqual({ is: 'late', days: 1 });
});

test('an intake that was not recorded is told, a layer that nobody promised is not', () => {
  expect(freshnessOf(governed(null, 30), NOON)).toEqual({ is: 'unknown' });
  expect(freshnessOf(governed('2026-06-01', null), NOON)).toBeNull();
  expect(freshnessOf(null, NOON)).toBeNull();
});

test('no count below the smallest is told, nor can one be reckoned from the sum', () => {
  fc.assert(fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), fc.integer({ min: 2, max: 12 }), (rows, smallest) => {
    const total = rows.reduce((sum, count) => sum + count, 0);
    const told = withoutSmall({ total, rows }, smallest);
    const isSmall = (count: number) => count > 0 && count < smallest;
    for (const [at, count] of rows.entries()) if (isSmall(count)) expect(told.rows[at]).toBe('hidden');
    expect(told.total).toBe(isSmall(total) ? 'hidden' : total);
    const hidden = told.rows.filter((count) => count === 'hidden').length;
    // Where one alone is hidden, there was no other to hide with it.
    if (hidden === 1 && told.total !== 'hidden') expect(rows.filter((count) => count > 0)).toHaveLength(1);
  }));
});

test('where nothing is sensitive, nothing is hidden', () => {
  expect(withoutSmall({ total: 3, rows: [1, 2, null] }, 1)).toEqual({ total: 3, rows: [1, 2, null] });
});

const row = (condition: LegendRow['condition']): LegendRow => ({ key: '', title: '', condition, is: 'class', swatch: { shape: 'circle', color: '#000000', dash: [], opacity: 1, edge: null, isHatched: false } });

test('classes of one property are one question, others one each, and what cannot be asked is not', () => {
  const mounted = row({ is: 'value', property: 'status', values: ['mounted'] });
  const large = row({ is: 'range', property: 'area_m2', from: 10, below: null });
  expect(questionOf(plate, [mounted, mounted])).toEqual({ by: 'status', filters: [] });
  expect(questionOf(plate, [mounted, large])).toEqual({ by: null, filters: ["status IS NOT NULL AND status IN ('mounted')", 'area_m2 IS NOT NULL AND area_m2 >= 10'] });
  expect(questionOf(plate, [row({ is: 'all' }), row({ is: 'expression', expression: ['x'] })])).toEqual({ by: null, filters: [null, null] });
});

test('a written box is never smaller than the view', () => {
  fc.assert(fc.property(fc.double({ min: -179, max: 179, noNaN: true }), fc.double({ min: -89, max: 89, noNaN: true }), (lon, lat) => {
    const box = writtenBox([lon, lat, lon + 0.5, lat + 0.5]).split(',').map(Number) as [number, number, number, number];
    expect(holds(box, [lon, lat, lon + 0.5, lat + 0.5])).toBe(true);
  }));
});
