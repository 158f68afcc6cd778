import type { Near } from './nearest';

export const DIRECTIONS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** How far what stands in a card's surroundings may be, metres. */
export const NEARBY_M = 10_000;
/** Nearer than one draws, there is no direction to speak of. */
export const SAME_PLACE_M = 0.5;

/** In which of eight directions something is; `null` where it is here. */
export function directionOf([lon = 0, lat = 0]: number[], { at: [east = 0, north = 0], metres }: Pick<Near, 'at' | 'metres'>): Direction | null {
  if (metres < SAME_PLACE_M) return null;
  const turn = Math.atan2((east - lon) * Math.cos((lat * Math.PI) / 180), north - lat) / (Math.PI / 4);
  return DIRECTIONS[(Math.round(turn) + 8) % 8] as Direction;
}

/** Metres as people say them. */
export const writtenDistance = (metres: number): string =>
  metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(metres < 10_000 ? 2 : 1)} km`;
