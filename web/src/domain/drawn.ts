import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import { asExpression, type DrawnCondition } from './drawnCondition';
import { catalogueOrder, isSameOrder } from './order';
import type { OwnStyle, Rule } from './ownStyle';
import { inTheme, MISSING, OTHER, rampColors } from './palette';
import { layerOf } from './style';

type Drawn = LayerSpecification & Record<string, unknown>;

/** The ring around what is selected and the edge of points, as the catalogue's own styles have them. */
const MARK = { light: '#c2185b', dark: '#ff7ab8' };
const HALO = { light: '#ffffff', dark: '#161b22' };

const isNumeric = (layer: Layer, name: string): boolean => ['integer', 'number'].includes(layer.properties.find((property) => property.name === name)?.type ?? '');

/** What a rule asks for, by the kind of its property. */
export function conditionOf({ property, is, value }: Rule, layer: Layer): DrawnCondition {
  if (is === 'missing') return { is: 'missing', property };
  return { is: 'compare', property, op: is, value: is !== 'like' && isNumeric(layer, property) ? Number(value) : value };
}

/** The colour of a feature as an expression, each colour named as the drawing needs it. */
function coloringOf(own: Exclude<OwnStyle, { form: 'file' }>, layer: Layer, isDark: boolean, name: (color: string) => string): unknown {
  const colored = (color: string): string => name(inTheme(color, isDark));
  switch (own.form) {
    case 'single': return colored(own.color);
    case 'category':
      return ['match', ['to-string', ['get', own.by]], ...own.classes.flatMap(({ value, color }) => [value, colored(color)]), colored(own.other)];
    case 'graduated': {
      const [least = '', ...more] = rampColors(own.ramp, own.breaks.length + 1, isDark).map(name);
      const steps = own.breaks.flatMap((from, at) => [from, more[at] ?? least]);
      return ['case', ['has', own.by], ['step', ['to-number', ['get', own.by]], least, ...steps], name(MISSING)];
    }
    case 'rule':
      return ['case', ...own.rules.flatMap((rule) => [asExpression(conditionOf(rule, layer)), colored(rule.color)]), colored(own.other)];
  }
}

const whenMarked = (marked: unknown, otherwise: unknown): unknown =>
  ['case', ['any', ['boolean', ['feature-state', 'hover'], false], ['boolean', ['feature-state', 'selected'], false]], marked, otherwise];

/** A size that holds at zoom 14, wider by some pixels for what is under the pointer or selected. */
function byZoom(size: number, wider = 0): unknown {
  const at = (share: number): unknown => (wider === 0 ? size * share : whenMarked(size * share + wider, size * share));
  return ['interpolate', ['exponential', 1.3], ['zoom'], 8, at(0.35), 14, at(1), 18, at(3)];
}

/** The style layers that draw a layer's features in somebody's own style. */
function shapes(layer: Layer, own: Exclude<OwnStyle, { form: 'file' }>, isDark: boolean): Drawn[] {
  const theme = isDark ? 'dark' : 'light';
  const { size, marker, opacity } = own.look;
  const share = opacity / 100;
  const color = coloringOf(own, layer, isDark, (plain) => plain);
  const part = (suffix: string, type: string, rest: object): Drawn => ({
    id: layer.id + suffix, type, source: layer.id, 'source-layer': layer.id, minzoom: layer.zoom.min, metadata: { 'platbook:layer': layer.id }, ...rest,
  }) as unknown as Drawn;
  const dash = layer.style.dash.length > 0 ? { 'line-dasharray': layer.style.dash } : {};
  const line = { 'line-color': color, 'line-width': byZoom(size, 2), ...dash };
  const filter = ['!', ['has', 'cluster']];
  if (layer.geometry === 'polygon') {
    const fill = part('', 'fill', { paint: { 'fill-color': color, 'fill-opacity': whenMarked(Math.min(1, share + 0.2), share) } });
    // Where there is no value there are lines, so that it is told from every colour.
    const missing = own.form === 'graduated' ? [part('.missing', 'fill', { filter: ['!', ['has', own.by]], paint: { 'fill-pattern': `hatch-${OTHER}-${MISSING}`, 'fill-opacity': share } })] : [];
    return [fill, ...missing, part('.outline', 'line', { paint: line })];
  }
  if (layer.geometry === 'line') return [part('', 'line', { layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { ...line, 'line-opacity': share } })];
  if (marker === 'circle') {
    const edge = { 'circle-stroke-color': whenMarked(MARK[theme], HALO[theme]), 'circle-stroke-width': whenMarked(4, 0.8) };
    return [part('', 'circle', { filter, paint: { 'circle-color': color, 'circle-radius': byZoom(size), 'circle-opacity': share, ...edge } })];
  }
  const layout = {
    'icon-image': coloringOf(own, layer, isDark, (plain) => `marker-${marker}-${plain}`),
    'icon-size': ['interpolate', ['linear'], ['zoom'], 8, size / 20, 16, size / 5],
    'icon-allow-overlap': true, 'icon-ignore-placement': true,
  };
  return [part('', 'symbol', { filter, layout, paint: { 'icon-opacity': share } })];
}

