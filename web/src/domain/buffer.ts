/** What lies within a distance of a line or an area, as an area. */
import { buffer } from '@turf/buffer';
import { degreeM } from './geodesic';
import { anchor } from './pieces';

/** The radius of the sphere that the library draws on, metres. */
const SPHERE_M = 6_371_008.8;
const STEPS = 8;

/** Positions moved by a factor in each direction from an origin. */
function scaled<T>(coordinates: T, [lon0, lat0]: [number, number], [x, y]: [number, number]): T {
  if (!Array.isArray(coordinates)) return coordinates;
  const [lon, lat] = coordinates as unknown[];
  if (typeof lon === 'number' && typeof lat === 'number') return [lon0 + (lon - lon0) * x, lat0 + (lat - lat0) * y] as T;
  return coordinates.map((part: unknown) => scaled(part, [lon0, lat0], [x, y])) as T;
}

/** A buffer of so many metres; `null` where the library finds none. The sphere is stretched to the ellipsoid of that latitude, else it would be half a percent off. */
export function buffered(geometry: GeoJSON.Geometry, metres: number): GeoJSON.Polygon | GeoJSON.MultiPolygon | null {
  if (geometry.type === 'GeometryCollection') return null;
  const origin = anchor(geometry);
  const here = degreeM(origin[1]);
  const sphere = (Math.PI / 180) * SPHERE_M;
  const stretch: [number, number] = [here.lon / (sphere * Math.cos((origin[1] * Math.PI) / 180)), here.lat / sphere];
  const onSphere = { ...geometry, coordinates: scaled(geometry.coordinates, origin, stretch) } as GeoJSON.Geometry;
  const found = buffer({ type: 'Feature', properties: {}, geometry: onSphere }, metres / 1000, { units: 'kilometers', steps: STEPS })?.geometry;
  if (!found) return null;
  return { ...found, coordinates: scaled(found.coordinates as unknown[], origin, [1 / stretch[0], 1 / stretch[1]]) } as GeoJSON.Polygon | GeoJSON.MultiPolygon;
}
