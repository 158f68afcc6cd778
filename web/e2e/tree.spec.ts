import { readFileSync, writeFileSync } from 'node:fs';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { EDITOR, open, pixels, shot, signIn, violations } from './support';

const LOOK = { size: 1, marker: 'circle', opacity: 100 };
const ORANGE = [0xd5, 0x5e, 0x00] as const;
const BLUE = [0x00, 0x72, 0xb2] as const;
/** A style as a link holds it. */
const packed = (own: object): string => Buffer.from(JSON.stringify(own)).toString('base64url');
const single = (color: string): string => packed({ form: 'single', look: LOOK, color });

const tab = (page: Page, name: string) => page.locator('#panel').getByRole('tab', { name, exact: true }).click();
const legend = (page: Page, layer: string): Locator => page.getByTestId('legend').locator(`[data-layer="${layer}"]`);
const editor = (page: Page): Locator => page.getByTestId('style');

async function style(page: Page, layer: string): Promise<void> {
  await page.getByRole('button', { name: `详情 ${layer}`, exact: true }).click();
  await page.getByRole('button', { name: `样式：${layer}`, exact: true }).click();
  await expect(editor(page)).toBeVisible();
}

/** The box that the map shows, reckoned from the address and the size of the map. */
async function box(page: Page): Promise<string> {
  const [, zoom = 0, lat = 0, lon = 0] = (/#([\d.]+)\/([-\d.]+)\/([-\d.]+)/.exec(page.url()) ?? []).map(Number);
  const { width, height } = (await page.getByTestId('map').boundingBox()) ?? { width: 0, height: 0 };
  const size = 512 * 2 ** zoom;
  const y = (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)) * size;
  const north = (at: number): number => (Math.atan(Math.exp((0.5 - at / size) * 2 * Math.PI)) * 360) / Math.PI - 90;
  const half = ((width / 2) * 360) / size;
  return [lon - half, north(y + height / 2), lon + half, north(y - height / 2)].map((part) => part.toFixed(6)).join(',');
}

async function matched(page: Page, layer: string, more = ''): Promise<number> {
  const body = await (await page.request.get(`/collections/${layer}/items?limit=1&bbox=${await box(page)}${more}`)).json();
  return body.numberMatched as number;
}

const counted = (page: Page, layer: string): Locator => page.locator('#panel .row', { has: page.getByRole('checkbox', { name: layer, exact: true }) }).locator('.count');

/** Waits until a count is that of the API for what is in view when the map has come to rest. */
async function agrees(page: Page, shown: Locator, layer: string, more = ''): Promise<number> {
  let told = Number.NaN;
  await expect(async () => {
    told = await matched(page, layer, more);
    await expect(shown).toHaveAttribute('data-count', String(told), { timeout: 1000 });
    await expect(shown).toHaveText(new Intl.NumberFormat('zh-CN').format(told), { timeout: 1000 });
  }).toPass({ timeout: 15_000 });
  return told;
}

test('layers change places by keys: the map draws it, the address says it, a reader hears it', async ({ page }) => {
  await open(page, `#12/30.42/112.89?l=township,village&y=township~${single('#d55e00')},village~${single('#0072b2')}`);
  const orange = await pixels(page, ORANGE);
  expect(orange).toBeGreaterThan(100_000);
  await tab(page, '顺序');
  const grip = page.getByRole('button', { name: '移动 乡镇（街道、管理区）' });
  await grip.focus();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page).toHaveURL(/l=village,township/);
  await expect(page.getByRole('status').filter({ hasText: '现在是第 2 层，共 2 层' })).toBeAttached();
  await expect(grip).toBeFocused();
  await expect.poll(() => pixels(page, BLUE)).toBeGreaterThan(100_000);
  expect(await pixels(page, ORANGE)).toBeLessThan(orange / 4);
  await shot(page, 'order');
  const url = page.url();
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  expect(await pixels(page, BLUE)).toBeGreaterThan(100_000);
  expect(page.url()).toBe(url);
  await tab(page, '顺序');
  await page.getByRole('button', { name: '恢复目录顺序' }).click();
  await expect.poll(() => pixels(page, ORANGE)).toBeGreaterThan(100_000);
  await expect(page).toHaveURL(/l=township,village/);
});

