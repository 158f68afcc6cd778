import type { StyleSpecification } from 'maplibre-gl';
import { asProblem, type Problem, readCatalogue, readFeature, readPlace, readStyle, search } from '../api/client';
import type { Catalogue, Commit, Feature, Layer, Place, SearchResult } from '../api/types';
import { arranged } from '../domain/drawn';
import { meets } from '../domain/drawnCondition';
import { titleOf } from '../domain/format';
import { legendOf, type Reading, rowsOf, type Swatch } from '../domain/legend';
import { boxOf, grown, touched } from '../domain/live';
import { withMarks } from '../domain/marks';
import { catalogueOrder, isSameOrder, moved, placed, withOrder } from '../domain/order';
import { formatPermalink, type Permalink, parsePermalink, type Theme, type View } from '../domain/permalink';
import { anchor, extentOf } from '../domain/pieces';
import type { Area } from '../domain/area';
import { withoutHidden } from '../domain/quick';
import type { Chosen } from '../domain/statistics';
import { withSolids } from '../domain/solid';
import { composeStyle, type LayerView, partsByLayer, viewsOf } from '../domain/style';
import { askedTaste, browserLanguage, keepTaste, keptTaste, type Taste, withoutTaste } from '../domain/taste';
import { dictionaries, type Language } from '../i18n/dictionary';
import type { Click, Engine, Hit } from '../map/engine';
import { CountsInView } from './counting.svelte';
import { Bookmarks } from './bookmarks.svelte';
import { Divisions } from './divisions.svelte';
import { Editor } from './editor.svelte';
import { Filters } from './filters.svelte';
import { Live } from './live.svelte';
import { Past } from './past.svelte';
import { Selection } from './selection.svelte';
import { Sheets } from './sheets.svelte';
import type { Asking } from './asking.svelte';
import type { Printing } from './printing.svelte';
import type { Locals } from './locals.svelte';
import type { Statistics } from './statistics.svelte';
import { Table } from './table.svelte';
import { Styling } from './styling.svelte';
import { Visitor } from './visitor.svelte';

export type Loading<T> = { is: 'waiting' } | { is: 'here'; value: T } | { is: 'failed'; problem: Problem };
export interface Card { layer: Layer; id: string; feature: Loading<Feature>; place: Place | null; date: string | null }

/** From here on a single feature is told apart from its neighbours. */
const FEATURE_ZOOM = 17;

/** From where buildings are seen when they get their heights. */
const TILT = { bearing: -17, pitch: 50 };

/** What of a layer is meant at first when it is taken out: whoever exports may choose otherwise. */
export type ExportScope = 'all' | 'selection' | 'table' | 'area';
/** An area that a layer is taken out of. */
export interface ExportArea { filter: string | null; division: string | null; title: string }

