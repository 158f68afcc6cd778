/** One position in the systems of coordinates that people copy it in. */
import proj4 from 'proj4';

const GAUSS_KRUGER = '+proj=tmerc +lat_0=0 +lon_0=114 +k=1 +y_0=0 +ellps=GRS80 +units=m +no_defs';
const LONLAT = '+proj=longlat +ellps=GRS80 +no_defs';
/** The ellipsoid of CGCS2000 is GRS 80's to a tenth of a millimetre; false eastings and meridian as EPSG has them. */
const PLANES = [
  { code: 'EPSG:4547', title: 'CGCS2000 3° GK 114°E', definition: `${GAUSS_KRUGER} +x_0=500000`, isNorthFirst: true },
  { code: 'EPSG:4526', title: 'CGCS2000 3° GK 38', definition: `${GAUSS_KRUGER} +x_0=38500000`, isNorthFirst: true },
  { code: 'EPSG:3857', title: 'Web Mercator', definition: '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs', isNorthFirst: false },
];

export interface Written { code: string; title: string; text: string; x: number; y: number }

/** Longitude and latitude, then easting and northing in metres: the order of each system's own axes is in its text. */
export function writtenIn([lon = 0, lat = 0]: number[]): Written[] {
  const planes = PLANES.map(({ code, title, definition, isNorthFirst }): Written => {
    const [x, y] = proj4(LONLAT, definition, [lon, lat]) as [number, number];
    const [east, north] = [x.toFixed(2), y.toFixed(2)];
    return { code, title, x, y, text: isNorthFirst ? `X ${north}, Y ${east}` : `${east}, ${north}` };
  });
  return [{ code: 'EPSG:4490', title: 'CGCS2000', x: lon, y: lat, text: `${lon.toFixed(6)}, ${lat.toFixed(6)}` }, ...planes];
}

/** Easting and northing of one of these systems as longitude and latitude. */
export function fromPlane(code: string, [x, y]: [number, number]): [number, number] {
  const plane = PLANES.find((one) => one.code === code);
  return plane ? (proj4(plane.definition, LONLAT, [x, y]) as [number, number]) : [x, y];
}
