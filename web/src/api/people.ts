import type { Language } from '../i18n/dictionary';
import { ask } from './client';
import type { Account, Action, Grant, Session, Token } from './types';

const JSON_TYPE = 'application/json';
const written = (method: 'POST' | 'PATCH', body: unknown) => ({ method, body: JSON.stringify(body), type: JSON_TYPE });

export const readSession = (language: Language) => ask<Session>('/session', language);
export const signIn = (name: string, password: string, language: Language) => ask<Session>('/session', language, written('POST', { name, password }));
export const signOut = (language: Language) => ask<undefined>('/session', language, { method: 'DELETE' });

export const listTokens = (language: Language) => ask<{ tokens: Token[] }>('/tokens', language).then((body) => body.tokens);
export const createToken = (name: string, scopes: Action[], days: number, language: Language) =>
  ask<Token>('/tokens', language, written('POST', { name, scopes, days }));
export const deleteToken = (id: string, language: Language) => ask<undefined>(`/tokens/${encodeURIComponent(id)}`, language, { method: 'DELETE' });

export interface NewAccount { name: string; title: string; password: string | null; grants: Grant[] }
export interface AccountPatch { title?: string; password?: string; current_password?: string; disabled?: boolean; grants?: Grant[] }
export const listUsers = (language: Language) => ask<{ users: Account[] }>('/users', language).then((body) => body.users);
export const createUser = (account: NewAccount, language: Language) => ask<Account>('/users', language, written('POST', account));
export const updateUser = (name: string, patch: AccountPatch, language: Language) =>
  ask<Account>(`/users/${encodeURIComponent(name)}`, language, written('PATCH', patch));
