import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { ADMINISTRATOR, at, card, edit, EDITOR, enter, form, open, PASSWORD, plate, setStatus, shot, signIn, violations } from './support';

test('a wrong password is said plainly; the right one lets in, and out again', async ({ page }) => {
  await open(page);
  await signIn(page, EDITOR, 'not the password at all');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('账号或密码不正确');
  await shot(page, 'sign-in-refused');
  expect(await violations(page)).toEqual([]);
  await enter(page, EDITOR);
  await expect(page.getByTestId('who')).toContainText(EDITOR);
  await expect(page.getByRole('button', { name: '编辑', exact: true })).toBeVisible();
  await page.getByTestId('who').click();
  await page.getByRole('button', { name: '退出登录' }).click();
  await expect(page.getByRole('button', { name: '登录', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: '编辑', exact: true })).toBeHidden();
});

test('who signs on with the city’s accounts comes back to the map, signed in', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('dialog').getByRole('link', { name: '统一身份认证登录' }).click();
  await page.locator('input[name="login"]').fill('ada');
  await page.locator('input[name="password"]').fill('anything');
  await page.locator('button[type="submit"]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByTestId('who')).toContainText('ada');
  await expect(page.getByRole('button', { name: '编辑', exact: true })).toBeVisible();
  await shot(page, 'signed-on');
});

test('too many attempts are told with how long to wait', async ({ page }) => {
  await open(page);
  await page.route('**/session', (route) => (route.request().method() === 'POST'
    ? route.fulfill({ status: 429, headers: { 'Retry-After': '3', 'Content-Type': 'application/problem+json' }, body: JSON.stringify({ status: 429, code: 'attempts.too_many', title: '尝试次数过多', detail: '' }) })
    : route.continue()));
  await signIn(page, EDITOR);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText(/请等待 [123] 秒/);
  await expect(dialog.getByRole('button', { name: '登录', exact: true })).toBeDisabled();
  await expect(dialog.getByRole('alert')).toBeHidden();
});

