/** The nearest features to a position, asked of a server that tells what is within a distance. */
import type { Feature } from '../api/types';
import { distanceM, nearestOf } from './geodesic';

export interface Near { feature: Feature; metres: number; at: number[] }

const [FIRST_M, STEP, FARTHEST_M] = [100, 3, 300_000];
/** Features that are looked at one by one at the most. */
const MOST = 500;

/** Asks for at most so many features within a distance, and is told how many there are. */
export type Within = (metres: number, limit: number) => Promise<{ features: Feature[]; numberMatched: number }>;

export const measured = (feature: Feature, from: number[]): Near => {
  const at = nearestOf(feature.geometry, from);
  return { feature, at, metres: distanceM(from, at) };
};

/** The `n` nearest, nearest first; fewer where there are no more. The circle grows until it holds enough, and is drawn in where it holds too many. */
export async function nearest(from: number[], n: number, within: Within, farthestM = FARTHEST_M): Promise<Near[]> {
  let [low, high] = [0, FIRST_M];
  let page = await within(high, MOST);
  while (page.numberMatched < n && high < farthestM) {
    [low, high] = [high, Math.min(high * STEP, farthestM)];
    page = await within(high, MOST);
  }
  while (page.numberMatched > MOST && high - low > 1) {
    const middle = (low + high) / 2;
    const half = await within(middle, MOST);
    if (half.numberMatched < n) low = middle;
    else [high, page] = [middle, half];
  }
  return page.features.map((feature) => measured(feature, from)).sort((a, b) => a.metres - b.metres).slice(0, n);
}
