// The pictures of the READMEs, taken of a running server: PLATBOOK_URL=http://127.0.0.1:7171 node scripts/pictures.mjs
// PLATBOOK_SITE is the example site of web/embed, where there is one.
// Best of a city of scale 0.2 (`platbook demo --scale 0.2`) with `--anonymous-role viewer`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const server = process.env.PLATBOOK_URL ?? 'http://127.0.0.1:7171';
const site = process.env.PLATBOOK_SITE ?? '';
const folder = new URL('../../docs/images/', import.meta.url);
const MOST_BYTES = 150_000;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });
const desk = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const plates = await (await fetch(`${server}/collections/doorplate/items?limit=1&filter=${encodeURIComponent("status = 'damaged'")}`)).json();
const [plate] = plates.features;
const [lon, lat] = plate.geometry.coordinates;
const high = (await (await fetch(`${server}/collections/building/items?limit=1&sortby=-floors`)).json()).features[0];
const [east, north] = high.geometry.coordinates[0][0];

const PICTURES = [
  { name: 'map', path: '/#', ...desk },
  { name: 'table', path: `/#17.2/${lat}/${lon}?s=doorplate~${plate.id}&tb=doorplate~~-number`, ...desk },
  { name: 'statistics', path: '/#?l=water,township&st=doorplate~township~~count~~~quantile~5', ...desk },
  { name: 'compare', path: `/#15/${lat}/${lon}?l=doorplate,road,water,township&cmp=same@45&cl=compound,building,road,water,township`, ready: '.swipe [data-idle="true"]', ...desk },
  { name: 'buildings', path: `/#16.6/${north}/${east}/-17/55?l=doorplate,road,building`, ...desk },
  { name: 'print', path: `/print.html?paper=A4&orientation=landscape&scale=15000&title=${encodeURIComponent('潜江市城区门楼牌')}#14/${lat}/${lon}`, ready: 'html[data-print-ready="yes"]', viewport: { width: 1123, height: 794 } },
  { name: 'dark', path: '/?lang=en&theme=dark#', ...desk },
  ...(site ? [{ name: 'embed', path: `${site}/?language=zh&state=${encodeURIComponent(`15.6/${lat}/${lon}?l=doorplate,road,building,water,compound`)}`, frame: '#map iframe', viewport: { width: 1140, height: 820 } }] : []),
  { name: 'phone', path: `/#17/${lat}/${lon}?s=doorplate~${plate.id}`, ...phone },
];

/** A PNG as WebP of at most so many bytes: the page's own encoder, at the best quality that fits. */
async function webp(page, png) {
  for (const quality of [0.9, 0.8, 0.7, 0.6, 0.5]) {
    const url = await page.evaluate(async ({ data, quality }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', quality);
    }, { data: png.toString('base64'), quality });
    const bytes = Buffer.from(url.split(',')[1], 'base64');
    if (bytes.length <= MOST_BYTES) return bytes;
  }
  throw new Error('a picture is too large');
}

mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
for (const { name, path, frame, ready = '[data-testid="map"][data-idle="true"]', ...device } of PICTURES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce', ...device });
  const page = await context.newPage();
  await page.goto(new URL(path, server).href);
  const place = frame ? page.frameLocator(frame) : page;
  await place.locator(ready).first().waitFor({ timeout: 60_000 });
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await place.locator('.progress.on, .skeleton').first().waitFor({ state: 'detached', timeout: 30_000 });
  const bytes = await webp(page, await page.screenshot());
  writeFileSync(new URL(`${name}.webp`, folder), bytes);
  console.log(`${name}.webp ${(bytes.length / 1000).toFixed(0)} kB`);
  await context.close();
}
await browser.close();
