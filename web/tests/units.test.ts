import { expect, test } from 'vitest';
import type { SchemaProperty } from '../src/api/types';
import { formOf } from '../src/domain/form';
import { formatValue } from '../src/domain/format';
import { formatQuantity } from '../src/domain/units';
import { dictionaries } from '../src/i18n/dictionary';

test('quantities are said in the language of the page', () => {
  expect(formatQuantity(23, '个', 'zh')).toBe('23 个');
  expect(formatQuantity(23, '个', 'en')).toBe('23');
  expect(formatQuantity(1993, '平方公里', 'en')).toBe('1,993 km²');
  expect(formatQuantity(1.5, '万件', 'zh')).toBe('1.5 万件');
  expect(formatQuantity(1.5, '万件', 'en')).toBe('15,000');
  expect(formatQuantity(40.27, '亿条', 'en')).toBe('4,027,000,000');
  expect(formatQuantity(709.36, '万元', 'en')).toBe('7,093,600 yuan');
  expect(formatQuantity(98.5, '%', 'en')).toBe('98.5%');
});

test('every unit of the published figures and of the layers has an English one', () => {
  const units = ['次', '人', '亿条', '%', '万元', '场', '件', '平方公里', '万次', '条', '项', '类', '万件', '个', '批', '位', '宗', 'G', '家', '亿元', 'M', '名', 'bit/s', 'm', 'mm', 'm²', '°', '块', '层', '户'];
  expect(units.map((unit) => formatQuantity(1, unit, 'en')).filter((text) => /\p{Script=Han}/u.test(text))).toEqual([]);
});

test('so are the units of a card and of a form', () => {
  const property = { name: 'floors', title: { zh: '层数', en: 'Floors' }, type: 'integer', unit: '层', enum: [] };
  expect(formatValue(property, 6, 'en', dictionaries.en)).toBe('6');
  expect(formatValue(property, 6, 'zh', dictionaries.zh)).toBe('6 层');
  const floors: SchemaProperty = { type: 'integer', 'x-title': property.title, 'x-unit': '层' };
  expect(formOf({ properties: { floors } }, 'zh')[0]?.unit).toBe('层');
  expect(formOf({ properties: { floors } }, 'en')[0]?.unit).toBeNull();
});
