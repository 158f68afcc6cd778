import { expect, test } from '@playwright/test';
import { open, packed, panel, pixels, shot, violations } from './support';

const ORANGE = [0xd5, 0x5e, 0x00] as const;

test('two sets of layers side by side: what is kept on the left stays, the layer panel is for the right, and a link brings both back', async ({ page }) => {
  await open(page, '#14/30.42/112.89?l=village,road');
  await page.getByRole('button', { name: '时间', exact: true }).click();
  await page.getByTestId('time').getByRole('button', { name: '对比', exact: true }).click();
  const differences = page.getByTestId('differences');
  await differences.getByRole('button', { name: '将当前图层固定在左侧' }).click();
  await expect(differences.locator('.kept')).toHaveText('村（社区）道路与桥梁');
  await panel(page).getByRole('checkbox', { name: '村（社区）' }).uncheck();
  await panel(page).getByRole('checkbox', { name: '门楼牌' }).check();
  await expect(page.locator('.side.left')).toHaveText(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} · 村（社区）、道路与桥梁$/);
  await expect(page.locator('.side.right')).toHaveText(/^现在 · /);
  await expect(page.locator('.side.right')).toContainText('门楼牌');
  await differences.getByRole('button', { name: '与右侧同一时刻' }).click();
  await expect(page.locator('.side.left')).toHaveText('现在 · 村（社区）、道路与桥梁');
  await expect(differences).toContainText('没有差异可列');
  await expect(page).toHaveURL(/cmp=same@50&cl=village,road/);
  await page.locator('[data-testid="map-before"][data-idle="true"]').waitFor();
  await shot(page, 'layers');
  expect(await violations(page)).toEqual([]);

  const link = new URL(page.url()).hash;
  await page.goto('about:blank');
  await open(page, link);
  await expect(page.locator('.side.left')).toHaveText('现在 · 村（社区）、道路与桥梁');
  await expect(differences.locator('.kept')).toHaveText('村（社区）道路与桥梁');
  // Taken from the right, it is what the right shows; the same layers again are a comparison of two moments.
  await differences.getByRole('button', { name: '改用右侧现在的图层' }).click();
  await expect(page.locator('.side.left')).toContainText('门楼牌');
  await differences.getByRole('button', { name: '与右侧图层相同' }).click();
  await expect(page.locator('.side.left')).toHaveText(/^\d{4}-/);
  await expect(page).not.toHaveURL(/cl=/);
});

test('what the left map draws is the set that it keeps', async ({ page }) => {
  const filled = packed(JSON.stringify({ form: 'single', look: { size: 1, marker: 'circle', opacity: 100 }, color: '#d55e00' }));
  const orange = async (share: number): Promise<number> => {
    await page.goto('about:blank');
    await open(page, `#14/30.42/112.89?l=road&y=village~${filled}&cmp=same@${share}&cl=village`);
    await page.locator('[data-testid="map-before"][data-idle="true"]').waitFor();
    return pixels(page, ORANGE, page.locator('.stage'));
  };
  await expect.poll(() => orange(100)).toBeGreaterThan(300_000);
  expect(await orange(0), 'the right map has no villages').toBe(0);
});
