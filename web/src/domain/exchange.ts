/** What layers are written as, and the systems of coordinates that files come in. */
import type { Layer, Property } from '../api/types';

export interface ExportFormat { id: string; title: string; hasSystem: boolean; extension: string }

export const EXPORT_FORMATS: ExportFormat[] = [
  { id: 'gpkg', title: 'GeoPackage (QGIS)', hasSystem: true, extension: 'gpkg' },
  { id: 'shp', title: 'Shapefile (zip)', hasSystem: true, extension: 'shp.zip' },
  { id: 'csv', title: 'CSV', hasSystem: false, extension: 'csv' },
  { id: 'geojson', title: 'GeoJSON', hasSystem: false, extension: 'geojson' },
  { id: 'jsonfg', title: 'JSON-FG', hasSystem: true, extension: 'json' },
  { id: 'ndjson', title: 'NDJSON', hasSystem: false, extension: 'geojsonl' },
  { id: 'fgb', title: 'FlatGeobuf', hasSystem: true, extension: 'fgb' },
  { id: 'parquet', title: 'GeoParquet', hasSystem: false, extension: 'parquet' },
  { id: 'kml', title: 'KML', hasSystem: false, extension: 'kml' },
];

const EPSG = 'http://www.opengis.net/def/crs/EPSG/0/';
export const SYSTEMS: { uri: string; title: string }[] = [
  { uri: '', title: 'CGCS2000 (EPSG:4490)' },
  { uri: `${EPSG}4547`, title: 'CGCS2000 3° GK CM 114E (EPSG:4547)' },
  { uri: `${EPSG}4526`, title: 'CGCS2000 3° GK zone 38 (EPSG:4526)' },
  { uri: `${EPSG}4326`, title: 'WGS 84 (EPSG:4326)' },
  { uri: `${EPSG}3857`, title: 'Web Mercator (EPSG:3857)' },
];

/** The properties of whose values some can be ticked, by property: those with a list of values, and those that are so or not. */
export const tickable = (properties: Property[]): Property[] => properties.filter((property) => property.enum.length > 0 || property.type === 'boolean');
export const valuesOf = (property: Property): string[] => (property.enum.length > 0 ? property.enum.map(({ value }) => value) : ['true', 'false']);

/** What was ticked and typed as one condition in CQL2; of a property of which nothing or everything is ticked, any value will do. */
export function conditionOf(properties: Property[], ticks: Record<string, string[]>, typed: string): string | null {
  const literal = (property: Property, value: string): string => (property.type === 'string' ? `'${value.replaceAll("'", "''")}'` : value);
  const parts = tickable(properties).flatMap((property) => {
    const values = valuesOf(property).filter((value) => ticks[property.name]?.includes(value));
    if (values.length === 0 || values.length === valuesOf(property).length) return [];
    return [`"${property.name}" IN (${values.map((value) => literal(property, value)).join(',')})`];
  });
  const own = typed.trim();
  if (own !== '') parts.push(parts.length === 0 ? own : `(${own})`);
  return parts.length === 0 ? null : parts.join(' AND ');
}

/** A file named after what is in it, without what file systems refuse. */
export const fileName = (parts: string[], extension: string): string =>
  `${parts.filter((part) => part !== '').map((part) => part.replace(/[\\/:*?"<>|\s]+/gu, ' ').trim()).join('_').slice(0, 100)}.${extension}`;

/** What a file's coordinates may be of; the shifted ones of web maps are in no register. */
export const SOURCE_SYSTEMS = ['EPSG:4490', 'OGC:CRS84', 'EPSG:4326', 'EPSG:4547', 'EPSG:4526', 'EPSG:3857', 'GCJ-02', 'BD-09'];

export const ENCODINGS = ['UTF-8', 'GBK', 'gb18030', 'Big5', 'UTF-16LE', 'UTF-16BE'];

/** Names are compared without case, spaces and what joins words; what stands in brackets is not part of a title. */
const bare = (text: string): string => text.toLowerCase().replace(/（.*?）|\(.*?\)/gu, '').replace(/[\s_-]+/gu, '');

/** The layer that a file's name names, by id or title; of several the longest name. A plural title is looked for as one too. */
export function layerOfFile(file: string, layers: Pick<Layer, 'id' | 'title'>[]): string | null {
  const name = bare(file);
  const found = layers.flatMap(({ id, title }) =>
    [id, title.zh, title.en, title.en.replace(/s$/, '')].map(bare).filter((said) => said !== '' && name.includes(said)).map(({ length }) => ({ id, length })));
  return found.sort((a, b) => b.length - a.length)[0]?.id ?? null;
}

const PREFIX = 'platbook.import.';

/** Files of the same columns are mapped as the last one was. */
export interface Memory { getItem(key: string): string | null; setItem(key: string, value: string): void }
const keyOf = (layer: string, columns: string[]): string => `${PREFIX}${layer}:${[...columns].sort().join('\u001f')}`;

export function remembered(memory: Memory, layer: string, columns: string[]): Record<string, string> | null {
  try {
    const kept: unknown = JSON.parse(memory.getItem(keyOf(layer, columns)) ?? 'null');
    return kept !== null && typeof kept === 'object' && Object.values(kept).every((target) => typeof target === 'string') ? (kept as Record<string, string>) : null;
  } catch {
    return null;
  }
}

export function remember(memory: Memory, layer: string, columns: string[], mapping: Record<string, string>): void {
  try {
    memory.setItem(keyOf(layer, columns), JSON.stringify(mapping));
  } catch {
    // A browser that keeps nothing asks again.
  }
}