const SHAPE = /^[^.]+(\.outline)?$/;

/** What the style draws of a layer, as somebody's own style wants it instead. */
export function partsOf(layer: Layer, drawn: LayerSpecification[], own: OwnStyle, isDark: boolean): LayerSpecification[] {
  if (own.form === 'file') return own.layers.map((part) => ({ ...part, metadata: { ...(part.metadata as object | undefined), 'platbook:layer': layer.id } }) as LayerSpecification);
  const others = drawn.filter(({ id }) => !SHAPE.test(id)).map((part) => {
    const isRecolored = own.form === 'single' && part.id.endsWith('.cluster');
    return isRecolored ? ({ ...part, paint: { ...part.paint, 'circle-color': inTheme(own.color, isDark) } }) as LayerSpecification : part;
  });
  return [...shapes(layer, own, isDark), ...others];
}

/** Replaces the parts of one layer: each where the one of its name was, the others after the last that was placed. */
function replaced(layers: LayerSpecification[], id: string, parts: LayerSpecification[]): LayerSpecification[] {
  const places = new Map(layers.map((drawn, at) => [drawn.id, at]));
  const first = layers.findIndex((drawn) => layerOf(drawn) === id && drawn.type !== 'background');
  const kept = layers.map((drawn, at) => ({ drawn: layerOf(drawn) === id && drawn.type !== 'background' ? [] as LayerSpecification[] : [drawn], at }));
  let place = first;
  for (const part of parts) {
    const own = places.get(part.id);
    if (own !== undefined && own >= place) place = own;
    kept[Math.max(0, place)]?.drawn.push(part);
  }
  return kept.flatMap(({ drawn }) => drawn);
}

const LABEL = /\.label$/;
const COUNT = /\.cluster-count$/;

/**
 * The parts in an order that somebody chose, `order` top first. Names and numbers stay above all shapes, in the style's own
 * order: which name finds room is a matter of rank.
 */
function inOrder(layers: LayerSpecification[], order: string[]): LayerSpecification[] {
  const tier = (drawn: LayerSpecification): number => (drawn.type === 'background' ? 0 : LABEL.test(drawn.id) ? 2 : COUNT.test(drawn.id) ? 3 : 1);
  const ranks = new Map(order.map((id, at) => [id, order.length - at]));
  // What is no layer of the catalogue lies under them.
  const rank = (drawn: LayerSpecification): number => (tier(drawn) === 1 ? (ranks.get(layerOf(drawn)) ?? 0) : 0);
  // The sort is stable: what ranks alike stays as it was.
  return [...layers].sort((a, b) => tier(a) - tier(b) || rank(a) - rank(b));
}

/** The server's style with somebody's own styles and order, before anything is hidden. */
export function arranged(style: StyleSpecification, catalogue: Layer[], owns: Record<string, OwnStyle>, order: string[], isDark: boolean): StyleSpecification {
  let { layers } = style;
  for (const layer of catalogue) {
    const own = owns[layer.id];
    const drawn = layers.filter((part) => part.type !== 'background' && layerOf(part) === layer.id);
    if (own && drawn.length > 0) layers = replaced(layers, layer.id, partsOf(layer, drawn, own, isDark));
  }
  const ids = catalogue.map(({ id }) => id);
  return { ...style, layers: isSameOrder(order, catalogueOrder(catalogue), ids) ? layers : inOrder(layers, order) };
}
