import { asProblem, readFeature, readPlace } from '../api/client';
import { askPage, countOf } from '../api/asking';
import type { Feature, Layer, Place } from '../api/types';
import { layerOfDivision } from '../domain/divisions';
import { type Area, nearText, placeOf } from '../domain/area';
import { bothOf } from '../domain/condition';
import { circleAround, degreeM } from '../domain/geodesic';
import { measured, type Near, nearest } from '../domain/nearest';
import { extentOf } from '../domain/pieces';
import { AskingTool, type Tool } from '../map/asking';
import type { Click } from '../map/engine';
import type { Loading, Planner } from './state.svelte';

export const TABS = ['area', 'nearest', 'here', 'measure'] as const;
export type Tab = (typeof TABS)[number];

/** What a drawn geometry is for. */
type Purpose = 'area' | 'around' | 'measure';

/** Questions at the same time; the browser has other things to fetch. */
const AT_ONCE = 4;
const PAGE = 50;
/** What a click means by “here”: so many pixels, at least and at most so many metres. */
const [HERE_PIXELS, HERE_LEAST_M, HERE_MOST_M] = [8, 3, 500];
const PIXELS_OF_WORLD = 512;
/** The rail below a sheet on a phone, as in app.css. */
const RAIL_PIXELS = 48;
/** The click that ends a drawing is no other click. */
const CLICK_MS = 400;

export interface Found { layer: Layer; count: Loading<number>; features: Feature[]; cursor: string | null; isOpen: boolean; isReading: boolean }
export interface Here { at: number[]; metres: number; place: Place | null; found: { layer: Layer; near: Near[]; count: number }[]; failed: Layer[]; isComplete: boolean }

/** Does something for each, a few at a time. */
async function eachOf<T>(all: T[], task: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const run = async (): Promise<void> => { for (let one = left.shift(); one !== undefined; one = left.shift()) await task(one); };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}

/** Questions about places: what is in an area, near a position, right here, and how long or large. Loaded when somebody asks. */
export class Asking {
  tab = $state<Tab>('area');
  tool = $state<Tool | null>(null);
  /** What the area is called: a division, a feature. */
  areaTitle = $state('');
  /** The shape of a division that is asked about. */
  private shape = $state.raw<GeoJSON.Geometry | null>(null);
  areaProblem = $state<'empty' | null>(null);
  bufferM = $state(200);
  isAll = $state(false);
  found = $state.raw<Found[]>([]);
  near = $state.raw<Loading<{ at: number[]; near: Near[] }> | null>(null);
  nearLayer = $state('');
  nearCount = $state(5);
  here = $state.raw<Loading<Here> | null>(null);
  measured = $state.raw<GeoJSON.Geometry | null>(null);
  isMeasuring = $state(false);
  private purpose: Purpose = 'area';
  private drawnAt = 0;
  private drawer: AskingTool | null = null;
  private asked = new AbortController();

  constructor(private readonly planner: Planner) {
    this.follow();
  }

  /** Where one asks; the link has it, too. */
  get area(): Area | null {
    return this.planner.area;
  }

  set area(area: Area | null) {
    this.planner.area = area;
  }

  /** Asks what a link says. */
  follow(): void {
    const { area, planner } = this;
    if (!area) { this.clear(); return; }
    this.tab = 'area';
    this.take(area, area.is === 'division' ? planner.divisions.title(area.code) : '');
    if (area.is === 'division') void planner.divisions.need().then(() => { if (this.area === area) this.areaTitle = planner.divisions.title(area.code); });
  }

  isShown = $derived.by(() => this.planner.sheets.panel === 'ask');
  /** The layers that are asked about. */
  layers = $derived.by(() => this.planner.layers.filter(({ id, count }) => count > 0 && (this.isAll || this.planner.views[id]?.isShown)));

  /** What the map shows of the question. */
  outline = $derived.by((): GeoJSON.Geometry[] => {
    if (!this.isShown || this.tool !== null) return [];
    const { area } = this;
    if (this.tab === 'measure') return this.measured ? [this.measured] : [];
    if (this.tab === 'nearest') return this.near?.is === 'here' ? linesOf(this.near.value) : [];
    if (this.tab === 'here') return this.here?.is === 'here' ? [circleAround(this.here.value.at, this.here.value.metres), { type: 'Point', coordinates: this.here.value.at }] : [];
    if (area?.is === 'shape') return [area.geometry];
    if (area?.is === 'division') return this.shape ? [this.shape] : [];
    return area?.is === 'near' ? [circleAround(area.at, area.metres), { type: 'Point', coordinates: area.at }] : [];
  });

  show(): void {
    const { engine } = this.planner;
    const { outline } = this;
    if (!engine || (outline.length === 0 && !this.drawer)) return;
    void engine.ready.then(() => this.drawerOf(engine.map).show(outline));
  }

