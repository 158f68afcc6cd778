import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Look, OwnStyle } from '../src/domain/ownStyle';
import { EMPTY, formatPermalink, LINKED_MOST, type Permalink, parsePermalink } from '../src/domain/permalink';
import { boxArea } from '../src/domain/area';
import { chosenFor } from '../src/domain/statistics';

const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const layerId = fc.stringMatching(/^[a-z][a-z-]{0,10}$/);
const fixed = (min: number, max: number, digits: number) =>
  fc.integer({ min: min * 10 ** digits, max: max * 10 ** digits }).map((value) => value / 10 ** digits);

const look: Look = { size: 3, marker: 'star', opacity: 80 };
const single: OwnStyle = { form: 'single', look, color: '#0072b2' };
const ruled: OwnStyle = { form: 'rule', look, rules: [{ property: 'status', is: '=', value: '在挂', color: '#d55e00' }], other: '#8a8f98' };

const permalink: fc.Arbitrary<Permalink> = fc.record({
  view: fc.option(fc.record({ zoom: fixed(0, 24, 2), lat: fixed(-90, 90, 5), lon: fixed(-180, 180, 5), tilt: fc.record({ bearing: fixed(-180, 180, 1), pitch: fc.integer({ min: 1, max: 60 }) }) }, { requiredKeys: ['zoom', 'lat', 'lon'] })),
  layers: fc.option(fc.uniqueArray(fc.record({ id: name, opacity: fc.integer({ min: 0, max: 100 }) }), { selector: ({ id }) => id, maxLength: 6 })),
  off: fc.dictionary(layerId, fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), { noNullPrototype: true }),
  filters: fc.dictionary(layerId, fc.oneof(fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/\p{Surrogate}/u.test(text)), fc.constant("status = '损坏' AND a < 1")), { noNullPrototype: true }),
  area: fc.constantFrom<Permalink['area']>(null, { is: 'division', code: '429005001' }, { is: 'near', at: [112.8919, 30.421], metres: 250 }, { is: 'shape', geometry: boxArea([112.8, 30.4, 112.9, 30.5]) },
    { is: 'shape', geometry: { type: 'MultiPolygon', coordinates: [[...boxArea([1, 2, 5, 6]).coordinates, ...boxArea([2, 3, 3, 4]).coordinates], boxArea([-7, -8, -5, -6]).coordinates] } }),
  saved: fc.option(fc.stringMatching(/^[0-9a-z]{12}$/)),
  statistics: fc.constantFrom(null, chosenFor('doorplate'), { ...chosenFor('base~station'), by: 'village' as const, within: '429005001', measure: 'sum' as const, value: 'height_m', isPerKm2: true, method: 'manual' as const, breaks: [1, 2.5] }),
  styles: fc.dictionary(name, fc.constantFrom('kept' as const, single, ruled), { noNullPrototype: true }),
  selection: fc.uniqueArray(fc.tuple(name, fc.uniqueArray(name, { minLength: 1, maxLength: 4 })), { selector: ([id]) => id, maxLength: 3 }).map((list) => new Map(list)),
  opened: fc.option(fc.record({ layer: name, id: name })),
  table: fc.option(fc.record({
    layer: name, isInView: fc.boolean(), sort: fc.option(fc.record({ name, isDescending: fc.boolean() })),
    typed: fc.dictionary(layerId, name.filter((text) => text.trim() !== ''), { noNullPrototype: true, maxKeys: 3 }),
  })),
  sought: fc.option(name),
  date: fc.constantFrom(null, '2026-06-30', '2026-06-30T06:05:00Z', '2026-06-30T06:05:00.123Z'),
  compare: fc.option(fc.record({
    from: fc.constantFrom(null, '2024-12-31', '2026-06-30T06:05:00Z'), share: fc.integer({ min: 0, max: 100 }),
    layers: fc.option(fc.uniqueArray(fc.record({ id: name, opacity: fc.integer({ min: 0, max: 100 }), off: fc.uniqueArray(name, { maxLength: 2 }) }), { selector: ({ id }) => id, maxLength: 3 })),
  }).filter(({ from, layers }) => from !== null || layers !== null)),
  theme: fc.constantFrom('auto', 'light', 'dark'),
  language: fc.constantFrom(null, 'zh', 'en'),
});

