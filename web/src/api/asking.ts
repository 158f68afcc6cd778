import type { Language } from '../i18n/dictionary';
import { ask, query } from './client';
import type { Feature } from './types';

/** More divisions than a city has. */
const MOST_AREAS = 2000;

/** Which features of a layer are meant: by a condition in CQL2, a division, a moment; `null` is any. `bbox` is west, south, east, north. */
export interface Question { filter: string | null; division: string | null; datetime: string | null; bbox?: string }

export interface Page { features: Feature[]; numberMatched: number; cursor?: string }
export interface PageAsked extends Question { limit: number; cursor?: string | undefined; sortby?: string[]; properties?: string[] }

/** A page of features; the question stands in the body, so that an area may have many corners. */
export function askPage(layer: string, asked: PageAsked, language: Language, signal?: AbortSignal): Promise<Page> {
  const said = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null && value !== undefined));
  return ask<Page>('/query', language, { method: 'POST', body: JSON.stringify({ collection: layer, ...said }), type: 'application/json', ...(signal ? { signal } : {}) });
}

/** How many features there are of a question. */
export const countOf = (layer: string, question: Question, language: Language, signal?: AbortSignal): Promise<number> =>
  askPage(layer, { ...question, limit: 1 }, language, signal).then(({ numberMatched }) => numberMatched);

/** What is told of features that have something in common; `values` and what follows where a property was added up. */
export interface Sums { key: string | null; title?: string; count: number; values?: number; sum?: number; mean?: number; least?: number; greatest?: number }
export interface Aggregate { by: string; value?: string; numberMatched: number; groups: Sums[] }

const pathOf = (layer: string): string => `/collections/${encodeURIComponent(layer)}`;

export const aggregate = (layer: string, by: string, value: string | null, question: Question, language: Language, signal?: AbortSignal): Promise<Aggregate> =>
  ask<Aggregate>(`${pathOf(layer)}/aggregate?${query({ by, value, ...question })}`, language, signal ? { signal } : {});

/** The tiles of a map of counts: the areas under their codes. */
export const aggregateTiles = (layer: string, by: string, datetime: string | null): string => {
  const asked = query({ by, datetime });
  return `${location.origin}${pathOf(layer)}/aggregate/tiles/{z}/{x}/{y}?${asked}`;
};

/** The areas of divisions: townships of the city, or the villages in a division. */
export const readAreas = (level: 'township' | 'village', division: string | null, datetime: string | null, language: Language): Promise<Feature[]> =>
  ask<{ features: Feature[] }>(`${pathOf(level)}/items?${query({ division, datetime, limit: MOST_AREAS })}`, language).then(({ features }) => features);
