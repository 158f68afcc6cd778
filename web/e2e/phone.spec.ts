import { expect, type Locator, type Page, test } from '@playwright/test';
import { at, bar, card, edit, EDITOR, form, low, open, pixel, plate, setStatus, shot, signIn, violations } from './support';

test.use({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });

const rail = (page: Page) => page.locator('.rail');
const active = (page: Page) => rail(page).locator('[aria-pressed="true"]');
const sheets = (page: Page) => page.locator('.panel:visible');

/** A finger put down, drawn across the map, held and lifted: lifted at speed it would fling, and the next tap only ends that. */
async function draw(page: Page, from: { x: number; y: number }, dx: number, dy: number): Promise<void> {
  const touch = await page.context().newCDPSession(page);
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', part: number) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: from.x + dx * part, y: from.y + dy * part }] });
  await send('touchStart', 0);
  for (let step = 1; step <= 10; step += 1) await send('touchMove', step / 10);
  await page.waitForTimeout(200);
  await send('touchMove', 1);
  await send('touchEnd', 1);
}

/** Where a plate is drawn when the map has come to rest. */
async function resting(page: Page, position: [number, number]): Promise<{ x: number; y: number }> {
  await page.waitForTimeout(900);
  return pixel(page, position);
}

async function expectAbove(page: Page, position: [number, number], sheet: Locator): Promise<void> {
  const { y, x } = await resting(page, position);
  const [top, map] = [(await sheet.boundingBox())?.y ?? 0, await page.getByTestId('map').boundingBox()];
  expect(y).toBeLessThan(top - 12);
  expect(y).toBeGreaterThan((map?.y ?? 0) + 12);
  expect(x).toBeGreaterThan(12);
  expect(x).toBeLessThan(348);
}

test('a plate of a link is changed by its form, moved by a finger, saved and taken back', async ({ page }) => {
  const one = await plate(page, 9);
  const { errors } = await open(page, at(one));
  await signIn(page, EDITOR);
  await expectAbove(page, one.geometry.coordinates, card(page));
  await edit(page);
  await expectAbove(page, one.geometry.coordinates, form(page));
  await shot(page, 'form');
  expect(await violations(page)).toEqual([]);
  expect(await low(page)).toEqual([]);
  await form(page).getByLabel('状态').selectOption({ label: '丢失' });
  await draw(page, await resting(page, one.geometry.coordinates), 40, 20);
  await expect(form(page)).toContainText('位置 ≠ 原来的');
  await form(page).getByRole('button', { name: '保存' }).tap();
  await expect(bar(page)).toContainText('已保存');
  await shot(page, 'saved');
  const read = async () => (await page.request.get(`/collections/doorplate/items/${one.id}`)).json();
  const now = await read();
  expect(now.properties.status).toBe('missing');
  expect(now.geometry.coordinates[0]).toBeGreaterThan(one.geometry.coordinates[0]);
  await bar(page).getByRole('button', { name: '↶ 撤销' }).tap();
  await expect(bar(page)).toContainText('已撤销');
  expect((await read()).geometry.coordinates).toEqual(one.geometry.coordinates);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(errors).toEqual([]);
});

test('a new plate is put where the map is tapped, and its form leaves it in sight', async ({ page }) => {
  const one = await plate(page, 10);
  await open(page, at(one, 18).replace(/\?.*/, ''));
  await signIn(page, EDITOR);
  await rail(page).getByRole('button', { name: '编辑' }).tap();
  await expect(bar(page).getByLabel('编辑图层')).toHaveValue('doorplate');
  await shot(page, 'bar');
  expect(await low(page)).toEqual([]);
  await bar(page).getByRole('button', { name: '＋ 新增' }).tap();
  const { x, y } = await resting(page, one.geometry.coordinates);
  await page.touchscreen.tap(x + 60, y + 100);
  await expect(form(page).getByRole('heading')).toHaveText('新增门楼牌');
  const [lon = 0, lat = 0] = (await form(page).getByLabel('坐标：').inputValue()).split(' ').map(Number);
  expect(lon).toBeGreaterThan(one.geometry.coordinates[0]);
  expect(lat).toBeLessThan(one.geometry.coordinates[1]);
  await expectAbove(page, [lon, lat], form(page));
  await form(page).getByLabel('修改原因').fill('掌上新增');
  await form(page).getByRole('button', { name: '保存' }).tap();
  await expect(form(page).getByLabel('标准地址')).toBeFocused();
  await expect(form(page).getByLabel('标准地址')).toBeInViewport();
  // Its code is left empty: the next one of the village and street is given.
  await form(page).getByLabel('标准地址').fill('掌上新牌');
  await setStatus(page, '在挂');
  await expect(bar(page)).toContainText('已保存 掌上新牌');
  await bar(page).getByRole('button', { name: '↶ 撤销' }).tap();
  await expect(bar(page)).toContainText('已撤销');
});

