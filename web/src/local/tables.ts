import { LocalFault, type LocalRecord, MOST_FEATURES, scalars, type Source } from './source';
import { decoded } from './text';

/** Names that people give to columns of positions, without case and signs. */
const EASTWARD = ['lon', 'lng', 'long', 'longitude', 'x', '经度', '东经', 'x坐标', '横坐标', '坐标x', '经度x', 'pointx', 'wgs84lng', 'gcjlng', 'bdlng'];
const NORTHWARD = ['lat', 'latitude', 'y', '纬度', '北纬', 'y坐标', '纵坐标', '坐标y', '纬度y', 'pointy', 'wgs84lat', 'gcjlat', 'bdlat'];
const bare = (name: string): string => name.toLowerCase().replace(/（.*?）|\(.*?\)|[\s_-]+/gu, '');

/** The columns that hold positions, as far as their names say so. */
export function positionColumns(columns: string[]): { x: string; y: string } {
  const find = (names: string[]): string => columns.find((column) => names.includes(bare(column))) ?? '';
  return { x: find(EASTWARD), y: find(NORTHWARD) };
}

/** A number as tables write it. */
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value.trim()) : Number.NaN);

/** A row of a table as a point, where two columns have its position. */
export function placedBy(record: LocalRecord, { x, y }: { x: string; y: string }): LocalRecord {
  const [east, north] = [numberOf(record.properties[x]), numberOf(record.properties[y])];
  return Number.isFinite(east) && Number.isFinite(north) ? { ...record, geometry: { type: 'Point', coordinates: [east, north] } } : record;
}

function tableOf(rows: Record<string, unknown>[], columns: string[], count: number): Pick<Source, 'columns' | 'records' | 'isTable' | 'isDeclared' | 'count'> {
  if (rows.length === 0) throw new LocalFault('empty');
  return { columns, records: rows.map((row) => ({ geometry: null, properties: scalars(row) })), isTable: true, isDeclared: false, count };
}

export async function readCsv(file: File, bytes: Uint8Array): Promise<Source> {
  const { default: Papa } = await import('papaparse');
  const { text, encoding } = decoded(bytes);
  const rows: Record<string, string>[] = [];
  let [count, columns]: [number, string[]] = [0, []];
  Papa.parse<Record<string, string>>(text, {
    header: true, skipEmptyLines: 'greedy', transformHeader: (name) => name.trim(),
    step: ({ data, meta }) => { count += 1; columns = meta.fields ?? columns; if (rows.length < MOST_FEATURES) rows.push(data); },
  });
  if (columns.length < 2 && rows.length > 0) throw new LocalFault('unknown');
  return { format: 'CSV', encoding, ...tableOf(rows, columns, count), forImport: file };
}

/** The first sheet of a workbook. The server reads no workbooks: it is given the sheet as CSV. */
export async function readWorkbook(file: File, bytes: Uint8Array): Promise<Source> {
  const [{ readSheet }, { default: Papa }] = await Promise.all([import('read-excel-file/universal'), import('papaparse')]);
  const sheet = await readSheet(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer).catch((error: unknown) => { throw new LocalFault('damaged', String(error)); });
  const [head = [], ...rest] = sheet;
  const columns = head.map((cell, at) => (cell === null ? `#${at + 1}` : String(cell).trim()));
  const filled = rest.filter((row) => row.some((cell) => cell !== null));
  const rows = filled.slice(0, MOST_FEATURES).map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
  const table = tableOf(rows, columns, filled.length);
  const csv = Papa.unparse({ fields: columns, data: filled.map((row) => Object.values(scalars(Object.fromEntries(columns.map((name, at) => [name, row[at]]))))) });
  return { format: 'XLSX', encoding: null, ...table, forImport: new File([`\ufeff${csv}`], file.name.replace(/\.xlsx$/i, '.csv'), { type: 'text/csv' }) };
}

