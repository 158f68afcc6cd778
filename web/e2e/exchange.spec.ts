import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { ADMINISTRATOR, drop, EDITOR, open, plate, shot, signIn, violations } from './support';

/** A doorplate's code with its check digits (ISO/IEC 7064, MOD 97-10). */
function code(village: string, serial: number): string {
  const body = `${village}90009${String(serial).padStart(6, '0')}`;
  return body + String(98n - ((BigInt(body) * 100n) % 97n)).padStart(2, '0');
}

/** A village, and a place in it where no plate is near. */
async function place(page: Page): Promise<{ village: string; lon: number; lat: number }> {
  const { properties, geometry } = await plate(page, 40);
  return { village: (properties['code'] ?? '').slice(0, 12), lon: geometry.coordinates[0], lat: geometry.coordinates[1] };
}

const dialog = (page: Page) => page.getByRole('dialog', { name: '导入文件' });

test('a table is tried, put right by its report, and imported; the next one of its kind is mapped alike', async ({ page }) => {
  await open(page);
  const { village, lon, lat } = await place(page);
  const serial = 1000 + (Date.now() % 900_000);
  const rows = (status: string): string =>
    `牌号,标准地址,状态,门牌号,X,Y\n${code(village, serial)},导入路1号,在挂,1,${lon},${lat}\n${code(village, serial + 1)},导入路2号,${status},2,${lon},${lat + 0.00005}\n`;
  const file = (status: string) => ({ name: '门牌.csv', mimeType: 'text/csv', buffer: Buffer.from(rows(status)) });
  await signIn(page, ADMINISTRATOR);
  await page.getByRole('button', { name: '导入', exact: true }).click();
  await dialog(page).getByLabel('导入到图层').selectOption({ label: '门楼牌' });
  expect(await violations(page)).toEqual([]);
  await dialog(page).getByLabel('选择文件').setInputFiles(file('挂歪了'));
  await expect(dialog(page)).toContainText('csv · UTF-8');
  // Whoever calls the code something else says so once.
  await expect(dialog(page).getByLabel('作为 牌号')).toHaveValue('');
  await dialog(page).getByLabel('作为 牌号').selectOption({ label: '门楼牌编码' });
  await expect(dialog(page).getByLabel('坐标系')).toHaveValue('EPSG:4490');
  await dialog(page).getByRole('button', { name: '试导入' }).click();
  const result = page.getByTestId('import-result');
  await expect(result).toContainText('新建 1，更新 0，未变 0，未导入 1');
  await expect(result).toContainText('得到“挂歪了”');
  await expect(result).toBeInViewport();
  await expect(result).toBeFocused();
  await shot(page, 'import-tried');
  expect(await violations(page)).toEqual([]);
  const [report] = await Promise.all([page.waitForEvent('download'), result.getByRole('link', { name: '下载质量报告' }).click()]);
  expect((await readFile(await report.path(), 'utf8')).replace('\ufeff', '')).toContain('3,错误,值的类型不符,状态,挂歪了');

  await dialog(page).getByRole('button', { name: '换一个文件' }).click();
  await dialog(page).getByLabel('选择文件').setInputFiles(file('损坏'));
  await expect(dialog(page)).toContainText('已套用上次对这些列的对应关系');
  await expect(dialog(page).getByLabel('作为 牌号')).toHaveValue('code');
  await dialog(page).getByLabel('全部或全不').check();
  await dialog(page).getByRole('button', { name: '导入', exact: true }).click();
  await expect(result).toContainText('新建 2，更新 0，未变 0，未导入 0');
  const made = await (await page.request.get(`/collections/doorplate/items/${code(village, serial + 1)}`)).json();
  expect(made.properties).toMatchObject({ address: '导入路2号', status: 'damaged', number: 2 });
  await shot(page, 'import-done');
  await result.getByRole('button', { name: '在地图上查看' }).click();
  await expect(dialog(page)).toBeHidden();
  // Both stand within five metres: the map is as near as it goes to them.
  await expect.poll(() => {
    const [zoom = 0, north = 0, east = 0] = new URL(page.url()).hash.slice(1).split(/[/?]/).map(Number);
    return zoom === 17 && Math.abs(north - lat) < 0.001 && Math.abs(east - lon) < 0.001;
  }).toBe(true);
  await shot(page, 'import-seen');
});

