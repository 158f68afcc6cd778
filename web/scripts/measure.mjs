/**
 * What the planner's map costs in a browser: `node scripts/measure.mjs <address of a server>` tells it as JSON.
 *
 * Time from the request to a map whose tiles are all drawn, on a first visit with an empty cache; the longest task of the
 * page while it is panned and zoomed over the city afterwards; the largest tile that was sent meanwhile.
 */
import { chromium } from '@playwright/test';

const [address, runs = '3'] = process.argv.slice(2);
const VIEWPORT = { width: 1440, height: 900 };
/** Where one goes after the first view: the centre, a street, the countryside. */
const STOPS = [[12, 112.89, 30.42], [14, 112.89, 30.42], [16, 112.896, 30.421], [17, 112.9, 30.402], [13, 112.6, 30.45], [15, 112.75, 30.35], [10, 112.8, 30.4]];

async function visit(browser) {
  const context = await browser.newContext({ viewport: VIEWPORT, locale: 'zh-CN' });
  const page = await context.newPage();
  const tiles = [];
  page.on('response', (response) => {
    if (/\/tiles\/[^/]+\/\d+\//.test(new URL(response.url()).pathname) && response.status() === 200) tiles.push(response.request().sizes().then(({ responseBodySize }) => ({ bytes: responseBodySize, url: new URL(response.url()).pathname })));
  });
  await page.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => { for (const { startTime, duration } of list.getEntries()) globalThis.tasks.push({ startTime, duration }); }).observe({ type: 'longtask', buffered: true });
  });
  const begun = performance.now();
  await page.goto(address);
  await page.locator('[data-testid="map"][data-idle="true"]').waitFor({ timeout: 60_000 });
  const idle_ms = performance.now() - begun;
  const loaded = await page.evaluate(() => performance.now());
  const map = page.getByTestId('map');
  for (const [zoom, lon, lat] of STOPS) {
    await map.evaluate((element) => { delete element.dataset.idle; });
    await page.evaluate((hash) => { location.hash = hash; }, `#${zoom}/${lat}/${lon}`);
    await page.locator('[data-testid="map"][data-idle="true"]').waitFor({ timeout: 60_000 });
  }
  const tasks = await page.evaluate(() => globalThis.tasks);
  const longest = (list) => Math.max(0, ...list.map(({ duration }) => duration));
  const sent = await Promise.all(tiles);
  sent.sort((a, b) => b.bytes - a.bytes);
  await context.close();
  return {
    idle_ms, tiles: sent.length, largest_tile_bytes: sent[0]?.bytes ?? 0, largest_tile: sent[0]?.url ?? '',
    longest_task_loading_ms: longest(tasks.filter(({ startTime }) => startTime <= loaded)),
    longest_task_after_ms: longest(tasks.filter(({ startTime }) => startTime > loaded)),
  };
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });
const visits = [];
for (let run = 0; run < Number(runs); run += 1) visits.push(await visit(browser));
await browser.close();
console.log(JSON.stringify(visits));
