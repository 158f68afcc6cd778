import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MOST } from '../embed/src/protocol';
import { paced } from '../src/embed/pace';
import { readMessage } from '../src/embed/reading';
import { embeddingWords } from '../src/i18n/embedding';

const asked = (type: string, payload: unknown) => readMessage({ v: 1, type, payload, requestId: 'r1' });
const codeOf = (data: unknown): string | null => { const read = readMessage(data); return read.is === 'refused' ? read.refusal.code : null; };

test('what a page may ask is read as it was sent', () => {
  const good: [string, unknown][] = [
    ['hello', {}], ['setView', { lon: 112.9, lat: 30.4, zoom: 12 }], ['setView', { lon: 112.9, lat: 30.4 }], ['setView', { bbox: [112, 30, 113, 31], animate: false }],
    ['setLayers', { layers: ['road', { id: 'doorplate', opacity: 60 }] }], ['setLayers', { layers: [] }], ['setFilter', { layer: 'road', filter: null }], ['setFilter', { layer: 'road', filter: "name = '一'" }],
    ['setDate', { date: '2026-06-30' }], ['setDate', { date: null }], ['highlight', { features: [{ layer: 'road', id: 7 }, { layer: 'road', id: '8' }, { layer: 'road', code: 'x' }], zoom: true }],
    ['setToken', { token: 'pbv_x' }], ['setToken', { token: null }],
  ];
  for (const [type, payload] of good) expect(asked(type, payload)).toEqual({ is: 'asked', request: { type, payload, requestId: 'r1' } });
});

test('what is no request is refused with a code', () => {
  for (const junk of [null, 7, 'hello', [], {}, { v: 1 }, { type: 7, v: 1 }, { v: 1, type: 'hello', requestId: 'x'.repeat(65) }, { v: 1, type: 'hello', requestId: '' }]) expect(codeOf(junk)).toBe('message.malformed');
  expect(codeOf({ v: 2, type: 'hello' })).toBe('message.version');
  expect(codeOf({ type: 'setView' })).toBe('message.version');
  for (const type of ['setView2', 'constructor', '__proto__', 'toString']) expect(codeOf({ v: 1, type })).toBe('type.unknown');
});

test('what a request must not hold is refused', () => {
  const bad: [string, unknown][] = [
    ['setView', { lon: 181, lat: 0 }], ['setView', { lon: '112', lat: 30 }], ['setView', { bbox: [1, 2, 3] }], ['setView', { bbox: [3, 0, 1, 2] }], ['setView', { lon: Number.NaN, lat: 1 }], ['setView', 'there'], ['setView', { lon: 1, lat: 1, animate: 'no' }],
    ['setLayers', {}], ['setLayers', { layers: 'road' }], ['setLayers', { layers: [{ id: 'road', opacity: 101 }] }], ['setLayers', { layers: Array(MOST.layers + 1).fill('a') }],
    ['setFilter', { layer: '', filter: 'x' }], ['setFilter', { layer: 'road', filter: '' }], ['setFilter', { layer: 'road', filter: 'x'.repeat(MOST.text + 1) }], ['setFilter', { layer: 'road' }],
    ['setDate', { date: '2026-02-30' }], ['setDate', {}], ['highlight', { features: [{ layer: 'road', id: '7); DROP' }] }], ['highlight', { features: [{ layer: 'road', id: -1 }] }], ['highlight', { features: [{ id: 7 }] }],
    ['setToken', { token: 7 }], ['setToken', {}],
  ];
  for (const [type, payload] of bad) expect([type, payload, asked(type, payload).is]).toEqual([type, payload, 'refused']);
});

test('whatever is sent, reading it throws nothing and tells none of it back', () => {
  fc.assert(fc.property(fc.anything(), (data) => { readMessage(data); }));
  fc.assert(fc.property(fc.constantFrom('setView', 'setLayers', 'setFilter', 'setDate', 'highlight', 'setToken'), fc.anything(), (type, payload) => { readMessage({ v: 1, type, payload }); }));
  const read = readMessage({ v: 1, type: 'setToken', payload: { token: `pbv_secret${'x'.repeat(300)}` } });
  expect(JSON.stringify(read)).not.toContain('pbv_secret');
});

test('both languages say the same things', () => {
  expect(Object.keys(embeddingWords.en).sort()).toEqual(Object.keys(embeddingWords.zh).sort());
});

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

test('what is paced happens at once, then so often, and the last time is not lost', () => {
  const times: number[] = [];
  const begin = Date.now();
  const pace = paced(250, () => times.push(Date.now() - begin));
  for (let at = 0; at < 100; at += 1) { pace.run(); vi.advanceTimersByTime(10); }
  vi.advanceTimersByTime(1000);
  expect(times).toEqual([0, 250, 500, 750, 1000]);
  pace.run();
  pace.run();
  pace.stop();
  vi.advanceTimersByTime(1000);
  expect(times).toHaveLength(6);
});
