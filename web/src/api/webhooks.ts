import type { Language } from '../i18n/dictionary';
import { ask } from './client';
import type { Undelivered, Wanted, Webhook } from './types';

const written = (method: 'POST' | 'PATCH', body: unknown) => ({ method, body: JSON.stringify(body), type: 'application/json' });
const one = (id: string): string => `/webhooks/${encodeURIComponent(id)}`;

export const listWebhooks = (language: Language) => ask<{ webhooks: Webhook[] }>('/webhooks', language).then((body) => body.webhooks);
export const createWebhook = (webhook: { title: string; url: string; wanted: Wanted }, language: Language) =>
  ask<Webhook>('/webhooks', language, written('POST', webhook));
export const updateWebhook = (id: string, patch: { paused: boolean }, language: Language) => ask<Webhook>(one(id), language, written('PATCH', patch));
export const deleteWebhook = (id: string, language: Language) => ask<undefined>(one(id), language, { method: 'DELETE' });
export const replaceSecret = (id: string, language: Language) => ask<Webhook>(`${one(id)}/secret`, language, { method: 'POST' });
export const pingWebhook = (id: string, language: Language) => ask<undefined>(`${one(id)}/ping`, language, { method: 'POST' });
export const listUndelivered = (id: string, language: Language) =>
  ask<{ undelivered: Undelivered[] }>(`${one(id)}/undelivered`, language).then((body) => body.undelivered);
export const redeliver = (id: string, revision: number, language: Language) =>
  ask<undefined>(`${one(id)}/undelivered/${revision}`, language, { method: 'POST' });
export const forgetUndelivered = (id: string, revision: number, language: Language) =>
  ask<undefined>(`${one(id)}/undelivered/${revision}`, language, { method: 'DELETE' });
