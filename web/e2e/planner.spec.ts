import { chromium, expect, type Page, test } from '@playwright/test';
import { card, open, pixels, shot, violations } from './support';

async function firstVillage(page: Page): Promise<{ id: number; properties: { name: string; code: string } }> {
  const body = await (await page.request.get('/collections/village/items?limit=1')).json();
  return body.features[0];
}

test('the map draws real tiles, without an error and without a foreign request', async ({ page }) => {
  const { foreign, errors } = await open(page);
  await shot(page, 'map');
  await expect(page.locator('.maplibregl-ctrl-attrib')).toContainText('GS(2024)0650');
  await expect(page.getByTestId('map')).not.toHaveAttribute('data-error');
  await page.getByRole('button', { name: '视图内要素' }).click();
  expect(await page.locator('#panel .list button').count()).toBeGreaterThan(5);
  expect(errors).toEqual([]);
  expect(foreign).toEqual([]);
});

test('a layer and a class are switched, and the link says so', async ({ page }) => {
  await open(page);
  await page.getByRole('checkbox', { name: '显示 门楼牌', exact: true }).uncheck();
  await expect(page).toHaveURL(/l=(?!.*doorplate)/);
  await page.getByRole('checkbox', { name: '显示 门楼牌', exact: true }).check();
  await page.getByRole('checkbox', { name: '门楼牌：待制' }).uncheck();
  await expect(page).toHaveURL(/c=doorplate~planned/);
});

test('a village is searched, its card opens in two languages, and its link opens it again', async ({ page }) => {
  const village = await firstVillage(page);
  await open(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(village.properties.name);
  await expect(page.getByRole('option').first()).toContainText(village.properties.name);
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading')).toHaveText(village.properties.name);
  await expect(card(page)).toContainText(village.properties.code);
  await expect(card(page)).toContainText('所在区划');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(card(page)).toContainText('Division');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.waitForTimeout(1500);
  await shot(page, 'card-en');
  const url = page.url();
  await page.goto('about:blank');
  await page.goto(url);
  await expect(card(page).getByRole('heading')).toHaveText(village.properties.name);
  expect(page.url()).toBe(url);
});

test('coordinates and cells are marked where they are, and each result says what it is', async ({ page }) => {
  const MARK = [0xc2, 0x18, 0x5b] as const;
  await open(page, '#12/30.42/112.89?l=township');
  const before = await pixels(page, MARK);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('112.89, 30.42');
  await expect(page.getByRole('option').first()).toContainText('坐标');
  await page.keyboard.press('Enter');
  await expect.poll(() => pixels(page, MARK)).toBeGreaterThan(before + 40);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('N49H94585');
  await expect(page.getByRole('option').first()).toContainText('北斗网格');
  await page.keyboard.press('Enter');
  await expect.poll(() => pixels(page, MARK)).toBeGreaterThan(before + 400);
  await shot(page, 'cell');
});

test('a cell that was searched for is marked by its link, and the box says which', async ({ page }) => {
  const MARK = [0xc2, 0x18, 0x5b] as const;
  await open(page, '#12/30.42/112.89?l=township');
  const before = await pixels(page, MARK);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('N49H94585');
  await expect(page.getByRole('option').first()).toContainText('北斗网格');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=N49H94585/);
  await page.waitForTimeout(800);
  const url = page.url();
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  await expect(page.getByRole('combobox', { name: /^搜索/ })).toHaveValue('N49H94585');
  await expect.poll(() => pixels(page, MARK)).toBeGreaterThan(before + 400);
  expect(page.url()).toBe(url);
});

