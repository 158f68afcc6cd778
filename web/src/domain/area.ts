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

/** A link carries shapes of so many letters at the most; others are not in it. */
const LONGEST = 2000;
const LINK_DIGITS = 6;
const flat = (positions: number[][]): string => positions.slice(0, -1).flatMap((at) => at.slice(0, 2).map((degrees) => Number(degrees.toFixed(LINK_DIGITS)))).join(',');

/** An area as a link carries it: `d~code`, `n~lon~lat~metres`, `s~ring~hole!ring`; `null` where it is too long for one. */
export function writeArea(area: Area): string | null {
  switch (area.is) {
    case 'division': return `d~${area.code}`;
    case 'near': return ['n', ...area.at.slice(0, 2).map((degrees) => Number(degrees.toFixed(LINK_DIGITS))), area.metres].join('~');
    case 'shape': {
      const polygons = area.geometry.type === 'Polygon' ? [area.geometry.coordinates] : area.geometry.coordinates;
      const text = `s~${polygons.map((rings) => rings.map(flat).join('~')).join('!')}`;
      return text.length > LONGEST ? null : text;
    }
  }
}

function ringOf(text: string): number[][] | null {
  const numbers = text.split(',').map((part) => (part === '' ? Number.NaN : Number(part)));
  const positions = Array.from({ length: numbers.length / 2 }, (_, at) => [numbers[2 * at] ?? Number.NaN, numbers[2 * at + 1] ?? Number.NaN]);
  const isThere = ([lon = Number.NaN, lat = Number.NaN]: number[]): boolean => Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  const [first] = positions;
  return numbers.length % 2 === 0 && first && positions.length >= 3 && positions.every(isThere) ? [...positions, first] : null;
}

export function readArea(text: string): Area | null {
  const [kind, ...rest] = text.split('~');
  if (kind === 'd') return rest.length === 1 && /^\d{6}(\d{3}(\d{3})?)?$/.test(rest[0] ?? '') ? { is: 'division', code: rest[0] ?? '' } : null;
  if (kind === 'n') {
    const [lon = Number.NaN, lat = Number.NaN, metres = Number.NaN, ...more] = rest.map((part) => (part === '' ? Number.NaN : Number(part)));
    return more.length === 0 && Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && metres > 0 && metres < 1e6 ? { is: 'near', at: [lon, lat], metres } : null;
  }
  if (kind !== 's') return null;
  const polygons = text.slice(2).split('!').map((polygon) => polygon.split('~').map(ringOf));
  const whole = polygons.flatMap((rings) => (rings.every((one): one is number[][] => one !== null) ? [rings] : []));
  const [first] = whole;
  if (!first || whole.length < polygons.length) return null;
  return { is: 'shape', geometry: whole.length === 1 ? { type: 'Polygon', coordinates: first } : { type: 'MultiPolygon', coordinates: whole } };
}
