import { expect, type Page, test } from '@playwright/test';
import { bar, card, EDITOR, form, open, pixel, pixels, plate, shot, signIn, violations } from './support';

/** The ring around what is selected. */
const RING = [0xc2, 0x18, 0x5b] as const;
const table = (page: Page) => page.getByTestId('table');
const count = (page: Page) => page.getByTestId('table-count');
const row = (page: Page, index: number) => page.locator(`#table-row-${index}`);
const number = (text: string): number => Number(text.replace(/[^\d]/g, ''));
const tick = (page: Page, index: number) => row(page, index).getByRole('checkbox').click();

interface Items { features: { id: number; properties: Record<string, string | number> }[]; numberMatched: number }
const items = async (page: Page, layer: string, query: Record<string, string>): Promise<Items> =>
  (await page.request.get(`/collections/${layer}/items?${new URLSearchParams(query)}`)).json();

/** Opens the table of a layer as people do: from its row in the tree. */
async function openTable(page: Page, layer: string): Promise<void> {
  await page.getByRole('button', { name: `详情 ${layer}`, exact: true }).click();
  await page.getByRole('button', { name: `属性表：${layer}`, exact: true }).click();
  await expect(row(page, 0).getByRole('checkbox')).toBeVisible();
}

/** A view with some hundred plates, none of them gathered. */
async function town(page: Page): Promise<string> {
  const [lon, lat] = (await plate(page, 40)).geometry.coordinates;
  return `#15/${lat}/${lon}`;
}

test('the table lists a whole layer in its own columns, and only in view what the API counts there', async ({ page }) => {
  const { errors, foreign } = await open(page, await town(page));
  await openTable(page, '门楼牌');
  const { numberMatched } = await items(page, 'doorplate', { limit: '1' });
  await expect(count(page)).toHaveText(`${new Intl.NumberFormat('zh-CN').format(numberMatched)} 条`);
  await expect(table(page).getByRole('columnheader', { name: /^门牌号/ })).toBeVisible();
  await expect(table(page).getByRole('columnheader', { name: '绘制优先级' })).toHaveCount(0);
  // The table makes the map smaller: the box that it asked for last is that of the view.
  let bbox = '';
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/collections/doorplate/items') bbox = url.searchParams.get('bbox') ?? bbox;
  });
  const here = async (): Promise<number> => (bbox === '' ? -1 : (await items(page, 'doorplate', { limit: '1', bbox })).numberMatched);
  const listed = async (): Promise<number> => number(await count(page).innerText());
  /** The map is as large as it is to be, and the table asks for nothing new. */
  const settled = async (): Promise<boolean> => {
    const was = bbox;
    await page.waitForTimeout(500);
    return bbox !== '' && bbox === was;
  };
  await page.getByRole('switch', { name: '仅视图内' }).click();
  await expect.poll(settled).toBe(true);
  await expect.poll(async () => (await listed()) === (await here())).toBe(true);
  const inView = await listed();
  expect(inView).toBeGreaterThan(5);
  expect(inView).toBeLessThan(numberMatched);
  // Another view has other rows.
  const before = bbox;
  await page.getByRole('button', { name: '缩小' }).click();
  await expect.poll(() => bbox).not.toBe(before);
  await expect.poll(settled).toBe(true);
  await expect.poll(async () => (await listed()) === (await here())).toBe(true);
  expect(await listed()).toBeGreaterThan(inView);
  await shot(page, 'table');
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
  expect(foreign).toEqual([]);
});

test('a header sorts, says so, and the link brings order, filter and table back', async ({ page }) => {
  await open(page);
  await openTable(page, '门楼牌');
  const head = table(page).getByRole('columnheader', { name: /^门牌号/ });
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'ascending');
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  const { features: [greatest] } = await items(page, 'doorplate', { limit: '1', sortby: '-number' });
  await expect(row(page, 0)).toContainText(String(greatest?.properties.code));
  await table(page).getByLabel('筛选 状态').selectOption({ label: '损坏' });
  await table(page).getByLabel('筛选 门牌号').fill('>= 20');
  const { numberMatched } = await items(page, 'doorplate', { limit: '1', filter: "status = 'damaged' AND number >= 20" });
  await expect.poll(async () => number(await count(page).innerText())).toBe(numberMatched);
  await expect(page).toHaveURL(/tb=doorplate~~-number~(number|status)/);
  const url = page.url();
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  await expect.poll(async () => number(await count(page).innerText())).toBe(numberMatched);
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  expect(page.url()).toBe(url);
  await table(page).getByLabel('筛选 门牌号').fill('二十');
  await expect(table(page).getByRole('alert')).toContainText('无法读取');
  await page.getByRole('button', { name: '清除筛选' }).click();
  await expect.poll(async () => number(await count(page).innerText())).toBe((await items(page, 'doorplate', { limit: '1' })).numberMatched);
});

