import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { type Download, expect, type Page, test } from '@playwright/test';
import { ADMINISTRATOR, EDITOR, items, low, open, packed, panel, plate, rail, shot, signIn, violations } from './support';

const MM_OF_INCH = 25.4;
/** Points of the sheets, upright: ISO 216. */
const POINTS = { A4: [595.28, 841.89], A3: [841.89, 1190.55], A2: [1190.55, 1683.78] } as const;
const composer = (page: Page) => page.getByTestId('composer');
const compose = (page: Page, name = '打印') => page.locator('.top').getByRole('button', { name, exact: true }).click();
const drawn = (page: Page) => expect(page.getByTestId('print-preview')).toHaveAttribute('data-stage', 'ready', { timeout: 30_000 });
const said = (tool: string, ...asked: string[]): string => execFileSync(tool, asked, { encoding: 'utf8' });
/** All that a PDF says, without the gaps of its layout. */
const text = (path: string): string => said('pdftotext', '-layout', path, '-').replace(/[ \t]+/g, ' ');
const size = (path: string): [number, number] => {
  const [, width, height] = /Page size:\s+([\d.]+) x ([\d.]+) pts/.exec(said('pdfinfo', path)) ?? [];
  return [Number(width), Number(height)];
};
const file = async (download: Promise<Download>): Promise<{ path: string; name: string }> => {
  const done = await download;
  return { path: await done.path(), name: done.suggestedFilename() };
};

/** Asks the server for a print and keeps it. */
async function printed(page: Page, asked: Record<string, string>, name: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await page.request.get(`/print?${new URLSearchParams(asked)}`, { headers: { 'Accept-Language': 'zh', ...headers }, timeout: 120_000 });
  expect(response.status(), await response.text().catch(() => '')).toBe(200);
  const path = test.info().outputPath(name);
  await writeFile(path, await response.body());
  return path;
}

test('a village is found and printed: title, legend, scale, author and approval number are text of the PDF', async ({ page }) => {
  const { features: [village] } = await items(page, 'village', { division: '429005102' });
  const name = village?.properties.name ?? '';
  const { errors, foreign } = await open(page);
  await signIn(page, EDITOR);
  // The list of what is found closes when the dialog takes the focus along.
  await expect(page.getByTestId('who')).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('combobox', { name: /^搜索/ }).fill(name);
  await page.getByRole('option').filter({ hasText: name }).first().click();
  await expect(page.getByTestId('card')).toContainText(name);
  await compose(page);
  await expect(page.getByTestId('print-frame')).toBeVisible();
  await composer(page).getByLabel('标题').fill(`${name}门楼牌分布图`);
  await composer(page).getByLabel('精度').selectOption({ label: '印刷 300 dpi' });
  await drawn(page);
  await shot(page, 'composer');
  expect(await violations(page)).toEqual([]);
  const scale = /1:([\d,]+)/.exec(await page.getByTestId('print-frame').innerText())?.[1]?.replaceAll(',', '');
  const download = page.waitForEvent('download', { timeout: 60_000 });
  await panel(page).getByRole('button', { name: '下载 PDF' }).click();
  await expect(panel(page).getByRole('status').filter({ hasText: '服务器正在生成 PDF' })).toBeVisible();
  const { path, name: called } = await file(download);
  expect(called).toBe(`${name}门楼牌分布图_A4_${scale}.pdf`);
  await expect(panel(page)).toContainText(`已下载 ${called}`);
  const told = text(path);
  for (const part of [`${name}门楼牌分布图`, '图例', `比例尺 1:${scale}`, '审图号 GS(2024)0650号', `制图：${EDITOR}`, '合成数据', '村（社区）', '假定', '资料来源', '制图日期']) expect(told).toContain(part);
  // What was open stays open: the sheet changes nothing of the map.
  await expect(page.getByTestId('card')).toContainText(name);
  expect(errors).toEqual([]);
  expect(foreign).toEqual([]);
});

test('sheets have their sizes, and the map has the dots that were asked for', async ({ page }) => {
  test.setTimeout(180_000);
  for (const [paper, orientation] of [['A4', 'landscape'], ['A3', 'portrait'], ['A2', 'landscape']] as const) {
    const path = await printed(page, { state: '13/30.42/112.89', paper, orientation, scale: '20000', dpi: '300' }, `${paper}.pdf`);
    const [short, long] = POINTS[paper];
    const [width, height] = size(path);
    expect(Math.abs(width - (orientation === 'landscape' ? long : short)), `${paper} is ${width} wide`).toBeLessThan(1);
    expect(Math.abs(height - (orientation === 'landscape' ? short : long)), `${paper} is ${height} high`).toBeLessThan(1);
    expect(said('pdfinfo', path)).toMatch(/Pages:\s+1\n/);
    const images = said('pdfimages', '-list', path).split('\n').slice(2).map((line) => line.trim().split(/\s+/)).filter(([, , kind]) => kind === 'image');
    expect(images).toHaveLength(1);
    const [, , , across, down, , , , , , , , acrossPpi, downPpi] = images[0] ?? [];
    expect([acrossPpi, downPpi]).toEqual(['300', '300']);
    // The map takes most of the sheet.
    expect((Number(across) * Number(down)) / ((width / 72) * (height / 72) * 300 ** 2)).toBeGreaterThan(0.5);
  }
});