test('what is written into a link is read back', () => {
  fc.assert(fc.property(permalink, (state) => {
    const view = state.view && { zoom: state.view.zoom + 0, lat: state.view.lat + 0, lon: state.view.lon + 0, ...(state.view.tilt ? { tilt: { bearing: state.view.tilt.bearing + 0, pitch: state.view.tilt.pitch } } : {}) };
    expect(parsePermalink(formatPermalink(state))).toEqual({ ...state, view });
  }));
});

test('no text stops the reader, and what it reads is stable', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const first = parsePermalink(`#${text}`);
    const view = first.view && parsePermalink(formatPermalink(first)).view;
    expect(parsePermalink(formatPermalink({ ...first, view }))).toEqual({ ...first, view });
  }));
});

test('a tilt that is none, or too steep, is left out of a view', () => {
  const view = { zoom: 15, lat: 30.42, lon: 112.9 };
  expect(parsePermalink('#15/30.42/112.9/-20/50').view).toEqual({ ...view, tilt: { bearing: -20, pitch: 50 } });
  for (const tail of ['', '/0/0', '/0/61', '/200/50', '/x/50', '/20']) expect(parsePermalink(`#15/30.42/112.9${tail}`).view).toEqual(view);
});

test('a link reads as it is documented', () => {
  expect(parsePermalink('#11.2/30.42/112.9?l=village,doorplate~60&c=doorplate~planned~made&f=doorplate~c3RhdHVzID0gJ3gn&a=n~112.89~30.42~200&st=doorplate~village~429005001~count~~~jenks~6&s=doorplate~17~18,building~4&o=doorplate~18&tb=doorplate~v~-number~status:mounted&q=N49H94585&d=2025-06-30&cmp=2024-12-31@40&cl=road,doorplate~60~made&t=dark&g=en')).toEqual({
    view: { zoom: 11.2, lat: 30.42, lon: 112.9 },
    layers: [{ id: 'village', opacity: 100 }, { id: 'doorplate', opacity: 60 }],
    off: { doorplate: ['planned', 'made'] },
    filters: { doorplate: "status = 'x'" },
    area: { is: 'near', at: [112.89, 30.42], metres: 200 },
    statistics: { ...chosenFor('doorplate'), within: '429005001', by: 'village', method: 'jenks', classes: 6 },
    styles: {},
    selection: new Map([['doorplate', ['17', '18']], ['building', ['4']]]),
    saved: null, opened: { layer: 'doorplate', id: '18' },
    table: { layer: 'doorplate', isInView: true, sort: { name: 'number', isDescending: true }, typed: { status: 'mounted' } },
    sought: 'N49H94585',
    date: '2025-06-30',
    compare: { from: '2024-12-31', share: 40, layers: [{ id: 'road', opacity: 100, off: [] }, { id: 'doorplate', opacity: 60, off: ['made'] }] },
    theme: 'dark',
    language: 'en',
  });
});

test('a view outside the world, a broken escape and an unknown theme are left out', () => {
  expect(parsePermalink('#99/30/112?f=a~!,b~_w&a=s~1,2,3&s=a~%zz&d=2025-02-30&cmp=2024-12-31@101&t=neon&g=fr')).toEqual(EMPTY);
});

test('a selection too large for a link is left out of it, not cut', () => {
  const ids = Array.from({ length: LINKED_MOST }, (_, at) => String(at));
  expect(parsePermalink(formatPermalink({ ...EMPTY, selection: new Map([['road', ids]]) })).selection.get('road')).toEqual(ids);
  expect(formatPermalink({ ...EMPTY, selection: new Map([['road', [...ids, 'more']]]) })).toBe('#');
});

test('no layers shown differs from the catalogue’s choice', () => {
  expect(parsePermalink(formatPermalink({ ...EMPTY, layers: [] })).layers).toEqual([]);
  expect(parsePermalink(formatPermalink(EMPTY)).layers).toBeNull();
});