test('the table holds to the filter of its layer and to the classes that the legend hides, and says so', async ({ page }) => {
  const condition = 'number < 20';
  await open(page, `#?f=doorplate~${btoa(condition).replace(/=+$/, '')}`);
  await openTable(page, '门楼牌');
  const filtered = await items(page, 'doorplate', { limit: '1', filter: condition });
  await expect.poll(async () => number(await count(page).innerText())).toBe(filtered.numberMatched);
  await page.getByRole('checkbox', { name: '门楼牌：在挂' }).uncheck();
  const left = await items(page, 'doorplate', { limit: '1', filter: `${condition} AND status <> 'mounted'` });
  expect(left.numberMatched).toBeGreaterThan(0);
  await expect.poll(async () => number(await count(page).innerText())).toBe(left.numberMatched);
  await expect(table(page)).toContainText('图例中关闭的 1 类不列出');
});

test('rows that are selected are ringed on the map, counted, copied, and kept while the map moves; the link names them', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, await town(page));
  await openTable(page, '门楼牌');
  await page.getByRole('switch', { name: '仅视图内' }).click();
  await expect(row(page, 3)).toBeVisible();
  await page.waitForTimeout(800);
  const before = await pixels(page, RING);
  await tick(page, 0);
  await tick(page, 1);
  await row(page, 3).click({ modifiers: ['Shift'], position: { x: 200, y: 10 } });
  await expect(page.getByTestId('table-selected')).toContainText('已选 4');
  await expect(row(page, 2)).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByTestId('selected')).toContainText('已选 4 个');
  await page.getByTestId('selected').getByRole('button', { name: '缩放至所选' }).click();
  await expect.poll(() => pixels(page, RING)).toBeGreaterThan(before + 60);
  await shot(page, 'selected');
  expect(await violations(page)).toEqual([]);
  await table(page).getByRole('button', { name: '复制' }).click();
  await expect(table(page)).toContainText('已复制 4 行');
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n').map((line) => line.split('\t'));
  expect(copied.length).toBe(5);
  expect(copied[0]?.[0]).toBe('门楼牌编码');
  expect(copied.every((line) => line.length === copied[0]?.length)).toBe(true);
  await page.getByRole('button', { name: '缩小' }).click();
  await page.waitForTimeout(800);
  expect(await pixels(page, RING)).toBeGreaterThan(before + 60);
  await expect(page).toHaveURL(/s=doorplate~\d+~\d+~\d+~\d+/);
  const url = page.url();
  await page.goto('about:blank');
  await open(page, url.slice(url.indexOf('#')));
  await expect(page.getByTestId('selected')).toContainText('已选 4 个');
  await expect.poll(() => pixels(page, RING)).toBeGreaterThan(before + 60);
  // Escape: first what is selected, then the table, then the panel.
  await page.locator('.maplibregl-canvas').first().focus();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('selected')).toHaveCount(0);
  await expect(table(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(table(page)).toHaveCount(0);
  await expect(page.locator('#panel')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('#panel')).toHaveCount(0);
});

test('all that the table lists is selected up to a bound that is said, and let go again', async ({ page }) => {
  await open(page);
  await openTable(page, '门楼牌');
  const all = table(page).getByRole('checkbox', { name: '选中表中全部' });
  await all.click();
  await expect(page.getByTestId('table-selected')).toContainText('已选 500');
  await expect(table(page)).toContainText('一次最多选 500 个');
  await expect(page.getByTestId('selected')).toContainText('不写入链接');
  await expect(page).not.toHaveURL(/[?&]s=/);
  await table(page).getByRole('button', { name: '取消选择' }).click();
  await expect(page.getByTestId('table-selected')).toHaveCount(0);
  await table(page).getByLabel('筛选 状态').selectOption({ label: '丢失' });
  const { numberMatched } = await items(page, 'doorplate', { limit: '1', filter: "status = 'missing'" });
  await expect.poll(async () => number(await count(page).innerText())).toBe(numberMatched);
  await all.click();
  await expect(page.getByTestId('table-selected')).toContainText(`已选 ${numberMatched}`);
  await expect(all).toBeChecked();
  await expect(table(page)).not.toContainText('一次最多选');
  await page.getByRole('switch', { name: '仅已选' }).click();
  await expect(row(page, 0)).toBeVisible();
  expect(number(await count(page).innerText())).toBe(numberMatched);
  await all.click();
  await expect(page.getByTestId('table-selected')).toHaveCount(0);
  await expect(all).not.toBeChecked();
});

