/** What layers are written as, and the systems of coordinates that files come in. */
import type { Layer } from '../api/types';

export interface ExportFormat { id: string; title: string; hasSystem: boolean }

export const EXPORT_FORMATS: ExportFormat[] = [
  { id: 'gpkg', title: 'GeoPackage (QGIS)', hasSystem: true },
  { id: 'shp', title: 'Shapefile (zip)', hasSystem: true },
  { id: 'csv', title: 'CSV', hasSystem: false },
  { id: 'geojson', title: 'GeoJSON', hasSystem: false },
  { id: 'jsonfg', title: 'JSON-FG', hasSystem: true },
  { id: 'ndjson', title: 'NDJSON', hasSystem: false },
  { id: 'fgb', title: 'FlatGeobuf', hasSystem: true },
  { id: 'parquet', title: 'GeoParquet', hasSystem: false },
  { id: 'kml', title: 'KML', hasSystem: false },
];

const EPSG = 'http://www.opengis.net/def/crs/EPSG/0/';
export const SYSTEMS: { uri: string; title: string }[] = [
  { uri: '', title: 'CGCS2000 (EPSG:4490)' },
  { uri: `${EPSG}4547`, title: 'CGCS2000 3° GK CM 114E (EPSG:4547)' },
  { uri: `${EPSG}4526`, title: 'CGCS2000 3° GK zone 38 (EPSG:4526)' },
  { uri: `${EPSG}4326`, title: 'WGS 84 (EPSG:4326)' },
  { uri: `${EPSG}3857`, title: 'Web Mercator (EPSG:3857)' },
];

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
