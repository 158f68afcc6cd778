import { expect, test } from 'vitest';
import type { Memory } from '../src/domain/exchange';
import { askedTaste, keepTaste, keptTaste, withoutTaste } from '../src/domain/taste';

const memory = (): Memory => {
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, value); } };
};

test('what was chosen is kept, each for itself', () => {
  const own = memory();
  expect(keptTaste(() => own)).toEqual({ language: null, theme: null });
  keepTaste(() => own, { theme: 'dark' });
  keepTaste(() => own, { language: 'en' });
  expect(keptTaste(() => own)).toEqual({ language: 'en', theme: 'dark' });
  own.setItem('platbook.theme', 'neon');
  expect(keptTaste(() => own).theme).toBeNull();
});

test('a browser that keeps nothing is no error', () => {
  const none = (): Memory => { throw new Error('denied'); };
  keepTaste(none, { theme: 'dark' });
  expect(keptTaste(none)).toEqual({ language: null, theme: null });
});

test('an address asks for a visit, until somebody chooses', () => {
  expect(askedTaste('?lang=en&theme=dark')).toEqual({ language: 'en', theme: 'dark' });
  expect(askedTaste('?lang=fr')).toEqual({ language: null, theme: null });
  expect(withoutTaste('?lang=en&x=1', { language: 'zh' })).toBe('?x=1');
  expect(withoutTaste('?theme=dark', { theme: 'light' })).toBe('');
  expect(withoutTaste('?lang=en&theme=dark', { theme: 'light' })).toBe('?lang=en');
});
