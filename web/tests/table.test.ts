import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Layer, Property } from '../src/api/types';
import { cellText, columnsOf, isHidden, keepLayout, keptLayout, tabSeparated } from '../src/domain/columns';
import type { LegendRow } from '../src/domain/legend';
import { quickCondition, withoutHidden } from '../src/domain/quick';
import { scrollTo, TALLEST_PIXELS, windowOf } from '../src/domain/rows';
import { added, between, byIds, countOf, has, inOrder, NONE, removed, withIds } from '../src/domain/selection';
import { dictionaries } from '../src/i18n/dictionary';

const property = (name: string, type: string, more: Partial<Property> = {}): Property => ({ name, title: { zh: `中${name}`, en: name }, type, unit: null, enum: [], ...more });
const status = property('status', 'string', { enum: [{ value: 'good', title: { zh: '完好', en: 'Good' } }] });
const layer = {
  id: 'lamp', label: 'name', priority: 'rank', sensitivity: 'sensitive', smallest_count: 10,
  properties: [property('code', 'string'), property('name', 'string'), status, property('height', 'number', { unit: 'm' }), property('persons', 'integer', { unit: '人', count: true }), property('rank', 'integer')],
} as unknown as Layer;

test('every row can be scrolled to, and only what is seen and a few more stand there', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1200 }), (total, share, room) => {
    const { height } = windowOf(total, 32, 0, room);
    expect(height).toBeLessThanOrEqual(TALLEST_PIXELS);
    const scrolled = share * Math.max(0, height - room);
    const { first, last, top } = windowOf(total, 32, scrolled, room);
    expect(last - first).toBeLessThanOrEqual(Math.ceil(room / 32) + 10);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(last).toBeLessThanOrEqual(total);
    // The rows cover what is seen: none is missing at its top or bottom.
    if (total * 32 >= room) {
      expect(top).toBeLessThanOrEqual(scrolled + 1);
      expect(top + (last - first) * 32).toBeGreaterThanOrEqual(scrolled + room - 1);
    }
  }));
  const end = windowOf(2_000_000, 32, TALLEST_PIXELS - 300, 300);
  expect(end.last).toBe(2_000_000);
});