test('a layer is dragged above another, and moved from the catalogue by keys', async ({ page }) => {
  await open(page, '#12/30.42/112.89?l=doorplate,road,village');
  await tab(page, '顺序');
  const rows = page.locator('.order .row');
  await expect(rows).toHaveCount(3);
  const from = await rows.nth(2).getByRole('button', { name: /^移动/ }).boundingBox();
  const to = await rows.nth(0).boundingBox();
  await page.mouse.move(from!.x + 8, from!.y + 8);
  await page.mouse.down();
  await page.mouse.move(from!.x + 8, to!.y + 4, { steps: 6 });
  await page.mouse.up();
  await expect(page).toHaveURL(/l=village,doorplate,road/);
  await tab(page, '目录');
  await page.getByRole('checkbox', { name: '显示 门楼牌', exact: true }).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page).toHaveURL(/l=doorplate,village,road/);
});

test('counts follow the map and are those of the API, of layers and of their classes', async ({ page }) => {
  await open(page, '#13/30.42/112.89?l=doorplate,village');
  const all = counted(page, '显示 门楼牌');
  const first = await agrees(page, all, 'doorplate');
  await agrees(page, counted(page, '门楼牌：在挂'), 'doorplate', '&status=mounted');
  await page.evaluate(() => { location.hash = location.hash.replace('#13/', '#15/'); });
  await expect(page).toHaveURL(/#15\//);
  const second = await agrees(page, all, 'doorplate');
  expect(second).toBeLessThan(first);
  await agrees(page, counted(page, '显示 村（社区）'), 'village');
  await expect(all).toHaveAttribute('title', /全部 /);
  await shot(page, 'counts');
  const height = await page.locator('#panel .tree .row').evaluateAll((rows) => Math.max(...rows.map((row) => row.getBoundingClientRect().height)));
  expect(height).toBeLessThanOrEqual(28);
});

test('counts hold to the filter and to the date of the map; one that fails says so', async ({ page }) => {
  await open(page, `#13/30.42/112.89?l=doorplate&f=doorplate~${Buffer.from("status = 'mounted'").toString('base64url')}`);
  const all = counted(page, '显示 门楼牌');
  await agrees(page, all, 'doorplate', '&status=mounted');
  await open(page, '#13/30.42/112.89?l=doorplate&d=2020-01-01');
  await expect(all).toHaveAttribute('data-count', '0');
  await page.route('**/collections/*/aggregate**', (route) => route.abort());
  await page.getByRole('button', { name: '缩小' }).click();
  await expect(all).toContainText('数量未能取得');
});

test('a small count of a sensitive layer is hidden, and said to be', async ({ page }) => {
  await open(page, '#14.6/30.42/112.89?l=population');
  await expect.poll(() => matched(page, 'population')).toBeGreaterThan(0);
  expect(await matched(page, 'population')).toBeLessThan(10);
  await expect(counted(page, '显示 实有人口（仅汇总）')).toContainText('<10');
  await expect(counted(page, '显示 实有人口（仅汇总）')).toContainText('不显示');
});

test('groups fold; a layer says whether it was taken in as promised', async ({ page }) => {
  await page.route('**/catalogue', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const give = (id: string, last: string | null) => { body.layers.find((layer: { id: string }) => layer.id === id).governance.last = last; };
    give('village', new Date(Date.now() - 370 * 86_400_000).toISOString());
    give('township', null);
    await route.fulfill({ response, json: body });
  });
  await open(page);
  const row = (name: string) => page.locator('#panel .tree > li > .row', { has: page.getByRole('checkbox', { name, exact: true }) });
  await expect(row('显示 村（社区）')).toContainText('迟 5 天');
  await expect(row('显示 乡镇（街道、管理区）')).toContainText('未登记');
  await expect(row('显示 水系')).toContainText('按期');
  await shot(page, 'tree');
  await page.getByRole('button', { name: /行政区划/ }).click();
  await expect(row('显示 村（社区）')).toHaveCount(0);
  await page.getByRole('button', { name: /行政区划/ }).click();
  await expect(row('显示 村（社区）')).toHaveCount(1);
});

