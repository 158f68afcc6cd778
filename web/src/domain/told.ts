/** How statistics are said: titles, numbers, classes. */
import type { Layer } from '../api/types';
import type { Dictionary, Language } from '../i18n/dictionary';
import { formatNumber } from './format';
import type { Chosen, Row } from './statistics';
import { unitTitle } from './units';

/** What is measured, in words. */
export function measureTitle(layer: Layer, { measure, value, isPerKm2 }: Chosen, words: Dictionary, language: Language): string {
  const property = layer.properties.find(({ name }) => name === value);
  const title = property?.title[language] ?? value ?? '';
  const plain = measure === 'count' ? words.statisticsCount : measure === 'sum' ? words.statisticsSum(title) : words.statisticsMean(title);
  return isPerKm2 ? words.statisticsPerTitle(plain) : plain;
}

/** The unit of what is measured; empty where it has none. */
export const measureUnit = (layer: Layer, { measure, value }: Chosen, language: Language): string => {
  const unit = measure === 'count' ? null : layer.properties.find(({ name }) => name === value)?.unit;
  return unit ? unitTitle(unit, language) : '';
};

const DIGITS = 4;
/** A figure with four digits, or all that stand before the point. */
export function formatFigure(value: number, language: Language): string {
  return Math.abs(value) >= 10 ** DIGITS ? formatNumber(Math.round(value), language) : formatNumber(Number(value.toPrecision(DIGITS)), language);
}

/** What is said of a division: its figure, or why there is none. */
export function figureOf(row: Row, unit: string, words: Dictionary, language: Language): string {
  if (row.shown === null) return row.hidden > 0 ? words.statisticsHidden : words.statisticsNothing;
  return `${row.hidden > 0 ? '≥ ' : ''}${formatFigure(row.shown, language)}${unit === '' ? '' : ` ${unit}`}`;
}

/** What a class holds, from the one before to the next. */
export function classTitle(at: number, breaks: number[], language: Language): string {
  const [from, to] = [breaks[at - 1], breaks[at]];
  const said = (value: number): string => formatFigure(value, language);
  if (from === undefined) return to === undefined ? '—' : `< ${said(to)}`;
  return to === undefined ? `≥ ${said(from)}` : `${said(from)} – ${said(to)}`;
}
