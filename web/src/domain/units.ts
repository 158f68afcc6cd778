import type { Language } from '../i18n/dictionary';
import { formatNumber } from './format';

/** Units that are written with signs, by the name that the data gives them. */
const SIGNS: Record<string, string> = { m2: 'm²', km2: 'km²', deg: '°', 'bit/s': 'bit/s' };

/** Words for counting (个, 件, 条 …) are none in English: a title says what is counted. */
const COUNTED = [...'个类条项批件宗位名人家场次块层户'];
const ENGLISH: Record<string, string> = { 元: 'yuan', 平方公里: 'km²', 公里: 'km', 米: 'm', G: 'Gbit/s', M: 'Mbit/s' };
/** Powers of ten that stand before a unit: 万元 are ten thousand yuan. */
const POWERS: Record<string, number> = { 万: 4, 亿: 8 };

/** A power of ten and a word for a unit. */
function inEnglish(unit: string): { power: number; word: string } {
  const power = unit.length > 1 ? (POWERS[unit.charAt(0)] ?? 0) : 0;
  const rest = power > 0 ? unit.slice(1) : unit;
  return { power, word: COUNTED.includes(rest) ? '' : (ENGLISH[rest] ?? SIGNS[rest] ?? rest) };
}

/** A unit beside its number; empty where it has no word. */
export const unitTitle = (unit: string, language: Language): string => (language === 'zh' ? (SIGNS[unit] ?? unit) : inEnglish(unit).word);

/** A quantity as it is said in a language: `1.5 万元`, `15,000 yuan`. */
export function formatQuantity(value: number, unit: string, language: Language): string {
  if (language === 'zh') return `${formatNumber(value, language)} ${unitTitle(unit, language)}`;
  const { power, word } = inEnglish(unit);
  // The shift is decimal, so that no digit is made up.
  const number = formatNumber(Number(`${value}e${power}`), language);
  if (word === '') return number;
  return word === '%' ? `${number}%` : `${number} ${word}`;
}
