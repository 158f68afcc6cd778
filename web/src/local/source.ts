import type { Scalar } from '../api/types';

/** One record of a file: what it says, and where, in the file's own coordinates. */
export interface LocalRecord { geometry: GeoJSON.Geometry | null; properties: Record<string, Scalar> }

/** What a file holds, before anybody says what its coordinates are of. */
export interface Source {
  format: string;
  encoding: string | null;
  columns: string[];
  records: LocalRecord[];
  /** Whether geometries stand in columns, which are to be chosen. */
  isTable: boolean;
  /** Whether the file says what its coordinates are of; those are then longitudes and latitudes already. */
  isDeclared: boolean;
  /** How many records there are; more than are shown where there are too many. */
  count: number;
  /** What can be given to the import, where the file itself cannot. */
  forImport: File;
}

/** What a browser can show without harm. */
export const MOST_BYTES = 30 * 1024 * 1024;
export const MOST_UNPACKED = 200 * 1024 * 1024;
export const MOST_FEATURES = 50_000;

export type FaultCode = 'tooLarge' | 'unknown' | 'empty' | 'damaged' | 'noShapefile' | 'severalShapefiles' | 'onlyServer';

/** Why a file is not shown. */
export class LocalFault extends Error {
  constructor(readonly code: FaultCode, readonly detail = '') { super(code); }
}

/** A value as cells and tiles have it. */
export function scalar(value: unknown): Scalar {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString().slice(0, 10);
  return JSON.stringify(value);
}

export const scalars = (values: Record<string, unknown>): Record<string, Scalar> => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scalar(value)]));

/** The names of all columns, in the order in which they come. */
export const columnsOf = (records: LocalRecord[]): string[] => [...new Set(records.slice(0, 1000).flatMap(({ properties }) => Object.keys(properties)))];
