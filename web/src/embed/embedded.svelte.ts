import { type Answers, type FeatureTold, type LayerTold, MOST, type Ready, type Requests, VERSION, type ViewTold } from '../../embed/src/protocol';
import { countOf } from '../api/asking';
import { asProblem, door } from '../api/client';
import { readFeaturesById } from '../api/items';
import { readSession } from '../api/people';
import type { Box, Layer } from '../api/types';
import { codeOf, titleOf } from '../domain/format';
import { catalogueOrder, withOrder } from '../domain/order';
import { boxAround, extentOf } from '../domain/pieces';
import { added, listed, NONE, type One, type SelectedIds } from '../domain/selection';
import { Planner } from '../planner/state.svelte';
import { lookedUp } from './named';
import { paced } from './pace';
import { Parent } from './parent';
import { type Read, type Request } from './reading';
import { failureOf, Refused, refusal, refusedAs } from './refusing';

/** A page is told of the view at most so often. */
const VIEW_EVERY_MS = 250;
/** So long before a token ends another is asked for, or in the middle of a shorter life. */
const RENEW_BEFORE_MS = 60_000;

/** The map in a page of another site: what that page asks of it, one thing after the other, and what it is told. */
export class Embedded {
  readonly planner = new Planner();
  /** Whether a view token has ended and no other has come. */
  isEnded = $state(false);
  private readonly parent = new Parent((read) => this.heard(read));
  private readonly pace = paced(VIEW_EVERY_MS, () => { const view = this.view(); if (view) this.parent.tell('viewChanged', view); });
  private readonly started: Promise<void>;
  private begin: () => void = () => undefined;
  private hasBegun = false;
  private last: Promise<void>;
  private waiting = 0;
  private renewing: ReturnType<typeof setTimeout> | undefined;
  /** What the page itself marked, or was told of last: it is not told again. */
  private known = '[]';
  private isLooking = false;

  constructor() {
    // Cookies of whoever looks at another site's page are not meant for it.
    door.bearer = { token: null };
    door.refused = () => this.refused();
    this.started = new Promise((resolve) => { this.begin = resolve; });
    this.last = this.started;
  }

  /** The map is drawn, or cannot be: what was asked meanwhile is done now. */
  start(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.parent.tell('ready', this.ready());
    this.begin();
  }

  /** Something was refused. What was asked by an earlier token says nothing of the one there is now. */
  refused(): void {
    if (!door.bearer?.token || this.isLooking) return;
    this.isLooking = true;
    readSession(this.planner.language)
      .catch((error: unknown) => { if (asProblem(error).status === 401) return this.tokenEnded(); })
      .finally(() => { this.isLooking = false; });
  }

  moving(): void {
    if (this.hasBegun) this.pace.run();
  }

  /** Tells which features the visitor has chosen. */
  chose(chosen: SelectedIds): void {
    const { card } = this.planner;
    const all = listed(chosen);
    const isOpening = all.length === 1 && card?.feature.is === 'waiting';
    if (!this.hasBegun || isOpening) return;
    const key = JSON.stringify(all);
    if (key === this.known) return;
    this.known = key;
    this.parent.tell('selectionChanged', { features: all.map((one) => this.toldOf(one)) });
  }

  private toldOf({ layer, id }: One): FeatureTold {
    const { card } = this.planner;
    if (card?.layer.id !== layer || card.id !== id || card.feature.is !== 'here') return { layer, id };
    const { properties } = card.feature.value;
    const code = properties[codeOf(card.layer) ?? ''];
    const title = titleOf(card.layer, properties);
    return { layer, id, ...(typeof code === 'string' ? { code } : {}), ...(title ? { title } : {}) };
  }

  private heard(read: Read): void {
    if (read.is === 'refused') { const { code, message, requestId } = read.refusal; this.parent.refuse({ code, message }, requestId); return; }
    const { request } = read;
    if (this.waiting >= MOST.waiting) { this.parent.refuse({ code: 'queue.full', message: `${MOST.waiting} requests wait; send others when they are answered` }, request.requestId); return; }
    this.waiting += 1;
    this.last = this.last.then(() => this.answer(request)).finally(() => { this.waiting -= 1; });
  }

  private async answer(request: Request): Promise<void> {
    const { requestId } = request;
    try {
      if (request.type === 'hello') this.parent.tell('ready', this.ready(), requestId);
      else this.parent.acknowledge(await this.act(request), requestId);
    } catch (error) {
      this.parent.refuse(failureOf(error), requestId);
    }
  }

  private act(request: Request): Promise<Answers[Request['type']]> {
    switch (request.type) {
      case 'hello': return Promise.resolve(this.ready());
      case 'setView': return this.setView(request.payload);
      case 'setLayers': return Promise.resolve(this.setLayers(request.payload));
      case 'setFilter': return this.setFilter(request.payload);
      case 'setDate': return this.setDate(request.payload);
      case 'highlight': return this.highlight(request.payload);
      case 'setToken': return this.setToken(request.payload);
    }
  }

  private ready(): Ready {
    const { catalogue, language, past } = this.planner;
    const city = catalogue.is === 'here' ? catalogue.value.city : { code: '', title: { zh: '', en: '' } };
    return { protocol: VERSION, city: { code: city.code, title: city.title }, language, layers: this.layers(), view: this.view(), date: past.date, expires: this.planner.visitor.session?.expires ?? null };
  }

  private view(): ViewTold | null {
    const { engine } = this.planner;
    if (!engine) return null;
    const rounded = (degrees: number): number => Number(degrees.toFixed(6));
    const { lon, lat, zoom } = engine.view();
    return { lon: rounded(lon), lat: rounded(lat), zoom: Number(zoom.toFixed(2)), bbox: engine.box().map(rounded) as Box };
  }

