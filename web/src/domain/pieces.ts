import type { Box } from '../api/types';

/** Shapes that a drawing tool can hold: no holes, no parts. */
export type Shape = GeoJSON.Point | GeoJSON.LineString | GeoJSON.Polygon;

const DIGITS = 7;
const rounded = (position: number[]): number[] => position.slice(0, 2).map((value) => Number(value.toFixed(DIGITS)));

/** A geometry as shapes, in order: each part of a line, each ring of an area, by itself. */
export function pieces(geometry: GeoJSON.Geometry): Shape[] {
  const line = (coordinates: number[][]): Shape => ({ type: 'LineString', coordinates: coordinates.map(rounded) });
  const ring = (coordinates: number[][]): Shape => ({ type: 'Polygon', coordinates: [coordinates.map(rounded)] });
  switch (geometry.type) {
    case 'Point': return [{ type: 'Point', coordinates: rounded(geometry.coordinates) }];
    case 'MultiPoint': return geometry.coordinates.map((position) => ({ type: 'Point', coordinates: rounded(position) }));
    case 'LineString': return [line(geometry.coordinates)];
    case 'MultiLineString': return geometry.coordinates.map(line);
    case 'Polygon': return geometry.coordinates.map(ring);
    case 'MultiPolygon': return geometry.coordinates.flat().map(ring);
    case 'GeometryCollection': return geometry.geometries.flatMap(pieces);
  }
}

/** The geometry that was taken apart, with shapes that may have changed; as many as there were. */
export function assemble(like: GeoJSON.Geometry, shapes: Shape[]): GeoJSON.Geometry {
  const positions = shapes.map(({ coordinates }) => coordinates);
  const rings = positions.map((coordinates) => (coordinates as number[][][])[0] ?? []);
  switch (like.type) {
    case 'Point': return { type: 'Point', coordinates: positions[0] as number[] };
    case 'MultiPoint': return { type: 'MultiPoint', coordinates: positions as number[][] };
    case 'LineString': return { type: 'LineString', coordinates: positions[0] as number[][] };
    case 'MultiLineString': return { type: 'MultiLineString', coordinates: positions as number[][][] };
    case 'Polygon': return { type: 'Polygon', coordinates: rings };
    case 'MultiPolygon': {
      let at = 0;
      return { type: 'MultiPolygon', coordinates: like.coordinates.map((polygon) => polygon.map(() => rings[at++] ?? [])) };
    }
    case 'GeometryCollection': return like;
  }
}

/** Every position of a geometry. */
export const positionsOf = (geometry: GeoJSON.Geometry): number[][] => {
  const all: number[][] = [];
  const collect = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === 'number') all.push(value as number[]);
    else value.forEach(collect);
  };
  if (geometry.type === 'GeometryCollection') geometry.geometries.forEach((part) => all.push(...positionsOf(part)));
  else collect(geometry.coordinates);
  return all;
};

export function extentOf(geometry: GeoJSON.Geometry): Box {
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const [lon = 0, lat = 0] of positionsOf(geometry)) {
    [west, south, east, north] = [Math.min(west, lon), Math.min(south, lat), Math.max(east, lon), Math.max(north, lat)];
  }
  return [west, south, east, north];
}

/** A position that stands for a geometry: its first for points and lines, the middle of its box for areas. */
export function anchor(geometry: GeoJSON.Geometry): [number, number] {
  const [first = [0, 0]] = positionsOf(geometry);
  if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') return [first[0] ?? 0, first[1] ?? 0];
  const [west, south, east, north] = extentOf(geometry);
  return [(west + east) / 2, (south + north) / 2];
}

/** Positions as text, one a line, “longitude latitude”; `null` for what has several parts. */
export function positionsText(geometry: GeoJSON.Geometry): string | null {
  const shapes = pieces(geometry);
  const [only] = shapes;
  if (!only || shapes.length > 1) return null;
  const written = ([lon, lat]: number[]): string => `${lon} ${lat}`;
  const positions = positionsOf(only);
  return (only.type === 'Polygon' ? positions.slice(0, -1) : positions).map(written).join('\n');
}

/** The other way round; `null` for text that is no such geometry. */
export function geometryOfText(text: string, kind: 'point' | 'line' | 'polygon'): GeoJSON.Geometry | null {
  const positions = text.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((line) => line.split(/[\s,，]+/).map(Number));
  const isPosition = ([lon, lat, ...more]: number[]): boolean =>
    more.length === 0 && lon !== undefined && lat !== undefined && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  if (!positions.every(isPosition)) return null;
  const [first] = positions;
  if (kind === 'point') return first && positions.length === 1 ? { type: 'Point', coordinates: first } : null;
  if (kind === 'line') return positions.length >= 2 ? { type: 'LineString', coordinates: positions } : null;
  return first && positions.length >= 3 ? { type: 'Polygon', coordinates: [[...positions, first]] } : null;
}

/** The box around boxes; `null` where there is none. */
export function boxAround(boxes: readonly Box[]): Box | null {
  const [first, ...rest] = boxes;
  return first ? rest.reduce<Box>(([w, s, e, n], [west, south, east, north]) => [Math.min(w, west), Math.min(s, south), Math.max(e, east), Math.max(n, north)], first) : null;
}
