import type { StyleSpecification } from 'maplibre-gl';
import type { Divisions } from '../domain/divisions';
import type { Language } from '../i18n/dictionary';
import type { Catalogue, Feature, Figure, Place, Schema, SearchResult } from './types';

/** An answer that is not the one asked for, as RFC 9457 says it; `status` 0 means that there was none. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly code = '',
    readonly retryAfterS: number | null = null,
    readonly members: Record<string, unknown> = {},
  ) {
    super(detail || title);
  }
}

export const asProblem = (error: unknown): Problem => (error instanceof Problem ? error : new Problem(0, '', String(error), null));

/** Who asks, and who is told of every answer that says that nobody is signed in; the planner sets that. Without `bearer` the browser's session holds. */
export const door: { refused: (problem: Problem) => void; bearer: Bearer | null } = { refused: () => undefined, bearer: null };
/** Asks by a token in place of any session, or as nobody. */
export interface Bearer { token: string | null }

/** What a request carries of who asks. */
export const credentialsOf = (bearer: Bearer | null): { headers: Record<string, string>; credentials: RequestCredentials } =>
  ({ headers: bearer?.token ? { Authorization: `Bearer ${bearer.token}` } : {}, credentials: bearer ? 'omit' : 'same-origin' });

export interface Asked { method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; body?: string | Blob; type?: string; headers?: Record<string, string>; signal?: AbortSignal; as?: 'json' | 'blob' }

/** Asks the server; what it answers is JSON, or nothing, or a file where one is asked for. */
export async function ask<T>(path: string, language: Language, { method = 'GET', body, type, headers = {}, signal, as = 'json' }: Asked = {}): Promise<T> {
  const who = credentialsOf(door.bearer);
  const sent = { Accept: as === 'blob' ? '*/*' : 'application/json', 'Accept-Language': language, ...(type ? { 'Content-Type': type } : {}), ...who.headers, ...headers };
  let response: Response;
  try {
    response = await fetch(path, { method, headers: sent, credentials: who.credentials, body: body ?? null, signal: signal ?? null });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, '', '', null);
  }
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await (as === 'blob' ? response.blob() : response.json()).catch(() => { throw new Problem(0, '', '', null); })) as T;
  const told = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (name: string): string => (typeof told[name] === 'string' ? told[name] : '');
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const title = text('title') || response.statusText;
  const problem = new Problem(response.status, title, text('detail'), text('request_id') || null, text('code'), Number.isFinite(wait) ? wait : null, told);
  if (response.status === 401) door.refused(problem);
  throw problem;
}

export const query = (values: Record<string, string | number | null>): string =>
  new URLSearchParams(Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]]))).toString();

export const itemPath = (layer: string, id: string | number): string => `/collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(id)}`;

export const readCatalogue = (language: Language) => ask<Catalogue>('/catalogue', language);
export const readFigures = (language: Language) => ask<{ figures: Figure[] }>('/figures', language).then((body) => body.figures);
export const readStyle = (theme: 'light' | 'dark', language: Language) =>
  ask<StyleSpecification>(`/styles/${theme}?${query({ lang: language })}`, language);
export const search = (q: string, language: Language, signal?: AbortSignal) =>
  ask<{ results: SearchResult[] }>(`/search?${query({ q, limit: 12 })}`, language, { signal }).then((body) => body.results);
export const readPlace = (lon: number, lat: number, language: Language, signal?: AbortSignal) =>
  ask<Place>(`/at?${query({ lon: lon.toFixed(6), lat: lat.toFixed(6) })}`, language, signal ? { signal } : {});
/** A feature, as of a moment where one is named. */
export const readFeature = (layer: string, id: string | number, language: Language, datetime: string | null = null) =>
  ask<Feature>(`${itemPath(layer, id)}${datetime === null ? '' : `?${query({ datetime })}`}`, language);
export const readTownships = (language: Language) =>
  ask<{ features: Feature[] }>('/collections/township/items?limit=100', language).then((body) => body.features);
/** The divisions as they stand today. */
export const readDivisions = (language: Language) => ask<Divisions>('/divisions', language);
export const readSchema = (layer: string, language: Language) => ask<Schema>(`/collections/${encodeURIComponent(layer)}/schema`, language);
/** The features of a layer in a box: at most so many. */
export const readFeatures = (layer: string, bbox: number[], limit: number, language: Language) =>
  ask<{ features: Feature[] }>(`/collections/${encodeURIComponent(layer)}/items?${query({ bbox: bbox.join(','), limit })}`, language).then((body) => body.features);