test('a file that cannot be read says why, and one dropped on the map is taken in hand', async ({ page }) => {
  await open(page);
  await signIn(page, ADMINISTRATOR);
  await page.getByRole('button', { name: '导入', exact: true }).click();
  await dialog(page).getByLabel('选择文件').setInputFiles({ name: 'none.gpkg', mimeType: 'application/octet-stream', buffer: Buffer.from('SQLite format 3\0 but nothing more') });
  await expect(dialog(page).getByRole('alert')).toContainText('gpkg 文件无法读取');
  await dialog(page).getByRole('button', { name: '关闭' }).click();
  await drop(page, 'dropped.csv', 'code,address,lon,lat\nx,y,112.9,30.4\n');
  await page.getByTestId('local').getByRole('button', { name: '提交为导入' }).click();
  await expect(dialog(page)).toContainText('dropped.csv');
  await expect(dialog(page).getByLabel('导入到图层')).toHaveValue('doorplate');
  await expect(dialog(page).getByRole('button', { name: '导入', exact: true })).toBeHidden();
  await dialog(page).getByRole('button', { name: '关闭' }).click();
  await drop(page, '基站 2026.csv', 'code,name,lon,lat\nx,y,112.9,30.4\n');
  await page.getByTestId('local').filter({ hasText: '基站 2026.csv' }).getByRole('button', { name: '提交为导入' }).click();
  await expect(dialog(page).getByLabel('导入到图层')).toHaveValue('base-station');
  await dialog(page).getByRole('button', { name: '读取文件' }).click();
  await expect(dialog(page)).toContainText('csv · UTF-8');
});

test('who may not import is not asked to', async ({ page }) => {
  await open(page);
  await signIn(page, EDITOR);
  await expect(page.getByTestId('who')).toBeVisible();
  await expect(page.getByRole('button', { name: '导入', exact: true })).toBeHidden();
});

test('a layer is taken out as a file, as far as a condition lets it', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '详情 门楼牌', exact: true }).click();
  await page.getByRole('button', { name: '导出 门楼牌' }).click();
  const exporting = page.getByRole('dialog', { name: '导出 门楼牌' });
  await exporting.getByLabel('格式').selectOption('csv');
  await expect(exporting.getByRole('status')).toContainText(/将导出 6,0\d\d 个要素/);
  await exporting.getByText('高级').click();
  await exporting.getByLabel('条件').fill("colour = 'red'");
  await expect(exporting.getByRole('alert')).toContainText('colour');
  await expect(exporting.getByRole('button', { name: '下载' })).toBeDisabled();
  await shot(page, 'export');
  expect(await violations(page)).toEqual([]);
  await exporting.getByLabel('条件').fill('');
  await exporting.getByRole('checkbox', { name: '损坏' }).check();
  const { numberMatched } = await (await page.request.get(`/collections/doorplate/items?limit=1&filter=${encodeURIComponent("status = 'damaged'")}`)).json();
  await expect(exporting.getByRole('status')).toHaveText(`将导出 ${numberMatched} 个要素`);
  const [download] = await Promise.all([page.waitForEvent('download'), exporting.getByRole('button', { name: '下载' }).click()]);
  expect(download.suggestedFilename()).toBe('门楼牌_损坏.csv');
  const table = await readFile(await download.path(), 'utf8');
  const lines = table.trim().split('\r\n');
  expect(lines.length - 1).toBe(numberMatched);
  expect(table).toMatch(/^\ufeffid,version,village,lon,lat,code/);
});

