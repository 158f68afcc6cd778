import type { Language } from '../i18n/dictionary';

export type Titled = Record<Language, string>;
export type Box = [west: number, south: number, east: number, north: number];
export type Scalar = string | number | boolean | null;

export interface Property {
  name: string;
  title: Titled;
  type: string;
  unit: string | null;
  enum: { value: string; title: Titled }[];
}

export interface StyleClass { value: Scalar; color: string; dark: string | null }

export interface LayerStyle {
  color: string;
  dark: string | null;
  marker: Marker;
  size: number;
  opacity: number;
  dash: number[];
  by: string | null;
  classes: StyleClass[];
  label_from: number | null;
}

export type Marker = 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'cross';

/** Counts of records taken in; `null` where no intake has been recorded. */
export interface Governance {
  class: number | string;
  sources: number | null;
  refresh_days: number | null;
  collected: number | null;
  governed: number | null;
  mappable: number;
  last: string | null;
}

export interface Layer {
  id: string;
  title: Titled;
  description: Titled;
  group: string;
  order: number;
  visible: boolean;
  geometry: 'point' | 'line' | 'polygon';
  assumed: boolean;
  owner: string | null;
  sensitivity: string;
  smallest_count: number;
  zoom: { min: number; max: number };
  label: string | null;
  code: { property: string } | string | null;
  properties: Property[];
  cluster: { below: number; by: string | null } | null;
  style: LayerStyle;
  count: number;
  extent: Box | null;
  governance: Governance | null;
}

export interface Catalogue {
  revision: number;
  city: { code: string; title: Titled; bounds: Box; centre: [number, number]; attribution: Titled };
  synthetic: boolean;
  groups: { id: string; title: Titled }[];
  departments: Record<string, { title: Titled }>;
  layers: Layer[];
}

export interface Figure {
  id: string;
  title: Titled;
  declared: { value: number; unit: string; qualifier: string; sentence: string; as_of: string };
  counterparts: { value: number; unit: string; source: Titled; date: string | null }[];
  agrees: boolean | null;
}

export interface SearchResult {
  kind: string;
  title: string;
  subtitle: string | null;
  center: [number, number];
  bbox: Box | null;
  layer?: string;
  id?: number | string;
}

export interface Division { code: string; name: string }
export interface Place { township: Division | null; village: Division | null; cell: string | null }

export interface Feature {
  id: number | string;
  geometry: GeoJSON.Geometry;
  properties: Record<string, Scalar>;
  version?: number;
  village?: string | null;
}
