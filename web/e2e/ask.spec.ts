import { expect, type Locator, type Page, test } from '@playwright/test';
import { at, card, inChinese, items, low, matched, open, packed, panel, pixel, pixels, plate, rail, shot, violations } from './support';

const MOUNTED = [0x1b, 0x7f, 0x5c] as const;
const DAMAGED = [0xd5, 0x5e, 0x00] as const;

const counted = (page: Page): Locator => page.getByTestId('filter-count');
const chips = (page: Page): Locator => page.getByRole('region', { name: '筛选条件' });

/** Opens the builder with conditions for doorplates. */
async function openFilter(page: Page, hash = ''): Promise<void> {
  await open(page, hash);
  await rail(page, '筛选');
  await panel(page).getByLabel('图层').selectOption({ value: 'doorplate' });
}
const text = (page: Page): Locator => panel(page).getByLabel('CQL2 文本');
async function write(page: Page, condition: string): Promise<void> {
  await text(page).fill(condition);
  await expect(counted(page)).toContainText('符合');
}
const apply = (page: Page) => panel(page).getByRole('button', { name: '应用' }).click();

test('plates are filtered with an or-group: count, map, list and link hold to it', async ({ page }) => {
  const { features: [damaged] } = await items(page, 'doorplate', { filter: "status = 'damaged'" });
  const [lon, lat] = damaged?.geometry.coordinates ?? [0, 0];
  await openFilter(page, `#16.5/${lat}/${lon}?l=doorplate`);
  await page.waitForTimeout(500);
  expect(await pixels(page, MOUNTED, page.getByTestId('map'))).toBeGreaterThan(40);
  await panel(page).getByRole('button', { name: '＋ 条件', exact: true }).click();
  await panel(page).getByLabel('属性').selectOption({ label: '标准地址' });
  await panel(page).getByLabel('值 标准地址').fill('湖北省');
  await panel(page).getByRole('button', { name: '＋ 条件组' }).click();
  const group = panel(page).getByRole('group', { name: '条件组' });
  await group.getByLabel('属性').selectOption({ label: '状态' });
  await group.getByRole('checkbox', { name: '损坏' }).check();
  await group.getByRole('button', { name: '＋ 条件', exact: true }).click();
  await group.getByLabel('属性').nth(1).selectOption({ label: '门牌号' });
  await expect(group).toContainText(/现有值 [\d,]+ – [\d,]+/);
  await group.getByLabel('关系 门牌号').selectOption({ label: '不小于' });
  await group.getByLabel('值 门牌号').fill('99000');
  await expect(group.getByLabel('条件之间')).toHaveValue('or');
  const condition = "address LIKE '%湖北省%' AND (status = 'damaged' OR number >= 99000)";
  await expect(text(page)).toHaveValue(condition);
  const n = await matched(page, condition);
  expect(n).toBeGreaterThan(0);
  await expect(counted(page)).toContainText(`符合 ${inChinese(n)} 个，共 ${inChinese((await items(page, 'doorplate', {})).numberMatched)} 个`);
  const tiles: string[] = [];
  page.on('request', (request) => { if (request.url().includes('/tiles/doorplate/')) tiles.push(new URL(request.url()).searchParams.get('filter') ?? ''); });
  await apply(page);
  await expect(chips(page)).toContainText('标准地址 包含 湖北省 且 (状态 为 损坏 或 门牌号 不小于 99,000)');
  await expect(chips(page)).toContainText(inChinese(n));
  await expect.poll(() => pixels(page, MOUNTED, page.getByTestId('map'))).toBe(0);
  expect(await pixels(page, DAMAGED, page.getByTestId('map'))).toBeGreaterThan(10);
  expect(new Set(tiles)).toEqual(new Set([condition]));
  await shot(page, 'filter');
  await rail(page, '视图内要素');
  const bounds = await items(page, 'doorplate', { filter: condition, bbox: [lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05].join(), limit: '200' });
  const names = new Set(bounds.features.map(({ properties }) => properties.address));
  const listed = await panel(page).locator('.list .title').allTextContents();
  expect(listed.length).toBeGreaterThan(0);
  for (const name of listed) expect(names).toContain(name);
  const url = page.url();
  expect(url).toContain('f=doorplate~');
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  await expect(chips(page)).toContainText(inChinese(n));
  await expect.poll(() => pixels(page, MOUNTED, page.getByTestId('map'))).toBe(0);
  expect(page.url()).toBe(url);
  await chips(page).getByRole('button', { name: '清除 门楼牌 的筛选' }).click();
  await expect(chips(page)).toHaveCount(0);
  await expect.poll(() => pixels(page, MOUNTED, page.getByTestId('map'))).toBeGreaterThan(40);
  expect(page.url()).not.toContain('f=');
});

