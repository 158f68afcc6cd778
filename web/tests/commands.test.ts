import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initials, ranked, score } from '../src/domain/fuzzy';
import { KEYS } from '../src/domain/keys';
import { commandWords } from '../src/i18n/commands';

test('initials are those that input methods take', () => {
  for (const [text, letters] of [['图层', 'tc'], ['门楼牌', 'mlp'], ['潜江园林', 'qjyl'], ['基站', 'jz'], ['属性表', 'sxb'], ['导出 GPKG', 'dcgpkg'], ['阿', 'a'], ['座', 'z'], ['额', 'e'], ['鹅', 'e'], ['哦', 'o'], ['挖', 'w'], ['5G站', '5gz']] as const) expect([text, initials(text)]).toEqual([text, letters]);
});

test('a name, its beginning, its initials and another language find a thing; other letters do not', () => {
  const layers = { title: '打开图层', also: ['Open layers'] };
  for (const text of ['图层', '打开', 'dktc', 'tc', 'layers', 'Open L', 'ol', 'opnlyrs']) expect([text, score(text, layers) > 0]).toEqual([text, true]);
  for (const text of ['', ' ', 'xyz', '图书', '图层 统计', 'sreyal']) expect([text, score(text, layers)]).toEqual([text, 0]);
});

test('what is named best stands first', () => {
  const titles = ['打开统计', '隐藏 统计区', '样式：统计', '同济路'];
  expect(ranked('统计', titles.map((title) => ({ title }))).map(({ title }) => title)).toEqual(['打开统计', '隐藏 统计区', '样式：统计']);
  expect(ranked('tj', titles.map((title) => ({ title })))[0]?.title).toBe('同济路');
});

test('any text has a score between none and all', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, title) => {
    const value = score(text, { title });
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(100);
  }));
});

test('every key has its row, and both languages say the same', () => {
  const rows = KEYS.flatMap(({ rows }) => rows.map(({ does }) => does));
  expect([...rows].sort()).toEqual(Object.keys(commandWords.zh.keyOf).sort());
  const keysOf = (value: object): string[] => Object.entries(value).flatMap(([key, inner]) => (typeof inner === 'object' && inner !== null ? keysOf(inner as object).map((name) => `${key}.${name}`) : [key])).sort();
  expect(keysOf(commandWords.en)).toEqual(keysOf(commandWords.zh));
});
