import { expect, test } from '@playwright/test';
import { ADMINISTRATOR, EDITOR, open, packed, panel, plate, rail, shot, signIn, violations } from './support';

const CONDITION = "status = 'mounted'";

test('a view is saved, opened elsewhere by its short link as it was, renamed, replaced and deleted', async ({ page, context }) => {
  const { geometry } = await plate(page, 40);
  const [lon, lat] = geometry.coordinates;
  await open(page, `#16.5/${lat}/${lon}?f=doorplate~${packed(CONDITION)}&t=dark`);
  await signIn(page, EDITOR);
  await rail(page, '书签');
  await panel(page).getByLabel('名称').fill('已安装的门牌');
  await panel(page).getByRole('button', { name: '保存当前视图' }).click();
  const row = page.getByTestId('bookmarks').getByRole('listitem').filter({ hasText: '已安装的门牌' });
  await expect(row.locator('img')).toBeVisible();
  await shot(page, 'bookmarks');
  expect(await violations(page)).toEqual([]);
  const id = (await (await page.request.get('/views?kind=bookmark&audience=mine')).json()).views[0].id as string;

  const other = await context.newPage();
  await other.goto(`/v/${id}`);
  await other.locator('[data-testid="map"][data-idle="true"]').waitFor();
  await expect(other).toHaveURL(new RegExp(`#16\\.5/${String(lat).slice(0, 5)}.*f=doorplate~${packed(CONDITION)}`));
  expect(await other.locator('html').getAttribute('data-theme')).toBe('dark');
  await other.close();

  await open(page, '#9/30.4/112.9');
  await row.getByRole('button').first().click();
  await expect(page).toHaveURL(/#16\.5\//);
  await row.getByRole('button', { name: '已安装的门牌：更多' }).click();
  await row.getByRole('button', { name: '改名' }).click();
  await row.getByLabel('名称').fill('装好的门牌');
  await row.getByRole('button', { name: '保存' }).click();
  const renamed = page.getByTestId('bookmarks').getByRole('listitem').filter({ hasText: '装好的门牌' });
  await expect(renamed.locator('img')).toBeVisible();
  page.on('dialog', (dialog) => dialog.accept());
  await renamed.getByRole('button', { name: '删除' }).click();
  await expect(renamed).toHaveCount(0);
  expect((await page.request.get(`/views/${id}`)).status()).toBe(404);
});

test('what is published is seen by everybody, and what is not by nobody else', async ({ page, browser }) => {
  await open(page);
  await signIn(page, ADMINISTRATOR);
  await rail(page, '书签');
  for (const [title, audience] of [['全市总览', '所有人'], ['我的草稿', '仅自己']] as const) {
    await panel(page).getByLabel('名称').fill(title);
    await panel(page).getByLabel('谁可以看到').first().selectOption({ label: audience });
    await panel(page).getByRole('button', { name: '保存当前视图' }).click();
    await expect(page.getByTestId('bookmarks')).toContainText(title);
  }
  await panel(page).getByLabel('谁可以看到').first().selectOption({ label: '本部门' });
  await expect(panel(page)).toContainText('没有所属部门');
  const own = (await (await page.request.get('/views?kind=bookmark&audience=mine')).json()).views[0].id as string;

  const stranger = await (await browser.newContext()).newPage();
  await open(stranger);
  await rail(stranger, '书签');
  await expect(stranger.getByTestId('bookmarks')).toContainText('全市总览');
  await expect(stranger.getByTestId('bookmarks')).not.toContainText('我的草稿');
  await stranger.goto(`/v/${own}`);
  await expect(stranger.locator('#panel').getByRole('alert')).toContainText(own);
  await shot(stranger, 'bookmark-not-seen');
  await stranger.close();
});