test('CQL2 text is written by hand: what conditions can say they show, what they cannot is applied all the same', async ({ page }) => {
  const { geometry: { coordinates: [lon, lat] } } = await plate(page, 3);
  await openFilter(page);
  await write(page, "status IN ('made', 'missing') AND NOT (number < 10)");
  await expect(panel(page).getByRole('checkbox', { name: '待装' })).toBeChecked();
  await expect(panel(page).getByRole('checkbox', { name: '在挂' })).not.toBeChecked();
  await expect(panel(page).getByLabel('关系 门牌号')).toHaveValue('atLeast');
  await panel(page).getByRole('checkbox', { name: '在挂' }).check();
  await expect(text(page)).toHaveValue("status IN ('made', 'mounted', 'missing') AND number >= 10");
  const beyond = `distance_m(geometry, POINT(${lon} ${lat})) < 400 AND status LIKE '%ed'`;
  await write(page, beyond);
  await expect(panel(page)).toContainText('按文本原样应用');
  const n = await matched(page, beyond);
  await expect(counted(page)).toContainText(`符合 ${inChinese(n)} 个`);
  await apply(page);
  await expect(chips(page)).toContainText(beyond);
  await expect(chips(page)).toContainText(inChinese(n));
});

test('text that cannot be used is refused with its reason, and filters nothing', async ({ page }) => {
  await openFilter(page);
  await text(page).fill("status = ");
  await expect(counted(page)).toContainText(/第 1 行第 \d+ 列/);
  await expect(panel(page).getByRole('button', { name: '应用' })).toBeDisabled();
  await text(page).fill("colour = 'red'");
  await expect(counted(page)).toContainText('没有可查询项 colour');
  await expect(text(page)).toHaveAttribute('aria-invalid', 'true');
  await expect(panel(page)).not.toContainText('按文本原样应用');
  const wrong = packed("colour = 'red'");
  await page.goto('about:blank');
  await open(page, `#?f=doorplate~${wrong}`);
  await expect(chips(page)).toContainText('未生效');
  await expect(chips(page)).toContainText('没有可查询项 colour');
  await expect(page.getByText('部分地图数据未能加载')).toHaveCount(0);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('region', { name: 'Filters' })).toContainText('not in effect');
});

