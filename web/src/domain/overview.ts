import type { Box, Feature } from '../api/types';

/** The outlines of areas as paths in a box of `width` by `height`; north is up, a degree of longitude is shortened by latitude. */
export function outlinePaths(features: Feature[], bounds: Box, width: number, height: number): { id: string; path: string }[] {
  const [west, south, east, north] = bounds;
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min(width / ((east - west) * shrink), height / (north - south));
  const left = (width - (east - west) * shrink * scale) / 2;
  const top = (height - (north - south) * scale) / 2;
  const point = ([lon = 0, lat = 0]: number[]): string =>
    `${(left + (lon - west) * shrink * scale).toFixed(1)} ${(top + (north - lat) * scale).toFixed(1)}`;
  const ring = (points: number[][]): string => `M${points.map(point).join('L')}Z`;
  return features.map(({ id, geometry }) => {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
    return { id: String(id), path: polygons.flat().map(ring).join('') };
  });
}
