import { bothOf } from '../domain/condition';
import { codeOf } from '../domain/format';
import { byIds, inOrder } from '../domain/selection';
import type { Language } from '../i18n/dictionary';
import { ask, query } from './client';
import type { Feature, Layer, Scalar } from './types';

/** Which features of a layer, in which order, and what of them. */
export interface ItemsAsked {
  bbox: string | null;
  filter: string | null;
  datetime: string | null;
  sortby: string | null;
  properties: string | null;
}

export interface Row { id: string; properties: Record<string, Scalar> }
export interface Page { rows: Row[]; matched: number; next: string | null }

interface Answer { features: Feature[]; numberMatched: number; links: { rel: string; href: string }[] }

const pathOf = (layer: string): string => `/collections/${encodeURIComponent(layer)}/items`;
export const itemsPath = (layer: string, asked: ItemsAsked): string => `${pathOf(layer)}?${query({ ...asked })}`;

/** A page of rows, and where the next one is. The server may be known by another name than the one it gives itself. */
export async function readRows(path: string, limit: number, language: Language, signal: AbortSignal): Promise<Page> {
  const address = new URL(path, location.origin);
  address.searchParams.set('limit', String(limit));
  const { features, numberMatched, links } = await ask<Answer>(address.pathname + address.search, language, { signal });
  const next = links.find(({ rel }) => rel === 'next')?.href;
  const following = next ? new URL(next, location.origin) : null;
  return {
    rows: features.map(({ id, properties }) => ({ id: String(id), properties })),
    matched: numberMatched,
    next: following && following.pathname + following.search,
  };
}

/** Features that a condition finds: at most so many, and how many there are. */
export const findFeatures = (layer: string, filter: string, datetime: string | null, limit: number, language: Language, signal?: AbortSignal) =>
  ask<Answer>(`${pathOf(layer)}?${query({ filter, datetime, limit })}`, language, { signal }).then(({ features, numberMatched }) => ({ features, matched: numberMatched }));

/** As many features are asked for at once. */
const AT_ONCE = 200;

/** Features by their ids, as they stand; those that are gone are not among them. */
export async function readFeaturesById(layer: string, ids: readonly string[], datetime: string | null, language: Language, signal?: AbortSignal): Promise<Feature[]> {
  const pages: Promise<{ features: Feature[] }>[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) pages.push(findFeatures(layer, byIds(ids.slice(at, at + AT_ONCE)), datetime, AT_ONCE, language, signal));
  return inOrder(ids, (await Promise.all(pages)).flatMap(({ features }) => features));
}

/** The ids of what a ring holds: points and lines that touch it, areas that lie within. */
export async function idsWithin(layer: Layer, corners: [number, number][], filter: string | null, datetime: string | null, limit: number, language: Language): Promise<{ ids: string[]; matched: number }> {
  const [first] = corners;
  const ring = (first ? [...corners, first] : corners).map((position) => position.map((degrees) => degrees.toFixed(7)).join(' ')).join(',');
  const condition = `${layer.geometry === 'polygon' ? 'S_WITHIN' : 'S_INTERSECTS'}(geometry, POLYGON((${ring})))`;
  const asked = { filter: bothOf(condition, filter), datetime, limit, properties: codeOf(layer) ?? null };
  const { features, numberMatched } = await ask<Answer>(`${pathOf(layer.id)}?${query(asked)}`, language);
  return { ids: features.map(({ id }) => String(id)), matched: numberMatched };
}
