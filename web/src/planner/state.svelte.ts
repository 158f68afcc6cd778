import type { StyleSpecification } from 'maplibre-gl';
import { Problem, readCatalogue, readFeature, readPlace, readStyle } from '../api/client';
import type { Catalogue, Feature, Layer, Place, SearchResult } from '../api/types';
import { titleOf } from '../domain/format';
import { type Commit, tilesToRefresh, touches } from '../domain/live';
import { formatPermalink, type Permalink, parsePermalink, type Theme, type View } from '../domain/permalink';
import { composeStyle, type LayerView } from '../domain/style';
import { dictionaries, type Language } from '../i18n/dictionary';
import type { Engine, Hit } from '../map/engine';

export type Loading<T> = { is: 'waiting' } | { is: 'here'; value: T } | { is: 'failed'; problem: Problem };
export type Panel = 'layers' | 'figures' | 'inView';
export interface Card { layer: Layer; id: string; feature: Loading<Feature>; place: Place | null }

const asProblem = (error: unknown): Problem => (error instanceof Problem ? error : new Problem(0, '', String(error), null));
const browserLanguage = (): Language => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

/** What the planner shows, and the only place that changes it. */
export class Planner {
  catalogue = $state.raw<Loading<Catalogue>>({ is: 'waiting' });
  style = $state.raw<StyleSpecification | null>(null);
  views = $state<Record<string, LayerView>>({});
  theme = $state<Theme>('auto');
  language = $state<Language>(browserLanguage());
  view = $state.raw<View | null>(null);
  card = $state.raw<Card | null>(null);
  hits = $state.raw<Hit[]>([]);
  drawn = $state.raw<Hit[]>([]);
  panel = $state<Panel | null>(matchMedia('(min-width: 768px)').matches ? 'layers' : null);
  isBusy = $state(true);
  mapProblem = $state(false);
  hasWebgl = $state(true);
  said = $state('');
  engine = $state.raw<Engine | null>(null);
  private prefersDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  private isLanguageChosen = false;