test('the legend has every class that the catalogue declares, in the colours of the map, light and dark', async ({ page }) => {
  interface Declared { id: string; geometry: string; style: { by: string | null; color: string; dark: string | null; classes: { value: string; color: string; dark: string | null }[] } }
  const { layers } = await (await page.request.get('/catalogue')).json() as { layers: Declared[] };
  for (const theme of ['light', 'dark'] as const) {
    await page.goto('about:blank');
    await open(page, `?theme=${theme}#16/30.4205/112.8995?l=${layers.map(({ id }) => id).join(',')}`);
    await tab(page, '图例');
    await expect(page.getByTestId('legend').locator('[data-layer]')).toHaveCount(layers.length);
    const told = await page.getByTestId('legend').locator('[data-layer]').evaluateAll((groups) => groups.map((group) => ({
      id: (group as HTMLElement).dataset.layer,
      rows: [...group.querySelectorAll('[data-class]')].map((row) => {
        const shape = row.querySelector('svg > *');
        return [(row as HTMLElement).dataset.class, shape?.getAttribute('fill') === 'none' ? shape.getAttribute('stroke') : shape?.getAttribute('fill')];
      }),
    })));
    // The one on top first, as the link says.
    expect(told.map(({ id }) => id)).toEqual(layers.map(({ id }) => id));
    for (const { id, style: { by, color, dark, classes } } of layers) {
      const shown = (own: { color: string; dark: string | null }) => (theme === 'dark' && own.dark ? own.dark : own.color);
      const rows = told.find((group) => group.id === id)?.rows ?? [];
      const wanted = by === null || classes.length === 0 ? [['', shown({ color, dark })]] : classes.map((one) => [one.value, shown(one)]);
      expect(rows.filter(([key]) => key !== '*'), id).toEqual(wanted);
    }
  }
  await shot(page, 'legend');
});

test('a style by category is drawn, stands in the legend with its counts, and travels by its link', async ({ page }) => {
  const { errors, foreign } = await open(page, '#15/30.4205/112.8995?l=building');
  await style(page, '建筑物');
  await editor(page).getByRole('tab', { name: '分类' }).click();
  await expect(editor(page)).toContainText('依据全部');
  const houses = [0xe6, 0x9f, 0x00] as const;
  await editor(page).getByLabel('不透明度（%）').fill('100');
  await editor(page).getByLabel('不透明度（%）').press('Tab');
  await expect.poll(() => pixels(page, houses)).toBeGreaterThan(500);
  await tab(page, '图例');
  const rows = legend(page, 'building').locator('[data-class]');
  await expect(rows).toHaveCount(7);
  await agrees(page, legend(page, 'building').locator('[data-class="residential"] .count'), 'building', '&use=residential');
  await expect(page).toHaveURL(/y=building~/);
  await page.waitForTimeout(800);
  await shot(page, 'category');
  const url = page.url();
  const drawn = await page.getByTestId('map').screenshot();
  await page.evaluate(() => localStorage.clear());
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  await tab(page, '图例');
  await expect(rows).toHaveCount(7);
  await page.mouse.move(0, 0);
  await editor(page).waitFor({ state: 'detached' });
  await expect.poll(() => pixels(page, houses)).toBeGreaterThan(500);
  expect(drawn.length).toBeGreaterThan(0);
  // A class that is switched off is neither drawn nor in the legend.
  await tab(page, '目录');
  await page.getByRole('checkbox', { name: '建筑物：住宅' }).uncheck();
  await expect(page).toHaveURL(/c=building~residential/);
  await tab(page, '图例');
  await expect(rows).toHaveCount(6);
  expect(errors).toEqual([]);
  expect(foreign).toEqual([]);
});

