import type { Layer } from '../../src/api/types';
import { forPaper } from '../../src/domain/paperStyle';
import type { View } from '../../src/domain/permalink';
import { composeStyle } from '../../src/domain/style';
import { PaperMap } from '../../src/map/paper';
import type { StyleSpecification } from 'maplibre-gl';

/** What a picture is of: a style as the map draws it, on a ground of its own. */
export interface Wanted { style: StyleSpecification; layers: Layer[]; shown: string | null; isPaper: boolean; moment: string; view: View }

const read = (blob: Blob): Promise<string> => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result));
  reader.readAsDataURL(blob);
});

/** Draws one picture with what the planner and the sheet draw with. */
async function draw({ style, layers, shown, isPaper, moment, view }: Wanted): Promise<string> {
  const container = document.querySelector<HTMLElement>('#map');
  if (!container) throw new Error('the page has no #map');
  container.replaceChildren();
  const views = Object.fromEntries(layers.map(({ id }) => [id, { isShown: shown === null || id === shown, opacity: 100, off: [] }]));
  const composed = composeStyle(style, layers, views, moment);
  const map = new PaperMap({ container, style: isPaper ? forPaper(composed) : composed, view, ratio: 1 });
  return read(await map.picture());
}

Object.assign(globalThis, { draw });
