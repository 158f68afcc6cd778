import type { StyleSpecification } from 'maplibre-gl';
import type { Language } from '../i18n/dictionary';
import type { Catalogue, Feature, Figure, Place, SearchResult } from './types';

/** An answer that is not the one asked for, as RFC 9457 says it; `status` 0 means that there was none. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
  ) {
    super(detail || title);
  }
}

async function read<T>(path: string, language: Language, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { Accept: 'application/json', 'Accept-Language': language }, signal: signal ?? null });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, '', '', null);
  }
  if (response.ok) return (await response.json()) as T;
  const body = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; request_id?: string };
  throw new Problem(response.status, body.title ?? response.statusText, body.detail ?? '', body.request_id ?? null);
}

const query = (values: Record<string, string | number>): string =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString();

export const readCatalogue = (language: Language) => read<Catalogue>('/catalogue', language);
export const readFigures = (language: Language) => read<{ figures: Figure[] }>('/figures', language).then((body) => body.figures);
export const readStyle = (theme: 'light' | 'dark', language: Language) =>
  read<StyleSpecification>(`/styles/${theme}?${query({ lang: language })}`, language);
export const search = (q: string, language: Language, signal: AbortSignal) =>
  read<{ results: SearchResult[] }>(`/search?${query({ q, limit: 12 })}`, language, signal).then((body) => body.results);
export const readPlace = (lon: number, lat: number, language: Language, signal?: AbortSignal) =>
  read<Place>(`/at?${query({ lon: lon.toFixed(6), lat: lat.toFixed(6) })}`, language, signal);
export const readFeature = (layer: string, id: string, language: Language) =>
  read<Feature>(`/collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(id)}`, language);
export const readTownships = (language: Language) =>
  read<{ features: Feature[] }>('/collections/township/items?limit=100', language).then((body) => body.features);
