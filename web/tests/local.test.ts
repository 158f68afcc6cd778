import { strToU8, zipSync } from 'fflate';
import gcoord from 'gcoord';
import { expect, test } from 'vitest';
import { writtenIn } from '../src/domain/coordinates';
import { localWords } from '../src/i18n/local';
import { readLocal } from '../src/local/read';
import { LocalFault } from '../src/local/source';
import { geometryIn, guessed, guessedOf } from '../src/local/systems';
import { placedBy, positionColumns } from '../src/local/tables';
import { gbk } from './gbk';

const file = (content: BlobPart, name = 'a.csv') => new File([content], name);
const faultOf = (content: BlobPart, name?: string): Promise<string> => readLocal(file(content, name)).then(() => 'read', (error: unknown) => (error instanceof LocalFault ? error.code : String(error)));

test('a table is read in UTF-8, GB18030 and UTF-16, with any of the usual signs between cells', async () => {
  const text = '牌号,名称,经度,纬度\n1,"园林路,一号",112.9,30.4\n\n2,二号,,\n';
  for (const [content, encoding] of [[text, 'UTF-8'], [gbk(text), 'gb18030'], [Buffer.from(`\ufeff${text}`, 'utf16le'), 'UTF-16LE'], [`\ufeff${text}`, 'UTF-8']] as const) {
    const source = await readLocal(file(content));
    expect(source).toMatchObject({ format: 'CSV', encoding, columns: ['牌号', '名称', '经度', '纬度'], count: 2, isTable: true, isDeclared: false });
    expect(source.records[0]?.properties).toEqual({ 牌号: '1', 名称: '园林路,一号', 经度: '112.9', 纬度: '30.4' });
    const columns = positionColumns(source.columns);
    expect(columns).toEqual({ x: '经度', y: '纬度' });
    expect(source.records.map((record) => placedBy(record, columns).geometry)).toEqual([{ type: 'Point', coordinates: [112.9, 30.4] }, null]);
  }
  expect((await readLocal(file('a;b\n1;2\n'))).columns).toEqual(['a', 'b']);
  expect((await readLocal(file('a\tb\n1\t2\n'))).columns).toEqual(['a', 'b']);
});

test('a workbook gives its first sheet, and a table that the server reads', async () => {
  const cell = (ref: string, text: string | number) => (typeof text === 'number' ? `<c r="${ref}"><v>${text}</v></c>` : `<c r="${ref}" t="inlineStr"><is><t>${text}</t></is></c>`);
  const book = zipSync(Object.fromEntries(Object.entries({
    '[Content_Types].xml': '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
    '_rels/.rels': '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    'xl/workbook.xml': '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">${cell('A1', '名称')}${cell('B1', 'lng')}${cell('C1', 'lat')}</row><row r="2">${cell('A2', '一,号')}${cell('B2', 112.9)}${cell('C2', 30.4)}</row></sheetData></worksheet>`,
  }).map(([name, text]) => [name, strToU8(text)])));
  const source = await readLocal(file(book.slice(), '表.xlsx'));
  expect(source).toMatchObject({ format: 'XLSX', columns: ['名称', 'lng', 'lat'], count: 1 });
  expect(source.records[0]?.properties).toEqual({ 名称: '一,号', lng: 112.9, lat: 30.4 });
  expect(source.forImport.name).toBe('表.csv');
  expect(await source.forImport.text()).toContain('"一,号",112.9,30.4');
});

test('GeoJSON comes whole or by lines', async () => {
  const one = { type: 'Feature', geometry: { type: 'Point', coordinates: [112.9, 30.4] }, properties: { name: 'x', more: { a: 1 } } };
  for (const content of [JSON.stringify({ type: 'FeatureCollection', features: [one] }), JSON.stringify(one), `${JSON.stringify(one)}\n`, JSON.stringify([one])]) {
    const source = await readLocal(file(content, 'x.geojson'));
    expect(source.records).toEqual([{ geometry: one.geometry, properties: { name: 'x', more: '{"a":1}' } }]);
  }
  expect((await readLocal(file(`${JSON.stringify(one)}\n${JSON.stringify(one)}\n`))).count).toBe(2);
});

test('what cannot be shown says why', async () => {
  expect(await faultOf('')).toBe('empty');
  expect(await faultOf('a,b\n')).toBe('empty');
  expect(await faultOf(Uint8Array.of(0, 1, 2, 3, 0, 9))).toBe('unknown');
  expect(await faultOf('just a sentence\nand another\n')).toBe('unknown');
  expect(await faultOf('<html></html>')).toBe('unknown');
  expect(await faultOf('{"type":')).toBe('damaged');
  expect(await faultOf('PK\u0003\u0004 no zip')).toBe('damaged');
  expect(await faultOf('SQLite format 3\0 and more')).toBe('onlyServer');
  expect(await faultOf('PAR1')).toBe('onlyServer');
  expect(await faultOf(zipSync({ 'a.txt': strToU8('x') }).slice())).toBe('noShapefile');
  expect(await faultOf(zipSync({ 'a.shp': strToU8('x'), 'b.shp': strToU8('x') }).slice())).toBe('severalShapefiles');
  expect(await faultOf(zipSync({ 'a.shp': strToU8('x') }).slice())).toMatch(/damaged|empty/);
  // A bomb is refused by what it says it holds, before it is unpacked.
  expect(await faultOf(zipSync({ 'a.shp': new Uint8Array(201 * 1024 * 1024) }, { level: 9 }).slice())).toBe('tooLarge');
}, 20_000);

test('systems are guessed by the size of their numbers, and brought to degrees', () => {
  expect(guessed(112.9, 30.4)).toBe('EPSG:4490');
  for (const { code, x, y } of writtenIn([112.9, 30.4])) {
    const point = { type: 'Point' as const, coordinates: [x, y] };
    const system = guessedOf([{ geometry: point, properties: {} }]);
    expect(system).toBe(code);
    const [lon = 0, lat = 0] = (geometryIn(point, system) as GeoJSON.Point).coordinates;
    expect(Math.hypot(lon - 112.9, lat - 30.4)).toBeLessThan(1e-6);
  }
});

test('shifted coordinates are brought back to a metre, in geometries of any kind', () => {
  const there = gcoord.transform<[number, number]>([112.9, 30.4], gcoord.WGS84, gcoord.GCJ02);
  expect(Math.hypot((there[0] - 112.9) * 96_000, (there[1] - 30.4) * 111_000)).toBeGreaterThan(300);
  const [[[back]]] = (geometryIn({ type: 'MultiPolygon', coordinates: [[[there, there, there, there]]] }, 'GCJ-02') as GeoJSON.MultiPolygon).coordinates as [[[number[]]]];
  expect(Math.hypot((back[0]! - 112.9) * 96_000, (back[1]! - 30.4) * 111_000)).toBeLessThan(1);
});

test('both languages say the same things', () => {
  const keysOf = (value: object): string[] => Object.entries(value).flatMap(([key, inner]) => (typeof inner === 'object' && inner !== null ? keysOf(inner as object).map((name) => `${key}.${name}`) : [key])).sort();
  expect(keysOf(localWords.en)).toEqual(keysOf(localWords.zh));
});
