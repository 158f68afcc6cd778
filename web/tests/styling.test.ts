import { createExpression, featureFilter, type Feature } from '@maplibre/maplibre-gl-style-spec';
import { type Color, differenceCiede2000, filterDeficiencyDeuter, filterDeficiencyProt, filterDeficiencyTrit, parse } from 'culori';
import { schemePuOr, schemeYlGnBu, schemeYlOrBr } from 'd3-scale-chromatic';
import fc from 'fast-check';
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { describe, expect, test } from 'vitest';
import type { Layer } from '../src/api/types';
import { breaksFor, howMany, spread, type Tally, tallied, tallyOf } from '../src/domain/breaks';
import { METHODS } from '../src/domain/classes';
import { classesOf, colorOf, coloring, readClasses } from '../src/domain/drawnClasses';
import { arranged, partsOf } from '../src/domain/drawn';
import { asCql, asExpression, meets } from '../src/domain/drawnCondition';
import { keepStyle, keptStyles } from '../src/domain/keptStyles';
import { legendOf, rowsOf } from '../src/domain/legend';
import { COMPARISONS, decodeStyle, encodeStyle, forLink, LINK_CHARACTERS, MARKERS, type OwnStyle, readOwnStyle } from '../src/domain/ownStyle';
import { contrast, inTheme, OKABE_ITO, rampColors, RAMPS } from '../src/domain/palette';
import { composeStyle } from '../src/domain/style';
import { styleFile } from '../src/domain/styleExport';
import { checkedFile } from '../src/domain/styleFile';
import { catalogueStyle, categoryOf, valuesIn } from '../src/domain/styleForms';
import { dictionaries } from '../src/i18n/dictionary';
import { stylingWords } from '../src/i18n/styling';
import { plate } from './plate';

const reading = { words: dictionaries.en, language: 'en' as const, zoom: 15 };
const title = (text: string) => ({ zh: text, en: text });
const house: Layer = {
  ...plate, id: 'building', geometry: 'polygon', cluster: null, title: title('Buildings'), style: { ...plate.style, by: null, classes: [], opacity: 0.8, marker: 'circle' },
  properties: [
    { name: 'floors', title: title('Floors'), type: 'integer', unit: null, enum: [], tile: true },
    { name: 'use', title: title('Use'), type: 'string', unit: null, enum: [{ value: 'farm', title: title('Farm') }], tile: true },
  ],
};
const point: Layer = { ...house, id: 'station', geometry: 'point' };
const line: Layer = { ...house, id: 'pipe', geometry: 'line' };

const color = fc.constantFrom(...OKABE_ITO);
const look = fc.record({ size: fc.constantFrom(0.6, 3, 12), marker: fc.constantFrom(...MARKERS), opacity: fc.integer({ min: 10, max: 100 }) });
const numbers = fc.uniqueArray(fc.integer({ min: -5, max: 40 }), { minLength: 1, maxLength: 6 }).map((breaks) => breaks.sort((a, b) => a - b));
const texts = fc.constantFrom('farm', 'office', 'shop', '', 'it’s', '50%', 'a_b');
const formed: fc.Arbitrary<Exclude<OwnStyle, { form: 'file' }>> = fc.oneof(
  fc.record({ form: fc.constant('single' as const), look, color }),
  fc.record({ form: fc.constant('category' as const), look, by: fc.constantFrom('use', 'floors'), classes: fc.uniqueArray(fc.record({ value: fc.oneof(texts, fc.constantFrom('1', '2', '7')), color }), { selector: ({ value }) => value, minLength: 1, maxLength: 8 }), other: color }),
  fc.record({ form: fc.constant('graduated' as const), look, by: fc.constant('floors'), method: fc.constantFrom(...METHODS), ramp: fc.constantFrom(...RAMPS), breaks: numbers }),
  fc.record({ form: fc.constant('rule' as const), look, other: color, rules: fc.array(fc.oneof(
    fc.record({ property: fc.constant('floors'), is: fc.constantFrom(...COMPARISONS.filter((is) => is !== 'like')), value: fc.integer({ min: -5, max: 40 }).map(String), color }),
    fc.record({ property: fc.constant('use'), is: fc.constantFrom('=' as const, '<>' as const, 'like' as const, 'missing' as const), value: texts.filter((text) => text !== ''), color }),
  ), { minLength: 1, maxLength: 5 }) }),
);
const properties = fc.record({ floors: fc.option(fc.integer({ min: -6, max: 41 }), { nil: undefined }), use: fc.option(texts, { nil: undefined }) });
type Properties = { floors?: number | undefined; use?: string | undefined };

