import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, type FrameLocator, type Page, test } from '@playwright/test';
import type { Message, PlatbookMap, Ready } from '../embed/dist/index.js';
import { EDITOR, PASSWORD, shot, violations } from './support';

/** A server whose visitors see public layers only, and the site that it lets show the map. */
const MAP = process.env.PLATBOOK_CLOSED_URL ?? '';
const SITE = process.env.PLATBOOK_SITE ?? '';
const OTHER_PORT = Number(new URL(SITE || 'http://127.0.0.1:8090').port) + 1;
const OTHER = `http://127.0.0.1:${OTHER_PORT}`;

type Heard = { type: string; payload: Record<string, unknown> };
declare global { interface Window { platbook: PlatbookMap; heard: Heard[] } }

/** The example's own site, as its README starts it. */
async function serve(port: number): Promise<ChildProcess> {
  const site = spawn(process.execPath, ['embed/example/serve.mjs'], { env: { ...process.env, PLATBOOK_URL: MAP, PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: site.stdout! }), 'line');
  return site;
}
const sites: ChildProcess[] = [];
test.beforeAll(async () => { sites.push(await serve(Number(new URL(SITE).port)), await serve(OTHER_PORT)); });
test.afterAll(() => { for (const site of sites) site.kill(); });

const frame = (page: Page): FrameLocator => page.frameLocator('#map iframe');

/** Opens the site and waits until its map has answered; what it says from then on is kept. */
async function visit(page: Page, query = ''): Promise<Ready> {
  await page.goto(`${SITE}/${query}`);
  await page.waitForFunction(() => window.platbook);
  const told = await page.evaluate(async () => {
    window.heard = [];
    for (const type of ['selectionChanged', 'viewChanged', 'tokenExpiring', 'error', 'ready'] as const) window.platbook.on(type, (payload) => { window.heard.push({ type, payload: payload as unknown as Heard['payload'] }); });
    return window.platbook.ready;
  });
  await frame(page).locator('[data-testid="map"][data-idle="true"]').waitFor();
  return told;
}
const heard = (page: Page, type: string): Promise<Heard['payload'][]> => page.evaluate((type) => window.heard.filter((one) => one.type === type).map(({ payload }) => payload), type);
/** The code that a request fails with. */
const codeOf = (page: Page, act: (map: PlatbookMap) => Promise<unknown>): Promise<string> =>
  page.evaluate(`(${act.toString()})(window.platbook).then(() => 'done', (error) => error.code)`);

test('a page of another origin sets view, layers, filter and date, and is told what the map shows', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  const ready = await visit(page);
  expect(ready).toMatchObject({ protocol: 1, language: 'zh', date: null, expires: null });
  expect(ready.layers.map(({ id }) => id)).not.toContain('base-station');

  const view = await page.evaluate(() => window.platbook.setView({ lon: 112.8869, lat: 30.4219, zoom: 15 }));
  expect(view).toMatchObject({ lon: 112.8869, lat: 30.4219, zoom: 15 });
  await expect.poll(async () => (await heard(page, 'viewChanged')).at(-1)).toMatchObject({ lon: 112.8869, zoom: 15 });
  const { layers } = await page.evaluate(() => window.platbook.setLayers(['doorplate', { id: 'road', opacity: 60 }]));
  expect(layers.filter(({ shown }) => shown).map(({ id, opacity }) => [id, opacity])).toEqual([['doorplate', 100], ['road', 60]]);
  await expect(frame(page).getByTestId('legend')).toContainText('门楼牌');
  await expect(frame(page).getByTestId('legend')).not.toContainText('乡镇');

  const { matched } = await page.evaluate(() => window.platbook.setFilter('doorplate', "status = 'damaged'"));
  const counted = await (await page.request.get(`${MAP}/collections/doorplate/items?limit=1&filter=${encodeURIComponent("status = 'damaged'")}`)).json();
  expect(matched).toBe(counted.numberMatched);
  await expect.poll(() => requests.some((url) => url.includes('/tiles/') && decodeURIComponent(url).includes("filter=status = 'damaged'"))).toBe(true);
  expect(await codeOf(page, (map) => map.setFilter('doorplate', 'status ='))).toBe('filter.refused');
  expect(await codeOf(page, (map) => map.setFilter('base-station', "name = 'x'"))).toBe('layer.unknown');
  expect(await codeOf(page, (map) => map.setLayers(['nothing']))).toBe('layer.unknown');

  const today = new Date().toISOString().slice(0, 10);
  expect(await page.evaluate((today) => window.platbook.setDate(today), today)).toEqual({ date: today });
  await expect.poll(() => requests.some((url) => url.includes(`datetime=${today}`) && url.includes('/tiles/'))).toBe(true);
  expect(await codeOf(page, (map) => map.setDate('30.6.2026'))).toBe('payload.invalid');
  await page.evaluate(() => window.platbook.setDate(null));
  expect((await page.evaluate(() => window.platbook.state())).layers.filter(({ shown }) => shown)).toHaveLength(2);
  // Nothing but the site and the map were asked.
  expect(requests.filter((url) => url.startsWith('http') && !url.startsWith(MAP) && !url.startsWith(SITE))).toEqual([]);
});

