import type { Feature, FeatureVersion, Scalar } from '../api/types';
import type { Patch } from './conflict';

export interface Differing { field: string; before: Scalar | undefined; after: Scalar | undefined }

/** Fields of a version with their values before and after; `versions` are newest first. */
export function differing(versions: FeatureVersion[], at: number): Differing[] {
  const [now, then] = [versions[at]?.feature, versions[at + 1]?.feature];
  return (versions[at]?.fields ?? []).filter((field) => field !== 'geometry').map((field) => ({ field, before: then?.properties[field], after: now?.properties[field] }));
}

/** What makes `wanted` out of `current`. Only what differs is written, so that values that are not shown stay as they are. */
export function patchTowards(current: Feature, wanted: Feature): Patch {
  const patch: Patch = {};
  if (JSON.stringify(current.geometry) !== JSON.stringify(wanted.geometry)) patch.geometry = wanted.geometry;
  const names = new Set([...Object.keys(current.properties), ...Object.keys(wanted.properties)]);
  const properties = [...names]
    .filter((name) => current.properties[name] !== wanted.properties[name])
    .map((name): [string, Scalar] => [name, wanted.properties[name] ?? null]);
  if (properties.length > 0) patch.properties = Object.fromEntries(properties);
  return patch;
}

const EARTH_M = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Metres between two positions on a sphere: good for “moved by”, not for surveying. */
export function distanceM([lon1, lat1]: [number, number], [lon2, lat2]: [number, number]): number {
  const [dLat, dLon] = [radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2];
  const h = Math.sin(dLat) ** 2 + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(dLon) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}
