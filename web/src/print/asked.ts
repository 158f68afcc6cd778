import { readFeature } from '../api/client';
import type { Area } from '../domain/area';
import { circleAround } from '../domain/geodesic';
import type { Language } from '../i18n/dictionary';

/** The layer whose features are the divisions of a level, by the digits of their codes. */
const LEVELS: Record<number, string> = { 6: 'city', 9: 'township', 12: 'village' };

/** The shape of an area that is asked about; none where a division has no outline. */
export async function areaGeometry(area: Area, language: Language): Promise<GeoJSON.Geometry | null> {
  if (area.is === 'shape') return area.geometry;
  if (area.is === 'near') return circleAround(area.at, area.metres);
  return readFeature(LEVELS[area.code.length] ?? 'village', area.code, language).then(({ geometry }) => geometry, () => null);
}