/** What tiles give: a property that has no value is not there. */
const asFeature = (own: Properties): Feature => ({ type: 1, properties: Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) }) as Feature;

/** MapLibre's own judgement of an expression. */
function judged(expression: unknown, own: Properties): unknown {
  const made = createExpression(expression as never, 'layers[0].paint.fill-color');
  if (made.result === 'error') throw new Error(made.value.map(({ message }) => message).join('; '));
  return made.value.evaluate({ zoom: 15 }, asFeature(own), {});
}

describe('the legend of what is drawn', () => {
  test('has a row for each class: the colour that MapLibre gives a feature is that of the one row whose condition it meets', () => {
    fc.assert(fc.property(formed, properties, fc.constantFrom(house, point, line), fc.boolean(), (own, has, layer, isDark) => {
      const parts = partsOf(layer, [], own, isDark);
      const [main] = parts as [LayerSpecification];
      const drawn = judged(coloring(main), has);
      const rows = rowsOf(layer, parts, reading);
      const met = rows.filter(({ condition }) => meets(condition, has));
      expect(met.map(({ swatch }) => swatch.color)).toContain(colorOf(drawn));
      expect(new Set(met.map(({ swatch }) => swatch.color)).size).toBe(1);
    }), { numRuns: 500 });
  });

  test('is a filter as MapLibre reads it: who meets a condition passes its expression', () => {
    fc.assert(fc.property(formed, properties, (own, has) => {
      for (const { condition } of classesOf(partsOf(house, [], own, false)).flatMap(({ classes }) => classes)) {
        const passes = featureFilter(asExpression(condition) as never, 'layers[0].filter').filter({ zoom: 15 }, asFeature(has));
        expect(passes).toBe(meets(condition, has));
      }
    }));
  });

  test('says which classes overlap no others: each feature is counted once', () => {
    fc.assert(fc.property(formed, properties, (own, has) => {
      const classes = classesOf(partsOf(house, [], own, false)).flatMap(({ classes: all }) => all);
      expect(classes.filter(({ condition }) => meets(condition, has))).toHaveLength(1);
      expect(new Set(classes.map(({ key }) => key)).size).toBe(classes.length);
    }));
  });

  const style = (parts: object[]) => ({ version: 8, sources: {}, layers: parts }) as unknown as StyleSpecification;
  const server = style([
    { id: 'land', type: 'background', paint: {} },
    { id: 'doorplate', type: 'circle', source: 'doorplate', minzoom: 8, filter: ['!', ['has', 'cluster']], paint: { 'circle-color': ['match', ['get', 'status'], 'mounted', '#1b7f5c', 'odd', '#b3261e', '#1f5fa8'] } },
    { id: 'doorplate.cluster', type: 'circle', source: 'doorplate', minzoom: 8, filter: ['has', 'cluster'], paint: { 'circle-color': '#1f5fa8' } },
    { id: 'doorplate.label', type: 'symbol', source: 'doorplate', layout: { 'text-field': 'x' } },
  ]);
  const views = (off: string[]) => ({ doorplate: { isShown: true, opacity: 100, off } });

  test('is made of the style that is drawn: hidden layers and classes are left out, clusters are there while there are any', () => {
    const rows = (drawn: StyleSpecification, off: string[], zoom: number) => legendOf(drawn, [plate], { doorplate: off }, { ...reading, zoom }).flatMap(({ rows: all }) => all.map(({ title: text, swatch }) => [text, swatch.color]));
    expect(rows(composeStyle(server, [plate], views([])), [], 15)).toEqual([['Mounted', '#1b7f5c'], ['odd', '#b3261e'], ['Other', '#1f5fa8']]);
    expect(rows(composeStyle(server, [plate], views(['odd'])), ['odd'], 15)).toEqual([['Mounted', '#1b7f5c'], ['Other', '#1f5fa8']]);
    expect(rows(composeStyle(server, [plate], views([])), [], 10).at(-1)).toEqual(['Clusters (by number)', '#1f5fa8']);
    expect(rows(composeStyle(server, [plate], { doorplate: { isShown: false, opacity: 100, off: [] } }), [], 15)).toEqual([]);
  });

  test('names a layer that is drawn from a nearer zoom on, and from which', () => {
    expect(legendOf(server, [plate], {}, { ...reading, zoom: 5 }).map(({ from }) => from)).toEqual([8]);
  });

  test('lists the layer on top first', () => {
    const two = style([{ id: 'building', type: 'fill', source: 'building', paint: { 'fill-color': '#ffffff' } }, ...server.layers]);
    expect(legendOf(two, [house, plate], {}, reading).map(({ layer, by }) => [layer.id, by])).toEqual([['doorplate', 'Status'], ['building', null]]);
  });

  test('of a style from elsewhere counts each style layer with a filter as a class', () => {
    const parts = ['a', 'b'].map((use, at) => ({ id: `building.${use}`, type: 'fill', source: 'building', filter: ['==', ['get', 'use'], use], paint: { 'fill-color': OKABE_ITO[at] } })) as unknown as LayerSpecification[];
    expect(rowsOf(house, parts, reading).map(({ key, title: text }) => [key, text])).toEqual([['building.a', 'Use = a'], ['building.b', 'Use = b']]);
    const drawn = composeStyle(style(parts), [house], { building: { isShown: true, opacity: 100, off: ['building.b'] } });
    expect(featureFilter((drawn.layers[1] as unknown as { filter: never }).filter, 'layers[1].filter').filter({ zoom: 1 }, asFeature({ use: 'b' }))).toBe(false);
    expect(featureFilter((drawn.layers[0] as unknown as { filter: never }).filter, 'layers[0].filter').filter({ zoom: 1 }, asFeature({ use: 'a' }))).toBe(true);
  });

  test('reads a continuous ramp, steps by zoom and what only the map can tell', () => {
    expect(readClasses(['interpolate', ['linear'], ['get', 'floors'], 0, '#000000', 10, '#ffffff']).map(({ condition }) => condition)).toEqual([
      { is: 'range', property: 'floors', from: null, below: 10 }, { is: 'range', property: 'floors', from: 10, below: null },
    ]);
    expect(readClasses(['step', ['zoom'], '#000000', 12, '#ffffff']).map(({ output }) => output)).toEqual(['#ffffff']);
    expect(readClasses(['case', ['>', ['length', ['get', 'use']], 3], '#000000', '#ffffff'])[0]?.condition.is).toBe('expression');
  });
});

