import type { StyleSpecification } from 'maplibre-gl';
import { countOf } from '../api/asking';
import { asProblem, door, Problem, readCatalogue, readStyle, search } from '../api/client';
import { readSession } from '../api/people';
import type { Box, Catalogue, Session } from '../api/types';
import { readView } from '../api/views';
import { arranged } from '../domain/drawn';
import { keptStyles } from '../domain/keptStyles';
import { legendOf, rowsOf } from '../domain/legend';
import { withMarks } from '../domain/marks';
import { catalogueOrder, withOrder } from '../domain/order';
import type { OwnStyle } from '../domain/ownStyle';
import { CSS_DPI, mapSize, MM_OF_PIXEL, readSheet, scaleOf, type SheetAsked, sizeOf, wholeScale, zoomOf } from '../domain/paper';
import { forPaper } from '../domain/paperStyle';
import { onSheet, type SheetGroup } from '../domain/printLegend';
import { parsePermalink, type Permalink, type View } from '../domain/permalink';
import { listed } from '../domain/selection';
import { composeStyle, partsByLayer, viewsOf } from '../domain/style';
import { browserLanguage } from '../domain/taste';
import { dictionaries, type Language } from '../i18n/dictionary';
import { printWords } from '../i18n/print';
import { PaperMap, Unread } from '../map/paper';
import { CountsInView } from '../planner/counting.svelte';
import type { Statistics, Teller } from '../planner/statistics.svelte';
import { areaGeometry } from './asked';

/** Handed over by the server that prints, before any script runs: docs/PRINT.md. */
interface Given { token: string | null; state: unknown }

/** A sentence for whoever wanted the sheet. */
class Refusal extends Error {}

/** Everything that stands on the sheet beside the map. */
interface Shown { catalogue: Catalogue; session: Session; style: StyleSpecification; layers: string[]; view: View }

/** A state of the map on one sheet: read once, drawn once, never changed. */
export class Sheet {
  readonly asked: SheetAsked;
  readonly given: Given | null = (globalThis as { platbookPrint?: Given }).platbookPrint ?? null;
  /** The map in millimetres, and in whole pixels: what is drawn is as wide as it says. */
  readonly size: { width: number; height: number; unit: number };
  readonly map: { width: number; height: number };
  language = $state<Language>('zh');
  shown = $state.raw<Shown | null>(null);
  statistics = $state.raw<Statistics | null>(null);
  picture = $state<string | null>(null);
  refusal = $state<string | null>(null);
  legend = $state.raw<SheetGroup[]>([]);
  private readonly counting = new CountsInView();
  words = $derived(printWords(this.language));
  private link: Permalink = parsePermalink('');
  private filters: Record<string, string> = {};

  constructor(search: string, hash: string) {
    this.asked = readSheet(search, hash);
    this.language = this.asked.language ?? parsePermalink(hash).language ?? browserLanguage();
    this.size = sizeOf(this.asked.paper, this.asked.orientation);
    const { width, height } = mapSize(this.asked.paper, this.asked.orientation);
    this.map = { width: Math.floor(width / MM_OF_PIXEL), height: Math.floor(height / MM_OF_PIXEL) };
    if (this.given) door.bearer = { token: this.given.token };
  }

  /** The number behind 1:. */
  get scale(): number {
    const { view } = this.shown ?? {};
    return view ? wholeScale(scaleOf(view.zoom, view.lat)) : 0;
  }

  get date(): string | null {
    return this.link.date;
  }

  isFiltered = (layer: string): boolean => this.filters[layer] !== undefined;

  /** Draws the sheet; why it cannot be is told in a sentence. */
  async draw(container: HTMLElement): Promise<void> {
    try {
      await this.read();
      await this.drawMap(container);
    } catch (error) {
      this.refusal = this.sentence(error);
    }
  }

  private async read(): Promise<void> {
    const [catalogue, session, style, link] = await Promise.all([readCatalogue(this.language), readSession(this.language), readStyle('light', this.language), this.readState()]);
    this.link = link;
    const unknown = (link.layers ?? []).filter(({ id }) => !catalogue.layers.some((layer) => layer.id === id));
    if (unknown.length > 0) throw new Refusal(this.words.failedLayer(unknown.map(({ id }) => id).join('、')));
    const known = (id: string): boolean => catalogue.layers.some((layer) => layer.id === id);
    this.filters = Object.fromEntries(Object.entries(link.filters).filter(([id]) => known(id)));
    await this.tryFilters(catalogue);
    const views = viewsOf(catalogue.layers, link.layers, link.off);
    const order = withOrder(catalogueOrder(catalogue.layers), link.layers?.map(({ id }) => id) ?? []);
    const own = arranged(style, catalogue.layers, await this.ownStyles(catalogue), order, false);
    const selected = [...link.selection.keys()].filter(known);
    const drawn = withMarks(forPaper(composeStyle(own, catalogue.layers, views, link.date, false, this.filters)), catalogue.layers, selected, false);
    const view = this.viewOf(catalogue);
    this.shown = {
      catalogue, session, view, style: drawn,
      layers: catalogue.layers.filter(({ id }) => views[id]?.isShown).map(({ id }) => id),
    };
  }

  /** What the state says: behind `#`, handed over, or saved under a name. */
  private async readState(): Promise<Permalink> {
    const { state } = this.given ?? { state: null };
    if (state !== null && state !== undefined && typeof state !== 'string') throw new Refusal(this.words.failedState);
    const link = parsePermalink(state ?? location.hash);
    if (link.saved === null) return link;
    const saved = await readView(link.saved, this.language);
    if (typeof saved.state !== 'string') throw new Refusal(this.words.failedState);
    return parsePermalink(saved.state);
  }

