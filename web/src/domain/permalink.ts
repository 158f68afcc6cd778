import type { Language } from '../i18n/dictionary';
import { isMoment } from './moment';
import { type Chosen, readChosen, writeChosen } from './statistics';

export type Theme = 'auto' | 'light' | 'dark';
export interface View { zoom: number; lat: number; lon: number }
export interface Shown { id: string; opacity: number }

/** What a link brings back. `layers` is `null` where the catalogue's own choice holds. */
export interface Permalink {
  view: View | null;
  layers: Shown[] | null;
  off: Record<string, string[]>;
  /** Conditions in CQL2 text, by layer. */
  filters: Record<string, string>;
  /** What the map is coloured by. */
  statistics: Chosen | null;
  selection: { layer: string; id: string } | null;
  /** Coordinates or a cell that were searched for. */
  sought: string | null;
  /** The map as of then (a day, or a time in UTC); `null` is now. */
  date: string | null;
  /** The other date of a comparison, and how many percent of the width it takes. */
  compare: { from: string; share: number } | null;
  theme: Theme;
  language: Language | null;
}

export const EMPTY: Permalink = { view: null, layers: null, off: {}, filters: {}, statistics: null, selection: null, sought: null, date: null, compare: null, theme: 'auto', language: null };

// encodeURIComponent leaves these as they are; two of them separate parts here.
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[~!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Text in the letters of addresses: a Chinese one is a third as long as percent-encoded. */
const packed = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

function unpacked(text: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits)) + 0;
const isWithin = (value: number, low: number, high: number): boolean => Number.isFinite(value) && value >= low && value <= high;

export function formatPermalink(state: Permalink): string {
  const { view } = state;
  const head = view === null ? '' : [rounded(view.zoom, 2), rounded(view.lat, 5), rounded(view.lon, 5)].join('/');
  const parts: string[] = [];
  if (state.layers !== null) {
    const shown = state.layers.map(({ id, opacity }) => encoded(id) + (opacity === 100 ? '' : `~${opacity}`));
    parts.push(`l=${shown.join(',')}`);
  }
  const off = Object.entries(state.off).filter(([, values]) => values.length > 0);
  if (off.length > 0) parts.push(`c=${off.map(([id, values]) => [id, ...values].map(encoded).join('~')).join(',')}`);
  const filters = Object.entries(state.filters).filter(([, text]) => text !== '');
  if (filters.length > 0) parts.push(`f=${filters.map(([id, text]) => `${encoded(id)}~${packed(text)}`).join(',')}`);
  if (state.statistics !== null) parts.push(`st=${writeChosen(state.statistics, encoded)}`);
  if (state.selection !== null) parts.push(`s=${encoded(state.selection.layer)}~${encoded(state.selection.id)}`);
  if (state.sought !== null) parts.push(`q=${encoded(state.sought)}`);
  if (state.date !== null) parts.push(`d=${state.date}`);
  if (state.compare !== null) parts.push(`cmp=${state.compare.from}@${state.compare.share}`);
  if (state.theme !== 'auto') parts.push(`t=${state.theme}`);
  if (state.language !== null) parts.push(`g=${state.language}`);
  return `#${head}${parts.length > 0 ? `?${parts.join('&')}` : ''}`;
}

/** Reads any text; what is damaged is left out, the rest holds. */
export function parsePermalink(hash: string): Permalink {
  const [head = '', tail = ''] = hash.replace(/^#/, '').split('?', 2);
  const state: Permalink = { ...EMPTY, off: {}, filters: {}, view: parseView(head) };
  for (const part of tail.split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const value = part.slice(at + 1);
    switch (part.slice(0, at)) {
      case 'l': state.layers = parseShown(value); break;
      case 'c': state.off = parseOff(value); break;
      case 'f': state.filters = parseFilters(value); break;
      case 'st': state.statistics = readChosen(value, decoded); break;
      case 's': state.selection = parseSelection(value); break;
      case 'q': state.sought = decoded(value) || null; break;
      case 'd': state.date = isMoment(value) ? value : null; break;
      case 'cmp': state.compare = parseCompare(value); break;
      case 't': if (value === 'light' || value === 'dark') state.theme = value; break;
      case 'g': if (value === 'zh' || value === 'en') state.language = value; break;
    }
  }
  return state;
}

function parseView(head: string): View | null {
  if (head === '') return null;
  const [zoom = Number.NaN, lat = Number.NaN, lon = Number.NaN] = head.split('/').map((part) => (part === '' ? Number.NaN : Number(part)));
  return isWithin(zoom, 0, 24) && isWithin(lat, -90, 90) && isWithin(lon, -180, 180) ? { zoom, lat, lon } : null;
}

function parseShown(text: string): Shown[] {
  const shown = new Map<string, Shown>();
  for (const part of text.split(',')) {
    const [name = '', share = '100'] = part.split('~');
    const id = decoded(name);
    const opacity = Number(share);
    if (id && isWithin(opacity, 0, 100)) shown.set(id, { id, opacity: Math.round(opacity) });
  }
  return [...shown.values()];
}

function parseOff(text: string): Record<string, string[]> {
  const off = new Map<string, string[]>();
  for (const part of text.split(',')) {
    const [id, ...values] = part.split('~').map(decoded);
    const kept = values.filter((value): value is string => value !== null);
    if (id && kept.length > 0) off.set(id, [...new Set(kept)]);
  }
  return Object.fromEntries(off);
}

function parseFilters(text: string): Record<string, string> {
  const filters = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name = '', condition = ''] = part.split('~');
    const [id, said] = [decoded(name), unpacked(condition)];
    if (id && said) filters.set(id, said);
  }
  return Object.fromEntries(filters);
}

function parseCompare(text: string): Permalink['compare'] {
  const [from = '', share = '50'] = text.split('@');
  const percent = Number(share);
  return isMoment(from) && isWithin(percent, 0, 100) ? { from, share: Math.round(percent) } : null;
}

function parseSelection(text: string): Permalink['selection'] {
  const [layer, id] = text.split('~').map(decoded);
  return layer && id ? { layer, id } : null;
}