test('areas without a value are hatched, on the map and in the legend, and nothing else is', () => {
  fc.assert(fc.property(formed, fc.constantFrom(house, point, line), properties, (own, layer, has) => {
    const parts = partsOf(layer, [], own, false);
    const hatched = parts.filter((part) => 'fill-pattern' in (part.paint ?? {}));
    const isWanted = own.form === 'graduated' && layer === house;
    expect(hatched).toHaveLength(isWanted ? 1 : 0);
    expect(rowsOf(layer, parts, reading).filter(({ swatch }) => swatch.isHatched).map(({ condition }) => condition.is)).toEqual(isWanted ? ['missing'] : []);
    for (const part of hatched) expect(featureFilter((part as unknown as { filter: never }).filter, 'layers[0].filter').filter({ zoom: 15 }, asFeature(has))).toBe(has.floors === undefined);
  }));
});

test('a class is asked for in CQL2 with its quotes and its kinds of values', () => {
  expect(asCql({ is: 'value', property: 'use', values: ['it’s', "o'clock"] }, house)).toBe("use IS NOT NULL AND use IN ('it’s', 'o''clock')");
  expect(asCql({ is: 'not', of: { is: 'compare', property: 'floors', op: '>=', value: 3 } }, house)).toBe('NOT (floors IS NOT NULL AND floors >= 3)');
  expect(asCql({ is: 'compare', property: 'use', op: 'like', value: '50%' }, house)).toBe("use IS NOT NULL AND use LIKE '%50\\%%'");
  expect(asCql({ is: 'compare', property: 'gone', op: '=', value: 1 }, house)).toBeNull();
});

