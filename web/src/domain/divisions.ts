import type { Division } from '../api/types';

/** The divisions of a city as they stand. */
export interface Divisions { townships: Division[]; villages: Division[] }

/** A division that can be chosen; `of` is the township that a village lies in. */
export interface Choice { code: string; name: string; of: string }

/** Digits of a township's code, with which the codes of its villages begin. */
const TOWNSHIP_DIGITS = 9;

/** The city, then its townships, then its villages. */
export function choicesOf({ townships, villages }: Divisions, city: Division): Choice[] {
  const names = new Map(townships.map(({ code, name }) => [code, name]));
  const choice = ({ code, name }: Division, of = ''): Choice => ({ code, name, of });
  return [choice(city), ...townships.map((division) => choice(division)), ...villages.map((division) => choice(division, names.get(division.code.slice(0, TOWNSHIP_DIGITS)) ?? ''))];
}

export const written = ({ name, of }: Choice): string => of + name;

/** What a code is called; a code that is no longer in the list stands for itself. */
export function divisionTitle(code: string, choices: Choice[]): string {
  const found = choices.find((choice) => choice.code === code);
  return found ? written(found) : code;
}

/** What a text may mean: the city and its townships where it is empty; else names that have it, and codes that begin so. */
export function matching(choices: Choice[], typed: string, most: number): Choice[] {
  const text = typed.replace(/[\s·]+/gu, '');
  const found = text === '' ? choices.filter(({ of }) => of === '') : choices.filter((choice) => written(choice).includes(text) || choice.code.startsWith(text));
  return found.slice(0, most);
}

/** The one division that a text names whole, by name or code. */
export function exactly(choices: Choice[], typed: string): Choice | null {
  const text = typed.replace(/[\s·]+/gu, '');
  const found = choices.filter((choice) => written(choice) === text || choice.name === text || choice.code === text);
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The layer in which a division of some code is a feature. */
export const layerOfDivision = (code: string): string => ({ 6: 'city', 9: 'township' })[code.length] ?? 'village';
