import type { Language } from '../i18n/dictionary';
import { ask, query } from './client';
import type { Import, RunImport } from './types';

const one = (id: string): string => `/imports/${encodeURIComponent(id)}`;

/** Sends a file; its bytes go out as they are read. */
export const createImport = (layer: string, file: File, sourceLayer: string | null, language: Language) =>
  ask<Import>(`/imports?${query({ layer, name: file.name, source_layer: sourceLayer })}`, language, { method: 'POST', body: file, type: 'application/octet-stream' });
export const listImports = (language: Language) => ask<{ imports: Import[] }>('/imports', language).then((body) => body.imports);
export const readImport = (id: string, language: Language) => ask<Import>(one(id), language);
export const runImport = (id: string, run: RunImport, language: Language) =>
  ask<Import>(`${one(id)}/run`, language, { method: 'POST', body: JSON.stringify(run), type: 'application/json' });
export const cancelImport = (id: string, language: Language) => ask<undefined>(`${one(id)}/cancel`, language, { method: 'POST' });
export const deleteImport = (id: string, language: Language) => ask<undefined>(one(id), language, { method: 'DELETE' });
export const reportPath = (id: string, language: Language): string => `${one(id)}/report?${query({ lang: language })}`;
