import type { Language } from '../i18n/dictionary';
import { type LeftSide, readLeft, readLeftLayers, writeLeft } from './leftSide';
import { isMoment } from './moment';
import { decodeStyle, encodeStyle, type OwnStyle } from './ownStyle';
import { packed, unpacked } from './packed';
import { added, countOf, NONE, type One, type SelectedIds } from './selection';
import { type Area, readArea, writeArea } from './area';
import { type Chosen, readChosen, writeChosen } from './statistics';

export type Theme = 'auto' | 'light' | 'dark';
/** Where one looks; `tilt` where the map is seen from aside, buildings with their heights: by how many degrees, and which direction is up. */
export interface View { zoom: number; lat: number; lon: number; tilt?: { bearing: number; pitch: number } }
/** MapLibre tilts no further. */
const STEEPEST = 60;
export interface Shown { id: string; opacity: number }

/** What a link brings back. `layers`, the one drawn on top first, is `null` where the catalogue's own choice holds. */
export interface Permalink {
  view: View | null;
  layers: Shown[] | null;
  off: Record<string, string[]>;
  /** Conditions in CQL2 text, by layer. */
  filters: Record<string, string>;
  /** What the map is coloured by. */
  statistics: Chosen | null;
  /** Where one asks; of many corners a link has none. */
  area: Area | null;
  /** Styles other than the catalogue's; `kept` is one that has no room in a link and stands in the browser that made it. */
  styles: Record<string, OwnStyle | 'kept'>;
  /** Ids of what is selected, by layer. One alone has its card open. */
  selection: SelectedIds;
  /** The card that is open where several features are selected. */
  opened: One | null;
  /** A saved view that is to be opened in place of all else. */
  saved: string | null;
  /** The attribute table that is open. */
  table: TableLink | null;
  /** Coordinates or a cell that were searched for. */
  sought: string | null;
  /** The map as of then (a day, or a time in UTC); `null` is now. */
  date: string | null;
  /** The left map, where two are shown. */
  compare: LeftSide | null;
  theme: Theme;
  language: Language | null;
}

/** How many selected features a link names; more are left out altogether, and the page says so. */
export const LINKED_MOST = 200;

/** Which table is open and how it is read. */
export interface TableLink { layer: string; isInView: boolean; sort: Sort | null; typed: Record<string, string> }
export interface Sort { name: string; isDescending: boolean }

export const EMPTY: Permalink = { view: null, layers: null, off: {}, filters: {}, styles: {}, statistics: null, area: null, selection: NONE, opened: null, saved: null, table: null, sought: null, date: null, compare: null, theme: 'auto', language: null };

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

/** In place of a style that has no room; no style is written so. */
const KEPT = '@';

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits)) + 0;
const isWithin = (value: number, low: number, high: number): boolean => Number.isFinite(value) && value >= low && value <= high;

export function formatPermalink(state: Permalink): string {
  const { view } = state;
  const head = view === null ? '' : [rounded(view.zoom, 2), rounded(view.lat, 5), rounded(view.lon, 5), ...(view.tilt ? [rounded(view.tilt.bearing, 1), rounded(view.tilt.pitch, 0)] : [])].join('/');
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
  const area = state.area && writeArea(state.area);
  if (area) parts.push(`a=${area}`);
  const styles = Object.entries(state.styles);
  if (styles.length > 0) parts.push(`y=${styles.map(([id, own]) => `${encoded(id)}~${own === 'kept' ? KEPT : encodeStyle(own)}`).join(',')}`);
  const count = countOf(state.selection);
  if (count > 0 && count <= LINKED_MOST) parts.push(`s=${[...state.selection].map(([id, ids]) => [id, ...ids].map(encoded).join('~')).join(',')}`);
  if (state.opened !== null) parts.push(`o=${encoded(state.opened.layer)}~${encoded(state.opened.id)}`);
  if (state.table !== null) parts.push(`tb=${formatTable(state.table)}`);
  if (state.saved !== null) parts.push(`v=${state.saved}`);
  if (state.sought !== null) parts.push(`q=${encoded(state.sought)}`);
  if (state.date !== null) parts.push(`d=${state.date}`);
  if (state.compare !== null) {
    const left = writeLeft(state.compare, encoded);
    parts.push(`cmp=${left.side}`);
    if (left.layers !== null) parts.push(`cl=${left.layers}`);
  }
  if (state.theme !== 'auto') parts.push(`t=${state.theme}`);
  if (state.language !== null) parts.push(`g=${state.language}`);
  return `#${head}${parts.length > 0 ? `?${parts.join('&')}` : ''}`;
}

