import { AttributionControl, Map as MapLibre, type MapGeoJSONFeature, type MapMouseEvent, ScaleControl, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Box, SearchResult } from '../api/types';
import { type Tile, tileKey } from '../domain/live';
import type { View } from '../domain/permalink';
import { type SelectedIds, listed, type One, tileId } from '../domain/selection';
import { layerOf, OVERLAY } from '../domain/style';
import { markFound } from './found';
import { asWhoAsks } from './asker';
import { imageOf } from './images';

setWorkerUrl(workerUrl);

export interface Hit { layer: string; id: string; properties: Record<string, unknown>; cluster: { zoom: number; center: [number, number] } | null }

export interface Click { point: { x: number; y: number }; isMore: boolean }

export interface EngineEvents {
  moved(view: View): void;
  moving?(): void;
  pointed(lon: number, lat: number): void;
  clicked(hits: Hit[], click: Click): void;
  /** What the pointer is over; `null` for nothing. */
  hovered(one: One | null): void;
  busy(isBusy: boolean): void;
  idle(): void;
  failed(message: string, status: number | undefined): void;
}

export interface EngineOptions {
  container: HTMLElement;
  style: StyleSpecification;
  view: View | null;
  bounds: Box;
  padding: number;
  locale: Record<string, string>;
  /** Whether the page around it keeps the wheel and one finger. */
  isFramed?: boolean;
  events: EngineEvents;
}

const PIXELS_AROUND = 4;
/** A finger hides what it is on. */
const FINGER_PIXELS = 16;
/** Room around what is brought into sight: its ring. */
const MARGIN = 28;
const isMore = ({ shiftKey, ctrlKey, metaKey }: MouseEvent | KeyboardEvent): boolean => shiftKey || ctrlKey || metaKey;
const isTouched = (): boolean => matchMedia('(pointer: coarse)').matches;
const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Tiles remembered of a source at the most: those that a map has asked for, oldest first. */
const REMEMBERED = 4000;

/** The map as the planner needs it; only the tools in this folder speak to MapLibre beside it. */
export class Engine {
  readonly map: MapLibre;
  /** Done when tools may lay something over the style. */
  readonly ready: Promise<void>;
  private hovered: One | null = null;
  private selected: One[] = [];
  private isReady = false;
  private pending: StyleSpecification | null = null;
  private readonly held = new Map<string, Map<string, Tile>>();
  private readonly loading = new Set<string>();
  private readonly due = new Set<string>();