test('one sheet at a time, the newest in front, and one tab says which', async ({ page }) => {
  const one = await plate(page, 11);
  await open(page, at(one));
  await expect(card(page)).toBeVisible();
  for (const name of ['图层', '数字对照', '动态']) {
    await rail(page).getByRole('button', { name }).tap();
    await expect(sheets(page)).toHaveCount(1);
    await expect(sheets(page).getByRole('heading').first()).toHaveText(name);
    await expect(active(page)).toHaveText([name]);
  }
  await rail(page).getByRole('button', { name: '视图内要素' }).tap();
  await page.locator('#panel .list button').first().tap();
  await expect(sheets(page)).toHaveCount(1);
  await expect(card(page).getByRole('heading')).toBeFocused();
  await expect(active(page)).toHaveCount(0);
  const [sheet, tabs] = [await card(page).boundingBox(), await rail(page).boundingBox()];
  expect((sheet?.y ?? 0) + (sheet?.height ?? 0)).toBe(tabs?.y);
  await shot(page, 'from-list');
  await card(page).getByRole('button', { name: '返回视图内要素' }).tap();
  await expect(active(page)).toHaveText(['视图内要素']);
  await expect(page.locator('#panel .list button').first()).toBeVisible();
  await rail(page).getByRole('button', { name: '时间' }).tap();
  await expect(sheets(page)).toHaveCount(0);
  await expect(active(page)).toHaveText(['时间']);
  await expect(page.getByTestId('time')).toBeVisible();
  await rail(page).getByRole('button', { name: '图层' }).tap();
  await expect(page.getByTestId('time')).toHaveCount(0);
  await expect(active(page)).toHaveText(['图层']);
});

test('what is searched for stands above its card', async ({ page }) => {
  const one = await plate(page, 12);
  await open(page);
  await rail(page).getByRole('button', { name: '图层' }).tap();
  await page.getByRole('combobox', { name: /^搜索/ }).fill(one.properties.code ?? '');
  await page.getByRole('option').first().tap();
  await expect(card(page)).toContainText(one.properties.address ?? '');
  await expect(page).toHaveURL(/#17\//);
  await expectAbove(page, one.geometry.coordinates, card(page));
  await shot(page, 'found');
});

test('a phone reads history and dates', async ({ page }) => {
  const one = await plate(page, 9);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await card(page).getByRole('tab', { name: '历史' }).click();
  await expect(page.getByTestId('versions')).toBeVisible();
  await shot(page, 'phone-history');
  expect(await violations(page)).toEqual([]);
  await card(page).getByRole('button', { name: '关闭' }).click();
  await page.getByRole('button', { name: '时间', exact: true }).click();
  await page.getByTestId('time').getByRole('button', { name: '上一次变更' }).click();
  await shot(page, 'phone-time');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
});

test('the header takes two rows, in both languages, and nothing is too low for a finger', async ({ page }) => {
  await open(page);
  await signIn(page, EDITOR);
  for (const other of ['English', '中文']) {
    expect((await page.locator('.top').boundingBox())?.height).toBeLessThanOrEqual(2 * 44 + 16);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await low(page)).toEqual([]);
    await shot(page, `header-${other}`);
    await page.getByRole('button', { name: other, exact: true }).tap();
  }
  await rail(page).getByRole('button', { name: '图层' }).tap();
  expect(await low(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  // Names that are broken are broken between words.
  const lines = await rail(page).getByRole('button', { name: '视图内要素' }).evaluate((node) => [...node.childNodes].flatMap((part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    return part.nodeType === Node.TEXT_NODE && part.textContent?.trim() ? [range.getClientRects().length] : [];
  }));
  expect(lines).toEqual([1, 1]);
});

test.describe('a tablet', () => {
  test.use({ viewport: { width: 1024, height: 768 } });

  test('what a link opens stands beside its card, and nothing is too low for a finger', async ({ page }) => {
    const one = await plate(page, 11);
    await open(page, at(one));
    await signIn(page, EDITOR);
    await edit(page);
    const { x } = await resting(page, one.geometry.coordinates);
    expect(x).toBeLessThan(((await form(page).boundingBox())?.x ?? 0) - 12);
    expect(await low(page)).toEqual([]);
    await shot(page, 'tablet');
  });
});