test('a filter holds for another date, in a comparison, and for an export', async ({ page }) => {
  const condition = packed("status = 'damaged'");
  const { changesets: [newest] } = await (await page.request.get('/changesets?limit=1')).json();
  const moment = new Date(Math.ceil(Date.parse(newest.at) / 1000) * 1000 + 1000).toISOString().replace('.000Z', 'Z');
  const asked: URLSearchParams[] = [];
  page.on('request', (request) => { if (request.url().includes('/tiles/doorplate/')) asked.push(new URL(request.url()).searchParams); });
  await open(page, `#?l=doorplate&f=doorplate~${condition}&cmp=${moment}@50`);
  await page.locator('[data-testid="map-before"][data-idle="true"]').waitFor();
  const both = (isPast: boolean) => asked.filter((one) => one.has('datetime') === isPast && one.get('filter') === "status = 'damaged'").length;
  expect(both(true)).toBeGreaterThan(0);
  expect(both(false)).toBeGreaterThan(0);
  expect(asked.every((one) => one.has('filter'))).toBe(true);
  await page.getByRole('button', { name: '详情 门楼牌' }).click();
  await page.getByRole('button', { name: '导出 门楼牌' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('checkbox', { name: /只要筛选后的/ })).toBeChecked();
  await expect(dialog).toContainText(`将导出 ${inChinese(await matched(page, "status = 'damaged'"))} 个要素`);
  await dialog.getByRole('checkbox', { name: /只要筛选后的/ }).uncheck();
  await expect(dialog).toContainText(`将导出 ${inChinese((await items(page, 'doorplate', {})).numberMatched)} 个要素`);
});

/** Goes on with Tab until something of that name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    const said = await page.evaluate(() => {
      const active = document.activeElement as HTMLInputElement | null;
      return active?.getAttribute('aria-label') ?? active?.labels?.[0]?.textContent?.trim() ?? active?.textContent?.trim() ?? '';
    });
    if (name.test(said)) return;
  }
  throw new Error(`no ${name} is reached by Tab`);
}

test('a filter is made by keys alone', async ({ page }) => {
  await open(page);
  await page.getByRole('navigation', { name: '图层' }).getByRole('button', { name: '筛选' }).focus();
  await page.keyboard.press('Enter');
  await expect(counted(page)).toBeVisible();
  await tabTo(page, /^＋ 条件$/);
  await page.keyboard.press('Enter');
  await expect(panel(page).getByLabel('属性')).toBeFocused();
  for (let step = 0; step < 20 && (await panel(page).getByLabel('属性').locator('option:checked').innerText()) !== '状态'; step += 1) await page.keyboard.press('ArrowDown');
  await tabTo(page, /^损坏$/);
  await page.keyboard.press('Space');
  const n = await matched(page, "status = 'damaged'");
  await expect(counted(page)).toContainText(`符合 ${inChinese(n)} 个`);
  await tabTo(page, /^应用$/);
  await page.keyboard.press('Enter');
  await expect(chips(page)).toContainText('状态 为 损坏');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(chips(page)).toHaveCount(0);
  await expect(panel(page).getByLabel('图层')).toBeFocused();
});

const row = (page: Page, layer: string): Locator => page.getByTestId('ask-answer').locator(`[data-layer="${layer}"]`);

test('a rectangle is drawn: its counts are those of its box, what is in it is listed and taken out', async ({ page }) => {
  const one = await plate(page, 5);
  await open(page, `${at(one, 15).split('?')[0]}`);
  await rail(page, '查询');
  const asked: string[] = [];
  page.on('request', (request) => { if (request.url().endsWith('/query')) asked.push(request.postData() ?? ''); });
  await panel(page).getByRole('button', { name: '矩形' }).click();
  await expect(panel(page)).toContainText('单击两个对角');
  const centre = await pixel(page, one.geometry.coordinates);
  await page.mouse.click(centre.x - 150, centre.y - 120);
  await page.mouse.move(centre.x, centre.y, { steps: 4 });
  await page.mouse.click(centre.x + 150, centre.y + 120);
  await expect(row(page, 'doorplate').locator('.count')).toHaveText(/[\d,]+/);
  await expect(card(page)).toHaveCount(0);
  const said = asked.map((body) => JSON.parse(body) as { collection: string; filter: string }).find(({ collection }) => collection === 'doorplate');
  const numbers = [...(said?.filter ?? '').matchAll(/(1\d\d\.\d+) (\d\d\.\d+)/g)].map(([, lon, lat]) => [Number(lon), Number(lat)] as const);
  const [lons, lats] = [numbers.map(([lon]) => lon), numbers.map(([, lat]) => lat)];
  const bbox = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)].join();
  for (const layer of ['doorplate', 'road', 'building']) {
    const { numberMatched } = await items(page, layer, { bbox });
    // Lines and areas may touch the box of the question without meeting it: points cannot.
    if (layer === 'doorplate') expect(numberMatched).toBeGreaterThan(0);
    await expect(row(page, layer).locator('.count')).toHaveText(inChinese(numberMatched));
  }
  await panel(page).getByRole('button', { name: '列出 门楼牌' }).click();
  await shot(page, 'area');
  await row(page, 'doorplate').getByRole('button', { name: '导出 门楼牌' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`将导出 ${inChinese((await items(page, 'doorplate', { bbox })).numberMatched)} 个要素`);
  await dialog.getByRole('button', { name: '关闭' }).click();
  const first = row(page, 'doorplate').locator('.list button').first();
  const name = await first.locator('.title').textContent();
  await first.click();
  await expect(card(page).getByRole('heading')).toHaveText(name ?? '');
});

test('a township, and what lies around a plate, are counted as the API counts', async ({ page }) => {
  const one = await plate(page, 7);
  await open(page, at(one));
  await expect(card(page)).toBeVisible();
  await rail(page, '查询');
  await panel(page).getByRole('combobox', { name: '乡镇或村' }).fill('园林街道');
  await page.keyboard.press('Enter');
  const { numberMatched } = await items(page, 'doorplate', { division: '429005001' });
  await expect(row(page, 'doorplate').locator('.count')).toHaveText(inChinese(numberMatched));
  await expect(page.getByTestId('ask-answer').getByRole('heading')).toContainText('km²');
  await panel(page).getByLabel('距离（米）').fill('150');
  await panel(page).getByRole('button', { name: /^打开的要素/ }).click();
  const near = await matched(page, `distance_m(geometry, POINT(${one.geometry.coordinates.join(' ')})) <= 150`);
  await expect(row(page, 'doorplate').locator('.count')).toHaveText(inChinese(near));
  // A road is no point: what lies around it is asked by an area.
  await panel(page).getByRole('checkbox', { name: '包括未显示的图层' }).check();
  await expect(row(page, 'housing-unit')).toBeVisible();
  await panel(page).getByText('输入坐标').click();
  await panel(page).getByRole('textbox', { name: '输入坐标' }).fill('112.8 30.4\n112.9 30.4\n112.9');
  await panel(page).getByRole('button', { name: '使用' }).click();
  await expect(panel(page)).toContainText('每行“经度 纬度”');
  await panel(page).getByRole('textbox', { name: '输入坐标' }).fill('112.88 30.41\n112.90 30.41\n112.90 30.43');
  await panel(page).getByRole('button', { name: '使用' }).click();
  const triangle = await matched(page, 'S_INTERSECTS(geometry, POLYGON((112.88 30.41, 112.90 30.41, 112.90 30.43, 112.88 30.41)))');
  await expect(row(page, 'doorplate').locator('.count')).toHaveText(inChinese(triangle));
  // Opened elsewhere, the link asks the same.
  await expect(page).toHaveURL(/a=s~112.88,30.41,112.9,30.41,112.9,30.43/);
  const url = page.url();
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  await expect(row(page, 'doorplate').locator('.count')).toHaveText(inChinese(triangle));
  await panel(page).getByRole('button', { name: '清除范围' }).click();
  expect(page.url()).not.toContain('a=');
});

test('here is told what lies here, of every layer, in every system of coordinates', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const one = await plate(page, 9);
  await open(page, `${at(one).split('?')[0]}?l=water`);
  await rail(page, '查询');
  await panel(page).getByRole('tab', { name: '此处' }).click();
  const { x, y } = await pixel(page, one.geometry.coordinates);
  await page.mouse.click(x, y);
  const here = page.getByTestId('ask-here');
  await expect(panel(page).getByRole('region', { name: '门楼牌' })).toContainText(one.properties.address ?? '');
  await expect(panel(page).getByRole('region', { name: '村（社区）' })).toBeVisible();
  await expect(card(page)).toHaveCount(0);
  await expect(here).toContainText(/N49H\w{5}/);
  for (const code of [4547, 4526, 3857]) {
    const response = await page.request.get(`/collections/doorplate/items/${one.id}?crs=${encodeURIComponent(`http://www.opengis.net/def/crs/EPSG/0/${code}`)}`);
    const { geometry: { coordinates } } = await response.json() as { geometry: { coordinates: number[] } };
    const said = await here.locator('dt', { hasText: String(code) }).locator('xpath=following-sibling::dd[1]').innerText();
    const numbers = [...said.matchAll(/\d+\.\d+/g)].map(Number);
    // The click is a pixel from the plate at the most: a metre or two.
    numbers.forEach((number, axis) => expect(Math.abs(number - (coordinates[axis] ?? 0))).toBeLessThan(3));
    expect(numbers).toHaveLength(2);
  }
  await here.getByRole('button', { name: '复制 EPSG:4547' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^X 33\d{5}\.\d\d, Y 39\d{4}\.\d\d$/);
  await shot(page, 'here');
  // The map's own middle is asked by Enter.
  await page.locator('.maplibregl-canvas').first().focus();
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('region', { name: '门楼牌' })).toContainText(one.properties.address ?? '');
});

test('the nearest plates come with their distances, nearest first', async ({ page }) => {
  const one = await plate(page, 11);
  await open(page, `${at(one).split('?')[0]}`);
  await rail(page, '查询');
  await panel(page).getByRole('tab', { name: '最近' }).click();
  await panel(page).getByLabel('图层').selectOption({ value: 'doorplate' });
  await panel(page).getByRole('button', { name: '以地图中心为准' }).click();
  const list = page.getByTestId('ask-nearest');
  await expect(list.getByRole('button')).toHaveCount(5);
  const [lon, lat] = one.geometry.coordinates;
  const { features } = await items(page, 'doorplate', { filter: `distance_m(geometry, POINT(${lon} ${lat})) <= 3000`, limit: '10000' });
  const metres = features.map(({ geometry: { coordinates: [x, y] } }) => Math.hypot((x - lon) * 96_050, (y - lat) * 110_860)).sort((a, b) => a - b);
  const said = (await list.locator('.number').allTextContents()).map((text) => Number(text.replace(/[^\d.]/g, '')));
  // The link rounds the middle to a metre.
  said.forEach((number, nth) => expect(Math.abs(number - (metres[nth] ?? 0))).toBeLessThan(2));
  await expect(list.getByRole('button').first()).toContainText(one.properties.address ?? '');
});

test('lengths and areas are measured as the server measures them', async ({ page }) => {
  const { features: [building] } = await items(page, 'building', {});
  const { features: [road] } = await items(page, 'road', {});
  const measured = page.getByTestId('ask-measured');
  const numberOf = async (term: string): Promise<number> => Number((await measured.locator('dt', { hasText: term }).locator('xpath=following-sibling::dd[1]').innerText()).replace(/\s*m[\s\S]*/, '').replaceAll(',', ''));
  for (const [layer, feature, term, measure] of [['building', building, '面积', 'area_m2'], ['road', road, '长度', 'length_m']] as const) {
    await page.goto('about:blank');
    await open(page, `#14/30.42/112.89?s=${layer}~${feature?.id}`);
    await expect(card(page)).toBeVisible();
    await rail(page, '查询');
    await panel(page).getByRole('tab', { name: '量测' }).click();
    await panel(page).getByRole('button', { name: '量打开的要素' }).click();
    const size = await numberOf(term);
    expect(await matched(page, `id = ${feature?.id} AND ${measure}(geometry) BETWEEN ${size - 0.06} AND ${size + 0.06}`, layer)).toBe(1);
  }
  await page.goto('about:blank');
  await open(page, '#14/30.42/112.89');
  await rail(page, '查询');
  await panel(page).getByRole('tab', { name: '量测' }).click();
  await panel(page).getByRole('button', { name: '量长度' }).click();
  const middle = await pixel(page, [112.89, 30.42]);
  for (const [x, y] of [[-100, 0], [0, -80], [100, 0]] as const) {
    await page.mouse.move(middle.x + x, middle.y + y, { steps: 3 });
    await page.mouse.click(middle.x + x, middle.y + y);
    await page.waitForTimeout(300);
  }
  await expect(measured).toContainText('长度');
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('button', { name: '量长度' })).toHaveAttribute('aria-pressed', 'false');
  await expect(measured.locator('.segments li')).toHaveCount(2);
  await expect(card(page)).toHaveCount(0);
  // Escape ends a drawing, not the panel.
  await panel(page).getByRole('button', { name: '量面积' }).click();
  await page.keyboard.press('Escape');
  await expect(panel(page).getByRole('button', { name: '量面积' })).toHaveAttribute('aria-pressed', 'false');
  await expect(panel(page)).toBeVisible();
});