describe('a style of one’s own', () => {
  test('is read back from a link, and no text stops the reader', () => {
    fc.assert(fc.property(formed, (own) => { expect(decodeStyle(encodeStyle(own))).toEqual(own); }));
    fc.assert(fc.property(fc.string(), (text) => { const own = decodeStyle(text); if (own) expect(readOwnStyle(own)).toEqual(own); }));
  });

  test('that is damaged is none', () => {
    const good = { form: 'graduated', look: { size: 3, marker: 'circle', opacity: 100 }, by: 'floors', method: 'equal', ramp: 'YlGnBu', breaks: [1, 2] };
    expect(readOwnStyle(good)).toEqual(good);
    for (const bad of [{ ...good, breaks: [2, 1] }, { ...good, breaks: [] }, { ...good, ramp: 'RdYlGn' }, { ...good, look: { size: 900, marker: 'circle', opacity: 100 } }, { ...good, by: '' }, null, 'x', { form: 'file', layers: [] }]) expect(readOwnStyle(bad)).toBeNull();
  });

  test('has room in a link up to a length for all together, the short ones first', () => {
    const small: OwnStyle = { form: 'single', look: { size: 3, marker: 'circle', opacity: 100 }, color: '#000000' };
    const large: OwnStyle = { form: 'file', layers: [{ id: 'x'.repeat(LINK_CHARACTERS) } as LayerSpecification] };
    expect(forLink({ large, small })).toEqual({ small, large: 'kept' });
  });

  test('is kept and taken back; a browser that keeps nothing says so', () => {
    const held = new Map<string, string>();
    const memory = () => ({ getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => { held.set(key, value); } });
    const own = catalogueStyle(house);
    expect(keepStyle(memory, 'building', own)).toBe(true);
    expect(keptStyles(memory)).toEqual({ building: own });
    expect(keepStyle(memory, 'building', null)).toBe(true);
    expect(keptStyles(memory)).toEqual({});
    held.set('platbook.styles', '{"building":{"form":"odd"}}');
    expect(keptStyles(memory)).toEqual({});
    expect(keepStyle(() => { throw new Error('no memory'); }, 'building', own)).toBe(false);
  });

  test('stands where the catalogue’s stood; labels, numbers and other layers stay, and the order is that of the layers', () => {
    const part = (id: string, type: string, layer: string) => ({ id, type, source: layer, metadata: { 'platbook:layer': layer } });
    const style = { version: 8, sources: {}, layers: [
      { id: 'land', type: 'background' }, part('building', 'fill', 'building'), part('building.outline', 'line', 'building'), part('station', 'circle', 'station'),
      part('station.cluster', 'circle', 'station'), part('building.label', 'symbol', 'building'), part('station.cluster-count', 'symbol', 'station'),
    ] } as unknown as StyleSpecification;
    const ids = (owns: Record<string, OwnStyle>, order: string[]) => arranged(style, [house, point], owns, order, false).layers.map(({ id }) => id);
    const plain = style.layers.map(({ id }) => id);
    expect(ids({}, ['station', 'building'])).toEqual(plain);
    expect(ids({ building: catalogueStyle(house), station: catalogueStyle(point) }, ['station', 'building'])).toEqual(plain);
    expect(ids({}, ['building', 'station'])).toEqual(['land', 'station', 'station.cluster', 'building', 'building.outline', 'building.label', 'station.cluster-count']);
    fc.assert(fc.property(formed, (own) => {
      const drawn = arranged(style, [house, point], { station: own }, ['building', 'station'], true).layers.map(({ id }) => id);
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn.indexOf('building')).toBeGreaterThan(drawn.indexOf('station'));
    }));
  });
});

