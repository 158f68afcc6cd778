import type { components } from '../generated/openapi';
import type { Language } from '../i18n/dictionary';
import { ask, query } from './client';

export type SavedView = components['schemas']['SavedView'];
export type NewSavedView = components['schemas']['NewSavedView'];
export type Audience = SavedView['audience'];

const JSON_TYPE = 'application/json';
const one = (id: string): string => `/views/${encodeURIComponent(id)}`;
const upon = (view: SavedView): Record<string, string> => ({ 'If-Match': `"${view.version}"` });

/** Saved views that the reader sees, newest first, without their states. */
export const listViews = (kind: SavedView['kind'], audience: Audience | null, cursor: string | null, language: Language) =>
  ask<{ views: SavedView[]; next?: string }>(`/views?${query({ kind, audience, cursor })}`, language);
export const readView = (id: string, language: Language) => ask<SavedView>(one(id), language);
export const createView = (view: NewSavedView, language: Language) =>
  ask<SavedView>('/views', language, { method: 'POST', body: JSON.stringify(view), type: JSON_TYPE });
export const replaceView = (before: SavedView, view: NewSavedView, language: Language) =>
  ask<SavedView>(one(before.id), language, { method: 'PUT', body: JSON.stringify(view), type: JSON_TYPE, headers: upon(before) });
export const deleteView = (view: SavedView, language: Language) => ask<undefined>(one(view.id), language, { method: 'DELETE', headers: upon(view) });

/** The short address that brings a saved view back. */
export const shortLink = (id: string): string => `${location.origin}/v/${encodeURIComponent(id)}`;
