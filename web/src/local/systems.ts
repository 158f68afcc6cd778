import gcoord from 'gcoord';
import { fromPlane } from '../domain/coordinates';
import type { LocalRecord } from './source';

/** What coordinates of a file may be of. */
export const SYSTEMS = ['EPSG:4490', 'GCJ-02', 'BD-09', 'EPSG:4547', 'EPSG:4526', 'EPSG:3857'] as const;
export type System = (typeof SYSTEMS)[number];

type Position = [number, number];

/** One position in the system of the map. GCJ-02 and BD-09 are shifted back, which is right to about a metre. */
function toLonLat([x, y]: Position, system: System): Position {
  switch (system) {
    case 'EPSG:4490': return [x, y];
    case 'GCJ-02': return gcoord.transform<Position>([x, y], gcoord.GCJ02, gcoord.WGS84);
    case 'BD-09': return gcoord.transform<Position>([x, y], gcoord.BD09, gcoord.WGS84);
    default: return fromPlane(system, [x, y]);
  }
}

type Nested = number[] | Nested[];
function moved(coordinates: Nested, system: System): Nested {
  if (typeof coordinates[0] !== 'number') return (coordinates as Nested[]).map((inner) => moved(inner, system));
  const [x = 0, y = 0] = coordinates as number[];
  return toLonLat([x, y], system);
}

/** A geometry in the system of the map, without heights. */
export function geometryIn(geometry: GeoJSON.Geometry, system: System): GeoJSON.Geometry {
  if (geometry.type === 'GeometryCollection') return { ...geometry, geometries: geometry.geometries.map((part) => geometryIn(part, system)) };
  return { type: geometry.type, coordinates: moved(geometry.coordinates as Nested, system) } as GeoJSON.Geometry;
}

function firstPosition(geometry: GeoJSON.Geometry): number[] | undefined {
  if (geometry.type === 'GeometryCollection') return geometry.geometries[0] && firstPosition(geometry.geometries[0]);
  let inner: unknown = geometry.coordinates;
  while (Array.isArray(inner) && Array.isArray(inner[0])) inner = inner[0];
  return Array.isArray(inner) ? (inner as number[]) : undefined;
}

/** The system that positions look like; shifted ones look like any other degrees. */
export function guessed(x: number, y: number): System {
  if (Math.abs(x) <= 180 && Math.abs(y) <= 90) return 'EPSG:4490';
  if (x > 38_000_000 && x < 39_000_000) return 'EPSG:4526';
  return x > 0 && x < 1_000_000 && y > 0 && y < 10_000_000 ? 'EPSG:4547' : 'EPSG:3857';
}

export function guessedOf(records: LocalRecord[]): System {
  const geometry = records.find((record) => record.geometry !== null)?.geometry;
  const [x, y] = (geometry && firstPosition(geometry)) ?? [];
  return x === undefined || y === undefined ? 'EPSG:4490' : guessed(x, y);
}

/** Whether a geometry lies on the earth. */
export function isOnEarth(geometry: GeoJSON.Geometry): boolean {
  const [lon = Number.NaN, lat = Number.NaN] = firstPosition(geometry) ?? [];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
}
