import { expect, type Page, test } from '@playwright/test';
import { ADMINISTRATOR, open, panel, shot, signIn, violations } from './support';

const box = (page: Page) => page.getByRole('combobox').first();
const options = (page: Page) => page.locator('#results').getByRole('option');

test('Ctrl+K lists what can be done; initials, names and English find it, and keys alone do it', async ({ page }) => {
  const { errors } = await open(page);
  await page.keyboard.press('Control+k');
  await expect(options(page).filter({ hasText: '打开图层' })).toBeVisible();
  await expect(page.getByRole('status').first()).toContainText('条结果');
  await shot(page, 'palette');
  expect(await violations(page)).toEqual([]);

  await page.keyboard.type('>tj');
  await expect(options(page).first()).toContainText('打开统计');
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeFocused();
  await expect(panel(page).getByRole('heading', { name: '统计', exact: true })).toBeVisible();
  await expect(options(page)).toHaveCount(0);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('>mlp');
  await expect(options(page).first()).toContainText('隐藏 门楼牌');
  await page.keyboard.press('ArrowDown');
  await expect(options(page).nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(() => new URL(page.url()).hash).toContain('l=');
  expect(/l=([^&]*)/.exec(page.url())?.[1]).not.toContain('doorplate');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('>dark');
  await expect(options(page).first()).toContainText('主题：深色');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await page.keyboard.press('Control+k');
  await expect(options(page).first()).toBeVisible();
  await shot(page, 'palette-dark');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.type('>qqqq');
  await expect(page.getByText('没有这样的命令')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('没有这样的命令')).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('places come first, then commands that are meant', async ({ page }) => {
  await open(page);
  await box(page).fill('园林');
  await expect(options(page).first()).toContainText('园林');
  await expect(options(page).filter({ hasText: '打开' })).toHaveCount(0);
  await box(page).fill('书签');
  await expect(options(page).filter({ hasText: '打开书签' })).toBeVisible();
  await options(page).filter({ hasText: '打开书签' }).click();
  await expect(panel(page).getByRole('heading', { name: '书签' })).toBeVisible();
});

test('what one may not do is not offered', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>导入');
  await expect(page.getByText('没有这样的命令')).toBeVisible();
  await page.keyboard.press('Escape');
  await box(page).fill('');
  await signIn(page, ADMINISTRATOR);
  await expect(page.getByTestId('who')).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>导入');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: '导入文件' })).toBeVisible();
});

test('two moments are compared, and the comparison ended, from the palette', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>dz');
  await expect(options(page).filter({ hasText: '两个时刻对照' })).toBeVisible();
  await page.keyboard.press('Escape');
  await box(page).fill('>两个时刻');
  await page.keyboard.press('Enter');
  await expect(page.locator('.swipe')).toBeVisible();
  await box(page).fill('>结束对照');
  await page.keyboard.press('Enter');
  await expect(page.locator('.swipe')).toHaveCount(0);
});

test('? shows all keys, in both languages, and Escape closes it', async ({ page }) => {
  await open(page);
  await page.getByTestId('map').locator('canvas').focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: '全部快捷键' });
  await expect(sheet).toContainText('打开或关闭属性表');
  await shot(page, 'keys');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await page.getByRole('button', { name: 'English' }).click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>keys');
  await expect(options(page).first()).toContainText('All keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'All keys' })).toContainText('Add to the selection');
});

test('on a phone the palette is under the box', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '?lang=en');
  await box(page).fill('>exp');
  await expect(options(page).first()).toContainText('Export');
  await shot(page, 'palette-phone');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(await violations(page)).toEqual([]);
});
