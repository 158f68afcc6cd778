/** What a revision did, as `/changes` tells it. */
export interface Commit {
  revision: number;
  changes: { layer: string; id: number }[];
  tiles: Record<string, ChangedTiles>;
}

/** Tiles of a layer by zoom; where `deeper_than` is a zoom, all below the listed ones of it changed too. */
export interface ChangedTiles { zooms: [zoom: number, tiles: [column: number, row: number][]][]; deeper_than: number | null }

export interface TileId { z: number; x: number; y: number }

/** The tiles to fetch anew, by layer; null: all of the layer. */
export function tilesToRefresh(commit: Commit): Map<string, TileId[] | null> {
  return new Map(Object.entries(commit.tiles).map(([layer, { zooms, deeper_than: deeper }]) => [
    layer,
    deeper === null ? zooms.flatMap(([z, tiles]) => tiles.map(([x, y]) => ({ z, x, y }))) : null,
  ]));
}

/** Whether a commit changed a feature. */
export const touches = (commit: Commit, layer: string, id: string): boolean =>
  commit.changes.some((change) => change.layer === layer && String(change.id) === id);