test('the map selects, too: with Ctrl, with a box, with the tool; the table shows the row', async ({ page }) => {
  const [one, other] = [await plate(page, 0), await plate(page, 2)];
  const [lon, lat] = one.geometry.coordinates;
  await open(page, `#18/${lat}/${lon}?l=doorplate`);
  await page.keyboard.press('t');
  await expect(row(page, 0)).toBeVisible();
  await page.waitForTimeout(600);
  const first = await pixel(page, one.geometry.coordinates);
  await page.mouse.click(first.x, first.y);
  await expect(card(page)).toContainText(one.properties.code ?? '');
  const at = await pixel(page, other.geometry.coordinates);
  await page.keyboard.down('Control');
  await page.mouse.click(at.x, at.y);
  await page.keyboard.up('Control');
  await expect(page.getByTestId('selected')).toContainText('已选 2 个');
  await expect(table(page).getByRole('row', { selected: true }).first()).toBeVisible();
  const box = await page.getByTestId('map').boundingBox();
  const bbox = async (from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await page.mouse.up();
  };
  const [left, top, right, bottom] = [(box?.x ?? 0) + 4, (box?.y ?? 0) + 4, (box?.x ?? 0) + (box?.width ?? 0) - 400, (box?.y ?? 0) + (box?.height ?? 0) - 30];
  await page.getByTestId('selected').getByRole('button', { name: '取消选择' }).last().click();
  const asked = page.waitForRequest((request) => request.url().includes('S_INTERSECTS'));
  await page.keyboard.down('Shift');
  await bbox({ x: left, y: top }, { x: right, y: bottom });
  await page.keyboard.up('Shift');
  const { numberMatched } = await (await page.request.get((await asked).url())).json() as Items;
  expect(numberMatched).toBeGreaterThan(2);
  await expect(page.getByTestId('table-selected')).toContainText(`已选 ${numberMatched}`);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('table-selected')).toHaveCount(0);
  // The tool, and Escape before it is used.
  await page.getByRole('button', { name: '框选' }).click();
  await expect(page.getByText('在地图上拖出一个框')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('在地图上拖出一个框')).toHaveCount(0);
  await page.getByRole('button', { name: '框选' }).click();
  await bbox({ x: left, y: top }, { x: right, y: bottom });
  await expect(page.getByTestId('table-selected')).toContainText(`已选 ${numberMatched}`);
  // What the pointer is over on the map is marked in the table.
  const { x, y } = await pixel(page, one.geometry.coordinates);
  await page.mouse.move(x, y);
  await page.getByRole('switch', { name: '仅已选' }).click();
  await page.mouse.move(x + 1, y);
  await expect(table(page).locator('.pointed')).toHaveCount(1);
});

test('what is selected is changed as one change set, and taken back', async ({ page }) => {
  await open(page, await town(page));
  await signIn(page, EDITOR);
  await openTable(page, '门楼牌');
  await table(page).getByLabel('筛选 状态').selectOption({ label: '在挂' });
  await expect(row(page, 2)).toContainText('在挂');
  await page.waitForTimeout(500);
  const codes = await Promise.all([0, 1, 2].map(async (index) => /\d{25}/.exec(await row(page, index).innerText())?.[0] ?? ''));
  for (const index of [0, 1, 2]) await tick(page, index);
  await table(page).getByRole('button', { name: '修改 3 个' }).click();
  await expect(form(page)).toContainText('已选 3 个');
  await form(page).getByRole('checkbox', { name: '修改 状态' }).check();
  await form(page).getByLabel('状态', { exact: true }).selectOption({ label: '损坏' });
  await form(page).getByLabel('修改原因').fill('属性表批量');
  await form(page).getByRole('button', { name: '修改 3 个要素' }).click();
  await expect(bar(page)).toContainText('已修改 3 个要素');
  const read = async (): Promise<string[]> => Promise.all(codes.map(async (code) => (await (await page.request.get(`/collections/doorplate/items/${code}`)).json()).properties.status));
  expect(await read()).toEqual(['damaged', 'damaged', 'damaged']);
  // The rows that no longer meet the filter go, without anybody asking.
  await expect(table(page)).not.toContainText(codes[0] ?? '');
  await expect(page.getByTestId('table-selected')).toContainText('已选 3');
  const { changesets } = await (await page.request.get('/changesets?limit=1')).json();
  expect(changesets[0]).toMatchObject({ reason: '属性表批量', counts: [{ layer: 'doorplate', kind: 'updated', count: 3 }] });
  await bar(page).getByRole('button', { name: '撤销' }).click();
  await expect(bar(page)).toContainText('已撤销');
  expect(await read()).toEqual(['mounted', 'mounted', 'mounted']);
  await expect(table(page)).toContainText(codes[0] ?? '');
});

