import type { OwnStyle } from '../domain/ownStyle';
import type { components } from '../generated/openapi';
import type { Language } from '../i18n/dictionary';
import { ask, query } from './client';

export type SavedView = components['schemas']['SavedView'];
export type Audience = SavedView['audience'];

const MOST = 100;
const at = (id: string): string => `/views/${encodeURIComponent(id)}`;

/** The styles of a layer that one sees, one's own and those of others, newest first; without the styles themselves. */
export const listStyles = (layer: string, language: Language): Promise<SavedView[]> =>
  ask<{ views: SavedView[] }>(`/views?${query({ kind: 'style', layer, limit: MOST })}`, language).then(({ views }) => views);

/** What was saved, as somebody may have written it: who takes it looks at it first. */
export const readStyle = (id: string, language: Language): Promise<unknown> => ask<SavedView>(at(id), language).then(({ state }) => state);

export const saveStyle = (layer: string, title: string, audience: Audience, own: OwnStyle, language: Language): Promise<SavedView> =>
  ask<SavedView>('/views', language, { method: 'POST', body: JSON.stringify({ kind: 'style', layer, title, audience, state: own }), type: 'application/json' });

export const deleteStyle = ({ id, version }: SavedView, language: Language): Promise<undefined> =>
  ask<undefined>(at(id), language, { method: 'DELETE', headers: { 'If-Match': `"${version}"` } });