test('a result takes the focus to its card; Escape gives it back; another card takes the text out of the box', async ({ page }) => {
  const { features: [one] } = await (await page.request.get('/collections/doorplate/items?limit=1')).json();
  await open(page);
  const box = page.getByRole('combobox', { name: /^搜索/ });
  await expect(page.locator('.search kbd')).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(one.properties.code);
  await expect(page.locator('.search kbd')).toHaveCount(0);
  await expect(page.getByRole('option').first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading')).toBeFocused();
  await expect(card(page).getByRole('heading')).toHaveText(one.properties.address);
  await expect(box).toHaveValue(one.properties.address);
  await shot(page, 'found');
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  await expect(box).toBeFocused();
  await page.getByRole('button', { name: '视图内要素' }).click();
  const entry = page.locator('#panel .list button').last();
  await entry.focus();
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading')).toBeFocused();
  await expect(box).toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(entry).toBeFocused();
});

test('the card of a point says where it is, to be copied', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { features: [one] } = await (await page.request.get('/collections/doorplate/items?limit=1')).json();
  const [lon, lat] = one.geometry.coordinates as [number, number];
  await open(page, `#16/${lat}/${lon}?s=doorplate~${one.id}`);
  const written = `${lon.toFixed(6)}, ${lat.toFixed(6)}`;
  await expect(card(page)).toContainText('EPSG:4490');
  await expect(card(page)).toContainText(written);
  await card(page).getByRole('button', { name: '复制经纬度' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(written);
  await expect(card(page)).toContainText('经纬度已复制');
});

test('markers are there when the first tiles need them', async ({ page }) => {
  const missed: string[] = [];
  page.on('console', (message) => { if (message.text().includes('marker-')) missed.push(message.text()); });
  await open(page, '#9.9/30.40/112.76?l=base-station,network-node');
  await page.getByRole('button', { name: '视图内要素' }).click();
  expect(await page.locator('#panel .list button').count()).toBeGreaterThan(5);
  expect(missed).toEqual([]);
});

test('results of one name are told apart, and the list stays while it is pressed', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('王场');
  await expect(page.getByRole('option').nth(1)).toBeVisible();
  const told = await page.getByRole('option').allInnerTexts();
  expect(new Set(told).size).toBe(told.length);
  expect(told.some((text) => text.includes('乡镇'))).toBe(true);
  const first = await page.getByRole('option').first().boundingBox();
  await page.mouse.move(first!.x + 20, first!.y + 10);
  await page.mouse.down();
  await page.waitForTimeout(400);
  await page.mouse.up();
  await expect(card(page)).toBeVisible();
});

test('a card shows what people ask: areas at their scale, divisions above, nothing that only serves drawing', async ({ page }) => {
  const village = await firstVillage(page);
  await open(page, `#13/30.42/112.89?s=village~${village.id}`);
  await expect(card(page)).toContainText(/km²|公顷/);
  await expect(card(page).locator('.path')).not.toContainText(village.properties.name);
  const plates = await (await page.request.get('/collections/doorplate/items?limit=1')).json();
  await open(page, `#16/30.42/112.89?s=doorplate~${plates.features[0].id}`);
  await expect(card(page)).toContainText('状态');
  await expect(card(page)).not.toContainText('绘制优先级');
});

test('a click on the map opens what is there, a click on a cluster comes nearer', async ({ page }) => {
  await open(page, '#10/30.42/112.8919?l=doorplate');
  const drawn = page.locator('[data-testid="map"] canvas');
  const zoom = () => Number(/#([\d.]+)\//.exec(page.url())?.[1]);
  for (let at = 0; at < 24 && zoom() === 10; at += 1) {
    await drawn.click({ position: { x: 500 + (at % 6) * 18, y: 390 + Math.floor(at / 6) * 18 } });
    await page.waitForTimeout(700);
  }
  expect(zoom()).toBeGreaterThan(10);
  await page.goto('about:blank');
  await open(page, '#9/30.42/112.8919?l=township');
  await drawn.click({ position: { x: 530, y: 426 } });
  await expect(card(page)).toBeVisible();
});

test('what somebody else changes is shown without loading the page again', async ({ page }) => {
  const items = '/collections/doorplate/items';
  const body = await (await page.request.get(`${items}?status=mounted&limit=1`)).json();
  const plate = body.features[0] as { id: number; geometry: { coordinates: [number, number] } };
  const [lon, lat] = plate.geometry.coordinates;
  const { errors } = await open(page, `#16/${lat}/${lon}?s=doorplate~${plate.id}`);
  await expect(card(page)).toContainText('在挂');
  const tile = page.waitForResponse((response) => response.url().includes('/tiles/doorplate/16/') && response.ok());
  const patched = await page.request.patch(`${items}/${plate.id}`, {
    headers: { Authorization: `Bearer ${process.env.PLATBOOK_TOKEN}`, 'Content-Type': 'application/merge-patch+json' },
    data: JSON.stringify({ properties: { status: 'damaged' } }),
  });
  expect(patched.status()).toBe(200);
  await expect(card(page)).toContainText('损坏');
  expect((await tile).headers()['platbook-revision']).toBe(patched.headers()['platbook-revision']);
  await shot(page, 'live');
  expect(errors).toEqual([]);
});

test('the page of the API shows its operations', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto('/api.html');
  await expect(page.locator('#docs .opblock').first()).toBeVisible();
  expect(errors).toEqual([]);
});

test('the dark theme holds', async ({ page }) => {
  const { errors } = await open(page);
  await page.getByRole('combobox', { name: '主题' }).selectOption('dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.waitForTimeout(1500);
  await shot(page, 'dark');
  await expect(page).not.toHaveURL(/t=dark/);
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test('language and theme are the reader’s: kept in the browser, not in the address; a link’s hold for its visit', async ({ page, context }) => {
  await open(page);
  await page.getByRole('combobox', { name: '主题' }).selectOption('dark');
  await page.getByRole('button', { name: 'English' }).click();
  const shared = page.url();
  expect(new URL(shared).search).toBe('');
  expect(new URL(shared).hash).not.toMatch(/[?&][gt]=/);
  await page.close();
  const later = await context.newPage();
  await open(later);
  await expect(later.locator('html')).toHaveAttribute('lang', 'en');
  await expect(later.locator('html')).toHaveAttribute('data-theme', 'dark');
  await later.goto('about:blank');
  await later.goto('/?lang=zh&theme=light');
  await expect(later.getByRole('button', { name: '图层', exact: true })).toBeVisible();
  await expect(later.locator('html')).toHaveAttribute('data-theme', 'light');
  // A link of before, which holds them after its sign of hash, is still understood.
  await later.goto('about:blank');
  await later.goto('/#11/30.42/112.89?g=zh');
  await expect(later.getByRole('button', { name: '图层', exact: true })).toBeVisible();
  await later.goto('about:blank');
  await later.goto('/');
  await expect(later.getByRole('button', { name: 'Layers', exact: true })).toBeVisible();
});

test('figures have units, and dates their form, in the language of the page', async ({ browser }) => {
  // The browser's own language is another than the page's.
  const page = await (await browser.newContext({ locale: 'en-US', baseURL: test.info().project.use.baseURL, viewport: { width: 1440, height: 900 } })).newPage();
  await open(page, '?lang=zh#10/30.42/112.89');
  await page.getByRole('button', { name: '时间', exact: true }).click();
  await expect(page.getByLabel('截至时刻')).toHaveValue(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  await page.getByLabel('截至时刻').fill('2030/1/2 9:30');
  await page.getByLabel('截至时刻').press('Enter');
  await page.getByLabel('截至时刻').fill('11/26/2026');
  await page.getByLabel('截至时刻').press('Enter');
  await expect(page.getByRole('alert')).toContainText('时刻无法读取');
  await shot(page, 'moment');
  await page.getByRole('button', { name: '数字对照' }).click();
  await expect(page.locator('.figure .value').first()).toHaveText('23 个');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('.figure .value').first()).toHaveText('23');
  await expect(page.locator('.figure').nth(2)).toContainText('1,993 km²');
  await shot(page, 'figures-en');
  expect(await violations(page)).toEqual([]);
});

test('a phone of 360 px has sheets and no sideways scroll', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await shot(page, 'phone');
  await page.getByRole('button', { name: '图层' }).click();
  await expect(page.locator('#panel')).toBeVisible();
  await shot(page, 'phone-layers');
  expect(await violations(page)).toEqual([]);
});

test('keys alone: skip link, a layer, a feature of the view, Escape', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Tab');
  await expect(page.locator('.skip')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#panel')).toBeFocused();
  const box = page.getByRole('checkbox', { name: '显示 城市', exact: false }).or(page.locator('#panel input[type=checkbox]')).first();
  const wasShown = await box.isChecked();
  while (!(await box.evaluate((node) => node === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  expect(await box.isChecked()).toBe(!wasShown);
  await page.getByRole('button', { name: '视图内要素' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#panel .list button').first().focus();
  await page.keyboard.press('Enter');
  await expect(card(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(card(page)).toBeHidden();
});

test('no page breaks WCAG 2.2 AA as far as axe sees', async ({ page }) => {
  const village = await firstVillage(page);
  await open(page, `#11/30.42/112.89?s=village~${village.id}`);
  await expect(card(page).getByRole('heading')).toHaveText(village.properties.name);
  await page.getByRole('button', { name: /^详情/ }).first().click();
  await shot(page, 'layers');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: '数字对照' }).click();
  await page.locator('.figure').first().waitFor();
  await shot(page, 'figures');
  expect(await violations(page)).toEqual([]);
});

test('a server that is gone is said so, and trying again works', async ({ page }) => {
  await page.route('**/catalogue', (route) => route.abort());
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText('无法连接服务器');
  await page.unroute('**/catalogue');
  await page.getByRole('button', { name: '重试' }).click();
  await page.locator('[data-testid="map"][data-idle="true"]').waitFor();
});

test('a problem shows its request id', async ({ page }) => {
  await page.goto('/#11/30.42/112.89?s=village~999999999');
  await expect(card(page).getByRole('alert')).toContainText(/[0-9a-f]{8}-[0-9a-f]{4}/);
});

test('without WebGL there is an overview with a table', async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--disable-gpu', '--disable-software-rasterizer'] });
  const page = await browser.newPage({ locale: 'zh-CN', viewport: { width: 1280, height: 720 } });
  await page.goto(test.info().project.use.baseURL ?? '');
  await expect(page.getByTestId('overview')).toBeVisible();
  await expect(page.locator('.overview path')).toHaveCount(23);
  await page.locator('.overview table button').first().click();
  await expect(card(page)).toContainText('区划代码');
  await shot(page, 'no-webgl');
  expect(await violations(page)).toEqual([]);
  await browser.close();
});