test('somebody else was faster: each line says who changed what, and the rest or all can be saved', async ({ page }) => {
  await open(page, await town(page));
  await signIn(page, EDITOR);
  await openTable(page, '门楼牌');
  await table(page).getByLabel('筛选 状态').selectOption({ label: '在挂' });
  await expect(row(page, 8)).toContainText('在挂');
  await page.waitForTimeout(500);
  for (const index of [6, 7, 8]) await tick(page, index);
  const ids = /s=doorplate~([\d~]+)/.exec(page.url())?.[1]?.split('~') ?? [];
  expect(ids.length).toBe(3);
  await table(page).getByRole('button', { name: '修改 3 个' }).click();
  await expect(form(page)).toContainText('已选 3 个');
  const [mine, theirs] = [`我的街 ${Date.now()}`, `先行街 ${Date.now()}`];
  const token = process.env.PLATBOOK_TOKEN ?? '';
  const faster = await page.request.patch(`/collections/doorplate/items/${ids[1]}`, {
    data: JSON.stringify({ properties: { street: theirs } }), headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/merge-patch+json' },
  });
  expect(faster.ok(), await faster.text()).toBe(true);
  await form(page).getByRole('checkbox', { name: '修改 街路巷' }).check();
  await form(page).getByLabel('街路巷', { exact: true }).fill(mine);
  await form(page).getByRole('button', { name: '修改 3 个要素' }).click();
  await expect(form(page).getByRole('alert')).toContainText('1 个要素未能修改');
  await expect(form(page).getByRole('alert')).toContainText('刚修改了街路巷');
  await shot(page, 'conflicts');
  await form(page).getByRole('button', { name: '跳过这些，保存其余' }).click();
  await expect(bar(page)).toContainText('已修改 2 个要素');
  const street = async (id: string): Promise<string> => (await (await page.request.get(`/collections/doorplate/items/${id}`)).json()).properties.street;
  expect(await Promise.all(ids.map(street))).toEqual([mine, theirs, mine]);
});

test('all rows are scrolled through, and the page stays as small as before', async ({ page }) => {
  await open(page);
  await openTable(page, '门楼牌');
  const { numberMatched } = await items(page, 'doorplate', { limit: '1' });
  const grid = table(page).getByRole('grid');
  await expect(grid).toHaveAttribute('aria-rowcount', String(numberMatched + 2));
  const rows = table(page).locator('[role="row"]');
  let most = 0;
  for (let part = 0; part <= 20; part += 1) {
    await grid.evaluate((element, share) => { element.scrollTop = share * (element.scrollHeight - element.clientHeight); }, part / 20);
    await page.waitForTimeout(60);
    most = Math.max(most, await rows.count());
  }
  expect(most).toBeLessThan(40);
  await expect(row(page, numberMatched - 1)).toBeVisible();
  await expect(row(page, numberMatched - 1).getByRole('checkbox')).toBeVisible();
});

