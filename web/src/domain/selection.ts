/** What is selected: ids by layer, in the order they were chosen; no layer without any. */
export type SelectedIds = ReadonlyMap<string, readonly string[]>;
export interface One { layer: string; id: string }

/** An id as tiles have it. */
export const tileId = (id: string): string | number => (/^\d+$/.test(id) ? Number(id) : id);

export const NONE: SelectedIds = new Map();

export const countOf = (chosen: SelectedIds): number => [...chosen.values()].reduce((sum, { length }) => sum + length, 0);
export const idsOf = (chosen: SelectedIds, layer: string): readonly string[] => chosen.get(layer) ?? [];
export const has = (chosen: SelectedIds, { layer, id }: One): boolean => idsOf(chosen, layer).includes(id);
export const listed = (chosen: SelectedIds): One[] => [...chosen].flatMap(([layer, ids]) => ids.map((id) => ({ layer, id })));

/** The ids of one layer put in the place of those it had. */
export function withIds(chosen: SelectedIds, layer: string, ids: readonly string[]): SelectedIds {
  const next = new Map(chosen);
  if (ids.length === 0) next.delete(layer);
  else next.set(layer, ids);
  return next;
}

/** What is new is added, as long as there is room; how many had none is told. */
export function added(chosen: SelectedIds, layer: string, ids: readonly string[], most: number): { chosen: SelectedIds; left: number } {
  const held = idsOf(chosen, layer);
  const known = new Set(held);
  const fresh = [...new Set(ids)].filter((id) => !known.has(id));
  const taken = fresh.slice(0, Math.max(0, most - countOf(chosen)));
  return { chosen: withIds(chosen, layer, [...held, ...taken]), left: fresh.length - taken.length };
}

export function removed(chosen: SelectedIds, layer: string, ids: readonly string[]): SelectedIds {
  const gone = new Set(ids);
  return withIds(chosen, layer, idsOf(chosen, layer).filter((id) => !gone.has(id)));
}

/** Those of some layers alone. */
export const inLayers = (chosen: SelectedIds, isThere: (layer: string) => boolean): SelectedIds => new Map([...chosen].filter(([layer]) => isThere(layer)));

/** The same for those who look up many. */
export const setsOf = (chosen: SelectedIds): ReadonlyMap<string, ReadonlySet<string>> => new Map([...chosen].map(([layer, ids]) => [layer, new Set(ids)]));

/** Features in the order of their ids; those that are not there are left out. */
export function inOrder<Thing extends { id: number | string }>(ids: readonly string[], things: readonly Thing[]): Thing[] {
  const known = new Map(things.map((thing) => [String(thing.id), thing]));
  return ids.flatMap((id) => known.get(id) ?? []);
}

/** Where each of a list stands, to be added to as the list grows. */
export function placed(places: Map<string, number> | null, things: readonly { id: string }[], from: number): Map<string, number> {
  const all = places ?? new Map<string, number>();
  things.forEach(({ id }, at) => all.set(id, from + at));
  return all;
}

/** The ids between two places of a list, both included, whichever comes first. */
export const between = <Id>(list: readonly Id[], from: number, to: number): Id[] => list.slice(Math.min(from, to), Math.max(from, to) + 1);

/** A condition in CQL2 that only these features meet. */
export const byIds = (ids: readonly string[]): string => `"id" IN (${ids.join(',')})`;