  draw(tool: Tool, purpose: Purpose): void {
    const { engine } = this.planner;
    if (!engine) return;
    this.planner.closeCard();
    [this.tool, this.purpose] = [tool, purpose];
    if (purpose === 'measure') [this.measured, this.isMeasuring] = [null, true];
    void engine.ready.then(() => { if (this.tool === tool) this.drawerOf(engine.map).begin(tool); });
  }

  /** Puts the tool away; whether there was one. */
  cancel(): boolean {
    if (this.tool === null) return false;
    this.drawer?.rest();
    [this.tool, this.isMeasuring] = [null, false];
    return true;
  }

  /** What a click on the map is taken for, where it is taken. */
  takes({ point }: Click): boolean {
    if (this.tool !== null || performance.now() - this.drawnAt < CLICK_MS) return true;
    const { sheets, engine, editor } = this.planner;
    if (!engine || editor.isOn || !sheets.isPanelShown || !this.isShown || (this.tab !== 'nearest' && this.tab !== 'here')) return false;
    const { lng, lat } = engine.map.unproject([point.x, point.y]);
    this.askAt([lng, lat]);
    return true;
  }

  askAt(at: number[]): void {
    if (this.tab === 'nearest') void this.askNearest(at);
    else void this.askHere(at);
  }

  /** The middle of the map, as far as nothing lies on it. */
  centre(): number[] | null {
    const { view, engine, sheets } = this.planner;
    if (!engine) return view ? [view.lon, view.lat] : null;
    const { clientWidth, clientHeight } = engine.map.getContainer();
    const { bottom } = engine.map.getContainer().getBoundingClientRect();
    // A sheet begins at its share of the window, above what lies under the map.
    const covered = sheets.isNarrow ? Math.max(0, bottom - (innerHeight - sheets.covered - RAIL_PIXELS)) : 0;
    const { lng, lat } = engine.map.unproject([clientWidth / 2, (clientHeight - covered) / 2]);
    return [lng, lat];
  }

  /** Asks about an area. */
  take(area: Area, title = ''): void {
    [this.area, this.areaTitle, this.areaProblem, this.shape] = [area, title, null, null];
    void this.count();
    // A division without an area of its own is counted all the same.
    if (area.is === 'division') readFeature(layerOfDivision(area.code), area.code, this.planner.language).then(({ geometry }) => { if (this.area === area) { this.shape = geometry; this.fit(); } }, () => undefined);
  }

  /** Asks about what lies around a geometry. */
  async around(geometry: GeoJSON.Geometry, title: string): Promise<void> {
    if (geometry.type === 'Point') this.take({ is: 'near', at: geometry.coordinates, metres: this.bufferM }, title);
    else {
      // What works out buffers is large and seldom wanted.
      const { buffered } = await import('../domain/buffer');
      const shape = buffered(geometry, this.bufferM);
      if (shape) this.take({ is: 'shape', geometry: shape }, title);
      else this.areaProblem = 'empty';
    }
    this.fit();
  }

  clear(): void {
    this.asked.abort();
    [this.area, this.found, this.areaTitle, this.areaProblem] = [null, [], '', null];
  }

  /** The question about one layer: the area, and the layer's filter. */
  question(layer: string, area: Area) {
    const { filter, division } = placeOf(area);
    return { filter: bothOf(this.planner.filters.of(layer), filter), division, datetime: this.planner.past.date };
  }

  /** Why nothing can be counted: the area cannot be used. */
  problem = $derived.by(() => {
    const [first] = this.found;
    return first?.count.is === 'failed' && this.found.every(({ count }) => count.is === 'failed') ? first.count.problem : null;
  });

  /** Counts in each layer that is asked about. */
  async count(): Promise<void> {
    const { area } = this;
    this.asked.abort();
    if (!area) return;
    const asked = new AbortController();
    this.asked = asked;
    const { language } = this.planner;
    const open = this.found.filter(({ isOpen }) => isOpen).map(({ layer }) => layer.id);
    this.found = this.layers.map((layer) => ({ layer, count: { is: 'waiting' }, features: [], cursor: null, isOpen: false, isReading: false }));
    await eachOf(this.layers, async ({ id }) => {
      try {
        const value = await countOf(id, this.question(id, area), language, asked.signal);
        if (!asked.signal.aborted) this.set(id, { count: { is: 'here', value } });
      } catch (error) {
        if (!asked.signal.aborted) this.set(id, { count: { is: 'failed', problem: asProblem(error) } });
      }
      if (open.includes(id) && !asked.signal.aborted) void this.open(id);
    });
  }

  /** Counts one layer anew, and lists it again where its list is open. */
  async recount(id: string): Promise<void> {
    const { area, asked } = this;
    const found = this.found.find(({ layer }) => layer.id === id);
    if (!area || !found) return;
    // What was counted stands until something newer is there; without an answer it still does.
    const value = await countOf(id, this.question(id, area), this.planner.language, asked.signal).catch(() => null);
    if (value === null || asked.signal.aborted) return;
    this.set(id, { count: { is: 'here', value } });
    if (found.isOpen) { this.set(id, { isOpen: false }); void this.open(id); }
  }