test('each panel passes axe, in light and dark', async ({ page }) => {
  for (const theme of ['light', 'dark']) {
    await page.goto('about:blank');
    await open(page, `#?t=${theme}&f=doorplate~${packed("status = 'damaged' OR number > 3")}`);
    await rail(page, '筛选');
    await expect(panel(page).getByRole('checkbox', { name: '损坏' })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await rail(page, '查询');
    for (const tab of ['范围', '最近', '此处', '量测']) {
      await panel(page).getByRole('tab', { name: tab }).click();
      if (tab === '范围') await panel(page).getByRole('button', { name: '当前视图' }).click();
      if (tab === '最近' || tab === '此处') await panel(page).getByRole('button', { name: '以地图中心为准' }).click();
      await page.waitForTimeout(600);
      expect(await violations(page)).toEqual([]);
    }
    await rail(page, '统计');
    await expect(page.getByTestId('statistics-bars')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await panel(page).getByRole('tab', { name: '表格' }).click();
    expect(await violations(page)).toEqual([]);
  }
});

test('English says all of it', async ({ page }) => {
  await open(page, `#?g=en&f=doorplate~${packed("status = 'damaged' AND number BETWEEN 1 AND 5")}`);
  await expect(page.getByRole('region', { name: 'Filters' })).toContainText('Status is Damaged and Number is between 1 and 5');
  for (const name of ['Filter', 'Query', 'Statistics']) {
    await page.getByRole('navigation').getByRole('button', { name, exact: true }).click();
    await expect(panel(page).getByRole('heading', { level: 2 })).toHaveText(name);
    await page.waitForTimeout(800);
    // Names of divisions are Chinese in any language; what the page says is not.
    const words = await panel(page).locator('label, legend, summary, .caption, [role="tab"], .actions button').evaluateAll((nodes) => nodes.map((node) => {
      const copy = node.cloneNode(true) as HTMLElement;
      for (const list of copy.querySelectorAll('select')) list.remove();
      return copy.textContent ?? '';
    }));
    for (const word of words) expect(word).not.toMatch(/\p{Script=Han}/u);
    await shot(page, name);
  }
});

test('on a phone a filter is made and statistics are read, and nothing is cut off', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, locale: 'zh-CN' });
  const page = await context.newPage();
  await page.goto('/#12/30.42/112.89');
  await page.locator('[data-testid="map"][data-idle="true"]').waitFor({ timeout: 12_000 });
  await rail(page, '筛选');
  await panel(page).getByLabel('图层').selectOption({ value: 'doorplate' });
  await panel(page).getByRole('button', { name: '＋ 条件', exact: true }).tap();
  await panel(page).getByLabel('属性').selectOption({ label: '状态' });
  await panel(page).getByRole('checkbox', { name: '损坏' }).check();
  await expect(counted(page)).toContainText('符合');
  await panel(page).getByRole('button', { name: '应用' }).tap();
  await expect(chips(page)).toContainText('状态 为 损坏');
  expect(await low(page)).toEqual([]);
  await shot(page, 'phone-filter');
  await rail(page, '统计');
  await expect(page.getByTestId('statistics-bars').getByRole('listitem').first()).toBeVisible();
  expect(await low(page)).toEqual([]);
  await shot(page, 'phone-statistics');
  await rail(page, '查询');
  await panel(page).getByRole('tab', { name: '此处' }).tap();
  const map = (await page.getByTestId('map').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.touchscreen.tap(map.x + 120, map.y + 80);
  await expect(page.getByTestId('ask-here')).toContainText('EPSG:4547');
  expect(await low(page)).toEqual([]);
  await shot(page, 'phone-here');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  for (const button of await panel(page).getByRole('button').all()) {
    const box = await button.boundingBox();
    if (box && box.height > 0) expect(box.x + box.width).toBeLessThanOrEqual(390);
  }
  await context.close();
});