test('classes by number rest on all values, are edited, undone and reset', async ({ page }) => {
  const whole = (await (await page.request.get('/collections/building/items?limit=1')).json()).numberMatched as number;
  await open(page, '#15/30.4205/112.8995?l=building');
  await style(page, '建筑物');
  await editor(page).getByRole('tab', { name: '分级' }).click();
  await expect(editor(page)).toContainText(`依据全部 ${new Intl.NumberFormat('zh-CN').format(whole)} 个值`);
  await editor(page).getByLabel('方法').selectOption('jenks');
  await editor(page).getByLabel('级数').selectOption('4');
  const steps = editor(page).locator('.steps .row');
  await expect(steps).toHaveCount(4);
  const inClasses = (await steps.locator('.count').allInnerTexts()).map((text) => Number(text.replace(/\D/g, '')));
  expect(inClasses.reduce((sum, count) => sum + count, 0)).toBe(whole);
  const first = editor(page).getByLabel('第 1 个界值');
  const natural = await first.inputValue();
  await first.fill('99');
  await first.press('Tab');
  await expect(editor(page).getByRole('alert')).toContainText('递增');
  await first.fill('1.5');
  await first.press('Tab');
  await expect(editor(page).getByRole('alert')).toHaveCount(0);
  await expect(editor(page).getByLabel('方法')).toHaveValue('manual');
  await tab(page, '图例');
  await expect(legend(page, 'building').locator('[data-class]')).toHaveCount(4);
  await agrees(page, legend(page, 'building').locator('[data-class]').first().locator('.count'), 'building', `&filter=${encodeURIComponent('floors < 1.5')}`);
  await shot(page, 'graduated');
  await first.focus();
  await page.keyboard.press('Control+z');
  await expect(first).toHaveValue(natural);
  await expect(editor(page).getByLabel('方法')).toHaveValue('jenks');
  await editor(page).getByRole('button', { name: '恢复目录样式' }).click();
  await expect(page).not.toHaveURL(/y=/);
});

test('areas without a value are hatched, and said to have none', async ({ page }) => {
  const own = { form: 'graduated', look: LOOK, by: 'not_recorded', method: 'manual', ramp: 'YlOrBr', breaks: [1, 2] };
  const { errors } = await open(page, `#14/30.42/112.89?l=village&y=village~${packed(own)}`);
  await expect.poll(() => pixels(page, [0xc9, 0xcd, 0xd3])).toBeGreaterThan(200_000);
  expect(await pixels(page, [0x8a, 0x8f, 0x98])).toBeGreaterThan(5_000);
  await tab(page, '图例');
  const missing = legend(page, 'village').locator('[data-class="*"]');
  await expect(missing).toContainText('无值');
  await expect(missing.locator('svg path')).toHaveCount(1);
  await shot(page, 'hatched');
  expect(errors).toEqual([]);
});

test('rules colour by the first that holds, and the legend counts them as the API does', async ({ page }) => {
  await open(page, '#15/30.4205/112.8995?l=building');
  await style(page, '建筑物');
  await editor(page).getByRole('tab', { name: '规则' }).click();
  await editor(page).getByLabel('规则 1 的属性').selectOption({ label: '层数' });
  await editor(page).getByLabel('规则 1 的值').fill('3');
  await editor(page).getByLabel('规则 1 的值').press('Tab');
  await editor(page).getByRole('button', { name: '添加规则' }).click();
  await editor(page).getByLabel('规则 2 的属性').selectOption({ label: '用途' });
  await editor(page).getByLabel('规则 2 的值').selectOption({ label: '商业' });
  await tab(page, '图例');
  const rows = legend(page, 'building').locator('[data-class]');
  await expect(rows.nth(0)).toContainText('层数 ≥ 3');
  await expect(rows.nth(1)).toContainText('用途 = 商业');
  await agrees(page, rows.nth(0).locator('.count'), 'building', `&filter=${encodeURIComponent('floors >= 3')}`);
  await agrees(page, rows.nth(1).locator('.count'), 'building', `&filter=${encodeURIComponent("use = 'commercial' AND floors < 3")}`);
  await shot(page, 'rules');
});

