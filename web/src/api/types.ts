import type { components } from '../generated/openapi';
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
  /** Whether it counts people or things, so that small values are hidden where the layer is not public. */
  count?: boolean;
  /** Whose value its text is: that of a property of another layer's feature. */
  references?: { layer: string; by: string } | null;
  /** Whether tiles carry it. */
  tile?: boolean;
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
  /** The property by which full tiles are thinned. */
  priority: string | null;
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

/** A word for what may be done: read, create, update, delete, submit, review, import, publish, audit, administer. */
export type Action = string;
export interface Grant { role: string; layers?: string[] | null; division: string }
export interface Role { id: string; title: Titled; may: Action[] }

/** Who one is, and what one may do. */
export interface Session {
  signed_in: boolean;
  name: string;
  grants: Grant[];
  may: { service: Action[]; layers: Record<string, Action[]> };
  roles: Role[];
  single_sign_on: boolean;
  department?: string;
  expires?: string;
}

export interface Account {
  name: string;
  title: string;
  disabled: boolean;
  grants: Grant[];
  has_password: boolean;
  single_sign_on: boolean;
  created: string;
}

/** `token` is there once, in the answer that made it. */
export interface Token { id: string; account: string; name: string; scopes: Action[]; created: string; expires: string; used?: string; token?: string }

/** Which changes are told; what is not named does not matter. */
export interface Wanted { layers?: string[]; division?: string; bbox?: number[]; filter?: string }
/** `secret` is there once, in the answer that made it. */
export interface Webhook {
  id: string; title: string; url: string; account: string; wanted: Wanted; paused: boolean; created: string;
  told: number; attempts: number; retry?: string; failure?: string; undelivered?: number; secret?: string;
}
export interface Undelivered { revision: number; attempts: number; at: string; failure: string }

export interface Fault { pointer: string; code: string; message: Titled }
export type ChangeKind = 'created' | 'updated' | 'deleted';

/** What is asked of one feature, as a line of a change set. */
export type Line =
  | { create: string; geometry: GeoJSON.Geometry; properties: Record<string, Scalar> }
  | { patch: string; id: number; version?: number; geometry?: GeoJSON.Geometry; properties?: Record<string, Scalar> }
  | { delete: string; id: number; version?: number };

/** Another's change to a feature that this one was to change too. */
export interface Since { version: number; revision: number; at: string; actor: string; kind: ChangeKind; fields: string[] }
export interface Collision { field: string; base: unknown; mine: unknown; theirs: unknown }

/** Why a line is refused. */
export interface LineProblem {
  status: number;
  code: string;
  title: Titled;
  detail: Titled;
  faults?: Fault[];
  current?: Feature | null;
  since?: Since[];
  collisions?: Collision[];
}

export interface LineResult { line: number; status: 'done' | 'unchanged' | 'refused' | 'not_done'; id?: number; version?: number; warnings?: Fault[]; problem?: LineProblem }
export interface Written { revision: number; lines: LineResult[] }

export interface ChangeSet { revision: number; at: string; actor: string; reason: string; counts: { layer: string; kind: ChangeKind; count: number }[] }
export interface FeatureVersion { version: number; revision: number; at: string; actor: string; reason: string; kind: ChangeKind; fields: string[]; feature: Feature | null }

/** Tiles of one layer; where `deeper_than` is a zoom, every tile below the listed ones of that zoom too. */
export interface Cover { zooms: [zoom: number, tiles: [x: number, y: number][]][]; deeper_than: number | null }
export interface Noticed { layer: string; id: number; kind: ChangeKind; version: number; village: string | null; before: Box | null; after: Box | null }
export interface Commit { revision: number; at: string; actor: string; reason: string; changes: Noticed[]; complete: boolean; tiles: Record<string, Cover> }

export type Difference = 'added' | 'moved' | 'changed' | 'removed';
export interface Compared { layer: string; id: number; change: Difference; before: Feature | null; after: Feature | null; fields: string[] }
export interface Comparison {
  from: { revision: number; at: string };
  to: { revision: number; at: string };
  counts: Record<Difference, number>;
  changes: Compared[];
}

/** A layer's JSON Schema as the server writes it. */
export interface Schema { properties: Record<string, SchemaProperty>; required?: string[] }
export interface SchemaProperty {
  type: 'string' | 'number' | 'integer' | 'boolean';
  title?: string;
  'x-title'?: Titled;
  'x-unit'?: string;
  'x-assigned'?: boolean;
  'x-enum'?: { const: string; title: string }[];
  enum?: string[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

/** A file in hand that is to be imported, and how it is to be: as the API describes them. */
export type Import = components['schemas']['Import'];
export type Quality = components['schemas']['Quality'];
export type RunImport = components['schemas']['RunImport'];