test('the view is told four times a second at the most', async ({ page }) => {
  await visit(page);
  const times = await page.evaluate(async () => {
    const times: number[] = [];
    window.platbook.on('viewChanged', () => { times.push(performance.now()); });
    for (let at = 0; at < 30; at += 1) await window.platbook.setView({ lon: 112.8 + at / 200, lat: 30.42, zoom: 13, animate: false });
    const last = await window.platbook.setView({ lon: 112.9, lat: 30.4, zoom: 14, animate: false });
    await new Promise<void>((resolve) => window.platbook.on('viewChanged', ({ lon }) => { if (lon === last.lon) resolve(); }));
    return times;
  });
  // Messages may wait in the page: beats are counted over the whole time.
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  expect(times.length).toBeLessThanOrEqual(Math.floor((last - first) / 250) + 2);
});

test('what the page marks is marked, what the visitor chooses is told, and a card is read only', async ({ page }) => {
  await visit(page);
  const body = await (await page.request.get(`${MAP}/collections/doorplate/items?limit=3`)).json();
  const [first, second] = body.features;
  const marked = await page.evaluate((code) => window.platbook.highlight([{ layer: 'doorplate', code }, { layer: 'doorplate', code: 'no such' }], { zoom: true }), first.properties.code as string);
  expect(marked).toEqual({ features: [{ layer: 'doorplate', id: String(first.id) }], missing: [{ layer: 'doorplate', code: 'no such' }] });
  expect((await page.evaluate(() => window.platbook.state())).view?.zoom).toBe(17);
  expect(await heard(page, 'selectionChanged')).toEqual([]);
  await shot(page, 'embed-marked');

  // The plate stands in the middle now: the visitor clicks it.
  const box = (await frame(page).getByTestId('map').boundingBox())!;
  await frame(page).locator('[data-testid="map"]').click({ position: { x: box.width / 2, y: box.height / 2 } });
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await heard(page, 'selectionChanged')).at(-1)).toEqual({ features: [] });
  await frame(page).locator('[data-testid="map"]').click({ position: { x: box.width / 2, y: box.height / 2 } });
  const card = frame(page).getByTestId('card');
  await expect(card).toBeVisible();
  const several = card.getByRole('button').filter({ hasText: String(first.properties.address) });
  if (await several.count() > 0) await several.first().click();
  await expect.poll(async () => (await heard(page, 'selectionChanged')).at(-1)).toEqual({ features: [{ layer: 'doorplate', id: String(first.id), code: first.properties.code, title: first.properties.address }] });
  await expect(card.getByRole('button', { name: '编辑' })).toHaveCount(0);
  await expect(card.getByRole('button', { name: '导出' })).toHaveCount(0);
  await shot(page, 'embed-card');

  await page.evaluate((id) => window.platbook.highlight([{ layer: 'doorplate', id }], { open: true }), second.id as number);
  await expect(card).toContainText(String(second.properties.address));
});

