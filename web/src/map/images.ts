import { drawMarker, parseMarker } from './markers';
import { drawPattern, parseHatch } from './patterns';

/** The picture that a style means by a name, at so many dots of a pixel; none where the name is no such. */
export function imageOf(name: string, ratio: number): ImageData | null {
  const [marker, hatch] = [parseMarker(name), parseHatch(name)];
  if (marker) return drawMarker(marker.shape, marker.color, ratio);
  return hatch && drawPattern('hatch', hatch.ink, hatch.ground, ratio);
}
