/** Lengths and areas on the ellipsoid of CGCS2000, by Karney's geodesics. */
import geographiclib from 'geographiclib-geodesic';
import { pieces } from './pieces';

/** Semi-major axis in metres, and flattening: GB 22021-2008. */
const [AXIS, FLATTENING] = [6_378_137, 1 / 298.257222101];
const ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING);
const ELLIPSOID = new geographiclib.Geodesic.Geodesic(AXIS, FLATTENING);

type Position = number[];

/** Metres between two positions (longitude, latitude). */
export const distanceM = ([lonA = 0, latA = 0]: Position, [lonB = 0, latB = 0]: Position): number => ELLIPSOID.Inverse(latA, lonA, latB, lonB).s12 ?? 0;

/** The metres of each segment of a line. */
export const segmentsM = (positions: Position[]): number[] => positions.slice(1).map((position, at) => distanceM(positions[at] ?? position, position));

const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0);

/** The metres of all lines of a geometry, and of the borders of its areas. */
export const lengthM = (geometry: GeoJSON.Geometry): number =>
  sum(pieces(geometry).map((shape) => (shape.type === 'Point' ? 0 : sum(segmentsM(shape.type === 'Polygon' ? (shape.coordinates[0] ?? []) : shape.coordinates)))));

function ringM2(ring: Position[]): number {
  const polygon = ELLIPSOID.Polygon(false);
  for (const [lon = 0, lat = 0] of ring.slice(0, -1)) polygon.AddPoint(lat, lon);
  return Math.abs(polygon.Compute(false, true).area ?? 0);
}

/** Square metres of the areas of a geometry, their holes taken out. */
export function areaM2(geometry: GeoJSON.Geometry): number {
  const of = ([outer = [], ...holes]: Position[][]): number => ringM2(outer) - sum(holes.map(ringM2));
  if (geometry.type === 'Polygon') return of(geometry.coordinates);
  return geometry.type === 'MultiPolygon' ? sum(geometry.coordinates.map(of)) : 0;
}

/** A circle around a position as a polygon; its corners lie on it. */
export function circleAround([lon = 0, lat = 0]: Position, metres: number, corners = 72): GeoJSON.Polygon {
  const ring = Array.from({ length: corners }, (_, at): Position => {
    const { lon2 = lon, lat2 = lat } = ELLIPSOID.Direct(lat, lon, (-360 * at) / corners, metres);
    return [lon2, lat2];
  });
  return { type: 'Polygon', coordinates: [[...ring, ring[0] ?? [lon, lat]]] };
}

/** Metres of a degree of longitude and of latitude, at a latitude. */
export function degreeM(lat: number): { lon: number; lat: number } {
  const angle = (lat * Math.PI) / 180;
  const w2 = 1 - ECCENTRICITY_2 * Math.sin(angle) ** 2;
  return { lon: ((Math.PI / 180) * AXIS * Math.cos(angle)) / Math.sqrt(w2), lat: ((Math.PI / 180) * AXIS * (1 - ECCENTRICITY_2)) / w2 ** 1.5 };
}

/** The position of a geometry that is nearest to another; inside of an area that is the other itself. */
export function nearestOf(geometry: GeoJSON.Geometry, from: Position): Position {
  const [lon = 0, lat = 0] = from;
  const scale = degreeM(lat);
  const plane = ([x = 0, y = 0]: Position): [number, number] => [(x - lon) * scale.lon, (y - lat) * scale.lat];
  let best: { far: number; at: Position } = { far: Number.POSITIVE_INFINITY, at: from };
  const take = (a: Position, b: Position): void => {
    const [[ax, ay], [bx, by]] = [plane(a), plane(b)];
    const [dx, dy] = [bx - ax, by - ay];
    const long = dx * dx + dy * dy;
    const share = long === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / long));
    const far = Math.hypot(ax + share * dx, ay + share * dy);
    if (far < best.far) best = { far, at: [(a[0] ?? 0) + share * ((b[0] ?? 0) - (a[0] ?? 0)), (a[1] ?? 0) + share * ((b[1] ?? 0) - (a[1] ?? 0))] };
  };
  let isInside = false;
  for (const shape of pieces(geometry)) {
    const line = shape.type === 'Point' ? [shape.coordinates] : shape.type === 'Polygon' ? (shape.coordinates[0] ?? []) : shape.coordinates;
    const [first] = line;
    if (first && line.length === 1) take(first, first);
    for (let at = 1; at < line.length; at += 1) {
      const [a = [], b = []] = [line[at - 1], line[at]];
      take(a, b);
      // A ray to the east crosses the borders of what it is inside of an odd number of times, holes and all.
      const [ax = 0, ay = 0] = a;
      const [bx = 0, by = 0] = b;
      if (shape.type === 'Polygon' && ay > lat !== by > lat && lon < ((bx - ax) * (lat - ay)) / (by - ay) + ax) isInside = !isInside;
    }
  }
  return isInside ? from : best.at;
}
