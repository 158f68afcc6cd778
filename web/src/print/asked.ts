import { readFeature } from '../api/client';
import type { Area } from '../domain/area';
import { layerOfDivision } from '../domain/divisions';
import { circleAround } from '../domain/geodesic';
import type { Language } from '../i18n/dictionary';

/** The shape of an area that is asked about; none where a division has no outline. */
export async function areaGeometry(area: Area, language: Language): Promise<GeoJSON.Geometry | null> {
  if (area.is === 'shape') return area.geometry;
  if (area.is === 'near') return circleAround(area.at, area.metres);
  return readFeature(layerOfDivision(area.code), area.code, language).then(({ geometry }) => geometry, () => null);
}