test('a style is taken out as a file and brought back; a wrong one is refused with line and key', async ({ page }, info) => {
  await open(page, `#15/30.4205/112.8995?l=building&y=building~${packed({ form: 'category', look: LOOK, by: 'use', classes: [{ value: 'residential', color: '#d55e00' }], other: '#0072b2' })}`);
  await style(page, '建筑物');
  const waiting = page.waitForEvent('download');
  await editor(page).getByRole('button', { name: '导出 JSON' }).click();
  const path = info.outputPath('building.style.json');
  await (await waiting).saveAs(path);
  const file = JSON.parse(readFileSync(path, 'utf8'));
  expect(file).toMatchObject({ version: 8, sources: { building: { type: 'vector' } }, layers: [{ id: 'building', type: 'fill', source: 'building' }, { id: 'building.outline' }] });
  const before = await pixels(page, ORANGE);
  expect(before).toBeGreaterThan(500);
  await editor(page).getByRole('button', { name: '恢复目录样式' }).click();
  await expect.poll(() => pixels(page, ORANGE)).toBeLessThan(100);
  await editor(page).getByRole('button', { name: '导入 JSON' }).click();
  await editor(page).getByLabel('选择文件').setInputFiles(path);
  await expect(editor(page)).toContainText('样式已采用');
  await expect(editor(page).getByRole('tab', { name: '分类' })).toHaveAttribute('aria-selected', 'true');
  await expect.poll(() => pixels(page, ORANGE)).toBeGreaterThan(500);

  const wrong = { ...file, layers: [{ ...file.layers[0], paint: { 'fill-color': 'bleu' } }, { ...file.layers[1], source: 'elsewhere' }] };
  const wrongPath = info.outputPath('wrong.json');
  writeFileSync(wrongPath, JSON.stringify(wrong, null, 2));
  await editor(page).getByLabel('选择文件').setInputFiles(wrongPath);
  const refusal = editor(page).getByRole('alert');
  await expect(refusal).toContainText('layers[0].paint.fill-color');
  await expect(refusal).toContainText('layers[1]');
  await expect(refusal).toContainText(/第 \d+ 行/);
  await shot(page, 'refused');
  expect(await pixels(page, ORANGE)).toBeGreaterThan(500);
  await editor(page).getByLabel('样式 JSON').fill('{"version": 8,\n "layers": [}');
  await editor(page).getByRole('button', { name: '采用' }).click();
  await expect(refusal).toContainText('第 2 行');
  expect(await violations(page)).toEqual([]);
});

test('a style that has no room in a link is kept here, and both sides are told', async ({ page, browser }) => {
  await open(page, '#15/30.4205/112.8995?l=building');
  await style(page, '建筑物');
  await editor(page).getByRole('button', { name: '导入 JSON' }).click();
  const layers = Array.from({ length: 12 }, (_, at) => ({ id: `building.f${at}`, type: 'fill', source: 'building', 'source-layer': 'building', filter: ['==', ['get', 'floors'], at + 1], paint: { 'fill-color': at % 2 ? '#d55e00' : '#0072b2' } }));
  await editor(page).getByLabel('样式 JSON').fill(JSON.stringify(layers));
  await editor(page).getByRole('button', { name: '采用' }).click();
  await expect(editor(page)).toContainText('只保存在此浏览器');
  await expect(page).toHaveURL(/y=building~@/);
  await expect.poll(() => pixels(page, BLUE)).toBeGreaterThan(200);
  await tab(page, '图例');
  await expect(legend(page, 'building').locator('[data-class]')).toHaveCount(12);
  const hash = page.url().slice(page.url().indexOf('#'));
  await page.goto('about:blank');
  await open(page, hash);
  await expect.poll(() => pixels(page, BLUE)).toBeGreaterThan(200);
  const elsewhere = await (await browser.newContext({ locale: 'zh-CN', baseURL: test.info().project.use.baseURL })).newPage();
  await open(elsewhere, hash);
  await expect(elsewhere.locator('#panel')).toContainText('不在此浏览器中');
  await elsewhere.close();
});

