import { type GeoJSONSource, Map as MapLibre, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Box, SearchResult } from '../api/types';
import type { View } from '../domain/permalink';
import { type One, tileId } from '../domain/selection';
import { OVERLAY } from '../domain/style';
import { asWhoAsks } from './asker';
import { Choropleth, type Painting } from './choropleth';
import { markFound } from './found';
import { imageOf } from './images';

setWorkerUrl(workerUrl);

/** A2 at 300 dots of an inch; MapLibre's own limit is half of it. */
const MOST_PIXELS = 8192;
const SOURCE = `${OVERLAY}asked`;
const COLOR = '#c2185b';

export interface PaperOptions {
  container: HTMLElement;
  style: StyleSpecification;
  view: View;
  /** Dots of a pixel of style sheets. */
  ratio: number;
}

/** What could not be read while the map was drawn. */
export class Unread extends Error {
  constructor(message: string, readonly status: number | undefined) {
    super(message);
  }
}

/** A map that is drawn once, for paper. */
export class PaperMap {
  private readonly map: MapLibre;
  private failed: (error: Unread) => void = () => undefined;
  private readonly failure = new Promise<never>((_, reject) => { this.failed = reject; });

  constructor({ container, style, view, ratio }: PaperOptions) {
    this.failure.catch(() => undefined);
    this.map = new MapLibre({
      container, style, center: [view.lon, view.lat], zoom: view.zoom, maxZoom: 24, pixelRatio: ratio, maxCanvasSize: [MOST_PIXELS, MOST_PIXELS],
      attributionControl: false, interactive: false, fadeDuration: 0, canvasContextAttributes: { preserveDrawingBuffer: true },
      transformRequest: asWhoAsks,
    });
    this.ratio = Math.ceil(ratio);
    this.map.setMissingStyleImageResolver((name) => {
      const image = this.map.hasImage(name) ? null : imageOf(name, this.ratio);
      if (image) this.map.addImage(name, image, { pixelRatio: this.ratio });
    });
    this.map.on('error', ({ error }) => this.failed(new Unread(error?.message ?? '', (error as { status?: number } | undefined)?.status)));
  }

  private readonly ratio: number;

  /** Waits until all is drawn; what could not be read is thrown. */
  async drawn(): Promise<void> {
    const idle = new Promise<void>((resolve) => { this.map.once('idle', () => resolve()); });
    this.map.triggerRepaint();
    await Promise.race([idle, this.failure]);
  }

  /** What of the world is on the sheet. */
  box(): Box {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  select(chosen: One[]): void {
    for (const { layer, id } of chosen) {
      if (this.map.getSource(layer)) this.map.setFeatureState({ source: layer, sourceLayer: layer, id: tileId(id) }, { selected: true });
    }
  }

  paint(painting: Painting): void {
    new Choropleth(this.map, { hovered: () => undefined }, this.ratio).show(painting);
  }

  found(result: SearchResult): void {
    markFound(this.map, result);
  }

  /** The area that is asked about. */
  outline(geometry: GeoJSON.Geometry): void {
    const source = this.map.getSource<GeoJSONSource>(SOURCE);
    if (source) { source.setData(geometry); return; }
    this.map.addSource(SOURCE, { type: 'geojson', data: geometry });
    this.map.addLayer({ id: `${SOURCE}-area`, type: 'fill', source: SOURCE, paint: { 'fill-color': COLOR, 'fill-opacity': 0.08 } });
    this.map.addLayer({ id: `${SOURCE}-line`, type: 'line', source: SOURCE, paint: { 'line-color': COLOR, 'line-width': 2 } });
  }

  /** What is drawn, as a picture with its dots; the map is gone after. */
  async picture(): Promise<Blob> {
    await this.drawn();
    const picture = await new Promise<Blob | null>((resolve) => { this.map.getCanvas().toBlob(resolve, 'image/png'); });
    this.remove();
    if (!picture) throw new Unread('the canvas gives no picture', undefined);
    return picture;
  }

  remove(): void {
    this.map.remove();
  }
}
