import type { Language } from '../i18n/dictionary';
import { ask, query } from './client';

/** Which features of a layer are meant. */
export interface Wanted { bbox: string | null; division: string | null; filter: string | null; datetime: string | null }

/** As many features are fetched and named here; of more the browser writes the file while it comes, under the server's name. */
export const NAMED_MOST = 50_000;

const pathOf = (layer: string): string => `/collections/${encodeURIComponent(layer)}`;

/** How many features that is; a condition that cannot be used is refused. */
export const countFeatures = (layer: string, wanted: Wanted, language: Language, signal: AbortSignal) =>
  ask<{ numberMatched?: number }>(`${pathOf(layer)}/items?${query({ limit: 1, ...wanted })}`, language, { signal }).then((body) => body.numberMatched ?? null);

export const exportPath = (layer: string, wanted: Wanted, form: Record<string, string | null>): string => `${pathOf(layer)}/export?${query({ ...form, ...wanted })}`;

/** Has the browser keep a file. */
export function keep(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

/** Fetches a file and has the browser keep it under a name of its own: the server's would win over a link's. */
export async function fetchAndKeep(path: string, name: string, language: Language): Promise<void> {
  const address = URL.createObjectURL(await ask<Blob>(path, language, { as: 'blob' }));
  keep(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