test('one’s styles are there on the next visit, and hold on the dark map, on another date and in a comparison', async ({ page }) => {
  await open(page, `#14/30.42/112.89?l=village&y=village~${single('#d55e00')}`);
  await style(page, '村（社区）');
  await editor(page).locator('input[type="color"]').fill('#0072b2');
  await expect.poll(() => pixels(page, BLUE)).toBeGreaterThan(100_000);
  await page.goto('about:blank');
  await open(page);
  await expect(page).toHaveURL(/y=village~/);
  const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  await page.goto('about:blank');
  await open(page, `#14/30.42/112.89?l=village&cmp=${now}@50&d=${now}&y=village~${single('#d55e00')}`);
  await page.locator('[data-testid="map-before"][data-idle="true"]').waitFor();
  await expect.poll(() => pixels(page, ORANGE)).toBeGreaterThan(300_000);
  await page.goto('about:blank');
  await open(page, `#14/30.42/112.89?l=village&t=dark&y=village~${single('#000000')}`);
  // Black would be lost there: it is lighter, and the legend has the colour that is drawn.
  await tab(page, '图例');
  const color = await legend(page, 'village').locator('svg rect').getAttribute('fill');
  expect(color).not.toBe('#000000');
  const parts = [1, 3, 5].map((at) => Number.parseInt(color!.slice(at, at + 2), 16)) as [number, number, number];
  expect(await pixels(page, parts)).toBeGreaterThan(100_000);
  await shot(page, 'dark');
  expect(await violations(page)).toEqual([]);
});

test('the panels keep to WCAG in two languages, and to a phone of 360 px', async ({ page }) => {
  await open(page, '?lang=en#14/30.42/112.89?l=doorplate,building,village');
  for (const name of ['Order', 'Legend', 'Catalogue']) {
    await tab(page, name);
    await page.waitForTimeout(500);
    expect(await violations(page)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Details Buildings' }).click();
  await page.getByRole('button', { name: 'Style: Buildings' }).click();
  for (const name of ['Category', 'Graduated', 'Rules', 'Single']) {
    await editor(page).getByRole('tab', { name, exact: true }).click();
    await page.waitForTimeout(500);
    expect(await violations(page)).toEqual([]);
    await shot(page, `en-${name.toLowerCase()}`);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(editor(page)).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await editor(page).getByRole('tab', { name: 'Graduated', exact: true }).click();
  await expect(editor(page)).toContainText('Rests on all');
  await shot(page, 'phone-style');
  expect(await violations(page)).toEqual([]);
  await editor(page).getByRole('button', { name: 'Close' }).click();
  await expect(page.locator('#panel')).toBeVisible();
  await tab(page, 'Order');
  await page.getByRole('button', { name: 'Move Doorplates down' }).click();
  await expect(page).toHaveURL(/l=building,doorplate,village/);
  await shot(page, 'phone-order');
  expect(await violations(page)).toEqual([]);
});

test('a style is kept on the server for everybody, used by who is not signed in, and deleted by who keeps it', async ({ page, browser }) => {
  const hash = '#15/30.4205/112.8995?l=building';
  await open(page, `${hash}&y=building~${single('#d55e00')}`);
  await style(page, '建筑物');
  await editor(page).getByText('服务器上保存的样式').click();
  await expect(editor(page)).toContainText('登录后可保存');
  await signIn(page, EDITOR);
  await editor(page).getByLabel('名称').fill('橙色建筑');
  await editor(page).getByLabel('给谁用').selectOption({ label: '所有人' });
  await editor(page).getByRole('button', { name: '保存', exact: true }).click();
  const kept = editor(page).locator('.saved li', { hasText: '橙色建筑' });
  await expect(kept).toContainText('所有人');
  await shot(page, 'saved');
  expect(await violations(page)).toEqual([]);

  const other = await (await browser.newContext({ locale: 'zh-CN', baseURL: test.info().project.use.baseURL, viewport: { width: 1440, height: 900 } })).newPage();
  await open(other, hash);
  const before = await pixels(other, ORANGE);
  await style(other, '建筑物');
  await editor(other).getByText('服务器上保存的样式').click();
  const seen = editor(other).locator('.saved li', { hasText: '橙色建筑' });
  await expect(seen).toContainText(EDITOR);
  await expect(seen.getByRole('button', { name: /^删除/ })).toHaveCount(0);
  await seen.getByRole('button', { name: '采用 橙色建筑' }).click();
  await expect.poll(() => pixels(other, ORANGE)).toBeGreaterThan(before + 500);
  await other.close();

  await kept.getByRole('button', { name: '删除 橙色建筑' }).click();
  await expect(kept).toHaveCount(0);
});