test('a layer is taken out of one township, or of the view, in words for people', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '详情 门楼牌', exact: true }).click();
  await page.getByRole('button', { name: '导出 门楼牌' }).click();
  const exporting = page.getByRole('dialog', { name: '导出 门楼牌' });
  await exporting.getByLabel('格式').selectOption('csv');
  await exporting.getByRole('radio', { name: '某乡镇或村' }).check();
  await expect(exporting.getByRole('button', { name: '下载' })).toBeDisabled();
  await exporting.getByRole('combobox', { name: '某乡镇或村' }).fill('广华');
  await shot(page, 'export-division');
  await page.keyboard.press('Enter');
  const { numberMatched } = await (await page.request.get('/collections/doorplate/items?limit=1&division=429005004')).json();
  await expect(exporting.getByRole('status')).toHaveText(`将导出 ${numberMatched} 个要素`);
  expect(await violations(page)).toEqual([]);
  await exporting.getByRole('checkbox', { name: '中文标题（给人看）' }).check();
  await page.route('**/export?**', (route) => route.fulfill({ contentType: 'text/csv', body: '编号\r\n' }));
  const asked = page.waitForRequest('**/export?**');
  const [download] = await Promise.all([page.waitForEvent('download'), exporting.getByRole('button', { name: '下载' }).click()]);
  expect(download.suggestedFilename()).toBe('门楼牌_广华寺街道.csv');
  const sent = new URL((await asked).url()).searchParams;
  expect(Object.fromEntries(sent)).toEqual({ f: 'csv', bom: 'true', headings: 'titles', lang: 'zh', division: '429005004' });
  await page.getByRole('button', { name: '导出 门楼牌' }).click();
  await exporting.getByRole('radio', { name: '当前视图' }).check();
  const counted = await page.waitForRequest((request) => request.url().includes('bbox='));
  expect(new URL(counted.url()).searchParams.get('bbox')?.split(',')).toHaveLength(4);
});

test('the quality of a layer is counted by rule and village, narrowed, and flown to', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '详情 门楼牌', exact: true }).click();
  await page.getByRole('button', { name: '质量 门楼牌' }).click();
  const quality = page.getByRole('dialog', { name: '门楼牌 · 数据质量' });
  await expect(quality.getByRole('status')).toContainText(/检查 6,0\d\d 个要素，发现 [\d,]+ 处问题/);
  await expect(quality.locator('.findings')).toContainText(/湖北省潜江市.+\d+.+距要素 湖北省潜江市.+（\d+） 仅/);
  await shot(page, 'quality');
  expect(await violations(page)).toEqual([]);
  await quality.getByRole('button', { name: '疑似重复（过近）' }).click();
  const whole = await quality.getByRole('status').textContent();
  await quality.getByRole('button', { name: /社区$/ }).last().click();
  await expect(quality.getByRole('button', { name: '全部' })).toBeVisible();
  await expect(quality.getByRole('status')).not.toHaveText(whole ?? '');
  const [download] = await Promise.all([page.waitForEvent('download'), quality.getByRole('link', { name: '下载清单' }).click()]);
  expect(await readFile(await download.path(), 'utf8')).toContain('warning,feature.too_near,');
  await quality.getByRole('button', { name: /^前往要素/ }).first().click();
  await expect(quality).toBeHidden();
  await expect(page.getByTestId('card')).toBeVisible();
});

test('the quick start of MapLibre draws the map and the damaged plates on it', async ({ page }) => {
  const folder = new URL('../node_modules/maplibre-gl/', import.meta.url);
  await page.route('https://unpkg.com/maplibre-gl@6.17.0/**', async (route) => {
    const path = new URL(route.request().url()).pathname.replace('/maplibre-gl@6.17.0/', '');
    await route.fulfill({ contentType: 'text/javascript', headers: { 'Access-Control-Allow-Origin': '*' }, body: await readFile(new URL(path, folder), 'utf8') });
  });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto('/developers.html');
  expect(await violations(page)).toEqual([]);
  await shot(page, 'developers');
  const code = await page.locator('#maplibre').textContent();
  const site = new URL('/quick-start', page.url()).href;
  await page.route(site, (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html><style>#map { position: absolute; inset: 0; }</style><div id="map"></div><script type="module">${code}</script>` }));
  await page.goto(site);
  await page.waitForFunction(() => {
    const { map } = window as unknown as { map?: { isStyleLoaded(): boolean; getLayer(id: string): unknown; queryRenderedFeatures(options: { layers: string[] }): unknown[] } };
    return Boolean(map?.isStyleLoaded() && map.getLayer('damaged')) && map!.queryRenderedFeatures({ layers: ['damaged'] }).length > 0;
  }, null, { timeout: 15_000 });
  await shot(page, 'quick-start');
  expect(errors).toEqual([]);
});
