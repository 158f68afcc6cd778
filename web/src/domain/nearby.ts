import { pieces } from './pieces';

const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

export const DIRECTIONS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** How far the nearest position of a geometry is, metres, and where; no direction for what one stands in. */
export interface Away { distanceM: number; direction: Direction | null }

type Plane = [east: number, north: number];

/** Metres east and north of a position: flat enough for the few kilometres around it. */
const flat = ([lon0, lat0]: [number, number]) => ([lon = 0, lat = 0]: number[]): Plane =>
  [(lon - lon0) * RADIANS * EARTH_M * Math.cos(lat0 * RADIANS), (lat - lat0) * RADIANS * EARTH_M];

/** The position of a line from `a` to `b` that is nearest to the origin. */
function nearestOf([ax, ay]: Plane, [bx, by]: Plane): Plane {
  const [dx, dy] = [bx - ax, by - ay];
  const whole = dx * dx + dy * dy;
  const share = whole === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / whole));
  return [ax + share * dx, ay + share * dy];
}

/** Whether the origin lies in rings, by the even-odd rule. */
function isWithin(rings: Plane[][]): boolean {
  let isIn = false;
  for (const ring of rings) {
    ring.forEach(([bx, by], at) => {
      const [ax, ay] = ring[at - 1] ?? ring[ring.length - 1] ?? [0, 0];
      if (ay > 0 !== by > 0 && (-ay * (bx - ax)) / (by - ay) + ax > 0) isIn = !isIn;
    });
  }
  return isIn;
}

function directionOf([east, north]: Plane): Direction {
  const turn = (Math.atan2(east, north) / RADIANS + 360) % 360;
  return DIRECTIONS[Math.round(turn / 45) % 8] as Direction;
}

export function awayOf(from: [number, number], geometry: GeoJSON.Geometry): Away {
  const on = flat(from);
  const shapes = pieces(geometry);
  const lines = shapes.map((shape): Plane[] => (shape.type === 'Point' ? [on(shape.coordinates)] : (shape.type === 'Polygon' ? (shape.coordinates[0] ?? []) : shape.coordinates).map(on)));
  if (geometry.type.endsWith('Polygon') && isWithin(lines)) return { distanceM: 0, direction: null };
  let [nearest, least]: [Plane, number] = [[0, 0], Infinity];
  for (const line of lines) {
    line.forEach((position, at) => {
      const found = nearestOf(line[at - 1] ?? position, position);
      const distance = Math.hypot(...found);
      if (distance < least) [nearest, least] = [found, distance];
    });
  }
  // Nearer than one draws, there is no direction to speak of.
  return { distanceM: least, direction: least < 0.5 ? null : directionOf(nearest) };
}

/** Metres as people say them. */
export const writtenDistance = (metres: number): string =>
  metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(metres < 10_000 ? 2 : 1)} km`;

/** Radii that are tried one after another until enough is found, metres. */
export const RADII_M = [100, 500, 2000, 10_000] as const;

export const within = ([lon, lat]: [number, number], metres: number): string => `distance_m(geometry, POINT(${lon.toFixed(7)} ${lat.toFixed(7)})) <= ${metres}`;
