import { expect, test } from 'vitest';
import { idsOf, labelsOf, piecesOf } from '../src/domain/quality';
import { dictionaries } from '../src/i18n/dictionary';
import { plate } from './plate';

test('a finding names other features, in either language', () => {
  expect(piecesOf('距要素 5726 仅 0.5 米；是否重复？')).toEqual([{ text: '距要素 ' }, { id: 5726 }, { text: ' 仅 0.5 米；是否重复？' }]);
  expect(piecesOf('feature 7 is only 0.5 m away')).toEqual([{ text: 'feature ' }, { id: 7 }, { text: ' is only 0.5 m away' }]);
  expect(piecesOf('2025-05-27 距今 548 天')).toEqual([{ text: '2025-05-27 距今 548 天' }]);
  expect(idsOf([{ id: 1, message: '距要素 2 仅 0.5 米' }, { id: 2, message: '距要素 1 仅 0.5 米' }])).toEqual([1, 2]);
});

test('features are called by their label', () => {
  expect([...labelsOf(plate, [{ id: 1, properties: { address: '章华中路1号', code: 'x' } }, { id: '2', properties: {} }])]).toEqual([[1, '章华中路1号']]);
});

test('counts are written with separators', () => {
  expect(dictionaries.zh.qualityFound(2027, 299_989)).toBe('检查 299,989 个要素，发现 2,027 处问题');
  expect(dictionaries.en.importSums(12_000, 0, 1, 3)).toBe('12,000 created, 0 updated, 1 unchanged, 3 left out');
});