/** Reads any text; what is damaged is left out, the rest holds. */
export function parsePermalink(hash: string): Permalink {
  const [head = '', tail = ''] = hash.replace(/^#/, '').split('?', 2);
  const state: Permalink = { ...EMPTY, off: {}, filters: {}, styles: {}, view: parseView(head) };
  let left: ReturnType<typeof readLeft> = null;
  let leftLayers: LeftSide['layers'] = null;
  for (const part of tail.split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const value = part.slice(at + 1);
    switch (part.slice(0, at)) {
      case 'l': state.layers = parseShown(value); break;
      case 'c': state.off = parseOff(value); break;
      case 'f': state.filters = parseFilters(value); break;
      case 'a': state.area = readArea(value); break;
      case 'st': state.statistics = readChosen(value, decoded); break;
      case 'y': state.styles = parseStyles(value); break;
      case 's': state.selection = parseSelection(value); break;
      case 'o': state.opened = parseOne(value); break;
      case 'tb': state.table = parseTable(value); break;
      case 'v': state.saved = /^[\w-]{1,40}$/.test(value) ? value : null; break;
      case 'q': state.sought = decoded(value) || null; break;
      case 'd': state.date = isMoment(value) ? value : null; break;
      case 'cmp': left = readLeft(value, isMoment); break;
      case 'cl': leftLayers = readLeftLayers(value, decoded); break;
      case 't': if (value === 'light' || value === 'dark') state.theme = value; break;
      case 'g': if (value === 'zh' || value === 'en') state.language = value; break;
    }
  }
  // Two maps that show the same at the same time are one.
  if (left && (left.from !== null || leftLayers)) state.compare = { ...left, layers: leftLayers };
  return state;
}

function parseView(head: string): View | null {
  if (head === '') return null;
  const [zoom = Number.NaN, lat = Number.NaN, lon = Number.NaN, bearing = 0, pitch = 0] = head.split('/').map((part) => (part === '' ? Number.NaN : Number(part)));
  return isWithin(zoom, 0, 24) && isWithin(lat, -90, 90) && isWithin(lon, -180, 180)
    ? { zoom, lat, lon, ...(isWithin(bearing, -180, 180) && isWithin(pitch, 1, STEEPEST) ? { tilt: { bearing, pitch } } : {}) } : null;
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

function parseStyles(text: string): Permalink['styles'] {
  const styles = new Map<string, OwnStyle | 'kept'>();
  for (const part of text.split(',')) {
    const [name = '', written = ''] = part.split('~');
    const id = decoded(name);
    const own = written === KEPT ? 'kept' : decodeStyle(written);
    if (id && own) styles.set(id, own);
  }
  return Object.fromEntries(styles);
}

function parseSelection(text: string): SelectedIds {
  let chosen = NONE;
  for (const part of text.split(',')) {
    const [layer, ...ids] = part.split('~').map(decoded);
    if (layer) chosen = added(chosen, layer, ids.filter((id): id is string => !!id), LINKED_MOST).chosen;
  }
  return chosen;
}

function parseOne(text: string): One | null {
  const [layer, id] = text.split('~').map(decoded);
  return layer && id ? { layer, id } : null;
}

/** `layer~v~-number~status:mounted`: only in view, sorted by, and what is typed over columns. */
function formatTable({ layer, isInView, sort, typed }: TableLink): string {
  const order = sort ? (sort.isDescending ? '-' : '') + encoded(sort.name).replace(/^-/, '%2D') : '';
  const texts = Object.entries(typed).filter(([name, text]) => name !== '' && text.trim() !== '').map(([name, text]) => `${encoded(name)}:${encoded(text)}`);
  return [encoded(layer), isInView ? 'v' : '', order, ...texts].join('~').replace(/~+$/, '');
}

function parseTable(text: string): TableLink | null {
  const [name = '', flag = '', order = '', ...texts] = text.split('~');
  const layer = decoded(name);
  if (!layer) return null;
  const by = decoded(order.replace(/^-/, ''));
  const typed = new Map<string, string>();
  for (const part of texts) {
    const [column, value] = part.split(':').map(decoded);
    if (column && value && value.trim() !== '') typed.set(column, value);
  }
  return { layer, isInView: flag === 'v', sort: by ? { name: by, isDescending: order.startsWith('-') } : null, typed: Object.fromEntries(typed) };
}
