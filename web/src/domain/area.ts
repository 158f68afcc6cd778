/** Where one asks: a shape, what is near a position, a division; and how a filter says so. */

export type Area =
  | { is: 'shape'; geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon }
  | { is: 'near'; at: number[]; metres: number }
  | { is: 'division'; code: string };

/** Seven digits of a degree are a centimetre. */
const DIGITS = 7;
const position = ([lon = 0, lat = 0]: number[]): string => `${Number(lon.toFixed(DIGITS))} ${Number(lat.toFixed(DIGITS))}`;
const ring = (positions: number[][]): string => `(${positions.map(position).join(', ')})`;
const polygon = (rings: number[][][]): string => `(${rings.map(ring).join(', ')})`;

/** Well-known text of a polygon. */
export const wktOf = (geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon): string =>
  geometry.type === 'Polygon' ? `POLYGON ${polygon(geometry.coordinates)}` : `MULTIPOLYGON (${geometry.coordinates.map(polygon).join(', ')})`;

/** What is within so many metres of a position. */
export const nearText = (at: number[], metres: number): string => `distance_m(geometry, POINT (${position(at)})) <= ${metres}`;

/** The question that finds what is there. */
export function placeOf(area: Area): { filter: string | null; division: string | null } {
  switch (area.is) {
    case 'shape': return { filter: `S_INTERSECTS(geometry, ${wktOf(area.geometry)})`, division: null };
    case 'near': return { filter: nearText(area.at, area.metres), division: null };
    case 'division': return { filter: null, division: area.code };
  }
}

export const boxArea = ([west, south, east, north]: number[]): GeoJSON.Polygon => {
  const [w, s, e, n] = [west ?? 0, south ?? 0, east ?? 0, north ?? 0];
  return { type: 'Polygon', coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] };
};
