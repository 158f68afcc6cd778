import { expect, type Page, test } from '@playwright/test';
import { gbk } from '../tests/gbk';
import { ADMINISTRATOR, drop, EDITOR, items, low, open, plate, rail, shot, signIn, violations } from './support';

const locals = (page: Page) => page.getByTestId('locals');
const file = (page: Page) => page.getByTestId('local').first();
const card = (page: Page) => page.getByTestId('local-card');

/** What is written of the page to the server: nothing, before a file is submitted. */
function written(page: Page): string[] {
  const sent: string[] = [];
  page.on('request', (request) => { if (!['GET', 'HEAD'].includes(request.method()) && !request.url().endsWith('/query')) sent.push(`${request.method()} ${request.url()}`); });
  return sent;
}

test('a shapefile is drawn where it is dropped, listed, opened from map and table, and sent nowhere', async ({ page }) => {
  const { errors } = await open(page);
  const sent = written(page);
  const response = await page.request.get(`/collections/doorplate/export?f=shp&encoding=gbk&filter=${encodeURIComponent("status = 'damaged'")}`);
  expect(response.ok()).toBe(true);
  const { numberMatched } = await items(page, 'doorplate', { filter: "status = 'damaged'" });
  await drop(page, '损坏门牌.shp.zip', await response.body());
  await expect(file(page)).toContainText(`Shapefile · gb18030 · ${numberMatched} 条`);
  await expect(file(page)).not.toContainText('没有说明坐标系');
  await shot(page, 'local-shapefile');
  expect(await violations(page)).toEqual([]);

  await file(page).getByRole('button', { name: '记录' }).click();
  const rows = file(page).getByRole('row');
  await expect(rows).toHaveCount(51);
  await expect(rows.nth(1)).toContainText('潜江市');
  await rows.nth(1).getByRole('button').click();
  await expect(card(page)).toContainText('湖北省潜江市');
  await expect.poll(() => /#([\d.]+)/.exec(page.url())?.[1]).toBe('17');
  await shot(page, 'local-card');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  // It stands in the middle of the map now.
  const box = (await page.getByTestId('map').boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(card(page)).toContainText('湖北省潜江市');
  await file(page).getByRole('button', { name: '移除' }).click();
  await expect(card(page)).toHaveCount(0);
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(page.getByTestId('card')).toBeVisible();
  expect(sent).toEqual([]);
  expect(errors).toEqual([]);
});

test('a table in GB18030 is recognised, warned of, moved by its system, and submitted with it', async ({ page }) => {
  await open(page);
  await signIn(page, ADMINISTRATOR);
  await expect(page.getByTestId('who')).toBeVisible();
  const sent = written(page);
  const { geometry: { coordinates: [lon, lat] } } = await plate(page, 3);
  const text = `牌号,标准地址,经度,纬度\n1,高德路一号,${lon},${lat}\n2,没有位置,,\n`;
  await drop(page, '门楼牌.csv', Buffer.from(gbk(text)));
  await expect(file(page)).toContainText('CSV · gb18030 · 2 条');
  await expect(file(page)).toContainText('1 条没有可用的坐标');
  await expect(file(page)).toContainText('偏离约 500 米');
  await file(page).getByRole('button', { name: '记录' }).click();
  const first = file(page).getByRole('button', { name: '1', exact: true });
  await first.click();
  await expect(card(page)).toContainText('高德路一号');
  const before = await card(page).innerText();
  await file(page).getByLabel('坐标系').selectOption({ label: 'GCJ-02（高德、腾讯）' });
  await expect(file(page)).toContainText('约有 1 米误差');
  await first.click();
  await expect(card(page)).toContainText('高德路一号');
  expect(await card(page).innerText()).not.toBe(before);
  await shot(page, 'local-table');
  expect(sent).toEqual([]);

  await file(page).getByRole('button', { name: '提交为导入' }).click();
  const dialog = page.getByRole('dialog', { name: '导入文件' });
  await expect(dialog.getByLabel('导入到图层')).toHaveValue('doorplate');
  await dialog.getByRole('button', { name: '读取文件' }).click();
  await expect(dialog).toContainText('csv · gb18030');
  await expect(dialog.getByLabel('坐标系')).toHaveValue('GCJ-02');
  expect(sent.filter((request) => request.includes('/imports'))).toHaveLength(1);
});

test('columns that have no usual names are chosen', async ({ page }) => {
  await open(page);
  await drop(page, 'a.csv', 'who,right,up\nx,500000,3365000\n');
  await expect(file(page)).toContainText('没有认出坐标列');
  await file(page).getByLabel('经度或东坐标').selectOption('right');
  await file(page).getByLabel('纬度或北坐标').selectOption('up');
  await expect(file(page).getByLabel('坐标系')).toHaveValue('EPSG:4547');
  await expect(file(page)).not.toContainText('没有可用的坐标');
});

test('junk says why, what only the server reads is offered to it, and the next file is shown', async ({ page }) => {
  await open(page);
  await drop(page, 'junk.bin', Buffer.from([0, 1, 2, 3, 255, 0]));
  await expect(locals(page).getByRole('alert')).toContainText('认不出这个文件');
  expect(await violations(page)).toEqual([]);
  await drop(page, 'a.gpkg', 'SQLite format 3\0 and more');
  await expect(locals(page).getByRole('alert')).toContainText('GeoPackage 要上传后由服务器读取');
  await expect(locals(page).getByRole('alert')).toContainText('登录后可提交为导入');
  await signIn(page, EDITOR);
  await expect(locals(page).getByRole('alert')).toContainText('您的角色不能导入');
  await drop(page, 'a.kml', '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>一处</name><Point><coordinates>112.9,30.4</coordinates></Point></Placemark></Document></kml>');
  await expect(file(page)).toContainText('KML · UTF-8 · 1 条');
  await expect(locals(page).getByRole('alert')).toHaveCount(0);
});

test('on a phone, in English and dark, a file is chosen from the panel', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '?lang=en&theme=dark');
  await rail(page, 'Local files');
  await expect(locals(page)).toContainText('Nothing is sent');
  await locals(page).locator('input[type="file"]').setInputFiles({ name: 'places.csv', mimeType: 'text/csv', buffer: Buffer.from('name,lon,lat\nHere,112.9,30.4\n') });
  await expect(file(page)).toContainText('CSV · UTF-8 · 1 record');
  expect(await violations(page)).toEqual([]);
  expect(await low(page)).toEqual([]);
  await shot(page, 'local-phone');
  await file(page).getByRole('button', { name: 'Records' }).click();
  await file(page).getByRole('button', { name: '1', exact: true }).click();
  await expect(card(page)).toContainText('Here');
  await shot(page, 'local-phone-card');
  await card(page).getByRole('button', { name: 'Close' }).click();
  await expect(file(page)).toBeVisible();
});
