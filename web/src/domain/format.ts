import type { Figure, Layer, Property, Scalar } from '../api/types';
import type { Dictionary, Language } from '../i18n/dictionary';
import { formatQuantity, unitTitle } from './units';

const locale = (language: Language): string => (language === 'zh' ? 'zh-CN' : 'en-GB');

export const formatNumber = (value: number, language: Language): string =>
  new Intl.NumberFormat(locale(language), { maximumFractionDigits: 4 }).format(value);

/** A share in percent with two digits. More than 100 % is legitimate and is shown as it is. */
export const formatRate = (part: number | null, whole: number | null): string | null =>
  part === null || whole === null || whole === 0 ? null : `${((100 * part) / whole).toFixed(2)}%`;

/** Square metres as people say them: by the hectare from one on, by the square kilometre from one on; in Chinese with 亩 between. */
export function formatArea(m2: number, language: Language): string {
  const MU_M2 = 2000 / 3;
  const write = (value: number, unit: string): string => `${new Intl.NumberFormat(locale(language), { maximumSignificantDigits: 4 }).format(value)} ${unit}`;
  if (m2 >= 1e6) return write(m2 / 1e6, 'km²');
  if (m2 >= 1e4) return language === 'zh' ? `${write(m2 / MU_M2, '亩')}（${write(m2 / 1e4, '公顷')}）` : write(m2 / 1e4, 'ha');
  return write(m2, 'm²');
}

export function formatValue(property: Property | undefined, value: Scalar | undefined, language: Language, words: Dictionary): string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  const choice = property?.enum.find((entry) => entry.value === String(value));
  if (choice) return choice.title[language];
  if (typeof value === 'number' && (property?.unit === 'm²' || property?.unit === 'm2')) return formatArea(value, language);
  if (typeof value === 'number') return property?.unit ? formatQuantity(value, property.unit, language) : formatNumber(value, language);
  return property?.unit ? `${value} ${unitTitle(property.unit, language)}` : value;
}

/** Degrees with five decimals, about one metre. */
export const formatLonLat = (lon: number, lat: number): string =>
  `${Math.abs(lat).toFixed(5)}°${lat < 0 ? 'S' : 'N'} ${Math.abs(lon).toFixed(5)}°${lon < 0 ? 'W' : 'E'}`;

/** Longitude and latitude with six decimals, a tenth of a metre, as searches and forms take them. */
export const formatPosition = ([lon = 0, lat = 0]: number[]): string => `${lon.toFixed(6)}, ${lat.toFixed(6)}`;

/** The property that holds the code of features; of layers without codes none does. */
export const codeOf = ({ code }: Layer): string | undefined => (typeof code === 'string' ? code : code?.property);

export function titleOf(layer: Layer, properties: Record<string, Scalar | undefined>): string | null {
  for (const name of [layer.label, 'name', codeOf(layer), 'code']) {
    const value = name ? properties[name] : undefined;
    if (value !== null && value !== undefined && value !== '') return String(value);
  }
  return null;
}

/** “GS(2024)0650号” out of an attribution; empty where there is none. */
export const approvalNumber = (attribution: string): string => /[^\s（(:：]*GS\s*[（(]\d{4}[）)]\s*\d+\s*号?/.exec(attribution)?.[0] ?? '';

/** Sources that state the same thing one after another are one line with its dates. */
export function mergedCounterparts(figure: Figure, language: Language): { value: number; unit: string; source: string; dates: string[] }[] {
  const lines: { value: number; unit: string; source: string; dates: string[] }[] = [];
  for (const { value, unit, source, date } of figure.counterparts) {
    const last = lines.at(-1);
    const dates = date ? [date] : [];
    if (last && last.value === value && last.unit === unit && last.source === source[language]) last.dates.push(...dates);
    else lines.push({ value, unit, source: source[language], dates });
  }
  return lines;
}
