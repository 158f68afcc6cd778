import { type Page, expect, test } from '@playwright/test';
import type { StyleSpecification } from 'maplibre-gl';
import { build, type Rolldown } from 'vite';
import type { Catalogue, Feature, Layer } from '../src/api/types';
import type { View } from '../src/domain/permalink';
import { extentOf, positionsOf } from '../src/domain/pieces';
import type { Wanted } from './golden/page';

/**
 * How every layer looks: light, dark and on paper, side by side in one picture; and the base map's flavours. `npm run golden` draws them
 * anew; look at what changed before it is committed.
 */
const [WIDTH, HEIGHT] = [320, 240];
/** Software draws the same pixels each time: what may differ is less than the smallest marker. */
const TOLERANCE = { threshold: 0.02, maxDiffPixels: 20 };
/** Pixels that are not the ground, at the least: a colour that is wrong is seen. */
const LEAST_INK = 5 * TOLERANCE.maxDiffPixels;

const PATH = '/golden/';
const HTML = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><style>body { margin: 0 } #map { width: ${WIDTH}px; height: ${HEIGHT}px }</style><div id="map"></div><script type="module" src="page.js"></script></html>`;

/** A page that draws with the sources of the web app, served beside it. */
async function openPage(page: Page): Promise<void> {
  const made = await build({ configFile: false, logLevel: 'error', base: './', build: { write: false, target: 'es2022', rolldownOptions: { input: 'e2e/golden/page.ts', output: { entryFileNames: 'page.js' } } }, worker: { format: 'es' } }) as Rolldown.RolldownOutput;
  const files = new Map(made.output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
  await page.route(`**${PATH}**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(PATH.length);
    if (name === '') return route.fulfill({ contentType: 'text/html', body: HTML });
    const body = files.get(name);
    return body === undefined ? route.fulfill({ status: 404 }) : route.fulfill({ contentType: 'text/javascript', body: Buffer.from(body) });
  });
  await page.goto(PATH);
  await page.waitForFunction(() => 'draw' in globalThis);
}

const json = async <T>(page: Page, path: string): Promise<T> => {
  const response = await page.request.get(path, { headers: { Accept: 'application/json' } });
  expect(response.ok(), path).toBe(true);
  return response.json();
};

/** Where a layer is looked at: its first feature, near enough to be no cluster. */
async function viewOf(page: Page, { id, geometry, cluster, zoom }: Layer, datetime: string): Promise<View> {
  const { features: [first] } = await json<{ features: Feature[] }>(page, `/collections/${id}/items?${new URLSearchParams({ limit: '1', datetime })}`);
  const [west, south, east, north] = extentOf(first?.geometry ?? { type: 'Point', coordinates: [0, 0] });
  // The middle of a line is on it; that of its box may not be.
  const corners = geometry === 'line' && first ? positionsOf(first.geometry) : [];
  const [lon = 0, lat = 0] = corners[Math.floor(corners.length / 2)] ?? [(west + east) / 2, (south + north) / 2];
  const whole = Math.log2((0.75 * WIDTH * 360) / 512 / Math.max(east - west, (north - south) * (WIDTH / HEIGHT), 1e-4));
  return { lon, lat, zoom: geometry === 'point' ? Math.max(cluster?.below ?? 0, 15.5) : Math.max(zoom.min, geometry === 'line' ? 12.5 : 0, Math.min(whole, 16)) };
}

const draw = (page: Page, wanted: Wanted): Promise<string> =>
  page.evaluate((asked: string) => (globalThis as unknown as { draw: (asked: object) => Promise<string> }).draw(JSON.parse(asked) as object), JSON.stringify(wanted));

/** Pictures side by side, and how many pixels of the first are not of its most frequent colour. */
const beside = (page: Page, pictures: string[]): Promise<{ picture: string; ink: number }> => page.evaluate(async ({ urls, width, height }) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * urls.length, height];
  const context = canvas.getContext('2d')!;
  for (const [at, url] of urls.entries()) {
    const image = new Image();
    image.src = url;
    await image.decode();
    context.drawImage(image, at * width, 0);
  }
  const { data } = context.getImageData(0, 0, width, height);
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 4) {
    const color = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return { picture: canvas.toDataURL('image/png'), ink: width * height - Math.max(...counts.values()) };
}, { urls: pictures, width: WIDTH, height: HEIGHT });

const bytes = (url: string): Buffer => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');

test('every layer looks as it did: light, dark and on paper', async ({ page }) => {
  test.setTimeout(180_000);
  await openPage(page);
  const catalogue = await json<Catalogue>(page, '/catalogue');
  const [light, dark] = await Promise.all(['light', 'dark'].map((theme) => json<StyleSpecification>(page, `/styles/${theme}?lang=zh`)));
  const moment = await demoMoment(page);
  if (!light || !dark) throw new Error('the server has no styles');
  for (const layer of catalogue.layers.filter(({ count }) => count > 0)) {
    const view = await viewOf(page, layer, moment);
    const wanted = { layers: catalogue.layers, shown: layer.id, moment, view };
    const pictures = [await draw(page, { ...wanted, style: light, isPaper: false }), await draw(page, { ...wanted, style: dark, isPaper: false }), await draw(page, { ...wanted, style: light, isPaper: true })];
    const { picture, ink } = await beside(page, pictures);
    expect.soft(ink, `${layer.id} is seen`).toBeGreaterThan(LEAST_INK);
    expect.soft(bytes(picture)).toMatchSnapshot(`${layer.id}.png`, TOLERANCE);
  }
});

test('the base map looks as it did: light, dark and over a picture', async ({ page }) => {
  await openPage(page);
  const { layers, city } = await json<Catalogue>(page, '/catalogue');
  const moment = await demoMoment(page);
  for (const [name, zoom] of [['base-city', 9], ['base-town', 12.5], ['base-street', 15.5]] as const) {
    const pictures: string[] = [];
    for (const flavour of ['light', 'dark', 'overlay']) {
      const style = await json<StyleSpecification>(page, `/styles/base-${flavour}?lang=zh`);
      pictures.push(await draw(page, { style, layers, shown: null, isPaper: false, moment, view: { lon: city.centre[0], lat: city.centre[1], zoom } }));
    }
    expect.soft(bytes((await beside(page, pictures)).picture)).toMatchSnapshot(`${name}.png`, TOLERANCE);
  }
});

/** When the demo had made the city: what journeys edit after is not in the pictures. */
async function demoMoment(page: Page): Promise<string> {
  const { changesets } = await json<{ changesets: { at: string; actor: string }[] }>(page, '/changesets?limit=500');
  const made = changesets.filter(({ actor }) => actor === 'demo').map(({ at }) => Date.parse(at));
  return new Date(Math.max(...made) + 1).toISOString();
}