test('junk is answered by an error and harms nothing', async ({ page }) => {
  await visit(page);
  const before = await page.evaluate(() => window.platbook.state());
  const sent: unknown[] = [null, 7, 'hello', [], { v: 1 }, { v: 2, type: 'setView', payload: {} }, { v: 1, type: 'eval', payload: 'alert(1)' }, { v: 1, type: 'setView', payload: { lon: 'x' } }, { v: 1, type: '__proto__' }, { v: 1, type: 'setToken', payload: { token: 'pbv_not one' }, requestId: 'mine' }];
  const answers = await page.evaluate(async (sent) => {
    const answers: { code: string; requestId?: string | undefined }[] = [];
    const target = document.querySelector<HTMLIFrameElement>('#map iframe')!.contentWindow!;
    await new Promise<void>((resolve) => {
      addEventListener('message', ({ data }: MessageEvent<Message>) => {
        if (data.type === 'error') answers.push({ code: (data.payload as { code: string }).code, requestId: data.requestId });
        if (answers.length === sent.length) resolve();
      });
      for (const message of sent) target.postMessage(message, '*');
    });
    return answers;
  }, sent);
  expect(answers.map(({ code }) => code)).toEqual(['message.malformed', 'message.malformed', 'message.malformed', 'message.malformed', 'message.malformed', 'message.version', 'type.unknown', 'payload.invalid', 'type.unknown', 'token.refused']);
  expect(answers.at(-1)?.requestId).toBe('mine');
  expect(await page.evaluate(() => window.platbook.state())).toEqual(before);
});

test('another window than the one around it is neither heard nor told', async ({ page }) => {
  await visit(page);
  const heardByStranger = await page.evaluate(async () => {
    const map = document.querySelector<HTMLIFrameElement>('#map iframe')!.contentWindow!;
    const stranger = document.createElement('iframe');
    stranger.srcdoc = '<p>a stranger';
    document.body.append(stranger);
    await new Promise((resolve) => { stranger.onload = resolve; });
    const said: unknown[] = [];
    stranger.contentWindow!.addEventListener('message', ({ data }) => said.push(data));
    // Said by a script of that frame, so that it is the one who speaks.
    (stranger.contentWindow as unknown as { eval(code: string): void }).eval('window.say = (target, message) => target.postMessage(message, "*")');
    (stranger.contentWindow as unknown as { say(target: Window, message: unknown): void }).say(map, { v: 1, type: 'setLayers', payload: { layers: [] }, requestId: 'theirs' });
    const { layers } = await window.platbook.state();
    return { said, shown: layers.filter(({ shown }) => shown).length };
  });
  expect(heardByStranger.said).toEqual([]);
  expect(heardByStranger.shown).toBeGreaterThan(0);
});

test('a site that is not declared shows no map, and its client says so', async ({ page }) => {
  await page.goto(`${OTHER}/`);
  await page.waitForFunction(() => window.platbook);
  const told = await page.evaluate(async (url) => {
    const { PlatbookMap } = (await import(`${location.origin}/client/index.js`)) as typeof import('../embed/dist/index.js');
    const container = document.body.appendChild(document.createElement('div'));
    const map = new PlatbookMap({ url, container, timeoutMs: 1500 });
    const outcome = await map.ready.then(() => 'ready', (error: { code: string; message: string }) => `${error.code}: ${error.message}`);
    const late = await map.setLayers([]).then(() => 'done', (error: { code: string }) => error.code);
    const waiting = map.state().then(() => 'done', (error: { code: string }) => error.code);
    map.destroy();
    return { outcome, late, gone: await waiting, after: await map.state().then(() => 'done', (error: { code: string }) => error.code), frames: container.querySelectorAll('iframe').length };
  }, MAP);
  expect(told.outcome).toContain('timeout: no map at');
  expect(told).toMatchObject({ late: 'timeout', gone: 'destroyed', after: 'destroyed', frames: 0 });
  await expect(frame(page).getByTestId('map')).toHaveCount(0);
});

