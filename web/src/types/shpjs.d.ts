/** The two readers of shpjs that are used; the package has no types of its own. */
declare module 'shpjs' {
  export function parseShp(shp: ArrayBuffer, prj?: string | false): (GeoJSON.Geometry | null)[];
  export function parseDbf(dbf: ArrayBuffer, cpg?: string): Record<string, unknown>[];
}
