import type { Collision, Feature, LineProblem, Scalar, Since } from '../api/types';

export type Choice = 'mine' | 'theirs';

/** What somebody wants to change of a feature. */
export interface Patch { geometry?: GeoJSON.Geometry; properties?: Record<string, Scalar> }

/** A version that is no longer current: what stands now, who changed what since, and what both changed. */
export interface Conflict { current: Feature & { version: number }; since: Since[]; collisions: Collision[] }

export const isEmpty = (patch: Patch): boolean => patch.geometry === undefined && Object.keys(patch.properties ?? {}).length === 0;

/** The conflict that a refusal tells of; `null` where it is about something else, or where the feature may no longer be seen. */
export function conflictOf(problem: LineProblem): Conflict | null {
  const { code, current, since = [], collisions = [] } = problem;
  if (code !== 'version.conflict' || !current || current.version === undefined) return null;
  return { current: { ...current, version: current.version }, since, collisions };
}

/** Fields that nobody has decided about. */
export const undecided = (collisions: Collision[], choices: Record<string, Choice>): string[] =>
  collisions.map(({ field }) => field).filter((field) => !choices[field]);

/** What is left to write upon the version that stands: where theirs was chosen, nothing. */
export function resolve(patch: Patch, collisions: Collision[], choices: Record<string, Choice>): Patch {
  const given = new Set(collisions.map(({ field }) => field).filter((field) => choices[field] === 'theirs'));
  const kept: Patch = {};
  if (patch.geometry !== undefined && !given.has('geometry')) kept.geometry = patch.geometry;
  const properties = Object.entries(patch.properties ?? {}).filter(([name]) => !given.has(name));
  if (properties.length > 0) kept.properties = Object.fromEntries(properties);
  return kept;
}