test('a token is shown once, and revoked', async ({ page }) => {
  await open(page);
  await signIn(page, EDITOR);
  await page.getByTestId('who').click();
  await page.getByRole('tab', { name: '令牌' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('用途').fill('夜间导出');
  await dialog.getByRole('button', { name: '生成令牌' }).click();
  await expect(dialog.locator('code')).toContainText(/^pbk_/);
  const token = await dialog.locator('code').textContent();
  await shot(page, 'tokens');
  expect(await violations(page)).toEqual([]);
  const held = await page.request.get('/session', { headers: { Authorization: `Bearer ${token}`, Cookie: '' } });
  expect((await held.json()).scopes).toEqual(['read']);
  page.on('dialog', (asked) => asked.accept());
  await dialog.getByRole('button', { name: '撤销令牌 夜间导出' }).first().click();
  await expect(dialog.getByRole('row', { name: /夜间导出/ })).toHaveCount(0);
});

test('an administrator makes a user, who may do what was granted; then shuts them out', async ({ page, browser }) => {
  const name = `journey-made-${Date.now()}`;
  await open(page);
  await signIn(page, ADMINISTRATOR);
  await page.getByTestId('who').click();
  await page.getByRole('tab', { name: '用户' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '新建用户' }).click();
  await expect(dialog).toContainText('至少 10 个字符');
  await dialog.getByLabel('账号').fill('Journey Made');
  await dialog.getByLabel('密码').fill('short');
  await dialog.getByRole('combobox', { name: '区划' }).fill('没有的村');
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(dialog.getByRole('alert')).toHaveText('⚠ 请先改正 3 处');
  await expect(dialog.getByLabel('账号')).toBeFocused();
  await expect(dialog).toContainText('账号不合要求');
  await expect(dialog).toContainText('密码太短');
  await expect(dialog).toContainText('请从列表中选一个乡镇');
  await shot(page, 'users-amiss');
  await dialog.getByLabel('账号').fill(name);
  await dialog.getByLabel('密码').fill(PASSWORD);
  await dialog.getByLabel('角色').selectOption({ label: '编辑员' });
  await dialog.locator('summary').click();
  await dialog.getByRole('checkbox', { name: '门楼牌' }).check();
  await expect(dialog.getByRole('checkbox', { name: '全部图层' })).not.toBeChecked();
  await dialog.getByRole('combobox', { name: '区划' }).fill('园林');
  await shot(page, 'users');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('option', { name: /^园林街道/ }).first().click();
  await dialog.getByRole('button', { name: '保存' }).click();
  const row = dialog.getByRole('row', { name: new RegExp(name) });
  await expect(row).toContainText('编辑员 · 门楼牌 · 园林街道');
  const theirs = await (await browser.newContext({ locale: 'zh-CN' })).newPage();
  await theirs.goto(new URL('/', page.url()).href);
  await signIn(theirs, name);
  await theirs.getByRole('button', { name: '编辑', exact: true }).click();
  await expect(theirs.getByLabel('编辑图层').locator('option')).toHaveText(['门楼牌']);
  const session = (await theirs.context().cookies()).find(({ name: cookie }) => cookie.endsWith('platbook'));
  const asked = () => theirs.request.get(new URL('/session', page.url()).href, { headers: { Cookie: `${session?.name}=${session?.value}` } });
  expect((await (await asked()).json()).name).toBe(name);
  await dialog.getByRole('button', { name: `停用 ${name}` }).click();
  await expect(row).toContainText('已停用');
  // Their page may have let go of its session by now; what was it holds no more, whoever comes with it.
  expect((await asked()).status()).toBe(401);
});

test('an administrator makes a webhook, tries it, and sees what was not delivered', async ({ page }) => {
  const came: { id: string; type: string }[] = [];
  let status = 204;
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => { body += part.toString(); });
    request.on('end', () => {
      came.push({ id: String(request.headers['webhook-id']), type: (JSON.parse(body) as { type: string }).type });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((listening) => { receiver.listen(0, '127.0.0.1', listening); });
  const { port } = receiver.address() as AddressInfo;
  const title = `应急平台 ${Date.now()}`;
  await open(page);
  await signIn(page, ADMINISTRATOR);
  await page.getByTestId('who').click();
  await page.getByRole('tab', { name: '推送' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('用途').fill(title);
  await dialog.getByLabel('接收网址').fill('http://10.0.0.1/');
  await dialog.getByRole('button', { name: '新建推送' }).click();
  await expect(dialog.getByRole('alert')).toContainText('既非公网地址');
  await dialog.getByLabel('接收网址').fill(`http://127.0.0.1:${port}/hook`);
  await dialog.getByLabel('图层').selectOption({ label: '门楼牌' });
  await dialog.getByLabel('条件').fill('colour = 1');
  await dialog.getByRole('button', { name: '新建推送' }).click();
  await expect(dialog.getByRole('alert')).toContainText('colour');
  await dialog.getByLabel('条件').fill("code > '4'");
  await dialog.getByRole('button', { name: '新建推送' }).click();
  await expect(dialog.locator('code')).toContainText(/^whsec_/);
  const row = dialog.getByRole('row', { name: new RegExp(title) });
  await expect(row).toContainText("门楼牌 · 全市 · code > '4'");
  await row.getByRole('button', { name: '试送' }).click();
  await expect(dialog.getByText('已送达', { exact: true })).toBeVisible();
  expect(came.map(({ type }) => type)).toEqual(['platbook.ping']);
  status = 500;
  await row.getByRole('button', { name: '试送' }).click();
  await expect(dialog.getByRole('alert')).toContainText('500');
  const moved = await plate(page, 41);
  const [lon, lat] = moved.geometry.coordinates;
  const edited = await page.request.patch(`/collections/doorplate/items/${moved.id}`, {
    headers: { Authorization: `Bearer ${process.env.PLATBOOK_TOKEN ?? ''}`, 'Content-Type': 'application/merge-patch+json', Cookie: '' },
    data: JSON.stringify({ geometry: { type: 'Point', coordinates: [lon + 0.000001, lat] } }),
  });
  expect(edited.status()).toBe(200);
  await expect(async () => {
    await page.getByRole('tab', { name: '用户' }).click();
    await page.getByRole('tab', { name: '推送' }).click();
    await row.getByRole('button', { name: '未送达 1' }).click({ timeout: 500 });
  }).toPass();
  await shot(page, 'webhooks');
  expect(await violations(page)).toEqual([]);
  status = 204;
  await dialog.getByRole('button', { name: '重新送达' }).click();
  await expect(dialog.getByRole('button', { name: '重新送达' })).toHaveCount(0);
  expect(came.at(-1)?.type).toBe('platbook.commit');
  page.on('dialog', (asked) => asked.accept());
  await row.getByRole('button', { name: '删除' }).click();
  await expect(row).toHaveCount(0);
  receiver.close();
});

test('a session that ends is noticed, and what was not saved is kept', async ({ page, context }) => {
  const one = await plate(page, 40);
  await open(page, at(one));
  await signIn(page, EDITOR);
  await edit(page);
  await form(page).getByLabel('街路巷').fill('失效前改的街');
  await context.clearCookies();
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('登录已失效')).toBeVisible();
  await expect(form(page).getByLabel('街路巷')).toHaveValue('失效前改的街');
  await shot(page, 'session-ended');
  await page.getByRole('button', { name: '重新登录' }).click();
  await enter(page, EDITOR);
  await expect(page.getByTestId('who')).toContainText(EDITOR);
  await form(page).getByRole('button', { name: '保存' }).click();
  await expect(page.getByTestId('edit-bar')).toContainText('已保存');
});

test('a layer that one may no longer see is dropped and told once; the others stay live', async ({ page, context, browser }) => {
  const name = `journey-narrowed-${Date.now()}`;
  const chief = (await browser.newContext({ baseURL: test.info().project.use.baseURL })).request;
  const of = (layers?: string[]) => ({ grants: [{ role: 'viewer', division: '429005', ...(layers ? { layers } : {}) }] });
  expect((await chief.post('/session', { data: { name: ADMINISTRATOR, password: PASSWORD } })).status()).toBe(200);
  const own = { Origin: test.info().project.use.baseURL ?? '' };
  expect((await chief.post('/users', { headers: own, data: { name, password: PASSWORD, ...of() } })).status()).toBe(201);
  await open(page, '#11/30.42/112.89?l=township,base-station');
  await signIn(page, name);
  await expect(page.getByTestId('who')).toContainText(name);
  await expect(page.getByTestId('connection')).toContainText('实时');
  expect((await chief.patch(`/users/${name}`, { headers: own, data: of(['doorplate']) })).status()).toBe(200);
  await context.setOffline(true);
  await expect(page.getByTestId('connection')).toContainText('离线');
  await context.setOffline(false);
  const notice = page.getByRole('alert').filter({ hasText: '不再可见的图层：基站' });
  await expect(notice).toBeVisible();
  await expect(page.getByTestId('connection')).toContainText('实时');
  await expect(page.getByRole('checkbox', { name: '显示 基站', exact: true })).toBeHidden();
  await expect(page.getByRole('checkbox', { name: '显示 乡镇（街道、管理区）', exact: true })).toBeChecked();
  await shot(page, 'layer-gone');
  expect(await violations(page)).toEqual([]);
  await notice.getByRole('button', { name: '换账号登录' }).click();
  await enter(page, ADMINISTRATOR);
  await expect(page.getByRole('checkbox', { name: '显示 基站', exact: true })).toBeVisible();
  await expect(notice).toBeHidden();
});

test('who signs out in one tab has signed out in the other, and comes back in both', async ({ page, context }) => {
  await open(page);
  await signIn(page, ADMINISTRATOR);
  const other = await context.newPage();
  await open(other);
  await expect(other.getByTestId('who')).toContainText(ADMINISTRATOR);
  await other.getByTestId('who').click();
  await other.getByRole('button', { name: '退出登录' }).click();
  await expect(page.getByTestId('who')).toBeHidden();
  await expect(page.getByRole('button', { name: '导入', exact: true })).toBeHidden();
  await expect(page.getByRole('button', { name: '编辑', exact: true })).toBeHidden();
  await expect(page.getByRole('alert')).toContainText('已在另一个标签页退出登录');
  await signIn(other, EDITOR);
  await expect(page.getByTestId('who')).toContainText(EDITOR);
  await expect(page.getByRole('alert')).toBeHidden();
});

test('without rights there is no editing', async ({ page }) => {
  const one = await plate(page, 41);
  await open(page, at(one));
  await expect(card(page)).toContainText(one.properties.address ?? '');
  await expect(card(page).getByRole('button', { name: '编辑' })).toBeHidden();
  await signIn(page, EDITOR);
  await edit(page);
  await setStatus(page, '损坏');
  await expect(page.getByTestId('edit-bar')).toContainText('已保存');
});
