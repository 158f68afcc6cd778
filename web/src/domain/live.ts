import type { Box, Commit, Cover } from '../api/types';
import { boxAround } from './pieces';

export interface Tile { z: number; x: number; y: number }

export const tileKey = ({ z, x, y }: Tile): string => `${z}/${x}/${y}`;

/** Of the tiles that a map holds, those that a change touched: the listed ones, and what lies below them. */
export function touched(cover: Cover, held: Iterable<Tile>): Tile[] {
  const listed = new Set(cover.zooms.flatMap(([z, tiles]) => tiles.map(([x, y]) => tileKey({ z, x, y }))));
  const { deeper_than: deep } = cover;
  // Without a list the server does not say which: any may be another.
  const isUnknown = listed.size === 0 && deep !== null;
  return [...held].filter((tile) => {
    if (isUnknown || listed.has(tileKey(tile))) return true;
    if (deep === null || tile.z <= deep) return false;
    const shift = 2 ** (tile.z - deep);
    return listed.has(tileKey({ z: deep, x: Math.floor(tile.x / shift), y: Math.floor(tile.y / shift) }));
  });
}

/** Where a commit happened: the box of what it made, or else of what it took away. */
export function boxOf({ changes }: Pick<Commit, 'changes'>): Box | null {
  return boxAround(changes.flatMap(({ before, after }) => (after ?? before ? [(after ?? before) as Box] : [])));
}

/** How many of each layer and kind, in the order they come. */
export function countsOf(commit: Pick<Commit, 'changes'>): { layer: string; kind: string; count: number }[] {
  const counts = new Map<string, { layer: string; kind: string; count: number }>();
  for (const { layer, kind } of commit.changes) {
    const key = `${layer}/${kind}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { layer, kind, count: 1 });
  }
  return [...counts.values()];
}

/** By how many the features of each layer grew. */
export function grown({ changes }: Pick<Commit, 'changes'>): Record<string, number> {
  const by: Record<string, number> = {};
  for (const { layer, kind } of changes) by[layer] = (by[layer] ?? 0) + (kind === 'created' ? 1 : kind === 'deleted' ? -1 : 0);
  return by;
}
