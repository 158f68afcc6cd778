import { LocalFault, MOST_BYTES, type Source } from './source';
import { archiveKind, measured, readGeoJson, readKml, readKmz, readShapefile } from './shapes';
import { readCsv, readWorkbook } from './tables';

/** Formats that the server reads and a browser does not, by how they begin. */
const ONLY_SERVER: [string, string][] = [['SQLite format 3\0', 'GeoPackage'], ['fgb\u0003fgb', 'FlatGeobuf'], ['PAR1', 'GeoParquet']];

/** Reads a file by what it holds, not by its name. Nothing of it leaves the browser. */
export async function readLocal(file: File): Promise<Source> {
  if (file.size > MOST_BYTES) throw new LocalFault('tooLarge');
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length === 0) throw new LocalFault('empty');
  const head = String.fromCharCode(...bytes.subarray(0, 512));
  const server = ONLY_SERVER.find(([magic]) => head.startsWith(magic));
  if (server) throw new LocalFault('onlyServer', server[1]);
  if (head.startsWith('PK')) return readArchive(file, bytes);
  const text = head.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^[[{]/.test(text)) return readGeoJson(file, bytes);
  if (text.startsWith('<')) {
    if (!/<kml[\s>]/i.test(text)) throw new LocalFault('unknown');
    return readKml(file, bytes);
  }
  // Text of any encoding but UTF-16 has no zeros.
  const isText = head.startsWith('\u00ff\u00fe') || head.startsWith('\u00fe\u00ff') || !bytes.subarray(0, 65536).includes(0);
  if (!isText) throw new LocalFault('unknown');
  return readCsv(file, bytes);
}

async function readArchive(file: File, bytes: Uint8Array): Promise<Source> {
  switch (await archiveKind(bytes)) {
    case 'workbook': await measured(bytes); return readWorkbook(file, bytes);
    case 'kmz': return readKmz(file, bytes);
    case 'shapefile': return readShapefile(file, bytes);
    case null: throw new LocalFault('noShapefile');
  }
}