describe('a style file', () => {
  const source = { type: 'vector', tiles: ['/tiles/building/{z}/{x}/{y}'] };
  const exported = (own: OwnStyle) => styleFile(house, { version: 8, sources: { building: source }, layers: [] } as unknown as StyleSpecification, partsOf(house, [], own, false), own);
  const words = stylingWords('en');

  test('comes back as the form that it was', () => {
    fc.assert(fc.property(formed, (own) => {
      const checked = checkedFile(JSON.stringify(exported(own), null, 2), house, words);
      expect(checked.faults).toEqual([]);
      expect(checked.own).toEqual(own);
    }), { numRuns: 60 });
  });

  test('that was touched elsewhere is drawn as it is', () => {
    const file = exported(catalogueStyle(house));
    (file.layers[0] as { paint: Record<string, unknown> }).paint['fill-color'] = '#123456';
    const { own, faults } = checkedFile(JSON.stringify(file), house, words);
    expect(faults).toEqual([]);
    expect(own).toMatchObject({ form: 'file', layers: [{ id: 'building', paint: { 'fill-color': '#123456' } }, { id: 'building.outline' }] });
  });

  test('may be a list of layers or one, which are named after their layer', () => {
    const one = { id: 'mine', type: 'fill', source: 'building', 'source-layer': 'building', paint: { 'fill-color': '#112233' } };
    for (const text of [JSON.stringify([one]), JSON.stringify(one)]) expect(checkedFile(text, house, words).own).toMatchObject({ form: 'file', layers: [{ id: 'building.mine' }] });
  });

  test('is refused with lines and keys', () => {
    const lines = (text: string) => checkedFile(text, house, words).faults.map(({ line, text: said }) => `${line} ${said}`);
    expect(lines('[\n{"id":"a","type":"fill","source":"building","source-layer":"building",\n"paint":{"fill-color":"bleu"}}]')).toEqual(['3 layers[0].paint.fill-color: color expected, "bleu" found']);
    expect(lines('[{"id":"a","type":"fill","source":"elsewhere","source-layer":"building"}]')).toContain('1 layers[0].source: expected building, found elsewhere');
    expect(lines('{"version":8,"sources":{"w":{"type":"raster","tiles":["https://example.org/{z}/{x}/{y}"]}},"layers":[{"id":"a","type":"raster","source":"w"}]}').join()).toContain('layers[0].type: expected one of fill');
    expect(lines('[{"id":"a","type":"fill",\n"source":"building" "x"}]')[0]).toMatch(/^2 /);
    expect(lines('7')).toEqual(['1 expected a style, a list of layers or one layer']);
    const icons = '[{"id":"a","type":"symbol","source":"building","source-layer":"building","layout":{"icon-image":["match",["get","use"],"farm","cow","marker-square-#0072b2"]}}]';
    expect(lines(icons).join()).toContain('cow');
    expect(lines(icons.replace('"cow"', '"marker-star-#0072b2"'))).toEqual([]);
  });

  test('leaves out what would be fetched from elsewhere, and says so', () => {
    const { own, notes } = checkedFile(JSON.stringify({ ...exported(catalogueStyle(house)), glyphs: 'https://example.org/{fontstack}/{range}.pbf' }), house, words);
    expect(own).toEqual(catalogueStyle(house));
    expect(notes.join()).toContain('glyphs');
  });
});

