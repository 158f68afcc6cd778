import { columnsOf, LocalFault, type LocalRecord, MOST_FEATURES, MOST_UNPACKED, scalars, type Source } from './source';
import { decoded } from './text';

const isGeometry = (value: unknown): value is GeoJSON.Geometry => typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string' && ('coordinates' in value || 'geometries' in value);

function recordsOf(features: unknown[]): LocalRecord[] {
  return features.slice(0, MOST_FEATURES).map((feature) => {
    const { geometry, properties } = (feature ?? {}) as { geometry?: unknown; properties?: unknown };
    return { geometry: isGeometry(geometry) ? geometry : null, properties: scalars(typeof properties === 'object' && properties !== null ? (properties as Record<string, unknown>) : {}) };
  });
}

function sourceOf(format: string, encoding: string | null, features: unknown[], isDeclared: boolean, file: File): Source {
  if (features.length === 0) throw new LocalFault('empty');
  const records = recordsOf(features);
  return { format, encoding, columns: columnsOf(records), records, isTable: false, isDeclared, count: features.length, forImport: file };
}

/** GeoJSON, or a feature on each line of it. */
export function readGeoJson(file: File, bytes: Uint8Array): Source {
  const { text, encoding } = decoded(bytes);
  const parsed = parsedJson(text);
  const { type, features, crs } = parsed as { type?: unknown; features?: unknown; crs?: unknown };
  const all = Array.isArray(parsed) ? parsed : Array.isArray(features) ? features : type === 'Feature' ? [parsed] : isGeometry(parsed) ? [{ geometry: parsed, properties: {} }] : null;
  if (all === null) throw new LocalFault('unknown');
  // RFC 7946 has one system alone; what shifts its coordinates nevertheless does not say so.
  return sourceOf('GeoJSON', encoding, all, crs !== undefined, file);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (whole) {
    try {
      return text.split('\n').map((line) => line.replace(/^\u001e/, '').trim()).filter((line) => line !== '').map((line): unknown => JSON.parse(line));
    } catch {
      throw new LocalFault('damaged', whole instanceof Error ? whole.message : '');
    }
  }
}

export async function readKml(file: File, bytes: Uint8Array): Promise<Source> {
  const { kml } = await import('@tmcw/togeojson');
  const { text, encoding } = decoded(bytes);
  const page = new DOMParser().parseFromString(text, 'text/xml');
  if (page.querySelector('parsererror')) throw new LocalFault('damaged', 'XML');
  return sourceOf('KML', encoding, kml(page).features, true, file);
}

/** What a zip holds, by the names of its files; refused before it is unpacked where it would fill the memory. */
async function unpacked(bytes: Uint8Array, isWanted: (name: string) => boolean): Promise<Record<string, Uint8Array>> {
  const { unzipSync } = await import('fflate');
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!isWanted(name)) return false;
        total += originalSize;
        if (total > MOST_UNPACKED) throw new LocalFault('tooLarge');
        return true;
      },
    });
  } catch (error) {
    throw error instanceof LocalFault ? error : new LocalFault('damaged', 'zip');
  }
}

/** What kind of archive it is, by the names in it. */
export async function archiveKind(bytes: Uint8Array): Promise<'workbook' | 'kmz' | 'shapefile' | null> {
  const names: string[] = [];
  await unpacked(bytes, (name) => { names.push(name.toLowerCase()); return false; });
  if (names.includes('xl/workbook.xml')) return 'workbook';
  if (names.some((name) => name.endsWith('.shp'))) return 'shapefile';
  return names.some((name) => name.endsWith('.kml')) ? 'kmz' : null;
}

/** Whether a workbook can be unpacked without filling the memory. */
export const measured = (bytes: Uint8Array): Promise<unknown> => unpacked(bytes, () => true);

export async function readKmz(file: File, bytes: Uint8Array): Promise<Source> {
  const [page] = Object.values(await unpacked(bytes, (name) => name.toLowerCase().endsWith('.kml')));
  if (!page) throw new LocalFault('damaged', 'KMZ');
  return { ...(await readKml(file, page)), format: 'KMZ' };
}

const bufferOf = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer;

/** A shapefile in its zip: one layer, its table in the encoding that it names, or that it looks like. */
export async function readShapefile(file: File, bytes: Uint8Array): Promise<Source> {
  const isPart = (name: string): boolean => /\.(shp|dbf|prj|cpg)$/i.test(name) && !/(^|\/)(__MACOSX|\.)/.test(name);
  const parts = Object.entries(await unpacked(bytes, isPart));
  const names = parts.map(([name]) => name).filter((name) => /\.shp$/i.test(name));
  const [shape] = names;
  if (!shape) throw new LocalFault('noShapefile');
  if (names.length > 1) throw new LocalFault('severalShapefiles', names.join('、'));
  const part = (ending: string): Uint8Array | undefined => parts.find(([name]) => name.toLowerCase() === shape.toLowerCase().replace(/shp$/, ending))?.[1];
  const [shp, dbf, prj, cpg] = ['shp', 'dbf', 'prj', 'cpg'].map(part);
  const { parseShp, parseDbf } = await import('shpjs');
  const said = cpg && new TextDecoder().decode(cpg).trim();
  const encoding = said ? (/gb|936/i.test(said) ? 'gb18030' : said) : dbf ? decoded(textOfDbf(dbf)).encoding : 'UTF-8';
  try {
    const geometries = parseShp(bufferOf(shp as Uint8Array), prj ? new TextDecoder().decode(prj) : false);
    const rows = dbf ? parseDbf(bufferOf(dbf), encoding) : [];
    return sourceOf('Shapefile', dbf ? encoding : null, geometries.map((geometry, at) => ({ geometry, properties: trimmed(rows[at] ?? {}) })), prj !== undefined, file);
  } catch (error) {
    throw error instanceof LocalFault ? error : new LocalFault('damaged', error instanceof Error ? error.message : '');
  }
}

const DBF_HEAD = 32;
/** What of a table is text: the names of its columns and its records, without the numbers between them. */
function textOfDbf(dbf: Uint8Array): Uint8Array {
  const headEnds = (dbf[8] ?? 0) | ((dbf[9] ?? 0) << 8);
  const names: number[] = [];
  for (let at = DBF_HEAD; at + DBF_HEAD <= headEnds; at += DBF_HEAD) names.push(...dbf.subarray(at, at + 11), 0);
  const records = dbf.subarray(headEnds);
  const text = new Uint8Array(names.length + records.length);
  text.set(names);
  text.set(records, names.length);
  return text;
}

/** Cells of fixed width are padded. */
const trimmed = (row: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replaceAll('\0', ''), typeof value === 'string' ? value.replaceAll('\0', '').trim() : value]));