  /** A filter that the server refuses would leave tiles out. */
  private async tryFilters({ layers }: Catalogue): Promise<void> {
    await Promise.all(Object.entries(this.filters).map(async ([id, filter]) => {
      try {
        await countOf(id, { filter, division: null, datetime: this.link.date }, this.language);
      } catch (error) {
        const problem = asProblem(error);
        const title = layers.find((layer) => layer.id === id)?.title[this.language] ?? id;
        throw [400, 404, 414].includes(problem.status) ? new Refusal(this.words.failedFilter(title, problem.detail || problem.title)) : problem;
      }
    }));
  }

  /** Styles of the state; those that stand in this browser alone, where it has them. */
  private async ownStyles({ layers }: Catalogue): Promise<Record<string, OwnStyle>> {
    const kept = keptStyles(() => localStorage);
    const wanted = Object.entries(this.link.styles).map(([id, own]) => [id, own === 'kept' ? kept[id] : own] as const);
    const owns = wanted.flatMap(([id, own]) => (own ? [[id, own] as const] : []));
    const checked = await Promise.all(owns.map(async ([id, own]) => {
      const layer = layers.find((one) => one.id === id);
      if (!layer) return [];
      if (own.form !== 'file') return [[id, own] as const];
      // Style layers that came with a link are looked at like those of a file before they are drawn.
      const [{ checkedFile }, { stylingWords }] = await Promise.all([import('../domain/styleFile'), import('../i18n/styling')]);
      const found = checkedFile(JSON.stringify(own.layers), layer, stylingWords(this.language));
      return found.faults.length === 0 && found.own ? [[id, found.own] as const] : [];
    }));
    return Object.fromEntries(checked.flat());
  }

  /** The middle of the sheet and its zoom: the state's, or such that the city is on it. */
  private viewOf({ city: { bounds: [west, south, east, north] } }: Catalogue): View {
    const { scale } = this.asked;
    const { view } = this.link;
    const lat = view?.lat ?? (south + north) / 2;
    const lon = view?.lon ?? (west + east) / 2;
    if (scale !== null) return { lat, lon, zoom: zoomOf(scale, lat) };
    if (view) return view;
    const mercator = (degrees: number): number => Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI);
    const share = Math.min(this.map.width / ((east - west) / 360), this.map.height / (mercator(north) - mercator(south)));
    return { lat, lon, zoom: Math.log2((share * 0.96) / 512) };
  }

  private async drawMap(container: HTMLElement): Promise<void> {
    const { shown, link } = this;
    if (!shown) return;
    let map: PaperMap;
    try {
      map = new PaperMap({ container, style: shown.style, view: shown.view, ratio: this.asked.dpi / CSS_DPI });
    } catch {
      throw new Refusal(this.words.failedWebgl);
    }
    const [statistics] = await Promise.all([this.readStatistics(shown.catalogue), map.drawn(), this.count(shown, map.box())]);
    const painting = statistics?.painting();
    if (painting) map.paint(painting);
    map.select(listed(link.selection));
    const [outline, found] = await Promise.all([link.area && areaGeometry(link.area, this.language), link.sought ? search(link.sought, this.language) : []]);
    if (outline) map.outline(outline);
    const place = found.find(({ layer }) => layer === undefined);
    if (place) map.found(place);
    this.statistics = statistics;
    const picture = await map.picture();
    await document.fonts.ready;
    this.picture = URL.createObjectURL(picture);
  }

  /** How many of each class are on the sheet; one number that is missing makes no half legend. */
  private async count({ catalogue, style, view }: Shown, box: Box): Promise<void> {
    const reading = { words: dictionaries[this.language], language: this.language, zoom: Math.floor(view.zoom) };
    const legend = legendOf(style, catalogue.layers, this.link.off, reading).filter(({ from }) => from === null);
    const parts = partsByLayer(style);
    const counted = legend.map(({ layer }) => ({ layer, rows: rowsOf(layer, parts.get(layer.id) ?? [], reading), filter: this.filters[layer.id] ?? null }));
    await this.counting.once(counted, box, this.link.date, this.language);
    const answers = Object.entries(this.counting.counts);
    for (const [, answer] of answers) if (answer.is === 'failed') throw answer.problem;
    const counts = Object.fromEntries(answers.map(([id, answer]) => [id, answer.is === 'here' ? answer.value : undefined]));
    this.legend = onSheet(legend, counts, Object.fromEntries(counted.map(({ layer, rows }) => [layer.id, rows])));
  }

  private async readStatistics(catalogue: Catalogue): Promise<Statistics | null> {
    const { link, filters, language } = this;
    if (!link.statistics) return null;
    const { Statistics } = await import('../planner/statistics.svelte');
    const teller: Teller = {
      chosen: link.statistics, layers: catalogue.layers, language, isDark: false, engine: null,
      filters: { of: (layer) => filters[layer] ?? null }, past: { date: link.date },
      sheets: { covered: 0, isPanelShown: false, panel: null }, catalogue: { is: 'here', value: catalogue },
    };
    const statistics = new Statistics(teller, link.statistics);
    await statistics.load();
    if (statistics.answer.is === 'failed') throw statistics.answer.problem;
    return statistics;
  }

  private sentence(error: unknown): string {
    const { words } = this;
    if (error instanceof Refusal) return error.message;
    if (error instanceof Unread) return error.status === 401 ? words.failedToken : words.failedTiles(error.status ? ` (HTTP ${error.status})` : '');
    if (!(error instanceof Problem)) return words.failedOther(error instanceof Error ? error.message : String(error));
    if (error.status === 401) return words.failedToken;
    return error.status === 0 ? words.failedUnreachable : words.failedOther(error.detail || error.title);
  }
}
