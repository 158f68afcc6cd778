import { describe, expect, it } from 'vitest';
import { conditionOf, fileName, layerOfFile, type Memory, remember, remembered } from '../src/domain/exchange';

const memory = (): Memory & { kept: Map<string, string> } => {
  const kept = new Map<string, string>();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, value); } };
};

describe('the layer of a file', () => {
  const layers = [
    { id: 'unit-grid', title: { zh: '单元网格', en: 'Unit grid' } },
    { id: 'village', title: { zh: '村（社区）', en: 'Villages' } },
    { id: 'base-station', title: { zh: '基站', en: 'Base stations' } },
    { id: 'network-node', title: { zh: '网络节点', en: 'Network nodes' } },
  ];
  it('is the one whose id or title its name has, in any writing', () => {
    expect(layerOfFile('2026 Base_Stations v2.CSV', layers)).toBe('base-station');
    expect(layerOfFile('base station.csv', layers)).toBe('base-station');
    expect(layerOfFile('潜江基站（新）.xlsx.csv', layers)).toBe('base-station');
    expect(layerOfFile('村-更新.geojson', layers)).toBe('village');
    expect(layerOfFile('unitgrid of village.gpkg', layers)).toBe('unit-grid');
  });
  it('is not made up where no name fits', () => {
    expect(layerOfFile('plates.csv', layers)).toBeNull();
    expect(layerOfFile('', layers)).toBeNull();
  });
});

describe('what is taken out', () => {
  const property = (name: string, type: string, values: string[]) => ({ name, type, unit: null, title: { zh: name, en: name }, enum: values.map((value) => ({ value, title: { zh: value, en: value } })) });
  const properties = [property('status', 'string', ['damaged', "lo'st", 'mounted']), property('bridge', 'boolean', []), property('number', 'integer', []), property('class', 'integer', ['1', '2'])];
  it('is what was ticked and typed, together', () => {
    expect(conditionOf(properties, {}, ' ')).toBeNull();
    expect(conditionOf(properties, { status: ["lo'st", 'damaged'], bridge: ['true'], class: ['2'] }, '')).toBe(`"status" IN ('damaged','lo''st') AND "bridge" IN (true) AND "class" IN (2)`);
    expect(conditionOf(properties, { status: ['mounted'] }, 'number < 5 OR number > 9')).toBe(`"status" IN ('mounted') AND (number < 5 OR number > 9)`);
    expect(conditionOf(properties, { status: ['damaged', "lo'st", 'mounted'], bridge: [] }, 'number < 5')).toBe('number < 5');
  });
  it('goes into a file named after it', () => {
    expect(fileName(['门楼牌', '园林街道', '', '损坏'], 'csv')).toBe('门楼牌_园林街道_损坏.csv');
    expect(fileName(['a/b: c', '2026-06-30 14:05:00'], 'shp.zip')).toBe('a b c_2026-06-30 14 05 00.shp.zip');
  });
});

describe('what was said of columns', () => {
  it('is remembered for the same columns in any order, of the same layer', () => {
    const own = memory();
    remember(own, 'doorplate', ['牌号', 'X'], { 牌号: 'code' });
    expect(remembered(own, 'doorplate', ['X', '牌号'])).toEqual({ 牌号: 'code' });
    expect(remembered(own, 'village', ['X', '牌号'])).toBeNull();
    expect(remembered(own, 'doorplate', ['X'])).toBeNull();
  });

  it('is asked again where the memory holds something else', () => {
    const own = memory();
    remember(own, 'doorplate', ['a'], { a: 'code' });
    for (const key of own.kept.keys()) own.kept.set(key, '{"a":1}');
    expect(remembered(own, 'doorplate', ['a'])).toBeNull();
    for (const key of own.kept.keys()) own.kept.set(key, 'not JSON');
    expect(remembered(own, 'doorplate', ['a'])).toBeNull();
  });
});