/** What the planner shows, and the only place that changes it. */
export class Planner {
  /** The layer that is being taken out as a file. */
  exporting = $state.raw<{ layer: Layer; scope: ExportScope; ids: readonly string[]; area: ExportArea | null } | null>(null);
  /** The layer whose quality is looked at. */
  inspecting = $state.raw<Layer | null>(null);
  catalogue = $state.raw<Loading<Catalogue>>({ is: 'waiting' });
  style = $state.raw<StyleSpecification | null>(null);
  views = $state<Record<string, LayerView>>({});
  /** All layers, the one drawn on top first. */
  order = $state.raw<string[]>([]);
  theme = $state<Theme>('auto');
  language = $state<Language>('zh');
  view = $state.raw<View | null>(null);
  /** Whether the map is seen from aside, in three dimensions. */
  isTilted = $state(false);
  card = $state.raw<Card | null>(null);
  hits = $state.raw<Hit[]>([]);
  drawn = $state.raw<Hit[]>([]);
  /** Coordinates or a cell that were searched for, as they are written, and what was found. */
  sought = $state<string | null>(null);
  found = $state.raw<SearchResult | null>(null);
  isBusy = $state(true);
  mapProblem = $state(false);
  hasWebgl = $state(true);
  said = $state('');
  /** Layers that were shown until one could no longer see them: told once. */
  gone = $state.raw<Layer[]>([]);
  engine = $state.raw<Engine | null>(null);
  readonly divisions = new Divisions(() => this.language, () => (this.catalogue.is === 'here' ? { code: this.catalogue.value.city.code, name: this.catalogue.value.city.title[this.language] } : { code: '', name: '' }));
  readonly past = new Past();
  readonly visitor = new Visitor(() => this.language, (turn) => this.reload(turn !== 'left'));
  readonly live = new Live((commit) => this.heard(commit), () => { void this.lookAgain(); });
  readonly editor = new Editor(this);
  readonly filters = new Filters(this);
  /** The statistics that the map is coloured by; what works them out is fetched when somebody asks. */
  chosen = $state.raw<Chosen | null>(null);
  statistics = $state.raw<Statistics | null>(null);
  /** Where one asks what there is. */
  area = $state.raw<Area | null>(null);
  /** Questions about places, once somebody asked. */
  asking = $state.raw<Asking | null>(null);
  /** A sheet in the making, while its panel is open. */
  printing = $state.raw<Printing | null>(null);
  /** Files that are shown and stay here, once there is one. */
  locals = $state.raw<Locals | null>(null);
  readonly selection = new Selection(this);
  readonly table = new Table(this);
  readonly sheets = new Sheets(this);
  readonly styling = new Styling(this);
  readonly counting = new CountsInView();
  readonly bookmarks = new Bookmarks(this);
  private prefersDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  /** The language and theme that a link gave, for this visit: the link keeps them, nobody else's do. */
  private given = $state.raw<Taste>({ language: null, theme: null });

