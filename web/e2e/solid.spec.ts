import { expect, type Page, test } from '@playwright/test';
import { card, items, open, pixels, shot, violations } from './support';

/** A wall of the colour of buildings, in the light that MapLibre lays on it. */
const WALL = [148, 141, 128] as const;
const head = (page: Page): string => new URL(page.url()).hash.slice(1).split('?')[0] ?? '';
const button = (page: Page) => page.getByRole('button', { name: /3D：/ });

/** The building with the most floors, and the middle of its box. */
async function highest(page: Page): Promise<{ code: string; floors: number; lon: number; lat: number }> {
  const { features } = await items(page, 'building', { sortby: '-floors', filter: 'floors > 5' });
  const [feature] = features as unknown as { geometry: { coordinates: number[][][] }; properties: { code: string; floors: number } }[];
  const ring = feature!.geometry.coordinates[0]!;
  const middle = (at: number): number => (Math.min(...ring.map((one) => one[at]!)) + Math.max(...ring.map((one) => one[at]!))) / 2;
  return { ...feature!.properties, lon: middle(0), lat: middle(1) };
}

test('buildings stand as high as their floors: above its ground a roof is met, and the link says so', async ({ page }) => {
  const { code, floors, lon, lat } = await highest(page);
  const errors = (await open(page, `#18/${lat}/${lon}/0/60?l=building`)).errors;
  await expect(button(page)).toHaveAttribute('aria-pressed', 'true');
  const box = (await page.getByTestId('map').boundingBox())!;
  // A floor is three metres; at this zoom a pixel is a quarter of one, and from aside heights are seen at sin 60°.
  const metresPerPixel = (78271.5 * Math.cos((lat * Math.PI) / 180)) / 2 ** 18;
  const roof = (floors * 3 * Math.sin(Math.PI / 3)) / metresPerPixel;
  await shot(page, 'solid');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2 - roof * 0.9);
  await expect(card(page)).toContainText(code);
  await shot(page, 'solid-card');
  await page.getByTestId('card').getByRole('button', { name: '关闭' }).click();

  await button(page).click();
  await expect(button(page)).toHaveAttribute('aria-pressed', 'false');
  await expect.poll(() => head(page).split('/').length).toBe(3);
  await page.waitForFunction(() => !document.querySelector('.progress.on'));
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2 - roof * 0.9);
  await expect(card(page)).toHaveCount(0);
  // Walls are darker than any ground.
  expect(await pixels(page, WALL)).toBeLessThan(500);
  await button(page).click();
  await expect.poll(() => pixels(page, WALL)).toBeGreaterThan(5000);
  expect(errors).toEqual([]);
});

test('the button tilts, north comes back, keys turn in 3D alone, and the palette knows it', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, '#17/30.4219/112.8869?l=building,road');
  const canvas = page.getByTestId('map').locator('canvas');
  await canvas.focus();
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('Shift+ArrowRight');
  await button(page).click();
  await expect.poll(() => head(page)).toMatch(/\/-17\/50$/);
  expect(await violations(page)).toEqual([]);
  await canvas.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => head(page)).toMatch(/\/-?[\d.]+\/50$/);
  await expect.poll(() => head(page)).not.toMatch(/\/-17\/50$/);
  await page.getByRole('button', { name: '正北朝上' }).click();
  await expect.poll(() => head(page)).toMatch(/\/0\/50$/);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>2D');
  await expect(page.locator('#results').getByRole('option').first()).toContainText('平面 2D');
  await page.keyboard.press('Enter');
  await expect.poll(() => head(page).split('/').length).toBe(3);
});

test('a link that is followed turns the map, and another one lays it flat', async ({ page }) => {
  await open(page, '#16/30.4219/112.8869');
  await page.evaluate(() => { location.hash = '#16/30.4219/112.8869/30/45'; });
  await expect(button(page)).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => head(page)).toMatch(/\/30\/45$/);
  await page.evaluate(() => { location.hash = '#15/30.4219/112.8869?t=dark'; });
  await expect(button(page)).toHaveAttribute('aria-pressed', 'false');
  await expect.poll(() => head(page)).toBe('15/30.4219/112.8869');
});
