import { type Browser, expect, type Page, test } from '@playwright/test';
import { at, bar, card, COLLEAGUE, edit, EDITOR, form, open, pixel, plate, setStatus, shot, signIn, violations } from './support';

/** A page of somebody else, at another machine as far as the server knows. */
async function another(browser: Browser, hash: string, name: string | null): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'zh-CN', viewport: { width: 1440, height: 900 }, baseURL: test.info().project.use.baseURL })).newPage();
  await open(page, hash);
  if (name) await signIn(page, name);
  return page;
}

async function drag(page: Page, from: { x: number; y: number }, dx: number, dy: number): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + dx / 2, from.y + dy / 2, { steps: 5 });
  await page.mouse.move(from.x + dx, from.y + dy, { steps: 5 });
  await page.mouse.up();
}

test('a status that is edited is right on another open map, without loading it again', async ({ page, browser }) => {
  const one = await plate(page, 0);
  const theirs = await another(browser, at(one), null);
  await expect(card(theirs)).toContainText(one.properties.address ?? '');
  const { errors, foreign } = await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  await form(page).getByLabel('修改原因').fill('现场核实');
  expect(await violations(page)).toEqual([]);
  const tile = theirs.waitForResponse((response) => response.url().includes('/tiles/doorplate/16/') && response.ok());
  await setStatus(page, '丢失');
  await expect(bar(page)).toContainText('已保存');
  await shot(page, 'saved');
  await expect(card(theirs)).toContainText('丢失');
  await tile;
  await expect(theirs.getByTestId('connection')).toContainText('实时');
  await theirs.getByRole('button', { name: /^动态/ }).click();
  const entry = theirs.getByTestId('activity').getByRole('button').first();
  await expect(entry).toContainText('门楼牌 修改 1');
  await expect(entry).toContainText('现场核实');
  await shot(theirs, 'activity');
  expect(await violations(theirs)).toEqual([]);
  await theirs.getByRole('button', { name: '回到全市' }).click();
  await entry.click();
  await expect(theirs).toHaveURL(/#1[67]/);
  expect(errors).toEqual([]);
  expect(foreign).toEqual([]);
});

test('two change one field: mine, theirs and before stand side by side, and the choice is saved upon theirs', async ({ page, browser }) => {
  const one = await plate(page, 1);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  const theirs = await another(browser, at(one), COLLEAGUE);
  await edit(theirs);
  await form(page).getByLabel('门牌号').fill('77');
  await form(page).getByLabel('坐标：').fill(`${one.geometry.coordinates[0] + 0.0001} ${one.geometry.coordinates[1]}`);
  await form(page).getByLabel('街路巷').click();
  await form(theirs).getByLabel('街路巷').fill('合并街');
  await form(theirs).getByLabel('坐标：').fill(`${one.geometry.coordinates[0]} ${one.geometry.coordinates[1] + 0.0001}`);
  await setStatus(theirs, '损坏');
  await expect(bar(theirs)).toContainText('已保存');
  await expect(form(page)).toContainText(`${COLLEAGUE} 刚刚修改了此要素`);
  await setStatus(page, '丢失');
  const dialog = page.getByTestId('conflict');
  await expect(dialog).toContainText(COLLEAGUE);
  const row = dialog.getByRole('row', { name: /状态/ });
  await expect(row).toContainText('丢失');
  await expect(row).toContainText('损坏');
  await expect(dialog.getByRole('button', { name: '按选择保存' })).toBeDisabled();
  await page.waitForTimeout(1200);
  await shot(page, 'conflict');
  expect(await violations(page)).toEqual([]);
  await row.getByRole('radio', { name: /我的/ }).check();
  await dialog.getByRole('row', { name: /^位置/ }).getByRole('radio', { name: /对方的/ }).check();
  await dialog.getByRole('button', { name: '按选择保存' }).click();
  await expect(bar(page)).toContainText(`版本 ${one.version + 2}`);
  const now = await (await page.request.get(`/collections/doorplate/items/${one.id}`)).json();
  expect(now.properties).toMatchObject({ status: 'missing', number: 77, street: '合并街' });
  expect(now.geometry.coordinates[1]).toBeCloseTo(one.geometry.coordinates[1] + 0.0001, 6);
});

test('changes that do not touch each other are merged, and that is said', async ({ page, browser }) => {
  const one = await plate(page, 2);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  await form(page).getByLabel('门牌号').fill('88');
  const theirs = await another(browser, at(one), COLLEAGUE);
  await edit(theirs);
  await setStatus(theirs, '损坏');
  await expect(bar(theirs)).toContainText('已保存');
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(bar(page)).toContainText(`已与 ${COLLEAGUE} 的版本 ${one.version + 1} 合并`);
  const now = await (await page.request.get(`/collections/doorplate/items/${one.id}`)).json();
  expect(now.properties).toMatchObject({ status: 'damaged', number: 88 });
});

test('history tells who changed what, and an old version is restored', async ({ page }) => {
  const one = await plate(page, 3);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  await setStatus(page, '丢失');
  await expect(bar(page)).toContainText('已保存');
  await bar(page).getByRole('button', { name: '完成' }).click();
  await page.goto('about:blank');
  await open(page, at(one));
  await card(page).getByRole('tab', { name: '历史' }).click();
  const newest = page.getByTestId('versions').getByRole('listitem').first();
  await expect(newest).toContainText(EDITOR);
  await expect(newest.locator('ins')).toHaveText('丢失');
  await shot(page, 'history');
  expect(await violations(page)).toEqual([]);
  await card(page).getByRole('button', { name: `恢复到此版本：版本 ${one.version}` }).click();
  await expect(newest).toContainText(`版本 ${one.version + 2}`);
  await expect(newest).toContainText(`恢复到版本 ${one.version}`);
  const now = await (await page.request.get(`/collections/doorplate/items/${one.id}`)).json();
  expect(now.properties).toEqual(one.properties);
});

test('a plate is moved by hand, and taken back with Ctrl+Z', async ({ page }) => {
  const one = await plate(page, 4);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  await drag(page, await pixel(page, one.geometry.coordinates), 40, 30);
  await expect(form(page).getByRole('button', { name: '保存' })).toBeEnabled();
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(bar(page)).toContainText('已保存');
  const read = async () => (await (await page.request.get(`/collections/doorplate/items/${one.id}`)).json()).geometry.coordinates;
  expect((await read())[0]).toBeGreaterThan(one.geometry.coordinates[0]);
  await page.keyboard.press('Control+z');
  await expect(bar(page)).toContainText('已撤销');
  expect(await read()).toEqual(one.geometry.coordinates);
});

test('a new plate: what is wrong stands at its field, what is odd is told after saving; then it is deleted', async ({ page }) => {
  const one = await plate(page, 5);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await page.getByRole('button', { name: '编辑', exact: true }).first().click();
  await bar(page).getByLabel('编辑图层').selectOption({ label: '门楼牌' });
  await bar(page).getByRole('button', { name: '在地图中心新增' }).click();
  await form(page).getByLabel('门楼牌编码').fill('12');
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(form(page).getByText('格式不符')).toBeVisible();
  await expect(form(page).getByLabel('标准地址')).toHaveAttribute('aria-invalid', 'true');
  await form(page).getByLabel('门楼牌编码').fill(one.properties.code ?? '');
  await form(page).getByLabel('标准地址').fill('新牌地址');
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(form(page).getByText('请改正后再保存')).toBeVisible();
  await shot(page, 'faults');
  expect(await violations(page)).toEqual([]);
  // A free number in the same street, with its check digits (MOD 97-10).
  const free = `${(one.properties.code ?? '').slice(0, 17)}9${String(Date.now()).slice(-5)}`;
  await form(page).getByLabel('门楼牌编码').fill(`${free}${String(98n - ((BigInt(free) * 100n) % 97n)).padStart(2, '0')}`);
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(bar(page)).toContainText('已保存 新牌地址');
  await expect(bar(page)).toContainText('已保存，请留意');
  await shot(page, 'warnings');
  const { x, y } = await pixel(page, one.geometry.coordinates);
  await page.waitForTimeout(800);
  await page.mouse.click(x, y);
  await expect(form(page)).toBeVisible();
  page.on('dialog', (asked) => asked.accept());
  await form(page).getByRole('button', { name: '删除' }).click();
  await expect(bar(page)).toContainText('已删除');
  await bar(page).getByRole('button', { name: /撤销/ }).click();
  await expect(bar(page)).toContainText('已撤销');
});

test('several are chosen with a box and changed as one change set', async ({ page }) => {
  const one = await plate(page, 0);
  await open(page, at(one, 18));
  await signIn(page, EDITOR);
  await page.getByRole('button', { name: '编辑', exact: true }).first().click();
  await bar(page).getByLabel('编辑图层').selectOption({ label: '门楼牌' });
  const { x, y } = await pixel(page, one.geometry.coordinates);
  await page.keyboard.down('Shift');
  await drag(page, { x: x - 20, y: y - 20 }, 120, 60);
  await page.keyboard.up('Shift');
  await expect(form(page).getByRole('heading')).toHaveText(/已选 [2-9] 个/);
  const count = Number(/\d+/.exec((await form(page).getByRole('heading').textContent()) ?? '')?.[0]);
  await form(page).getByRole('checkbox', { name: '修改 安装日期' }).check();
  await form(page).getByLabel('安装日期', { exact: true }).fill('2026-06-30');
  await form(page).getByLabel('修改原因').fill('批量补录');
  await shot(page, 'many');
  expect(await violations(page)).toEqual([]);
  await form(page).getByRole('button', { name: `修改 ${count} 个要素` }).click();
  await expect(bar(page)).toContainText(`已修改 ${count} 个要素`);
  const { changesets } = await (await page.request.get('/changesets?limit=1')).json();
  expect(changesets[0]).toMatchObject({ reason: '批量补录', counts: [{ layer: 'doorplate', kind: 'updated', count }] });
  await bar(page).getByRole('button', { name: '我的变更' }).click();
  await expect(page.getByTestId('my-changes').getByRole('listitem').first()).toContainText('批量补录');
  await shot(page, 'my-changes');
  await page.getByTestId('my-changes').getByRole('button', { name: /^撤销/ }).first().click();
  await expect(bar(page)).toContainText('已撤销变更');
});

test('an area is drawn and reshaped, and its corner snaps to a neighbour’s', async ({ page }) => {
  const body = await (await page.request.get('/collections/building/items?limit=1')).json();
  const [building] = body.features as { id: number; geometry: { coordinates: [number, number][][] } }[];
  const corners = building?.geometry.coordinates[0] ?? [];
  const [corner = [0, 0]] = corners;
  await open(page, `#18/${corner[1]}/${corner[0]}?l=building`);
  await signIn(page, EDITOR);
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await bar(page).getByLabel('编辑图层').selectOption({ label: '建筑物' });
  const neighbours = page.waitForResponse((response) => response.url().includes('/collections/building/items?bbox='));
  await bar(page).getByRole('button', { name: '＋ 新增' }).click();
  await neighbours;
  const { x, y } = await pixel(page, corner);
  await page.mouse.click(x + 5, y + 4);
  await page.mouse.click(x - 120, y - 10);
  await page.mouse.click(x - 120, y + 90);
  await page.mouse.click(x - 10, y + 90);
  await shot(page, 'drawing');
  await page.keyboard.press('Enter');
  await expect(form(page).getByRole('heading')).toContainText('新增');
  await expect(form(page).getByLabel('坐标：')).toHaveValue(new RegExp(`^${corner[0]} ${corner[1]}\n`));
  await shot(page, 'area');
  const before = await form(page).getByLabel('坐标：').inputValue();
  await drag(page, { x: x - 120, y: y + 90 }, -30, 30);
  await expect(form(page).getByLabel('坐标：')).not.toHaveValue(before);
  await form(page).getByRole('button', { name: '放弃修改' }).last().click();
});

test('a line is drawn, what is odd about it is told, it is deleted, and brought back from its history', async ({ page }) => {
  const body = await (await page.request.get('/collections/network-link/items?limit=1')).json();
  const [lon, lat] = body.features[0].geometry.coordinates[0] as [number, number];
  await open(page, `#17/${lat}/${lon}?l=network-link`);
  await signIn(page, EDITOR);
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await bar(page).getByLabel('编辑图层').selectOption({ label: '网络链路' });
  await bar(page).getByRole('button', { name: '＋ 新增' }).click();
  const { x, y } = await pixel(page, [lon, lat]);
  for (const [right, down] of [[-150, -120], [-60, -150], [40, -110]]) await page.mouse.click(x + (right ?? 0), y + (down ?? 0));
  await page.keyboard.press('Enter');
  await expect(form(page).getByRole('heading')).toContainText('新增');
  expect((await form(page).getByLabel('坐标：').inputValue()).trim().split('\n')).toHaveLength(3);
  const code = `J-${Date.now()}`;
  await form(page).getByLabel('链路编码').fill(code);
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(bar(page)).toContainText(`已保存 ${code}`);
  await expect(bar(page)).toContainText('米之内没有网络节点');
  await shot(page, 'line');
  const { id } = await (await page.request.get(`/collections/network-link/items/${code}`)).json();
  await bar(page).getByRole('button', { name: '完成' }).click();
  await page.goto('about:blank');
  await open(page, `#17/${lat}/${lon}?l=network-link&s=network-link~${id}`);
  await card(page).getByRole('button', { name: '编辑' }).click();
  page.on('dialog', (asked) => asked.accept());
  await form(page).getByRole('button', { name: '删除' }).click();
  await expect(bar(page)).toContainText('已删除');
  await bar(page).getByRole('button', { name: '完成' }).click();
  await page.goto('about:blank');
  await open(page, `#17/${lat}/${lon}?l=network-link&s=network-link~${id}`);
  await card(page).getByRole('tab', { name: '历史' }).click();
  await shot(page, 'deleted');
  await card(page).getByRole('button', { name: '恢复此要素' }).click();
  await expect(page.getByTestId('versions').getByRole('listitem').first()).toContainText('版本 3');
  expect((await (await page.request.get(`/collections/network-link/items/${id}`)).json()).properties.code).toBe(code);
});

test('the map as of another moment is read only, and the link brings it back', async ({ page }) => {
  const one = await plate(page, 6);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  await setStatus(page, '丢失');
  await expect(bar(page)).toContainText('已保存');
  await bar(page).getByRole('button', { name: '完成' }).click();
  await page.getByRole('button', { name: '时间', exact: true }).click();
  const time = page.getByTestId('time');
  await time.getByRole('button', { name: '上一次变更' }).click();
  await time.getByRole('button', { name: '上一次变更' }).click();
  await expect(page.getByText(/^◷ 截至/)).toBeVisible();
  await expect(page.getByRole('button', { name: '编辑', exact: true })).toBeDisabled();
  const tiles = page.waitForResponse((response) => /\/tiles\/doorplate\/.*datetime=/.test(response.url()) && response.ok());
  const url = `${page.url()}&s=doorplate~${one.id}`;
  await page.goto('about:blank');
  await page.goto(url);
  await tiles;
  await expect(card(page)).toContainText('截至');
  await expect(card(page)).not.toContainText('丢失');
  await shot(page, 'as-of');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: '回到现在' }).click();
  await expect(card(page)).toContainText('丢失');
});