  words = $derived(dictionaries[this.language]);
  isDark = $derived(this.theme === 'dark' || (this.theme === 'auto' && this.prefersDark));
  layers = $derived(this.catalogue.is === 'here' ? this.catalogue.value.layers : []);
  /** The server's style with own styles and order, before anything is hidden. */
  arranged = $derived(this.style ? arranged(this.style, this.layers, this.styling.owns, this.order, this.isDark) : null);
  composed = $derived(this.arranged ? this.marked(composeStyle(this.arranged, this.layers, this.views, this.past.date, this.sheets.isNarrow, this.filters.active)) : null);
  /** The zoom as far as the legend knows it: which layers are drawn changes at whole zooms. */
  private wholeZoom = $derived(this.view ? Math.floor(this.view.zoom) : null);
  private reading = $derived<Reading>({ words: this.words, language: this.language, zoom: this.wholeZoom });
  private parts = $derived(this.arranged && partsByLayer(this.arranged));
  /** The classes of each layer as it would be drawn, those that are switched off, too. */
  rows = $derived(Object.fromEntries(this.layers.map((layer) => [layer.id, rowsOf(layer, this.parts?.get(layer.id) ?? [], this.reading)])));
  private off = $derived(Object.fromEntries(Object.entries(this.views).map(([id, { off }]) => [id, off])));
  legend = $derived(this.composed ? legendOf(this.composed, this.layers, this.off, this.reading) : []);
  mayImport = $derived(this.layers.some(({ id }) => this.visitor.may(id, 'import')));
  shown = $derived(this.layers.filter(({ id }) => this.views[id]?.isShown).map(({ id }) => id));

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => { this.prefersDark = matches; });
    const link = parsePermalink(location.hash);
    const kept = keptTaste(() => localStorage);
    const asked = askedTaste(location.search);
    this.theme = asked.theme ?? kept.theme ?? 'auto';
    this.language = asked.language ?? kept.language ?? browserLanguage();
    this.begin(link);
  }

  /** What a link says before there is a catalogue to hold it against. */
  private begin(link: Permalink): void {
    this.take(link);
    this.view = link.view;
    this.isTilted = link.view?.tilt !== undefined;
    this.past.date = link.date;
    this.past.compare = link.compare;
    this.filters.texts = link.filters;
    this.chosen = link.statistics;
    this.area = link.area;
    if ((link.statistics || link.area) && !this.sheets.isNarrow) this.sheets.panel = link.area ? 'ask' : 'statistics';
  }

  /** A style with what is selected marked, and buildings with their heights where the map is seen from aside. */
  marked(style: StyleSpecification): StyleSpecification {
    const shares = this.isTilted ? Object.fromEntries(Object.entries(this.views).map(([id, { opacity }]) => [id, opacity / 100])) : null;
    return withMarks(shares ? withSolids(style, this.layers, shares) : style, this.layers, this.selection.layers, this.isDark);
  }

  /** Looks at buildings from aside, or from above again. */
  tilt(isTilted = !this.isTilted): void {
    this.isTilted = isTilted;
    this.engine?.tilt(isTilted ? TILT : null);
    this.say(isTilted ? this.words.tilted : this.words.flat);
  }

  /** Takes over what a link gives of language and theme. */
  private take({ language, theme }: Permalink): void {
    this.given = { language, theme: theme === 'auto' ? null : theme };
    if (language) this.language = language;
    if (theme !== 'auto') this.theme = theme;
  }

  /** Keeps what somebody chose here: no link says otherwise any more. */
  private choose(taste: Partial<Taste>): void {
    keepTaste(() => localStorage, taste);
    this.given = { language: taste.language ? null : this.given.language, theme: taste.theme ? null : this.given.theme };
    const query = withoutTaste(location.search, taste);
    if (query !== location.search) history.replaceState(null, '', location.pathname + query + location.hash);
  }

  async load(): Promise<void> {
    this.catalogue = { is: 'waiting' };
    try {
      const { saved } = parsePermalink(location.hash);
      const [value, state] = await Promise.all([readCatalogue(this.language), saved === null ? null : this.bookmarks.stateOf(saved), this.loadStyle(), this.visitor.load()]);
      if (state !== null) {
        history.replaceState(null, '', `#${state}`);
        this.begin(parsePermalink(location.hash));
        await this.loadStyle();
      }
      this.catalogue = { is: 'here', value };
      this.applyLink(parsePermalink(location.hash));
      this.filters.recountAll();
    } catch (error) {
      this.catalogue = { is: 'failed', problem: asProblem(error) };
    }
  }

  /** Draws everything anew for somebody who sees something else. */
  async reload(isTold = true): Promise<void> {
    const [value] = await Promise.all([readCatalogue(this.language), this.loadStyle()]);
    const { views, layers } = this;
    const isThere = (id: string): boolean => value.layers.some((layer) => layer.id === id);
    this.gone = isTold ? layers.filter(({ id }) => views[id]?.isShown && !isThere(id)) : [];
    this.catalogue = { is: 'here', value };
    this.views = Object.fromEntries(value.layers.map((layer) => [layer.id, views[layer.id] ?? { isShown: layer.visible, opacity: 100, off: [] }]));
    this.order = withOrder(catalogueOrder(value.layers), this.order);
    // What is not saved stays in hand; without rights there is nothing else to edit.
    if (this.editor.isOn && !this.editor.isDirty && this.editor.layers.length === 0) this.editor.stop();
    this.engine?.refreshAll();
    this.live.restart();
    this.filters.recountAll();
    this.selection.keep((layer) => isThere(layer));
    this.table.renew(value.layers);
    if (this.card && !isThere(this.card.layer.id)) this.closeCard();
    else if (this.card) void this.open(this.card.layer.id, this.card.id);
  }

  /** The feed was refused: asks who one is and what there is to see, and goes on with that. Without an answer, later. */
  private async lookAgain(): Promise<void> {
    try {
      await this.visitor.look();
      const { layers } = await readCatalogue(this.language);
      if (layers.map(({ id }) => id).join() !== this.layers.map(({ id }) => id).join()) await this.reload();
    } catch {
      // The feed tries again, and this with it.
    }
  }

  async loadStyle(): Promise<void> {
    const [theme, language] = [this.isDark ? 'dark' : 'light', this.language] as const;
    const style = await readStyle(theme, language);
    if (theme === (this.isDark ? 'dark' : 'light') && language === this.language) this.style = style;
  }

  private restyle(): void {
    this.loadStyle().catch(() => { this.mapProblem = true; });
  }

  /** Follows a link that was opened or typed while the page was there. */
  applyLink(link: Permalink): void {
    this.views = viewsOf(this.layers, link.layers, link.off);
    this.order = withOrder(catalogueOrder(this.layers), link.layers?.map(({ id }) => id) ?? []);
    this.styling.follow(link, location.hash.length < 2);
    this.selection.follow(link);
    this.table.follow(link.table);
    if (link.sought) void this.seek(link.sought);
  }

  /** Marks what a link says was searched for; the view is the link's own. */
  private async seek(sought: string): Promise<void> {
    this.sought = sought;
    // Without an answer the map stands without a mark.
    const results = await search(sought, this.language).catch(() => []);
    const result = results.find(({ layer }) => layer === undefined);
    if (this.sought !== sought || !result) return;
    this.found = result;
    this.engine?.found(result);
  }

  followHash(): void {
    if (location.hash === this.link()) return;
    const link = parsePermalink(location.hash);
    if (link.saved !== null) { void this.bookmarks.open(link.saved); return; }
    const style = this.isDark;
    this.take(link);
    this.past.date = link.date;
    this.past.compare = link.compare;
    this.filters.take(link.filters);
    this.chosen = link.statistics;
    this.area = link.area;
    this.asking?.follow();
    if (style !== this.isDark || link.language) this.restyle();
    if (link.view) {
      const { lon, lat, zoom, tilt } = link.view;
      this.isTilted = tilt !== undefined;
      this.engine?.look({ center: [lon, lat], zoom }, tilt ?? null);
    }
    this.applyLink(link);
  }

  link(): string {
    const isChanged = this.layers.some((layer) => {
      const view = this.views[layer.id];
      return view && (view.isShown !== layer.visible || view.opacity !== 100);
    }) || !isSameOrder(this.order, catalogueOrder(this.layers), this.shown);
    const shown = this.order.filter((id) => this.views[id]?.isShown).map((id) => ({ id, opacity: this.views[id]?.opacity ?? 100 }));
    return formatPermalink({
      view: this.view,
      layers: isChanged ? shown : null,
      off: Object.fromEntries(Object.entries(this.views).map(([id, view]) => [id, view.off])),
      filters: this.filters.texts,
      statistics: this.chosen,
      area: this.area,
      styles: this.styling.linked,
      selection: this.selection.chosen,
      opened: this.card && this.selection.count > 1 ? { layer: this.card.layer.id, id: this.card.id } : null,
      saved: null,
      table: this.table.link,
      sought: this.sought,
      date: this.past.date,
      compare: this.past.compare,
      theme: this.given.theme ?? 'auto',
      language: this.given.language,
    });
  }

  /** What the legend hides of a layer, as a condition that leaves it out. */
  hidden(layer: Layer): string | null {
    return withoutHidden(layer, this.rows[layer.id] ?? [], this.views[layer.id]?.off ?? []);
  }

  /** Asks how a layer is to be taken out: all of it, what is selected of it, what the table lists, or what an area holds. */
  export(layer: Layer, scope: ExportScope = 'all', { ids = this.selection.of(layer.id), area = null }: { ids?: readonly string[]; area?: ExportArea | null } = {}): void {
    this.exporting = { layer, scope, ids, area };
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.choose({ theme });
    this.restyle();
  }

  toggleLanguage(): void {
    this.language = this.language === 'zh' ? 'en' : 'zh';
    this.choose({ language: this.language });
    this.restyle();
    if (this.card?.feature.is === 'here') void this.open(this.card.layer.id, this.card.id);
  }

  toggleLayer(id: string): void {
    const view = this.views[id];
    if (!view) return;
    view.isShown = !view.isShown;
    // Nobody told what changed in it while it was hidden.
    if (view.isShown) this.engine?.refresh(id);
    this.say(this.words.shown(Object.values(this.views).filter(({ isShown }) => isShown).length));
  }

  toggleClass(id: string, value: string): void {
    const view = this.views[id];
    if (!view) return;
    view.off = view.off.includes(value) ? view.off.filter((off) => off !== value) : [...view.off, value];
  }

  /** Draws a layer one step higher or lower among those that are shown. */
  moveLayer(id: string, step: 'up' | 'down'): void {
    this.reorder(id, moved(this.order, id, step, this.shown));
  }

  placeLayer(id: string, other: string, side: 'above' | 'below'): void {
    this.reorder(id, placed(this.order, id, other, side));
  }

  private reorder(id: string, order: string[]): void {
    const title = this.layers.find((layer) => layer.id === id)?.title[this.language] ?? id;
    this.order = order;
    const shown = order.filter((other) => this.shown.includes(other));
    this.say(this.words.orderNow(title, shown.indexOf(id) + 1, shown.length));
  }

  resetOrder(): void {
    this.order = catalogueOrder(this.layers);
    this.say(this.words.orderReset);
  }

  /** How a feature of a layer is drawn; without one, the layer as a whole, as what belongs to none of its classes. */
  swatchOf(id: string, feature?: Feature['properties']): Swatch | undefined {
    const rows = this.rows[id] ?? [];
    const own = feature && rows.find(({ condition }) => meets(condition, feature));
    return (own ?? rows.at(-1))?.swatch;
  }

  zoomTo(layer: Layer): void {
    if (layer.extent) this.engine?.fit(layer.extent, this.sheets.covered);
    const view = this.views[layer.id];
    if (view && !view.isShown) this.toggleLayer(layer.id);
  }

  clicked(hits: Hit[], click: Click): void {
    if (this.asking?.takes(click) || this.statistics?.takes(click.point)) return;
    if (this.editor.isOn) { void this.editor.clicked(hits, click.isMore); return; }
    if (this.locals?.takes(click.point)) return;
    // Left of the divider lies the other date.
    const { compare, other } = this.past;
    const width = this.engine?.map.getContainer().clientWidth ?? 0;
    const isOther = compare !== null && other !== null && click.point.x < (width * compare.share) / 100;
    const found = isOther ? other.hits(click.point) : hits;
    const [first] = found;
    if (first?.cluster && !click.isMore) { this.engine?.go(first.cluster.center, first.cluster.zoom); return; }
    const single = found.filter(({ cluster }) => cluster === null);
    if (click.isMore && !isOther) { this.selection.more(single); return; }
    if (single.length > 1 && !isOther) { this.closeCard(); this.hits = single; this.say(this.words.here); }
    else if (single[0]) void this.open(single[0].layer, single[0].id, isOther ? compare.from : this.past.date);
    else this.closeCard();
  }

  /** Shows a file; what reads files is fetched with the first. */
  async showFile(file: File | null): Promise<void> {
    const { Locals } = await import('./locals.svelte');
    this.locals ??= new Locals(this);
    if (this.sheets.panel !== 'local' || !this.sheets.isPanelShown) this.sheets.choose('local');
    if (file) await this.locals.add(file);
  }

  async open(layerId: string, id: string, date: string | null = this.past.date): Promise<void> {
    const layer = this.layers.find((entry) => entry.id === layerId);
    if (!layer) return;
    this.hits = [];
    this.locals?.close();
    // What is shown stays until the newer is there.
    const { card } = this;
    const isSame = card?.layer.id === layerId && card.id === id && card.date === date;
    if (!isSame) this.card = { layer, id, feature: { is: 'waiting' }, place: null, date };
    if (!this.selection.has(layerId, id)) this.selection.only({ layer: layerId, id });
    const isStill = () => this.card?.layer.id === layerId && this.card.id === id;
    try {
      const value = await readFeature(layerId, id, this.language, date);
      if (!isStill()) return;
      this.card = { layer, id, feature: { is: 'here', value }, place: isSame ? (card?.place ?? null) : null, date };
      if (!isSame) this.say(this.words.opened(titleOf(layer, value.properties) ?? `${layer.title[this.language]} ${id}`));
      const [lon, lat] = anchor(value.geometry);
      const place = await readPlace(lon, lat, this.language).catch(() => null);
      if (isStill()) this.card = { layer, id, feature: { is: 'here', value }, place, date };
    } catch (error) {
      if (isStill()) this.card = { layer, id, feature: { is: 'failed', problem: asProblem(error) }, place: null, date };
    }
  }

  /** Closes what is on the right; of several that are selected, the others may stay so. */
  closeCard(keepsSelection = false): void {
    this.card = null;
    this.hits = [];
    this.sought = null;
    this.found = null;
    if (!keepsSelection) this.selection.clear();
    this.engine?.found(null);
  }

  goTo(result: SearchResult): void {
    this.closeCard();
    this.sheets.clear();
    if (result.bbox) this.engine?.fit(result.bbox, result.layer ? this.sheets.covered : 0);
    else this.engine?.go(result.center, 16);
    if (result.layer && result.id !== undefined) {
      const view = this.views[result.layer];
      if (view && !view.isShown) view.isShown = true;
      void this.open(result.layer, String(result.id));
      return;
    }
    this.sought = result.kind === 'coordinates' ? result.center.join(',') : result.title;
    this.found = result;
    this.engine?.found(result);
  }

  /** Goes to a feature that a list has, and opens it. */
  goToFeature(layer: string, { id, geometry }: Feature): void {
    const view = this.views[layer];
    if (view && !view.isShown) this.toggleLayer(layer);
    const [west, south, east, north] = extentOf(geometry);
    if (west === east && south === north) this.engine?.go([west, south], Math.max(FEATURE_ZOOM, this.view?.zoom ?? 0));
    else this.engine?.fit([west, south, east, north], this.sheets.covered);
    void this.open(layer, String(id));
  }

  /** A change was made, here or elsewhere: what is shown of it is drawn again. */
  private heard(commit: Commit): void {
    if (this.past.date === null) {
      for (const [layer, cover] of Object.entries(commit.tiles)) this.engine?.refresh(layer, (held) => touched(cover, held));
      const { card } = this;
      if (card && commit.changes.some(({ layer, id }) => layer === card.layer.id && String(id) === card.id)) void this.open(card.layer.id, card.id);
    }
    this.editor.heard(commit);
    this.filters.heard(commit);
    this.table.heard(commit);
    if (this.catalogue.is !== 'here') return;
    const more = grown(commit);
    const layers = this.catalogue.value.layers.map((layer) => (more[layer.id] ? { ...layer, count: layer.count + (more[layer.id] ?? 0) } : layer));
    this.catalogue = { is: 'here', value: { ...this.catalogue.value, layers } };
  }

  /** Goes to where a change was made, and opens what was changed if it is one thing. */
  goToCommit(commit: Commit): void {
    const box = boxOf(commit);
    const [first, ...more] = commit.changes;
    for (const { layer } of commit.changes) {
      const view = this.views[layer];
      if (view && !view.isShown) this.toggleLayer(layer);
    }
    if (box) this.engine?.fit(box, this.sheets.covered);
    if (first && more.length === 0 && !this.editor.isOn) void this.open(first.layer, String(first.id));
  }

  listDrawn(): void {
    this.drawn = this.engine?.drawn() ?? [];
  }

  say(sentence: string): void {
    this.said = sentence;
  }
}
