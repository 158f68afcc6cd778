import { createRequire } from 'node:module';
import { expect, type Locator, type Page, test } from '@playwright/test';

const axeSource: string = createRequire(import.meta.url)('axe-core').source;

/** The accounts that `scripts/e2e` makes. */
export const PASSWORD = 'a long password for journeys';
export const EDITOR = 'journey-editor';
export const COLLEAGUE = 'journey-colleague';
export const ADMINISTRATOR = 'journey-administrator';

/** Opens a page and waits until every tile in view is drawn. */
export async function open(page: Page, hash = ''): Promise<{ foreign: string[]; errors: string[] }> {
  const foreign: string[] = [];
  const errors: string[] = [];
  const own = new URL(test.info().project.use.baseURL ?? '').host;
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== own) foreign.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  await page.goto(`/${hash}`);
  await page.locator('[data-testid="map"][data-idle="true"]').waitFor({ timeout: 12_000 });
  return { foreign, errors };
}

export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(context: object, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

export const shot = (page: Page, name: string) => page.screenshot({ path: test.info().outputPath(`${name}.png`) });
export const card = (page: Page) => page.getByTestId('card');
export const form = (page: Page) => page.getByTestId('edit');
export const bar = (page: Page) => page.getByTestId('edit-bar');

export async function signIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await enter(page, name, password);
}

/** Fills in the dialog that is open. */
export async function enter(page: Page, name: string, password = PASSWORD): Promise<void> {
  const dialog = page.getByRole('dialog', { name: '登录 Platbook' });
  await dialog.getByLabel('账号').fill(name);
  await dialog.getByLabel('密码').fill(password);
  await dialog.getByRole('button', { name: '登录', exact: true }).click();
}

export interface Plate { id: number; version: number; geometry: { coordinates: [number, number] }; properties: Record<string, string> }

/** The nth plate of the layer: each journey has its own. */
export async function plate(page: Page, nth: number): Promise<Plate> {
  const body = await (await page.request.get(`/collections/doorplate/items?limit=${nth + 1}`)).json();
  return body.features[nth];
}

export const at = ({ geometry, id }: Plate, zoom = 17): string => `#${zoom}/${geometry.coordinates[1]}/${geometry.coordinates[0]}?s=doorplate~${id}`;

/** Where a position is on the page. */
export async function pixel(page: Page, [lon, lat]: [number, number]): Promise<{ x: number; y: number }> {
  const [, zoom = 0, north = 0, east = 0] = (/#([\d.]+)\/([-\d.]+)\/([-\d.]+)/.exec(page.url()) ?? []).map(Number);
  const size = 512 * 2 ** zoom;
  const project = (x: number, y: number) => ({ x: ((x + 180) / 360) * size, y: (0.5 - Math.log(Math.tan(Math.PI / 4 + (y * Math.PI) / 360)) / (2 * Math.PI)) * size });
  const [there, centre] = [project(lon, lat), project(east, north)];
  const box = (await page.getByTestId('map').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  return { x: box.x + box.width / 2 + there.x - centre.x, y: box.y + box.height / 2 + there.y - centre.y };
}

/** Takes the feature of the open card in hand. */
export async function edit(page: Page): Promise<void> {
  await card(page).getByRole('button', { name: '编辑' }).click();
  await expect(form(page).getByLabel('状态')).toBeVisible();
}

export async function setStatus(page: Page, status: string): Promise<void> {
  await form(page).getByLabel('状态').selectOption({ label: status });
  await form(page).getByRole('button', { name: '保存' }).click();
}

/** How many pixels of the page, or of a part of it, have a colour, give or take a little. */
export async function pixels(page: Page, [red, green, blue]: readonly [number, number, number], part: Page | Locator = page): Promise<number> {
  const picture = (await part.screenshot()).toString('base64');
  return page.evaluate(async ({ picture, color }) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (color.every((part, channel) => Math.abs(part - (data[at + channel] ?? 0)) < 12)) count += 1;
    return count;
  }, { picture, color: [red, green, blue] });
}

export const panel = (page: Page): Locator => page.locator('#panel');
export const rail = (page: Page, name: string) => page.locator('.rail').getByRole('button', { name, exact: true }).click();
export const inChinese = (n: number): string => new Intl.NumberFormat('zh-CN').format(n);
/** A condition as a link carries it. */
export const packed = (condition: string): string => Buffer.from(condition).toString('base64url');

export interface Found { numberMatched: number; features: { id: number; geometry: { type: string; coordinates: [number, number] }; properties: Record<string, string> }[] }
export async function items(page: Page, layer: string, asked: Record<string, string>): Promise<Found> {
  const response = await page.request.get(`/collections/${layer}/items?${new URLSearchParams({ limit: '1', ...asked })}`);
  expect(response.ok()).toBe(true);
  return response.json();
}
/** How many features hold a condition, as the API says. */
export const matched = async (page: Page, filter: string, layer = 'doorplate'): Promise<number> => (await items(page, layer, { filter })).numberMatched;

/** What can be pressed and is lower than a finger needs, links in sentences left out. */
export const low = (page: Page) => page.evaluate(() => [...document.querySelectorAll<HTMLElement>('button, select, input:not([type="checkbox"]):not([type="radio"]):not([aria-hidden="true"]), summary')]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44)
  .map((node) => `${node.getBoundingClientRect().height} ${node.outerHTML.slice(0, 80)}`));

/** Drops a file on the map. */
export const drop = (page: Page, name: string, content: string | Buffer): Promise<void> => page.evaluate(({ name, content }) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
}, { name, content: Buffer.from(content).toString('base64') });
