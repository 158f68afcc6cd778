import type { Language } from '../i18n/dictionary';
import { ask, itemPath, query } from './client';
import type { ChangeSet, Comparison, FeatureVersion, Line, Written } from './types';

/** Writes lines, all or none. The key names the attempt: sent twice, it is done once. */
export const writeLines = (lines: Line[], reason: string, key: string, language: Language) =>
  ask<Written>(`/changesets?${query({ reason: reason === '' ? null : reason })}`, language, {
    method: 'POST',
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
    type: 'application/x-ndjson',
    headers: { 'Idempotency-Key': key },
  });

export const undoChangeSet = (revision: number, language: Language) => ask<Written>(`/changesets/${revision}/undo`, language, { method: 'POST' });

export const listChangeSets = (limit: number, before: number | null, language: Language) =>
  ask<{ changesets: ChangeSet[]; next: number | null }>(`/changesets?${query({ limit, before })}`, language);

export const listVersions = (layer: string, id: string, language: Language) =>
  ask<{ versions: FeatureVersion[] }>(`${itemPath(layer, id)}/versions`, language).then((body) => body.versions);

export const compareDates = (from: string, to: string | null, layers: string[], bbox: number[], language: Language) =>
  ask<Comparison>(`/compare?${query({ from, to, layer: layers.join(','), bbox: bbox.join(','), limit: 200 })}`, language);
