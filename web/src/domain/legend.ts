import type { Layer, LayerStyle, Marker } from '../api/types';
import type { Language } from '../i18n/dictionary';

export interface Swatch { shape: Marker | 'line' | 'area'; color: string; dash: number[] }
export interface LegendRow { value: string; title: string; swatch: Swatch }

const colorOf = (style: { color: string; dark: string | null }, isDark: boolean): string => (isDark && style.dark ? style.dark : style.color);

function swatch(geometry: Layer['geometry'], style: LayerStyle, color: string): Swatch {
  const shape = geometry === 'point' ? style.marker : geometry === 'line' ? 'line' : 'area';
  return { shape, color, dash: style.dash };
}

export const layerSwatch = (layer: Layer, isDark: boolean): Swatch =>
  swatch(layer.geometry, layer.style, colorOf(layer.style, isDark));

/** One row for each class that the map draws, in the order of the style. */
export function legendRows(layer: Layer, language: Language, isDark: boolean): LegendRow[] {
  const { by, classes } = layer.style;
  if (by === null) return [];
  const property = layer.properties.find(({ name }) => name === by);
  return classes.map((entry) => {
    const value = String(entry.value);
    const title = property?.enum.find((choice) => choice.value === value)?.title[language] ?? value;
    return { value, title, swatch: swatch(layer.geometry, layer.style, colorOf(entry, isDark)) };
  });
}