test('a hundred thousand rows come page by page; the last is reached by a key', async ({ page }) => {
  const TOTAL = 100_000;
  await page.route(/\/collections\/doorplate\/items\?/, async (route) => {
    const asked = new URL(route.request().url());
    const [from, limit] = [Number(asked.searchParams.get('cursor') ?? 0), Number(asked.searchParams.get('limit'))];
    const until = Math.min(TOTAL, from + limit);
    const features = Array.from({ length: until - from }, (_, at) => ({ id: from + at + 1, geometry: { type: 'Point', coordinates: [112.9, 30.4] }, properties: { code: `P${from + at + 1}`, address: `第 ${from + at + 1} 号` } }));
    asked.searchParams.set('cursor', String(until));
    await route.fulfill({ json: { features, numberMatched: TOTAL, links: until < TOTAL ? [{ rel: 'next', href: asked.href }] : [] } });
  });
  await open(page);
  await openTable(page, '门楼牌');
  await expect(count(page)).toHaveText('100,000 条');
  const grid = table(page).getByRole('grid');
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await expect(grid).toHaveAttribute('aria-activedescendant', 'table-row-0');
  await page.keyboard.press('End');
  await expect(row(page, TOTAL - 1)).toContainText('第 100000 号', { timeout: 20_000 });
  await expect(grid).toHaveAttribute('aria-activedescendant', `table-row-${TOTAL - 1}`);
  expect(await table(page).locator('[role="row"]').count()).toBeLessThan(40);
  await page.keyboard.press('Space');
  await expect(page.getByTestId('table-selected')).toContainText('已选 1');
});

test('the drawer and its columns are arranged by keys, and stay so', async ({ page }) => {
  await open(page);
  await openTable(page, '门楼牌');
  const grip = page.getByRole('separator', { name: '属性表高度' });
  const before = (await table(page).boundingBox())?.height ?? 0;
  await grip.focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowUp');
  expect((await table(page).boundingBox())?.height).toBe(before + 72);
  const edge = page.getByRole('separator', { name: '门楼牌编码：列宽' });
  const width = Number(await edge.getAttribute('aria-valuenow'));
  await edge.focus();
  await page.keyboard.press('ArrowRight');
  await expect(edge).toHaveAttribute('aria-valuenow', String(width + 16));
  await table(page).getByRole('button', { name: '列', exact: true }).click();
  await page.getByRole('group', { name: '列', exact: true }).getByLabel('牌型').uncheck();
  await expect(table(page).getByRole('columnheader', { name: '牌型' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(table(page)).toBeVisible();
  await page.reload();
  await expect(edge).toHaveAttribute('aria-valuenow', String(width + 16));
  await expect(table(page).getByRole('columnheader', { name: '牌型' })).toHaveCount(0);
  expect((await table(page).boundingBox())?.height).toBe(before + 72);
});

test('counts that are hidden are said to be, in the table as in the card', async ({ page }) => {
  await page.route(/\/collections\/population\/items[?/]/, async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    delete (body.features?.[0] ?? body).properties.persons;
    await route.fulfill({ response: answer, json: body });
  });
  await open(page);
  await openTable(page, '实有人口（仅汇总）');
  await expect(row(page, 0)).toContainText('已隐藏');
  await expect(row(page, 1)).not.toContainText('已隐藏');
  await expect(table(page)).toContainText('少于 10 的统计');
  await row(page, 0).click({ position: { x: 200, y: 10 } });
  await expect(card(page)).toContainText('已隐藏（少于 10 的统计');
});

test('a selection and what the table lists are taken out as files', async ({ page }) => {
  await open(page);
  await openTable(page, '村（社区）');
  await tick(page, 0);
  await tick(page, 1);
  await table(page).getByRole('button', { name: '导出' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('radio', { name: '已选 2 个' })).toBeChecked();
  await expect(dialog).toContainText('将导出 2 个要素');
  await dialog.getByLabel('格式').selectOption('csv');
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: '下载' }).click();
  const file = await (await download).path();
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(file, 'utf8').trim().split('\n').length).toBe(3);
});