/** The box of what has about a colour, pixels of a picture. */
const boxOf = (page: Page, picture: Buffer, color: [number, number, number]) => page.evaluate(async ({ data, color: wanted }) => {
  const image = new Image();
  image.src = `data:image/png;base64,${data}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let at = 0; at < pixels.length; at += 4) {
    if (!wanted.every((part, channel) => Math.abs(part - (pixels[at + channel] ?? 0)) < 24)) continue;
    const [x, y] = [(at / 4) % image.width, Math.floor(at / 4 / image.width)];
    [box.left, box.right, box.top, box.bottom] = [Math.min(box.left, x), Math.max(box.right, x), Math.min(box.top, y), Math.max(box.bottom, y)];
  }
  return { across: box.right - box.left + 1, down: box.bottom - box.top + 1 };
}, { data: picture.toString('base64'), color });

test('a distance on the sheet is as long as the scale says', async ({ page }) => {
  await page.goto('/print.html#12/30.42/112.89');
  const [dpi, scale, radius] = [300, 5000, 390];
  const path = await printed(page, { state: `14/30.42/112.89?l=water&a=n~112.89~30.42~${radius}`, scale: String(scale), dpi: String(dpi), format: 'png' }, 'scale.png');
  const { across, down } = await boxOf(page, await readFile(path), [0xc2, 0x18, 0x5b]);
  // The line around the circle is two pixels of 1/96 inch wide, its middle on it.
  const line = (2 / 96) * dpi;
  const wanted = ((2 * radius * 1000) / scale / MM_OF_INCH) * dpi;
  for (const measured of [across - line, down - line]) expect(Math.abs(measured / wanted - 1), `${measured} of ${wanted} pixels`).toBeLessThan(0.005);
  // The bar is drawn, not a picture: its length on the page is that of its number.
  await page.setViewportSize({ width: 1123, height: 794 });
  await page.goto(`/print.html?scale=${scale}#14/30.42/112.89`);
  await page.locator('html[data-print-ready="yes"]').waitFor({ timeout: 30_000 });
  const bar = page.locator('.bar');
  const metres = Number(await bar.getAttribute('data-metres'));
  const width = (await page.getByTestId('bar').boundingBox())?.width ?? 0;
  expect(Math.abs((width / 96) * MM_OF_INCH / ((metres * 1000) / scale) - 1)).toBeLessThan(0.005);
});

test('the browser prints the same sheet, at its size, and it can be read by everybody', async ({ page }) => {
  await page.goto(`/print.html?paper=A3&orientation=portrait&scale=25000&title=${encodeURIComponent('东荆河两岸')}#13/30.42/112.89`);
  await page.locator('html[data-print-ready="yes"]').waitFor({ timeout: 30_000 });
  expect(await violations(page)).toEqual([]);
  await shot(page, 'sheet');
  const path = test.info().outputPath('browser.pdf');
  await page.pdf({ path, preferCSSPageSize: true, printBackground: true });
  const [width, height] = size(path);
  expect(Math.abs(width - POINTS.A3[0]) + Math.abs(height - POINTS.A3[1])).toBeLessThan(2);
  expect(said('pdfinfo', path)).toMatch(/Pages:\s+1\n/);
  expect(text(path)).toContain('东荆河两岸');
  await expect(page).toHaveTitle('东荆河两岸');
});

test('a token prints what it sees: its layers alone, and no name that is not its own', async ({ page }) => {
  const made = await page.request.post('/view-tokens', { headers: { Authorization: `Bearer ${process.env.PLATBOOK_TOKEN}` }, data: { layers: ['doorplate', 'village'], minutes: 5 } });
  expect(made.ok(), await made.text()).toBe(true);
  const headers = { Authorization: `Bearer ${(await made.json()).token}` };
  const { geometry: { coordinates: [lon, lat] } } = await plate(page, 3);
  const path = await printed(page, { state: `15/${lat}/${lon}`, title: '令牌所见' }, 'token.pdf', headers);
  const told = text(path);
  expect(told).toContain('门楼牌');
  expect(told).not.toContain('道路与桥梁');
  const refused = await page.request.get(`/print?${new URLSearchParams({ state: `15/${lat}/${lon}?l=doorplate,road` })}`, { headers: { ...headers, 'Accept-Language': 'zh' } });
  expect(refused.status()).toBe(502);
  expect(await refused.json()).toMatchObject({ code: 'print.page', detail: expect.stringContaining('没有图层 road') });
});

