import { readFile } from 'node:fs/promises';
import { chromium, expect, type Locator, type Page, test } from '@playwright/test';
import { inChinese, items, matched, open, packed, panel, pixels, rail, shot } from './support';

interface Groups { numberMatched: number; groups: { key: string | null; title?: string; count: number; sum?: number; values?: number; mean?: number }[] }
const aggregate = async (page: Page, layer: string, asked: Record<string, string>): Promise<Groups> => (await page.request.get(`/collections/${layer}/aggregate?${new URLSearchParams(asked)}`)).json();
const bars = (page: Page): Locator => page.getByTestId('statistics-bars');
const outline = (page: Page): Locator => page.getByTestId('statistics-map');

test('statistics by township are the aggregate of the API: bars, outline, map, table and file', async ({ page }) => {
  await open(page, '#?l=water');
  await rail(page, '统计');
  await panel(page).getByLabel('图层').selectOption({ value: 'doorplate' });
  const { groups, numberMatched } = await aggregate(page, 'doorplate', { by: 'township' });
  const ranked = groups.flatMap(({ key, title, count }) => (key === null ? [] : [{ key, title, count }])).sort((a, b) => b.count - a.count);
  await expect(panel(page)).toContainText(`共 ${inChinese(numberMatched)} 个要素`);
  // One township has plates and no area of its own on the map.
  await expect(bars(page).getByRole('listitem')).toHaveCount(ranked.length);
  const said = await bars(page).locator('button').evaluateAll((buttons) => buttons.map((button) => [button.getAttribute('data-code'), button.querySelector('.number')?.textContent]));
  expect(new Map(said as [string, string][])).toEqual(new Map(ranked.map(({ key, count }) => [key, inChinese(count)])));
  const [first] = ranked;
  await expect(outline(page).locator('path[role="button"]')).toHaveCount(23);
  const top = outline(page).locator(`[data-code="${first?.key}"]`);
  await expect(top).toHaveAttribute('fill', '#253494');
  await expect(top.locator('title')).toHaveText(`${first?.title}: ${inChinese(first?.count ?? 0)}`);
  // The greatest class over the ground of the map.
  await expect.poll(() => pixels(page, [68, 81, 162])).toBeGreaterThan(2000);
  await shot(page, 'statistics');
  await bars(page).locator('button').nth(1).hover();
  await expect(outline(page).locator('path.mark')).toHaveCount(1);
  await top.focus();
  await expect(bars(page).locator('button.hovered')).toHaveAttribute('data-code', first?.key ?? '');
  await page.keyboard.press('ArrowDown');
  await expect(bars(page).locator('button.hovered')).toHaveAttribute('data-code', ranked[1]?.key ?? '');
  const download = page.waitForEvent('download');
  await panel(page).getByRole('button', { name: '下载 CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('门楼牌_数量_全市_乡镇.csv');
  const lines = (await readFile(await file.path(), 'utf8')).replace('\ufeff', '').trim().split('\r\n');
  expect(lines).toHaveLength(ranked.length + 1);
  expect(lines[1]?.startsWith(`${first?.key},${first?.title},${first?.count},`)).toBe(true);
  expect(lines.slice(1).reduce((sum, line) => sum + Number(line.split(',')[2]), 0)).toBe(ranked.reduce((sum, { count }) => sum + count, 0));
  for (const [name, begin] of [['下载 PNG', '\x89PNG'], ['下载 SVG', '<svg']] as const) {
    const picture = page.waitForEvent('download');
    await panel(page).getByRole('button', { name }).click();
    expect((await readFile(await (await picture).path())).subarray(0, 4).toString('latin1')).toBe(begin);
  }
  await panel(page).getByRole('tab', { name: '表格' }).click();
  await expect(page.getByTestId('statistics-table').getByRole('row')).toHaveCount(ranked.length + 1);
  await expect(page.getByTestId('statistics-table').getByRole('row').nth(1)).toContainText(inChinese(first?.count ?? 0));
});

test('a township leads to its villages and back; sums, density, classes and the filter are in the link', async ({ page }) => {
  await open(page, `#?l=water&st=housing-unit~township~~sum~area_m2~km2~jenks~4&f=housing-unit~${packed('floor >= 2')}`);
  const { groups } = await aggregate(page, 'housing-unit', { by: 'township', value: 'area_m2', filter: 'floor >= 2' });
  const { features } = await items(page, 'township', { limit: '100' });
  const area = new Map(features.map(({ properties }) => [properties.code, Number(properties.area_m2) / 1e6]));
  const density = groups.flatMap(({ key, sum }) => (key && sum ? [{ key, value: sum / (area.get(key) ?? 1) }] : [])).sort((a, b) => b.value - a.value);
  await expect(panel(page).getByRole('heading', { level: 2 })).toHaveText('统计');
  await expect(panel(page)).toContainText('按当前筛选');
  await expect(bars(page).locator('button').first()).toHaveAttribute('data-code', density[0]?.key ?? '');
  const told = Number((await bars(page).locator('.number').first().innerText()).replace(/[^\d.]/g, ''));
  expect(Math.abs(told / (density[0]?.value ?? 1) - 1)).toBeLessThan(0.001);
  await expect(panel(page).getByLabel('分级')).toHaveValue('jenks');
  await expect(panel(page).locator('.legend li')).not.toHaveCount(0);
  await bars(page).locator('button').first().click();
  await expect(page).toHaveURL(new RegExp(`st=housing-unit~village~${density[0]?.key}~sum~area_m2~km2~jenks~4`));
  const villages = await aggregate(page, 'housing-unit', { by: 'village', value: 'area_m2', filter: 'floor >= 2', division: density[0]?.key ?? '' });
  await expect(panel(page)).toContainText(`共 ${inChinese(villages.numberMatched)} 个要素`);
  const village = bars(page).locator('button').first();
  await village.click();
  await expect(village).toHaveAttribute('aria-pressed', 'true');
  await expect(outline(page).locator('path.mark.picked')).toHaveCount(1);
  await panel(page).getByRole('button', { name: '全市' }).click();
  await expect(bars(page).getByRole('listitem')).toHaveCount(23);
  await panel(page).getByLabel('分级').selectOption({ label: '手动' });
  await panel(page).getByLabel('各级起点').fill('10 eins');
  await page.keyboard.press('Enter');
  await expect(panel(page)).toContainText('应为数字');
  await panel(page).getByLabel('各级起点').fill('1000 5000');
  await page.keyboard.press('Enter');
  await expect(panel(page).locator('.legend li').first()).toContainText('< 1,000');
  await expect(page).toHaveURL(/manual~4~1000~5000/);
  await page.getByTestId('statistics-strip').getByRole('button', { name: '从地图移除统计' }).click();
  await expect(page.getByTestId('statistics-strip')).toHaveCount(0);
  expect(page.url()).not.toContain('st=');
});

test('small counts stay hidden in sums by village: dots and words, never a number', async ({ page }) => {
  const { features: [village] } = await items(page, 'population', { division: '429005102' });
  const headers = { 'Authorization': `Bearer ${process.env.PLATBOOK_TOKEN}`, 'Content-Type': 'application/merge-patch+json' };
  const write = async (persons: number) => expect((await page.request.patch(`/collections/population/items/${village?.id}`, { headers, data: { properties: { persons } } })).ok()).toBe(true);
  await write(4);
  try {
    const { groups } = await aggregate(page, 'population', { by: 'village', value: 'persons' });
    const hidden = groups.filter(({ values, count }) => count > 0 && values === 0).map(({ key }) => key);
    // With the small one more are hidden, so that the township's sum does not give it away.
    expect(hidden.length).toBeGreaterThan(1);
    await open(page, '#?l=water&st=population~village~~sum~persons~~quantile~5');
    await expect(outline(page).locator('path[fill$="-dots)"]')).toHaveCount(hidden.length);
    const row = bars(page).locator(`[data-code="${hidden[0]}"]`);
    await expect(row).toContainText('少于规定数，不显示');
    await expect(row.locator('.number')).not.toContainText(/\d/);
    await expect(panel(page)).toContainText('少于 10 的统计不显示');
    await panel(page).getByLabel('统计单元').selectOption({ label: '乡镇' });
    await expect(bars(page).locator('[data-code="429005102"] .number')).toContainText('≥');
  } finally {
    await write(Number(village?.properties.persons));
  }
});

test('without WebGL2 statistics are an outline, and a filter still counts', async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--disable-gpu', '--disable-software-rasterizer'] });
  const page = await browser.newPage({ locale: 'zh-CN', viewport: { width: 1280, height: 720 }, baseURL: test.info().project.use.baseURL ?? '' });
  await page.goto(`/#?st=doorplate~township~~count~~~quantile~5&f=doorplate~${packed("status = 'damaged'")}`);
  await expect(page.getByTestId('overview')).toBeVisible();
  await expect(outline(page).locator('path[role="button"]')).toHaveCount(23);
  await expect(panel(page)).toContainText(`共 ${inChinese(await matched(page, "status = 'damaged'"))} 个要素`);
  await expect(page.getByRole('region', { name: '筛选条件' })).toContainText('状态 为 损坏');
  await browser.close();
});