describe('breaks', () => {
  const tally = fc.array(fc.tuple(fc.double({ min: -1000, max: 1000, noNaN: true }).map((value) => Math.round(value * 100) / 100), fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 40 })
    .map((pairs): Tally => tallied(pairs.map(([key, count]) => ({ key: String(key), count }))));

  test('ascend within the values, no more than were asked for; every value is in one class', () => {
    fc.assert(fc.property(tally, fc.constantFrom('quantile' as const, 'equal' as const, 'jenks' as const), fc.integer({ min: 3, max: 7 }), (values, method, classes) => {
      const breaks = breaksFor(values, method, classes);
      expect(breaks.length).toBeLessThan(classes);
      for (const [at, value] of breaks.entries()) expect(value).toBeGreaterThan(breaks[at - 1] ?? values[0]?.[0] ?? 0);
      expect(tallyOf(values, breaks).reduce((sum, count) => sum + count, 0)).toBe(howMany(values));
    }));
  });

  test('are where they belong: equal parts, equal numbers, natural gaps', () => {
    const even: Tally = Array.from({ length: 101 }, (_, at) => [at, 1]);
    expect(breaksFor(even, 'equal', 4)).toEqual([25, 50, 75]);
    expect(breaksFor(even, 'quantile', 5)).toEqual([21, 41, 61, 81]);
    expect(breaksFor([[1, 9], [2, 9], [40, 3], [41, 3], [90, 1]], 'jenks', 3)).toEqual([40, 90]);
    expect(breaksFor([[5, 100]], 'quantile', 5)).toEqual([]);
  });

  test('rest on every value, or evenly on some of them', () => {
    expect(spread([[1, 2], [5, 1]], 10)).toEqual([1, 1, 5]);
    const thin = spread([[1, 600], [5, 300], [9, 100]], 10);
    expect([1, 5, 9].map((value) => thin.filter((one) => one === value).length)).toEqual([6, 3, 1]);
  });
});

test('categories are the declared values and then the most frequent, eight at the most', () => {
  const groups = [{ key: 'shop', count: 5 }, { key: 'office', count: 9 }, { key: null, count: 3 }];
  expect(valuesIn(house, 'use', groups)).toEqual([{ value: 'farm', count: 0 }, { value: 'office', count: 9 }, { value: 'shop', count: 5 }]);
  const many = Array.from({ length: 12 }, (_, at) => ({ value: String(at), count: 1 }));
  expect(categoryOf(house, 'use', many, { size: 1, marker: 'circle', opacity: 100 }).classes).toHaveLength(8);
});

describe('colours', () => {
  const far = differenceCiede2000();
  const eyes = [(seen: Color) => seen, filterDeficiencyDeuter(1), filterDeficiencyProt(1), filterDeficiencyTrit(1)];
  const parsed = (text = '') => parse(text) as Color;

  test('of a ramp are told apart from their neighbours by all eyes, in as many classes as one may have', () => {
    for (const ramp of RAMPS) for (let classes = 3; classes <= 7; classes += 1) for (const see of eyes) {
      const colors = rampColors(ramp, classes, false);
      expect(new Set(colors).size).toBe(classes);
      for (const [at, next] of colors.slice(1).entries()) expect(far(see(parsed(colors[at])), see(parsed(next))), `${ramp} ${classes}`).toBeGreaterThan(5);
    }
  });

  test('of the ramps are ColorBrewer’s', () => {
    for (const [ramp, scheme] of [['YlGnBu', schemeYlGnBu], ['YlOrBr', schemeYlOrBr]] as const) for (let classes = 3; classes <= 7; classes += 1) expect(rampColors(ramp, classes, false)).toEqual(scheme[classes]);
    for (let classes = 3; classes <= 7; classes += 1) expect(rampColors('PuOr', classes, false)).toEqual(schemePuOr[classes]);
  });

  test('stand out on the dark map, where sequential ramps run the other way', () => {
    for (const color of OKABE_ITO) expect(contrast(inTheme(color, true), '#161b22')).toBeGreaterThanOrEqual(3);
    expect(inTheme('#000000', false)).toBe('#000000');
    expect(rampColors('YlGnBu', 5, true)).toEqual(rampColors('YlGnBu', 5, false).reverse());
    expect(rampColors('PuOr', 5, true)).toEqual(rampColors('PuOr', 5, false));
  });
});