test('a row that is out of sight is scrolled to, one that is seen stays', () => {
  fc.assert(fc.property(fc.integer({ min: 20, max: 1_000_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (total, share) => {
    const index = Math.floor(share * total);
    const scrolled = scrollTo(index, total, 32, 0, 320) ?? 0;
    const { first, last } = windowOf(total, 32, scrolled, 320);
    expect(first).toBeLessThanOrEqual(index);
    expect(last).toBeGreaterThan(index);
  }));
  expect(scrollTo(3, 100, 32, 0, 320)).toBeNull();
});

test('what is typed over a column is a condition, or is said not to be one', () => {
  const text = property('name', 'string');
  const number = property('height', 'number');
  const day = property('on', 'date');
  for (const [one, typed, condition] of [
    [text, '  ', null],
    [text, "O'Hara 5%_\\", `CASEI("name") LIKE CASEI('%O''Hara 5\\%\\_\\\\%')`],
    [text, '=东荆大道', `"name" = '东荆大道'`],
    [text, '=', '"name" IS NULL'],
    [status, 'good', `"status" = 'good'`],
    [number, '12', '"height" = 12'],
    [number, '>= 1.5', '"height" >= 1.5'],
    [number, '≤-3', '"height" <= -3'],
    [number, '3..8', '"height" BETWEEN 3 AND 8'],
    [number, '=', '"height" IS NULL'],
    [number, 'tall', undefined],
    [number, '> tall', undefined],
    [number, '1; DROP', undefined],
    [day, '2025-06-30', `"on" = DATE('2025-06-30')`],
    [day, '2025-02', `("on" >= DATE('2025-02-01') AND "on" <= DATE('2025-02-28'))`],
    [day, '2024', `("on" >= DATE('2024-01-01') AND "on" <= DATE('2024-12-31'))`],
    [day, '>2025-06-30', `"on" > DATE('2025-06-30')`],
    [day, '2025-06-01 至 2025-06-30', `"on" BETWEEN DATE('2025-06-01') AND DATE('2025-06-30')`],
    [day, '2025-02-30', undefined],
    [day, '2025-13', undefined],
    [property('lit', 'boolean'), 'true', '"lit" = true'],
    [property('lit', 'boolean'), 'maybe', undefined],
  ] as const) expect(quickCondition(one, typed), `${one.name} ${typed}`).toBe(condition);
});

test('classes that the legend hides are left out, those without a value are not', () => {
  const row = (key: string, condition: LegendRow['condition']): LegendRow => ({ key, title: key, condition, is: 'class', swatch: { shape: 'circle', color: '#000000', dash: [] } as unknown as LegendRow['swatch'] });
  const rows = [row('good', { is: 'value', property: 'status', values: ['good'] }), row('tall', { is: 'compare', property: 'height', op: '>', value: 5 }), row('odd', { is: 'expression', expression: ['x'] })];
  expect(withoutHidden(layer, rows, ['good'])).toBe("NOT (status IS NOT NULL AND status IN ('good'))");
  expect(withoutHidden(layer, rows, ['good', 'tall'])).toContain(' OR ');
  expect(withoutHidden(layer, rows, [])).toBeNull();
  // What only the map can tell apart is listed: better too much than too little.
  expect(withoutHidden(layer, rows, ['odd'])).toBeNull();
});

test('columns come from the schema, with units over the numbers', () => {
  const zh = columnsOf(layer, 'zh', { code: 90 });
  expect(zh.map(({ title }) => title)).toEqual(['中code', '中name', '中status', '中height', '中persons']);
  expect(zh.map(({ width }) => width)).toEqual([90, 300, 108, 108, 108]);
  const height = zh[3]!;
  expect([height.unit, cellText(height, 12.5, 'zh', dictionaries.zh)]).toEqual(['m', '12.5']);
  const money = columnsOf({ ...layer, properties: [property('cost', 'number', { unit: '万元' })] }, 'en')[0]!;
  expect([money.unit, cellText(money, 1.5, 'en', dictionaries.en)]).toEqual(['', '15,000 yuan']);
  expect(cellText(zh[2]!, 'good', 'en', dictionaries.en)).toBe('Good');
});

test('a small count of a layer that is not public is said to be hidden, one that is missing elsewhere is not', () => {
  const persons = layer.properties[4]!;
  expect(isHidden(layer, persons, undefined)).toBe(true);
  expect(isHidden(layer, persons, 12)).toBe(false);
  expect(isHidden({ ...layer, sensitivity: 'public' }, persons, undefined)).toBe(false);
  expect(isHidden(layer, layer.properties[3]!, undefined)).toBe(false);
});

test('rows go to a spreadsheet cell by cell, whatever is in them', () => {
  const text = tabSeparated(columnsOf(layer, 'zh').slice(1, 4), [{ name: 'a\tb\nc', status: 'good', height: 1234.5 }, { name: '路灯' }], 'zh', dictionaries.zh);
  expect(text).toBe('中name\t中status\t中height (m)\na b c\t完好\t1234.5\n路灯\t\t');
});

test('the columns that somebody chose are remembered; what is damaged is not', () => {
  const kept: Record<string, string> = {};
  const memory = (): Storage => ({ getItem: (key: string) => kept[key] ?? null, setItem: (key: string, value: string) => { kept[key] = value; } }) as unknown as Storage;
  keepLayout(memory, 'lamp', { hidden: ['code'], widths: { name: 300 } });
  expect(keptLayout(memory, 'lamp')).toEqual({ hidden: ['code'], widths: { name: 300 } });
  expect(keptLayout(memory, 'road')).toEqual({ hidden: [], widths: {} });
  kept['platbook.table.lamp'] = '{"hidden":[1,"code"],"widths":{"name":9000,"code":"x"}}';
  expect(keptLayout(memory, 'lamp')).toEqual({ hidden: ['code'], widths: {} });
  kept['platbook.table.lamp'] = 'no';
  expect(keptLayout(memory, 'lamp')).toEqual({ hidden: [], widths: {} });
});

test('a selection grows up to its bound, says how many had no room, and shrinks', () => {
  const ids = fc.array(fc.stringMatching(/^\d{1,3}$/), { maxLength: 30 });
  fc.assert(fc.property(ids, ids, fc.integer({ min: 1, max: 30 }), (some, more, most) => {
    const first = added(NONE, 'road', some, most);
    const second = added(first.chosen, 'lamp', more, most);
    expect(countOf(second.chosen)).toBe(Math.min(most, new Set(some).size + new Set(more).size));
    expect(countOf(second.chosen) + second.left + first.left).toBe(new Set(some).size + new Set(more).size);
    expect(removed(second.chosen, 'road', some).has('road')).toBe(false);
    expect(added(second.chosen, 'road', some, most).chosen.get('road') ?? []).toEqual(first.chosen.get('road') ?? []);
  }));
  expect(has(withIds(NONE, 'road', ['7']), { layer: 'road', id: '7' })).toBe(true);
  expect(between(['a', 'b', 'c', 'd'], 2, 1)).toEqual(['b', 'c']);
  expect(inOrder(['3', '1', '9'], [{ id: 1 }, { id: 3 }])).toEqual([{ id: 3 }, { id: 1 }]);
  expect(byIds(['3', '1'])).toBe('"id" IN (3,1)');
});
