import type { Map } from 'maplibre-gl';

/** What a small picture of the map measures, CSS pixels: as it is shown beside a bookmark, for fine screens. */
const WIDTH = 192;
const HEIGHT = 120;
const QUALITY = 0.7;
/** Letters of a data URL that the server keeps at the most. */
const MOST = 40 * 1024;

/** A small picture of what the map shows; none where it comes out too large. */
export function thumbnail(map: Map): Promise<string | null> {
  return new Promise((resolve) => {
    // What was drawn can be read only while it is being drawn.
    map.once('render', () => {
      const source = map.getCanvas();
      const share = Math.min(source.width / WIDTH, source.height / HEIGHT);
      const [width, height] = [WIDTH * share, HEIGHT * share];
      const small = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
      small.getContext('2d')?.drawImage(source, (source.width - width) / 2, (source.height - height) / 2, width, height, 0, 0, WIDTH, HEIGHT);
      const url = small.toDataURL('image/jpeg', QUALITY);
      resolve(url.length <= MOST ? url : null);
    });
    map.triggerRepaint();
  });
}
