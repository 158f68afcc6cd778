import { describe, expect, it } from 'vitest';
import { type Memory, remember, remembered } from '../src/domain/exchange';

const memory = (): Memory & { kept: Map<string, string> } => {
  const kept = new Map<string, string>();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, value); } };
};

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