test('tabs of a card are walked by arrow keys; related and nearby features are gone to', async ({ page }) => {
  const { features: [link] } = await items(page, 'network-link', { limit: '1' });
  await open(page, `?s=network-link~${link?.id}`.replace(/^/, '#'));
  await expect(card(page).getByTestId('status')).toContainText('达标');
  await expect(card(page).getByTestId('facts').locator('dt')).toHaveCount(4);
  await card(page).getByRole('tab', { name: '属性' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(card(page).getByTestId('versions')).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(card(page).getByRole('tab', { name: '关联' })).toBeFocused();
  const from = card(page).getByRole('region', { name: '网络节点（按起点）' });
  const { features: [node] } = await items(page, 'network-node', { filter: `code = '${link?.properties.from_node}'` });
  await expect(from.getByRole('listitem')).toHaveText([String(node?.properties.name)]);
  expect(await violations(page)).toEqual([]);
  await shot(page, 'related');
  await from.getByRole('button').click();
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(String(node?.properties.name));
  await expect(card(page).getByRole('heading', { level: 2 })).toBeFocused();
  // The other way round: the links of the node, exactly those that name it.
  const links = await items(page, 'network-link', { limit: '10', filter: `from_node = '${node?.properties.code}'` });
  await expect(card(page).getByRole('region', { name: '网络链路（按起点）' }).getByRole('listitem')).toHaveCount(links.features.length);
  await card(page).getByRole('tab', { name: '附近' }).click();
  await expect(card(page)).toContainText('从此点量起，各显示图层 10 公里内最近的 3 个');
  const near = card(page).getByRole('region', { name: /^道路与桥梁/ });
  const first = near.getByRole('listitem').first();
  await expect(first).toContainText(/ m|km|在其内|同一处/);
  await shot(page, 'nearby');
  expect(await violations(page)).toEqual([]);
  const name = await first.locator('.title').innerText();
  await first.getByRole('button').click();
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(name);
});

test('what is nearest is nearest: no feature of the layer lies nearer than the first that is listed', async ({ page }) => {
  const one = await plate(page, 0);
  const [lon, lat] = one.geometry.coordinates;
  await open(page, `#17/${lat}/${lon}?s=doorplate~${one.id}`);
  await card(page).getByRole('tab', { name: '附近' }).click();
  const written = await card(page).getByRole('region', { name: /^门楼牌/ }).getByRole('listitem').first().innerText();
  const metres = Number(/(\d+) m$/.exec(written)?.[1]);
  expect(metres).toBeGreaterThan(1);
  const at = `distance_m(geometry, POINT(${lon} ${lat}))`;
  const nearer = await items(page, 'doorplate', { limit: '1', filter: `${at} < ${metres - 1} AND id <> ${one.id}` });
  const asFar = await items(page, 'doorplate', { limit: '1', filter: `${at} <= ${metres + 1} AND id <> ${one.id}` });
  expect([nearer.numberMatched, asFar.numberMatched > 0]).toEqual([0, true]);
});

test('features in view are selected by keyboard, one by one and all', async ({ page }) => {
  await open(page, `${await town(page)}?l=doorplate`);
  await page.getByRole('button', { name: '视图内要素' }).click();
  const list = page.locator('#panel .list');
  await list.getByRole('checkbox').first().focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect(page.getByTestId('selected')).toContainText('已选 2 个');
  await expect(list.getByRole('checkbox').nth(1)).toBeChecked();
  await page.getByRole('button', { name: '选中列出的全部' }).click();
  const listed = await list.getByRole('checkbox').count();
  await expect(page.getByTestId('selected').getByRole('heading', { level: 2 })).toHaveText(`已选 ${listed} 个`);
  expect(await violations(page)).toEqual([]);
});

test('on a phone the table is a sheet; a row opens its card, and back is the table', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, baseURL: test.info().project.use.baseURL });
  const page = await context.newPage();
  await open(page, '#?tb=doorplate');
  await expect(row(page, 0)).toBeVisible();
  const box = await table(page).boundingBox();
  expect(box?.width).toBe(390);
  await shot(page, 'phone');
  expect(await violations(page)).toEqual([]);
  await row(page, 1).locator('[role="gridcell"]').nth(2).tap();
  await expect(card(page)).toBeVisible();
  await expect(table(page)).toHaveCount(0);
  await card(page).getByRole('button', { name: '返回属性表' }).tap();
  await expect(table(page)).toBeVisible();
  await tick(page, 2);
  await expect(page.getByTestId('table-selected')).toContainText('已选');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await context.close();
});

test('English and dark', async ({ page }) => {
  const one = await plate(page, 40);
  await page.goto('/?lang=en&theme=dark');
  await page.goto(`/?lang=en&theme=dark#16/${one.geometry.coordinates[1]}/${one.geometry.coordinates[0]}?s=doorplate~${one.id}&tb=doorplate~v`);
  await page.locator('[data-testid="map"][data-idle="true"]').waitFor();
  await expect(page.getByRole('switch', { name: 'Only in view' })).toBeChecked();
  await expect(count(page)).toContainText('rows');
  await card(page).getByRole('tab', { name: 'Nearby' }).click();
  await expect(card(page)).toContainText('Measured from this point');
  await shot(page, 'dark-en');
  expect(await violations(page)).toEqual([]);
});