  constructor(private readonly options: EngineOptions) {
    const { container, style, view, bounds, padding, locale, isFramed = false, events } = options;
    const camera = view ? { center: [view.lon, view.lat] as [number, number], zoom: view.zoom, ...view.tilt } : { bounds, fitBoundsOptions: { padding } };
    this.map = new MapLibre({
      container, style, ...camera, locale,
      attributionControl: false, boxZoom: false, maxZoom: 20, fadeDuration: isCalm() ? 0 : 150,
      // A tile that left the view would come back as it was; asked again, its tag says whether it still holds.
      maxTileCacheSize: 0,
      cooperativeGestures: isFramed, transformRequest: asWhoAsks,
    });
    this.allowTurning(view?.tilt !== undefined);
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-left');
    this.map.addControl(new AttributionControl({ compact: false }), 'bottom-right');
    this.ready = new Promise((resolve) => {
      this.map.on('style.load', () => {
        this.isReady = true;
        if (this.pending) this.show(this.pending);
        else for (const one of this.selected) this.setState(one, 'selected', true);
        resolve();
      });
    });
    this.map.setMissingStyleImageResolver((id) => this.addMarker(id));
    this.map.on('move', () => events.moving?.());
    this.map.on('moveend', () => events.moved(this.view()));
    this.map.on('dataloading', () => events.busy(true));
    this.map.on('idle', () => { events.busy(false); events.idle(); });
    this.map.on('error', ({ error }) => events.failed(error?.message ?? '', (error as { status?: number } | undefined)?.status));
    this.map.on('sourcedataloading', ({ sourceId, tile }) => { if (tile) this.remember(sourceId, tile.tileID.canonical); });
    this.map.on('sourcedata', ({ sourceId, tile }) => { if (tile) this.arrived(sourceId, tile.tileID.canonical); });
    this.map.on('mousemove', (event) => this.hover(event));
    this.map.on('mouseout', () => events.hovered(null));
    this.map.on('click', (event) => events.clicked(this.hits(event.point), { point: event.point, isMore: isMore(event.originalEvent) }));
    this.map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      const point = this.map.project(this.map.getCenter());
      events.clicked(this.hits(point), { point, isMore: isMore(event) });
    });
  }

  show(style: StyleSpecification): void {
    if (!this.isReady) { this.pending = style; return; }
    this.pending = null;
    this.map.setStyle(style, { diff: true, transformStyle: withOverlays });
    // A source that was made anew knows of no states.
    for (const one of this.selected) this.setState(one, 'selected', true);
  }

  view(): View {
    const { lng, lat } = this.map.getCenter();
    const pitch = this.map.getPitch();
    return { zoom: this.map.getZoom(), lat, lon: lng, ...(pitch >= 1 ? { tilt: { bearing: this.map.getBearing(), pitch } } : {}) };
  }

  /** Looks from aside, or from above with north up where there is no tilt. */
  tilt(tilt: View['tilt'] | null): void {
    this.look({}, tilt);
  }

  /** Goes to where a link looks from. */
  look(place: { center?: [number, number]; zoom?: number }, tilt: View['tilt'] | null): void {
    this.allowTurning(!!tilt);
    const camera = { ...place, ...(tilt ?? { bearing: 0, pitch: 0 }) };
    if (isCalm()) this.map.jumpTo(camera);
    else this.map.easeTo({ ...camera, duration: 500 });
  }

  /** A map that is seen from above has north up, whatever keys and fingers do. */
  private allowTurning(isAllowed: boolean): void {
    const { dragRotate, touchPitch, touchZoomRotate, keyboard } = this.map;
    if (isAllowed) { dragRotate.enable(); touchPitch.enable(); touchZoomRotate.enableRotation(); keyboard.enableRotation(); }
    else { dragRotate.disable(); touchPitch.disable(); touchZoomRotate.disableRotation(); keyboard.disableRotation(); }
  }

  /** What of the world is in view. */
  box(): Box {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** Shows a box, above the pixels at the bottom that something lies on. */
  fit([west, south, east, north]: Box, covered = 0, maxZoom = 17, isAtOnce = false): void {
    const { padding } = this.options;
    this.map.fitBounds([west, south, east, north], { padding: { top: padding, left: padding, right: padding, bottom: padding + covered }, maxZoom, animate: !isCalm() && !isAtOnce, duration: 500 });
  }

  /** Brings a box into sight beside the pixels that are covered at the bottom and on the right, where it is not; how near one is stays. */
  reveal(box: Box, covered: { bottom: number; right: number }): void {
    // Where it is on the screen is known when the map has come to rest.
    if (this.map.isMoving()) { this.map.once('moveend', () => this.reveal(box, covered)); return; }
    const { clientWidth, clientHeight } = this.map.getContainer();
    const [west, south, east, north] = box;
    const [{ x: left, y: top }, { x: right, y: bottom }] = [this.map.project([west, north]), this.map.project([east, south])];
    const [wall, floor] = [clientWidth - covered.right, clientHeight - covered.bottom];
    const isLarge = right - left > wall - 2 * MARGIN || bottom - top > floor - 2 * MARGIN;
    const isSeen = isLarge
      ? left < wall - MARGIN && right > MARGIN && top < floor - MARGIN && bottom > MARGIN
      : left >= MARGIN && right <= wall - MARGIN && top >= MARGIN && bottom <= floor - MARGIN;
    if (isSeen) return;
    const away: [number, number] = [(left + right - wall) / 2, (top + bottom - floor) / 2];
    this.map.panBy(away, { animate: !isCalm(), duration: 300 });
  }

  go(center: [number, number], zoom: number, isAtOnce = false): void {
    if (isCalm() || isAtOnce) this.map.jumpTo({ center, zoom });
    else this.map.easeTo({ center, zoom, duration: 500 });
  }

  /** Done when the map has come to rest. */
  rest(): Promise<void> {
    return new Promise((resolve) => { if (this.map.isMoving()) this.map.once('moveend', () => resolve()); else resolve(); });
  }

  /** Marks what was found and is no feature; null takes the mark away. */
  found(result: SearchResult | null): void {
    void this.ready.then(() => markFound(this.map, result));
  }

  turn(step: 'in' | 'out'): void {
    if (step === 'in') this.map.zoomIn();
    else this.map.zoomOut();
  }

  /** Marks what is selected, and nothing else. */
  choose(chosen: SelectedIds): void {
    const next = listed(chosen);
    const keyOf = ({ layer, id }: One): string => `${layer}/${id}`;
    const [before, after] = [new Set(this.selected.map(keyOf)), new Set(next.map(keyOf))];
    for (const one of this.selected) if (!after.has(keyOf(one))) this.setState(one, 'selected', false);
    for (const one of next) if (!before.has(keyOf(one))) this.setState(one, 'selected', true);
    this.selected = next;
  }

  /** Marks what is pointed at, on the map or in a list. */
  point(one: One | null): void {
    if (this.hovered?.layer === one?.layer && this.hovered?.id === one?.id) return;
    if (this.hovered) this.setState(this.hovered, 'hover', false);
    this.hovered = one;
    if (one) this.setState(one, 'hover', true);
  }

  private setState({ layer, id }: One, state: 'hover' | 'selected', isSo: boolean): void {
    if (!this.isReady || !this.map.getSource(layer)) return;
    this.map.setFeatureState({ source: layer, sourceLayer: layer, id: tileId(id) }, { [state]: isSo });
  }

  /** The corners of the map in view, as `bbox` writes them. */
  bounds(): string {
    return this.map.getBounds().toArray().flat().map((degrees) => Number(degrees.toFixed(6))).join(',');
  }

  /** Where points of the screen lie. */
  positions(points: { x: number; y: number }[]): [number, number][] {
    return points.map(({ x, y }) => { const { lng, lat } = this.map.unproject([x, y]); return [lng, lat]; });
  }

  /** Draws tiles of a source again: those that it holds and that were touched; without a choice, all. */
  refresh(source: string, choose?: (held: Iterable<Tile>) => Tile[]): void {
    if (!this.map.getSource(source)) return;
    if (!choose) { this.map.refreshTiles(source); return; }
    const tiles = choose(this.held.get(source)?.values() ?? []);
    // What is on its way may have been made before the change: it is asked for again when it has come.
    for (const tile of tiles) if (this.loading.has(`${source}/${tileKey(tile)}`)) this.due.add(`${source}/${tileKey(tile)}`);
    if (tiles.length > 0) this.map.refreshTiles(source, tiles);
  }

  refreshAll(): void {
    for (const [id, source] of Object.entries(this.map.getStyle().sources)) if (source.type === 'vector') this.refresh(id);
  }

  private remember(source: string, { z, x, y }: Tile): void {
    const tiles = this.held.get(source) ?? new Map<string, Tile>();
    this.held.set(source, tiles);
    const key = tileKey({ z, x, y });
    tiles.delete(key);
    tiles.set(key, { z, x, y });
    this.loading.add(`${source}/${key}`);
    const [oldest] = tiles.keys();
    if (tiles.size > REMEMBERED && oldest) tiles.delete(oldest);
  }

  private arrived(source: string, { z, x, y }: Tile): void {
    const key = `${source}/${tileKey({ z, x, y })}`;
    if (!this.loading.delete(key) || !this.due.delete(key)) return;
    queueMicrotask(() => { if (this.map.getSource(source)) this.map.refreshTiles(source, [{ z, x, y }]); });
  }

  /** What is drawn of a layer between two points of the screen, each feature once. */
  within(layer: string, [a, b]: [{ x: number; y: number }, { x: number; y: number }]): Hit[] {
    const found = this.map.queryRenderedFeatures([[Math.min(a.x, b.x), Math.min(a.y, b.y)], [Math.max(a.x, b.x), Math.max(a.y, b.y)]]);
    return this.unique(found).filter((hit) => hit.layer === layer && hit.cluster === null);
  }

  /** What is drawn now, each feature once, clusters left out. */
  drawn(): Hit[] {
    return this.unique(this.map.queryRenderedFeatures()).filter(({ cluster }) => cluster === null);
  }

  remove(): void {
    this.map.remove();
  }

  private addMarker(name: string): void {
    if (this.map.hasImage(name)) return;
    const ratio = Math.max(1, Math.ceil(devicePixelRatio));
    const image = imageOf(name, ratio);
    if (image) this.map.addImage(name, image, { pixelRatio: ratio });
  }

  private hover(event: MapMouseEvent): void {
    this.options.events.pointed(event.lngLat.lng, event.lngLat.lat);
    if (this.map.isMoving()) return;
    const [top] = this.around(event.point).filter(({ source }) => !source.startsWith(OVERLAY));
    this.map.getCanvas().style.cursor = top ? 'pointer' : '';
    this.options.events.hovered(top && top.id !== undefined && !top.properties.cluster ? { layer: top.source, id: String(top.id) } : null);
  }

  private around({ x, y }: { x: number; y: number }, far = PIXELS_AROUND): MapGeoJSONFeature[] {
    return this.map.queryRenderedFeatures([[x - far, y - far], [x + far, y + far]]);
  }

  /** What is drawn at a point of the screen. Where a finger is used and meets areas alone, the point nearest to it is meant. */
  hits(point: { x: number; y: number }): Hit[] {
    const met = this.around(point);
    if (!isTouched() || met.some(({ geometry, source }) => !source.startsWith(OVERLAY) && !geometry.type.endsWith('Polygon'))) return this.unique(met);
    const distance = ({ geometry }: MapGeoJSONFeature): number => {
      const { x, y } = this.map.project((geometry as GeoJSON.Point).coordinates as [number, number]);
      return Math.hypot(x - point.x, y - point.y);
    };
    const points = this.around(point, FINGER_PIXELS).filter(({ geometry, source }) => geometry.type === 'Point' && !source.startsWith(OVERLAY));
    const [nearest] = this.unique(points.sort((a, b) => distance(a) - distance(b)));
    return nearest ? [nearest] : this.unique(met);
  }

  private unique(features: MapGeoJSONFeature[]): Hit[] {
    const hits = new Map<string, Hit>();
    for (const { layer, id, properties, geometry, source } of features) {
      if (source.startsWith(OVERLAY)) continue;
      const name = layerOf(layer);
      if (id === undefined || hits.has(`${name}/${id}`)) continue;
      const zoom = Number(properties.expansion_zoom);
      const center = geometry.type === 'Point' ? (geometry.coordinates as [number, number]) : null;
      const cluster = properties.cluster && center ? { zoom: Number.isFinite(zoom) ? zoom : this.map.getZoom() + 2, center } : null;
      if (properties.cluster && !cluster) continue;
      hits.set(`${name}/${id}`, { layer: name, id: String(id), properties, cluster });
    }
    return [...hits.values()];
  }
}

/** A new style with what tools have laid over the old one, or under one of its layers. */
function withOverlays(before: StyleSpecification | undefined, next: StyleSpecification): StyleSpecification {
  const sources = Object.entries(before?.sources ?? {}).filter(([id]) => id.startsWith(OVERLAY));
  const layers = before?.layers.filter(({ id }) => id.startsWith(OVERLAY)) ?? [];
  const placeOf = ({ metadata }: StyleSpecification['layers'][number]): unknown => (metadata as Record<string, unknown> | undefined)?.['platbook:before'];
  const under = (id: string) => layers.filter((layer) => placeOf(layer) === id);
  const over = layers.filter((layer) => !next.layers.some(({ id }) => id === placeOf(layer)));
  return { ...next, sources: { ...next.sources, ...Object.fromEntries(sources) }, layers: [...next.layers.flatMap((layer) => [...under(layer.id), layer]), ...over] };
}