  private layers(): LayerTold[] {
    const { layers, views, order } = this.planner;
    return [...layers].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
      .map(({ id, title, geometry }) => ({ id, title, geometry, shown: views[id]?.isShown ?? false, opacity: views[id]?.opacity ?? 100 }));
  }

  private layer(id: string): Layer {
    const layer = this.planner.layers.find((one) => one.id === id);
    if (!layer) throw new Refused('layer.unknown', `no layer ${id} is to be seen here; those that are: ${this.planner.layers.map((one) => one.id).join(', ')}`);
    return layer;
  }

  private async setView(asked: Requests['setView']): Promise<ViewTold> {
    const { engine } = this.planner;
    if (!engine) throw new Refused('map.unavailable', 'this browser cannot draw the map (WebGL2); an overview is shown');
    const isAtOnce = asked.animate === false;
    if ('bbox' in asked) engine.fit(asked.bbox, 0, 20, isAtOnce);
    else engine.go([asked.lon, asked.lat], asked.zoom ?? engine.view().zoom, isAtOnce);
    await engine.rest();
    return this.view() as ViewTold;
  }

  private setLayers({ layers }: Requests['setLayers']): Answers['setLayers'] {
    const { planner } = this;
    const wanted = layers.map((one) => (typeof one === 'string' ? { id: one, opacity: 100 } : { opacity: 100, ...one }));
    for (const { id } of wanted) this.layer(id);
    planner.views = Object.fromEntries(planner.layers.map(({ id }) => {
      const shown = wanted.find((one) => one.id === id);
      return [id, { isShown: shown !== undefined, opacity: shown?.opacity ?? planner.views[id]?.opacity ?? 100, off: planner.views[id]?.off ?? [] }];
    }));
    planner.order = withOrder(catalogueOrder(planner.layers), wanted.map(({ id }) => id));
    return { layers: this.layers() };
  }

  /** A condition is asked about first: one that the server refuses changes nothing. */
  private async setFilter({ layer, filter }: Requests['setFilter']): Promise<Answers['setFilter']> {
    const { filters, language, past } = this.planner;
    const { id } = this.layer(layer);
    if (filter === null) { filters.apply(id, null); return { matched: null }; }
    const matched = await countOf(id, { filter, division: null, datetime: past.date }, language).catch(refusedAs('filter.refused'));
    filters.texts = { ...filters.texts, [id]: filter };
    return { matched };
  }

  private async setDate({ date }: Requests['setDate']): Promise<Answers['setDate']> {
    const { layers, language, past } = this.planner;
    const [first] = layers;
    if (date !== null && first) await countOf(first.id, { filter: null, division: null, datetime: date }, language).catch(refusedAs('date.refused'));
    past.date = date;
    return { date };
  }

  private async highlight({ features, open = false, zoom = false }: Requests['highlight']): Promise<Answers['highlight']> {
    const { planner } = this;
    for (const { layer } of features) this.layer(layer);
    const { found, missing } = await lookedUp(features, (id) => codeOf(this.layer(id)), planner.past.date, planner.language);
    const [only, ...more] = found;
    planner.closeCard(true);
    const chosen = found.reduce((all, { layer, id }) => added(all, layer, [id], MOST.features).chosen, NONE);
    this.known = JSON.stringify(listed(chosen));
    planner.selection.chosen = chosen;
    if (zoom) await this.zoomTo(chosen);
    if (open && only && more.length === 0) await planner.open(only.layer, only.id);
    return { features: found, missing };
  }

  private async zoomTo(chosen: SelectedIds): Promise<void> {
    const { engine, language, past } = this.planner;
    const read = await Promise.all([...chosen].map(([layer, ids]) => readFeaturesById(layer, ids, past.date, language)));
    const box = boxAround(read.flat().map(({ geometry }) => extentOf(geometry)));
    if (!box || !engine) return;
    engine.fit(box);
    await engine.rest();
  }

  /** Everything is drawn anew for whoever sees something else. A token that does not hold leaves all as it was. */
  private async setToken({ token }: Requests['setToken']): Promise<Answers['setToken']> {
    const { visitor } = this.planner;
    const before = door.bearer;
    door.bearer = { token };
    // What this asks is answered here, and is no end of what was there before.
    const { refused } = door;
    door.refused = () => undefined;
    try {
      await visitor.load();
    } catch (error) {
      door.bearer = before;
      throw refusal(error, 'token.refused');
    } finally {
      door.refused = refused;
    }
    this.isEnded = false;
    await this.planner.reload(false);
    const expires = visitor.session?.expires ?? null;
    this.watch(token === null ? null : expires);
    return { layers: this.layers(), expires };
  }

  /** Asks for another token before this one ends, and tells of its end. */
  private watch(expires: string | null): void {
    clearTimeout(this.renewing);
    if (expires === null) return;
    const left = Date.parse(expires) - Date.now();
    this.renewing = setTimeout(() => {
      this.parent.tell('tokenExpiring', { expires });
      this.renewing = setTimeout(() => { void this.tokenEnded(); }, Math.max(0, Date.parse(expires) - Date.now()) + 500);
    }, left - Math.min(RENEW_BEFORE_MS, left / 2));
  }

  /** The token does not hold any more: what everybody sees is left. */
  private async tokenEnded(): Promise<void> {
    if (!door.bearer?.token) return;
    door.bearer = { token: null };
    clearTimeout(this.renewing);
    this.isEnded = true;
    await this.planner.visitor.load().then(() => this.planner.reload(false)).catch(() => { this.planner.mapProblem = true; });
    this.parent.tell('error', { code: 'token.expired', message: 'the view token has ended; public layers are shown' });
  }
}