test('what is filtered, dated and told by townships is so on the sheet, too; what cannot be drawn says why', async ({ page }) => {
  await open(page, `#11/30.4/112.8?l=township,doorplate&f=doorplate~${packed("status = 'damaged'")}&st=doorplate~township~~count~~~quantile~5`);
  await compose(page);
  await drawn(page);
  await composer(page).getByLabel('指北针').uncheck();
  await composer(page).getByLabel('制图者').fill('自然资源和规划局');
  const download = page.waitForEvent('download', { timeout: 60_000 });
  await panel(page).getByRole('button', { name: '下载 PDF' }).click();
  const told = text((await file(download)).path);
  for (const part of ['门楼牌数量统计图', '已筛选', '损坏', '制图：自然资源和规划局', '≥']) expect(told).toContain(part);
  expect(told).not.toContain('在挂');
  expect(told).not.toMatch(/^\s*北\s*$/m);

  await open(page, `#12/30.4/112.8?f=doorplate~${packed('colour = 1')}`);
  await page.reload();
  await compose(page);
  await expect(page.getByTestId('print-preview').getByRole('alert')).toContainText('“门楼牌”的筛选条件不能使用', { timeout: 30_000 });
  await panel(page).getByRole('button', { name: '下载 PDF' }).click();
  const alert = page.locator('#panel .foot').getByRole('alert');
  await expect(alert).toContainText('colour', { timeout: 30_000 });
  await expect(alert).toContainText('请按提示调整地图后重试');
  await shot(page, 'failed');
});

test('the scale is chosen, typed and shown by the frame; a print is cancelled; its address makes it again', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '#13/30.42/112.89');
  await compose(page);
  const frame = page.getByTestId('print-frame');
  await composer(page).getByLabel('纸张').selectOption('A3');
  await composer(page).getByLabel('方向').selectOption({ label: '纵向' });
  await composer(page).getByLabel('比例尺').first().selectOption({ label: '自定义…' });
  const typed = composer(page).getByRole('textbox', { name: '比例尺' });
  await typed.fill('12,5OO');
  await expect(composer(page)).toContainText('请输入 100 至 10,000,000 之间的整数');
  await expect(panel(page).getByRole('button', { name: '下载 PDF' })).toBeDisabled();
  await typed.fill('12500');
  await expect(frame).toContainText('A3 · 1:12,500');
  // The frame is as large as what the sheet holds: a pixel of the screen is as many metres as the scale bar has.
  const { width = 0, height = 0 } = (await frame.boundingBox()) ?? {};
  expect(height / width).toBeGreaterThan(1);
  await typed.fill('100000');
  await expect(composer(page).getByText('范围框在视图之外')).toBeVisible();
  await composer(page).getByRole('button', { name: '看全图幅' }).click();
  await expect(composer(page).getByText('范围框在视图之外')).toHaveCount(0);
  await composer(page).getByLabel('标题').fill('潜江全图');
  await panel(page).getByRole('button', { name: '下载 PNG' }).click();
  await panel(page).getByRole('button', { name: '取消' }).click();
  await expect(panel(page).getByRole('status').filter({ hasText: '已取消' })).toBeVisible();
  await panel(page).getByRole('button', { name: '复制打印地址' }).click();
  const address = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(Object.fromEntries(address.searchParams)).toMatchObject({ paper: 'A3', orientation: 'portrait', scale: '100000', title: '潜江全图', format: 'pdf' });
  expect(text(await printed(page, Object.fromEntries(address.searchParams), 'again.pdf'))).toContain('比例尺 1:100000');
});

test('a saved view is printed by its id; English sheets are English', async ({ page }) => {
  const { geometry: { coordinates: [lon, lat] } } = await plate(page, 8);
  await open(page, `#16/${lat}/${lon}?l=doorplate,road`);
  await signIn(page, ADMINISTRATOR);
  await rail(page, '书签');
  await panel(page).getByLabel('名称').fill('待打印');
  await panel(page).getByRole('button', { name: '保存当前视图' }).click();
  await expect(page.getByTestId('bookmarks')).toContainText('待打印');
  const { views } = await (await page.request.get('/views?kind=bookmark&audience=mine')).json();
  const path = await printed(page, { view: views[0].id, lang: 'en', scale: '10000', title: 'Plates' }, 'view.pdf');
  const told = text(path);
  for (const part of ['Plates', 'Legend', 'Scale 1:10,000', 'Doorplates', 'Synthetic data', `Made by ${ADMINISTRATOR}`, 'Sources: ', 'Printed ']) expect(told).toContain(part);
  expect(told).not.toMatch(/图例|比例尺|审图号/);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the composer is a sheet whose buttons a finger meets', async ({ page }) => {
    await open(page, '#13/30.42/112.89');
    await rail(page, '打印');
    await drawn(page);
    expect(await low(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(await violations(page)).toEqual([]);
    await panel(page).getByRole('button', { name: '下载 PDF' }).scrollIntoViewIfNeeded();
    await shot(page, 'composer-phone');
    const download = page.waitForEvent('download', { timeout: 60_000 });
    await panel(page).getByRole('button', { name: '下载 PDF' }).click();
    expect(text((await file(download)).path)).toContain('比例尺');
  });
});
