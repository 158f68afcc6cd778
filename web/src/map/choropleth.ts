import type { ExpressionSpecification, Map as MapLibre, MapLayerMouseEvent, StyleSpecification } from 'maplibre-gl';
import { OVERLAY } from '../domain/style';
import { drawPattern } from './patterns';

const SOURCE = `${OVERLAY}statistics`;
const AREAS = 'groups';

/** How the areas are drawn, by their codes. */
export interface Painting { tiles: string; codes: string[]; colors: [color: string, codes: string[]][]; hatched: string[]; dotted: string[]; ink: string; ground: string; accent: string }

export interface ChoroplethEvents { hovered(code: string | null): void }

/** Divisions coloured by what is told of them, under roads and names. */
export class Choropleth {
  private painting: Painting | null = null;
  private marks: { hovered: string | null; picked: string | null } = { hovered: null, picked: null };
  private readonly over = ({ features }: MapLayerMouseEvent): void => this.events.hovered(String(features?.[0]?.properties.key ?? '') || null);
  private readonly left = (): void => this.events.hovered(null);

  /** `ratio`: dots of a pixel. */
  constructor(private readonly map: MapLibre, private readonly events: ChoroplethEvents, private readonly ratio = Math.max(1, Math.ceil(devicePixelRatio))) {
    map.on('mousemove', `${SOURCE}-fill`, this.over);
    map.on('mouseleave', `${SOURCE}-fill`, this.left);
  }

  show(painting: Painting): void {
    const before = this.painting;
    this.painting = painting;
    this.images(painting);
    if (before?.tiles !== painting.tiles || !this.map.getSource(SOURCE)) { this.lay(painting); return; }
    this.map.setPaintProperty(`${SOURCE}-fill`, 'fill-color', colorOf(painting));
    this.map.setPaintProperty(`${SOURCE}-line`, 'line-color', lineOf(painting));
    for (const part of ['fill', 'line']) this.map.setFilter(`${SOURCE}-${part}`, among(painting.codes));
    this.map.setFilter(`${SOURCE}-hatch`, among(painting.hatched));
    this.map.setFilter(`${SOURCE}-dots`, among(painting.dotted));
  }

  /** The area under a point of the screen. */
  at(point: { x: number; y: number }): string | null {
    if (!this.map.getLayer(`${SOURCE}-fill`)) return null;
    const [top] = this.map.queryRenderedFeatures([point.x, point.y], { layers: [`${SOURCE}-fill`] });
    return top ? String(top.properties.key) : null;
  }

  mark(hovered: string | null, picked: string | null): void {
    const { marks } = this;
    this.marks = { hovered, picked };
    if (!this.map.getSource(SOURCE)) return;
    for (const code of [marks.hovered, marks.picked]) if (code) this.map.removeFeatureState({ source: SOURCE, sourceLayer: AREAS, id: code });
    if (hovered) this.map.setFeatureState({ source: SOURCE, sourceLayer: AREAS, id: hovered }, { hovered: true });
    if (picked) this.map.setFeatureState({ source: SOURCE, sourceLayer: AREAS, id: picked }, { picked: true });
  }

  remove(): void {
    this.map.off('mousemove', `${SOURCE}-fill`, this.over);
    this.map.off('mouseleave', `${SOURCE}-fill`, this.left);
    this.clear();
  }

  private clear(): void {
    for (const { id } of this.map.getStyle().layers) if (id.startsWith(SOURCE)) this.map.removeLayer(id);
    if (this.map.getSource(SOURCE)) this.map.removeSource(SOURCE);
  }

  private images({ ink, ground }: Painting): void {
    const { ratio } = this;
    for (const kind of ['hatch', 'dots'] as const) {
      const name = `${SOURCE}-${kind}`;
      if (this.map.hasImage(name)) this.map.removeImage(name);
      this.map.addImage(name, drawPattern(kind, ink, ground, ratio), { pixelRatio: ratio });
    }
  }

  private lay(painting: Painting): void {
    this.clear();
    const { map } = this;
    const under = groundEnd(map.getStyle());
    const plain = { source: SOURCE, 'source-layer': AREAS, metadata: { 'platbook:before': under } };
    map.addSource(SOURCE, { type: 'vector', tiles: [painting.tiles], promoteId: 'key', minzoom: 8, maxzoom: 14 });
    map.addLayer({ ...plain, id: `${SOURCE}-fill`, type: 'fill', filter: among(painting.codes), paint: { 'fill-color': colorOf(painting), 'fill-opacity': 0.85 } }, under);
    map.addLayer({ ...plain, id: `${SOURCE}-hatch`, type: 'fill', filter: among(painting.hatched), paint: { 'fill-pattern': `${SOURCE}-hatch` } }, under);
    map.addLayer({ ...plain, id: `${SOURCE}-dots`, type: 'fill', filter: among(painting.dotted), paint: { 'fill-pattern': `${SOURCE}-dots` } }, under);
    map.addLayer({ ...plain, id: `${SOURCE}-line`, type: 'line', filter: among(painting.codes), paint: { 'line-color': lineOf(painting), 'line-width': ['case', isMarked('picked'), 3, isMarked('hovered'), 2, 0.6] } }, under);
    this.mark(this.marks.hovered, this.marks.picked);
  }
}

/** Where the ground ends: what stands on it is drawn over the colours. */
function groundEnd({ layers }: StyleSpecification): string | undefined {
  const last = layers.findLastIndex(({ id }) => /^(city|township|village|unit-grid)(\.outline)?$/.test(id));
  return layers[last + 1]?.id;
}

const isMarked = (name: string): ['boolean', ['feature-state', string], false] => ['boolean', ['feature-state', name], false];
const lineOf = ({ accent, ink }: Painting): ExpressionSpecification => ['case', ['any', isMarked('picked'), isMarked('hovered')], accent, ink];
const among = (codes: string[]): ['in', ['get', string], ['literal', string[]]] => ['in', ['get', 'key'], ['literal', codes]];

function colorOf({ colors }: Painting) {
  const pairs = colors.filter(([, codes]) => codes.length > 0).flatMap(([color, codes]) => [codes, color] as const);
  return pairs.length === 0 ? 'rgba(0,0,0,0)' : (['match', ['get', 'key'], ...pairs, 'rgba(0,0,0,0)'] as unknown as string);
}