  words = $derived(dictionaries[this.language]);
  isDark = $derived(this.theme === 'dark' || (this.theme === 'auto' && this.prefersDark));
  layers = $derived(this.catalogue.is === 'here' ? this.catalogue.value.layers : []);
  composed = $derived(this.style ? composeStyle(this.style, this.layers, this.views) : null);

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => { this.prefersDark = matches; });
    const link = parsePermalink(location.hash);
    this.theme = link.theme;
    this.view = link.view;
    if (link.language) { this.language = link.language; this.isLanguageChosen = true; }
  }

  async load(): Promise<void> {
    this.catalogue = { is: 'waiting' };
    try {
      const [value] = await Promise.all([readCatalogue(this.language), this.loadStyle()]);
      this.catalogue = { is: 'here', value };
      this.applyLink(parsePermalink(location.hash));
    } catch (error) {
      this.catalogue = { is: 'failed', problem: asProblem(error) };
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
    const shown: Record<string, number> | null | undefined = link.layers && Object.fromEntries(link.layers.map(({ id, opacity }) => [id, opacity]));
    this.views = Object.fromEntries(this.layers.map((layer) => [layer.id, {
      isShown: shown ? layer.id in shown : layer.visible,
      opacity: shown?.[layer.id] ?? 100,
      off: link.off[layer.id] ?? [],
    }]));
    if (link.selection) void this.open(link.selection.layer, link.selection.id);
    else this.closeCard();
  }

  followHash(): void {
    if (location.hash === this.link()) return;
    const link = parsePermalink(location.hash);
    const style = this.isDark;
    this.theme = link.theme;
    if (link.language) this.language = link.language;
    if (style !== this.isDark || link.language) this.restyle();
    if (link.view) this.engine?.go([link.view.lon, link.view.lat], link.view.zoom);
    this.applyLink(link);
  }

  link(): string {
    const isChanged = this.layers.some((layer) => {
      const view = this.views[layer.id];
      return view && (view.isShown !== layer.visible || view.opacity !== 100);
    });
    const shown = this.layers.filter(({ id }) => this.views[id]?.isShown).map(({ id }) => ({ id, opacity: this.views[id]?.opacity ?? 100 }));
    return formatPermalink({
      view: this.view,
      layers: isChanged ? shown : null,
      off: Object.fromEntries(Object.entries(this.views).map(([id, view]) => [id, view.off])),
      selection: this.card ? { layer: this.card.layer.id, id: this.card.id } : null,
      theme: this.theme,
      language: this.isLanguageChosen ? this.language : null,
    });
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.restyle();
  }

  toggleLanguage(): void {
    this.language = this.language === 'zh' ? 'en' : 'zh';
    this.isLanguageChosen = true;
    this.restyle();
    if (this.card?.feature.is === 'here') void this.open(this.card.layer.id, this.card.id);
  }

  toggleLayer(id: string): void {
    const view = this.views[id];
    if (!view) return;
    view.isShown = !view.isShown;
    this.say(this.words.shown(Object.values(this.views).filter(({ isShown }) => isShown).length));
  }

  toggleClass(id: string, value: string): void {
    const view = this.views[id];
    if (!view) return;
    view.off = view.off.includes(value) ? view.off.filter((off) => off !== value) : [...view.off, value];
  }

  zoomTo(layer: Layer): void {
    if (layer.extent) this.engine?.fit(layer.extent);
    const view = this.views[layer.id];
    if (view && !view.isShown) this.toggleLayer(layer.id);
  }

  clicked(hits: Hit[]): void {
    const [first] = hits;
    if (first?.cluster) { this.engine?.go(first.cluster.center, first.cluster.zoom); return; }
    const single = hits.filter(({ cluster }) => cluster === null);
    if (single.length > 1) { this.closeCard(); this.hits = single; this.say(this.words.here); }
    else if (single[0]) void this.open(single[0].layer, single[0].id);
    else this.closeCard();
  }

  async open(layerId: string, id: string): Promise<void> {
    const layer = this.layers.find((entry) => entry.id === layerId);
    if (!layer) return;
    this.hits = [];
    this.card = { layer, id, feature: { is: 'waiting' }, place: null };
    this.engine?.select(layerId, id);
    const isStill = () => this.card?.layer.id === layerId && this.card.id === id;
    try {
      const value = await readFeature(layerId, id, this.language);
      if (!isStill()) return;
      this.card = { layer, id, feature: { is: 'here', value }, place: null };
      this.say(this.words.opened(titleOf(layer, value.properties) ?? `${layer.title[this.language]} ${id}`));
      const [lon, lat] = anchor(value.geometry);
      const place = await readPlace(lon, lat, this.language).catch(() => null);
      if (isStill()) this.card = { layer, id, feature: { is: 'here', value }, place };
    } catch (error) {
      if (isStill()) this.card = { layer, id, feature: { is: 'failed', problem: asProblem(error) }, place: null };
    }
  }

  /** Somebody changed the map: what is shown of it follows. */
  heard(commit: Commit): void {
    for (const [layer, tiles] of tilesToRefresh(commit)) this.engine?.refresh(layer, tiles);
    if (this.card && touches(commit, this.card.layer.id, this.card.id)) void this.open(this.card.layer.id, this.card.id);
  }

  closeCard(): void {
    this.card = null;
    this.hits = [];
    this.engine?.select(null, null);
  }

  goTo(result: SearchResult): void {
    if (result.bbox) this.engine?.fit(result.bbox);
    else this.engine?.go(result.center, 16);
    if (result.layer && result.id !== undefined) {
      const view = this.views[result.layer];
      if (view && !view.isShown) view.isShown = true;
      void this.open(result.layer, String(result.id));
    }
  }

  listDrawn(): void {
    this.drawn = this.engine?.drawn() ?? [];
  }

  say(sentence: string): void {
    this.said = sentence;
  }
}

/** A position that stands for a geometry: its first for points and lines, the middle of its box for areas. */
export function anchor(geometry: GeoJSON.Geometry): [number, number] {
  const positions: number[][] = [];
  const collect = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === 'number') positions.push(value as number[]);
    else value.forEach(collect);
  };
  if ('coordinates' in geometry) collect(geometry.coordinates);
  const [first = [0, 0]] = positions;
  if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') return [first[0] ?? 0, first[1] ?? 0];
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const [lon = 0, lat = 0] of positions) {
    [west, south, east, north] = [Math.min(west, lon), Math.min(south, lat), Math.max(east, lon), Math.max(north, lat)];
  }
  return [(west + east) / 2, (south + north) / 2];
}