test('a view token widens what is shown; it stands in no address, and its end is told', async ({ page, playwright }) => {
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await visit(page);
  // An account of the city signs in elsewhere and gives the site a token, which ends with the session.
  const person = await playwright.request.newContext({ baseURL: MAP, extraHTTPHeaders: { Origin: MAP } });
  expect((await person.post('/session', { data: { name: EDITOR, password: PASSWORD } })).ok()).toBe(true);
  const made = await person.post('/view-tokens', { data: { layers: ['township', 'base-station'], minutes: 5 } });
  expect(made.ok()).toBe(true);
  const { token } = await made.json();

  const { layers, expires } = await page.evaluate((token) => window.platbook.setToken(token), token as string);
  expect(layers.map(({ id }) => id).sort()).toEqual(['base-station', 'township']);
  expect(Date.parse(expires ?? '')).toBeGreaterThan(Date.now());
  await page.evaluate(() => window.platbook.setLayers(['base-station', 'township']));
  await expect(frame(page).getByTestId('legend')).toContainText('基站');
  await expect.poll(() => addresses.filter((url) => url.includes('/base-station/')).length).toBeGreaterThan(0);
  expect(addresses.filter((url) => url.includes(token))).toEqual([]);
  await shot(page, 'embed-token');

  await person.delete('/session');
  // The next thing that is asked is refused: the map goes on with what everybody sees.
  expect(await codeOf(page, (map) => map.setFilter('township', "name = 'x'"))).not.toBe('done');
  await expect.poll(async () => (await heard(page, 'error')).map(({ code }) => code)).toContain('token.expired');
  await expect(frame(page).getByRole('alert')).toContainText('查看授权已结束');
  await expect.poll(async () => (await page.evaluate(() => window.platbook.state())).layers.map(({ id }) => id)).toContain('doorplate');
  expect((await page.evaluate(() => window.platbook.state())).layers.map(({ id }) => id)).not.toContain('base-station');
  expect(said.join('\n')).not.toContain(token);
  await person.dispose();
  await shot(page, 'embed-ended');
});

test('the example page asks its own server for tokens', async ({ page }) => {
  await visit(page);
  await page.getByRole('button', { name: 'With a view token' }).click();
  await expect(page.getByRole('log')).toContainText('"expires":"2');
  expect((await page.evaluate(() => window.platbook.state())).layers.map(({ id }) => id)).toContain('base-station');
  await page.getByRole('button', { name: 'Without', exact: true }).click();
  await expect.poll(async () => (await page.evaluate(() => window.platbook.state())).expires).toBeNull();
});

test('in English and dark, on a phone, and by keys', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '?language=en&theme=dark');
  const inner = page.frames().find((one) => one.url().startsWith(MAP))!;
  await expect(frame(page).getByTestId('key').locator('summary')).toContainText('Legend');
  expect(await violations(inner as unknown as Page)).toEqual([]);
  const body = await (await page.request.get(`${MAP}/collections/doorplate/items?limit=1`)).json();
  await page.evaluate((id) => window.platbook.highlight([{ layer: 'doorplate', id }], { open: true, zoom: true }), body.features[0].id as number);
  await expect(frame(page).getByTestId('card')).toBeVisible();
  await shot(page, 'embed-phone');
  expect(await violations(inner as unknown as Page)).toEqual([]);
  await frame(page).getByTestId('card').getByRole('button', { name: 'Close' }).press('Enter');
  await expect(frame(page).getByTestId('card')).toHaveCount(0);
  await frame(page).getByTestId('key').locator('summary').press('Enter');
  await expect(frame(page).getByTestId('legend')).toBeVisible();
  expect(await violations(inner as unknown as Page)).toEqual([]);
  await shot(page, 'embed-phone-legend');
});