  /** Lists the features of a layer in the area, or some more of them; a list that is open is closed. */
  async open(id: string, isMore = false): Promise<void> {
    const { area, asked } = this;
    const found = this.found.find(({ layer }) => layer.id === id);
    if (!area || !found || found.isReading) return;
    if (found.isOpen && !isMore) { this.set(id, { isOpen: false, features: [], cursor: null }); return; }
    this.set(id, { isOpen: true, isReading: true });
    try {
      const page = await askPage(id, { ...this.question(id, area), limit: PAGE, cursor: isMore ? (found.cursor ?? undefined) : undefined }, this.planner.language, asked.signal);
      if (!asked.signal.aborted) this.set(id, { features: [...(isMore ? found.features : []), ...page.features], cursor: page.cursor ?? null, isReading: false });
    } catch (error) {
      if (!asked.signal.aborted) this.set(id, { count: { is: 'failed', problem: asProblem(error) }, isReading: false });
    }
  }

  async askNearest(at: number[]): Promise<void> {
    const { language, filters, past } = this.planner;
    const { nearLayer: id } = this;
    this.asked.abort();
    const asked = new AbortController();
    this.asked = asked;
    this.near = { is: 'waiting' };
    try {
      const near = await nearest(at, this.nearCount, (metres, limit) => askPage(id, { filter: bothOf(filters.of(id), nearText(at, metres)), division: null, datetime: past.date, limit }, language, asked.signal));
      if (!asked.signal.aborted) this.near = { is: 'here', value: { at, near } };
    } catch (error) {
      if (!asked.signal.aborted) this.near = { is: 'failed', problem: asProblem(error) };
    }
  }

  /** Everything that lies here, of all layers, whether they are shown and filtered or not. */
  async askHere(at: number[]): Promise<void> {
    const { language, layers, past, view } = this.planner;
    this.asked.abort();
    const asked = new AbortController();
    this.asked = asked;
    const pixelM = (degreeM(at[1] ?? 0).lon * 360) / (PIXELS_OF_WORLD * 2 ** (view?.zoom ?? 16));
    const metres = Math.round(Math.min(HERE_MOST_M, Math.max(HERE_LEAST_M, pixelM * HERE_PIXELS)));
    let here: Here = { at, metres, place: null, found: [], failed: [], isComplete: false };
    const tell = (next: Partial<Here>): void => { if (!asked.signal.aborted) { here = { ...here, ...next }; this.here = { is: 'here', value: here }; } };
    tell({});
    // Without an answer the coordinates stand alone.
    const place = readPlace(at[0] ?? 0, at[1] ?? 0, language, asked.signal).then((found) => tell({ place: found }), () => undefined);
    await eachOf(layers.filter(({ count }) => count > 0), async (layer) => {
      try {
        const page = await askPage(layer.id, { filter: nearText(at, metres), division: null, datetime: past.date, limit: PAGE }, language, asked.signal);
        if (page.numberMatched === 0) return;
        const near = page.features.map((feature) => measured(feature, at)).sort((a, b) => a.metres - b.metres);
        const order = layers.map(({ id }) => id);
        tell({ found: [...here.found, { layer, near, count: page.numberMatched }].sort((a, b) => order.indexOf(b.layer.id) - order.indexOf(a.layer.id)) });
      } catch {
        tell({ failed: [...here.failed, layer] });
      }
    });
    await place;
    tell({ isComplete: true });
  }

  /** Brings the area into sight. */
  fit(): void {
    const [geometry] = this.outline;
    if (geometry) this.planner.engine?.fit(extentOf(geometry), this.planner.sheets.covered);
  }

  stop(): void {
    this.asked.abort();
    this.drawer?.remove();
    this.drawer = null;
  }

  private set(id: string, next: Partial<Found>): void {
    this.found = this.found.map((one) => (one.layer.id === id ? { ...one, ...next } : one));
  }

  private drawerOf(map: ConstructorParameters<typeof AskingTool>[0]): AskingTool {
    this.drawer ??= new AskingTool(map, {
      drawing: (geometry) => { if (this.purpose === 'measure') this.measured = geometry; },
      drawn: (geometry) => this.drawn(geometry),
    });
    return this.drawer;
  }

  private drawn(geometry: GeoJSON.Geometry): void {
    const { purpose } = this;
    [this.tool, this.isMeasuring, this.drawnAt] = [null, false, performance.now()];
    if (purpose === 'measure') this.measured = geometry;
    else if (purpose === 'around') void this.around(geometry, '');
    else if (geometry.type === 'Polygon') this.take({ is: 'shape', geometry });
  }
}

/** From a position to what was found near it. */
const linesOf = ({ at, near }: { at: number[]; near: Near[] }): GeoJSON.Geometry[] => [
  ...near.map(({ at: to }): GeoJSON.Geometry => ({ type: 'LineString', coordinates: [at, to] })), { type: 'Point', coordinates: at },
];
