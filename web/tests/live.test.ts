import { expect, test } from 'vitest';
import { type Commit, tilesToRefresh, touches } from '../src/domain/live';

const commit: Commit = {
  revision: 7,
  changes: [{ layer: 'doorplate', id: 12 }],
  tiles: {
    doorplate: { zooms: [[8, [[208, 105]]], [9, [[416, 210], [417, 210]]]], deeper_than: null },
    township: { zooms: [[6, [[52, 26]]]], deeper_than: 6 },
  },
};

test('just the tiles that are told are fetched anew, or all where not all are told', () => {
  const tiles = tilesToRefresh(commit);
  expect(tiles.get('doorplate')).toEqual([{ z: 8, x: 208, y: 105 }, { z: 9, x: 416, y: 210 }, { z: 9, x: 417, y: 210 }]);
  expect(tiles.get('township')).toBeNull();
});

test('an open card is told apart from the others', () => {
  expect(touches(commit, 'doorplate', '12')).toBe(true);
  expect(touches(commit, 'doorplate', '13')).toBe(false);
  expect(touches(commit, 'address', '12')).toBe(false);
});
