import { AttributionControl, Map as MapLibre, type MapGeoJSONFeature, type MapMouseEvent, ScaleControl, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Box } from '../api/types';
import type { TileId } from '../domain/live';
import type { View } from '../domain/permalink';
import { layerOf } from '../domain/style';
import { drawMarker, parseMarker } from './markers';

setWorkerUrl(workerUrl);

export interface Hit { layer: string; id: string; properties: Record<string, unknown>; cluster: { zoom: number; center: [number, number] } | null }

export interface EngineEvents {
  moved(view: View): void;
  pointed(lon: number, lat: number): void;
  clicked(hits: Hit[], at: [number, number]): void;
  busy(isBusy: boolean): void;
  idle(): void;
  failed(message: string): void;
}

export interface EngineOptions {
  container: HTMLElement;
  style: StyleSpecification;
  view: View | null;
  bounds: Box;
  padding: number;
  locale: Record<string, string>;
  events: EngineEvents;
}

const PIXELS_AROUND = 4;
const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** The map as the planner needs it; nothing else speaks to MapLibre. */
export class Engine {
  readonly map: MapLibre;
  private hovered: { source: string; id: string | number } | null = null;
  private selected: { source: string; id: string | number } | null = null;
  private isReady = false;
  private pending: StyleSpecification | null = null;

  constructor(private readonly options: EngineOptions) {
    const { container, style, view, bounds, padding, locale, events } = options;
    const camera = view ? { center: [view.lon, view.lat] as [number, number], zoom: view.zoom } : { bounds, fitBoundsOptions: { padding } };
    this.map = new MapLibre({
      container, style, ...camera, locale,
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 20, fadeDuration: isCalm() ? 0 : 150,
    });
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-left');
    this.map.addControl(new AttributionControl({ compact: false }), 'bottom-right');
    this.map.on('style.load', () => {
      this.isReady = true;
      if (this.pending) this.show(this.pending);
    });
    this.map.on('styleimagemissing', ({ id }) => this.addMarker(id));
    this.map.on('moveend', () => events.moved(this.view()));
    this.map.on('dataloading', () => events.busy(true));
    this.map.on('idle', () => { events.busy(false); events.idle(); });
    this.map.on('error', ({ error }) => events.failed(error?.message ?? ''));
    this.map.on('mousemove', (event) => this.hover(event));
    this.map.on('mouseout', () => this.mark('hover', null));
    this.map.on('click', (event) => events.clicked(this.hits(event), [event.lngLat.lng, event.lngLat.lat]));
    this.map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      const center = this.map.getCenter();
      events.clicked(this.hits({ point: this.map.project(center) }), [center.lng, center.lat]);
    });
  }

  show(style: StyleSpecification): void {
    if (!this.isReady) { this.pending = style; return; }
    this.pending = null;
    this.map.setStyle(style, { diff: true });
    if (this.selected) this.map.setFeatureState({ ...this.selected, sourceLayer: this.selected.source }, { selected: true });
  }

  view(): View {
    const { lng, lat } = this.map.getCenter();
    return { zoom: this.map.getZoom(), lat, lon: lng };
  }

  fit([west, south, east, north]: Box, maxZoom = 17): void {
    this.map.fitBounds([west, south, east, north], { padding: this.options.padding, maxZoom, animate: !isCalm(), duration: 500 });
  }

  go(center: [number, number], zoom: number): void {
    if (isCalm()) this.map.jumpTo({ center, zoom });
    else this.map.easeTo({ center, zoom, duration: 500 });
  }

  turn(step: 'in' | 'out'): void {
    if (step === 'in') this.map.zoomIn();
    else this.map.zoomOut();
  }

  select(layer: string | null, id: string | null): void {
    const target = layer === null || id === null ? null : { source: layer, id: /^\d+$/.test(id) ? Number(id) : id };
    this.mark('selected', target);
  }

  /** Fetches tiles of a layer anew; none named: all. What stands there stays until they are here. */
  refresh(layer: string, tiles: TileId[] | null): void {
    if (!this.map.getSource(layer)) return;
    if (tiles) this.map.refreshTiles(layer, tiles);
    else this.map.refreshTiles(layer);
  }

  /** What is drawn now, each feature once, clusters left out. */
  drawn(): Hit[] {
    return this.unique(this.map.queryRenderedFeatures()).filter(({ cluster }) => cluster === null);
  }

  remove(): void {
    this.map.remove();
  }

  private addMarker(name: string): void {
    const marker = parseMarker(name);
    if (!marker || this.map.hasImage(name)) return;
    const ratio = Math.max(1, Math.ceil(devicePixelRatio));
    this.map.addImage(name, drawMarker(marker.shape, marker.color, ratio), { pixelRatio: ratio });
  }

  private hover(event: MapMouseEvent): void {
    this.options.events.pointed(event.lngLat.lng, event.lngLat.lat);
    if (this.map.isMoving()) return;
    const [top] = this.around(event.point);
    this.map.getCanvas().style.cursor = top ? 'pointer' : '';
    this.mark('hover', top && top.id !== undefined && !top.properties.cluster ? { source: top.source, id: top.id } : null);
  }

  private mark(state: 'hover' | 'selected', target: { source: string; id: string | number } | null): void {
    const key = state === 'hover' ? 'hovered' : 'selected';
    const before = this[key];
    if (before?.source === target?.source && before?.id === target?.id) return;
    if (before && this.map.getSource(before.source)) this.map.setFeatureState({ ...before, sourceLayer: before.source }, { [state]: false });
    this[key] = target;
    if (target && this.map.getSource(target.source)) this.map.setFeatureState({ ...target, sourceLayer: target.source }, { [state]: true });
  }

  private around({ x, y }: { x: number; y: number }): MapGeoJSONFeature[] {
    return this.map.queryRenderedFeatures([[x - PIXELS_AROUND, y - PIXELS_AROUND], [x + PIXELS_AROUND, y + PIXELS_AROUND]]);
  }

  private hits({ point }: { point: { x: number; y: number } }): Hit[] {
    return this.unique(this.around(point));
  }

  private unique(features: MapGeoJSONFeature[]): Hit[] {
    const hits = new Map<string, Hit>();
    for (const { layer, id, properties, geometry } of features) {
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