test('two moments side by side: the divider is moved by keys, each side says when it is', async ({ page }) => {
  const one = await plate(page, 7);
  await open(page, at(one).replace(/\?.*/, ''));
  await page.getByRole('button', { name: '时间', exact: true }).click();
  await page.getByTestId('time').getByRole('button', { name: '对比', exact: true }).click();
  const handle = page.getByRole('slider', { name: '左右分界' });
  await page.locator('[data-testid="map-before"][data-idle="true"]').waitFor();
  await handle.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(handle).toHaveAttribute('aria-valuenow', '48');
  await expect(page).toHaveURL(/cmp=[^&]+@48/);
  await expect(page.locator('.side.right')).toHaveText('现在');
  // The line of time lies on neither map, and what a link brings back is marked as open.
  const line = (await page.getByTestId('time').boundingBox())?.y ?? 0;
  for (const map of ['map', 'map-before']) {
    const box = await page.getByTestId(map).boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(line);
  }
  await expect(page.locator('.side.left')).toHaveText(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
  await page.waitForTimeout(1000);
  await shot(page, 'compare');
  expect(await violations(page)).toEqual([]);
  await page.reload();
  const time = page.getByRole('button', { name: '时间', exact: true });
  await expect(time).toHaveAttribute('aria-pressed', 'true');
  await time.click();
  await expect(page).not.toHaveURL(/cmp=/);
  await expect(page.getByTestId('time')).toHaveCount(0);
});

test('a connection that breaks is said to be broken, and what was missed is caught up', async ({ page, context, browser }) => {
  const one = await plate(page, 8);
  await open(page, at(one));
  const theirs = await another(browser, at(one), EDITOR);
  await edit(theirs);
  await context.setOffline(true);
  await expect(page.getByTestId('connection')).toContainText('离线');
  await shot(page, 'offline');
  await setStatus(theirs, '丢失');
  await expect(bar(theirs)).toContainText('已保存');
  await context.setOffline(false);
  await expect(card(page)).toContainText('丢失');
  await expect(page.getByTestId('connection')).toContainText('实时');
});

test('editing goes on with the card that is open, and without one begins on doorplates; an area is not picked by the way', async ({ page }) => {
  const one = await plate(page, 13);
  const { errors } = await open(page, at(one));
  await expect(card(page).getByRole('heading')).toBeVisible();
  await expect(card(page).getByRole('button', { name: '编辑' })).toHaveCount(0);
  await signIn(page, EDITOR);
  await expect(card(page).getByRole('button', { name: '编辑' })).toBeVisible();
  await page.locator('.rail').getByRole('button', { name: '编辑' }).click();
  await expect(form(page).getByRole('heading')).toHaveText(one.properties.address ?? '');
  await expect(form(page)).not.toContainText('绘制优先级');
  await form(page).getByRole('button', { name: '放弃修改' }).first().click();
  await bar(page).getByRole('button', { name: '完成' }).click();
  await page.locator('.rail').getByRole('button', { name: '编辑' }).click();
  await expect(bar(page).getByLabel('编辑图层')).toHaveValue('doorplate');
  // Nothing but a village is here.
  const { x, y } = await pixel(page, one.geometry.coordinates);
  await page.mouse.click(x - 30, y - 90);
  await page.waitForTimeout(800);
  await expect(form(page)).toHaveCount(0);
  await bar(page).getByLabel('编辑图层').selectOption({ label: '村（社区）' });
  await page.mouse.click(x - 30, y - 90);
  await expect(form(page).getByText('村（社区）').first()).toBeVisible();
  expect(errors).toEqual([]);
});
