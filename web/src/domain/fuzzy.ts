/** How well what somebody types names a thing. */

export interface Named { title: string; /** Other words for it: its id, its name in another language. */ also?: readonly string[] }

/** The first Han character of each initial in the order of pinyin; there is none with i, u or v. */
const INITIALS: [letter: string, from: string][] = [
  ['a', '阿'], ['b', '八'], ['c', '嚓'], ['d', '哒'], ['e', '妸'], ['f', '发'], ['g', '旮'], ['h', '哈'], ['j', '讥'], ['k', '咔'], ['l', '垃'], ['m', '妈'],
  ['n', '拏'], ['o', '噢'], ['p', '妑'], ['q', '七'], ['r', '呥'], ['s', '仨'], ['t', '他'], ['w', '屲'], ['x', '夕'], ['y', '丫'], ['z', '帀'],
];
const pinyin = new Intl.Collator('zh-CN-u-co-pinyin');

/** The initials of a Chinese text, as input methods take them: `图层` is `tc`. Other letters stay. Where a character has several readings, the collation's holds. */
export const initials = (text: string): string =>
  [...text].map((sign) => (/\p{Script=Han}/u.test(sign) ? (INITIALS.findLast(([, from]) => pinyin.compare(from, sign) <= 0)?.[0] ?? '') : /[\p{L}\p{N}]/u.test(sign) ? sign.toLowerCase() : '')).join('');

const heads = (text: string): string => text.split(/[^\p{L}\p{N}]+/u).map((word) => word[0] ?? '').join('');

/** Whether the letters stand in a text in their order, and how close together: 0 to 1. */
function closeness(letters: string, text: string): number {
  const first = text.indexOf(letters[0] ?? '');
  let at = first - 1;
  for (const letter of letters) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return first < 0 ? 0 : letters.length / (at - first + 1);
}

function scoreOfWord(word: string, { title, also = [] }: Named): number {
  const names = [title, ...also].map((name) => name.toLowerCase());
  const place = (name: string): number => name.indexOf(word);
  const best = names.map((name, at) => (place(name) === 0 ? 100 : place(name) > 0 ? 80 : 0) - (at === 0 ? 0 : 10));
  const short = [initials(title), heads(title.toLowerCase()), ...also.map((name) => heads(name.toLowerCase()))];
  const letters = /^[a-z0-9]+$/.test(word);
  const shortened = !letters ? 0 : Math.max(...short.map((text) => (text.startsWith(word) ? 70 : word.length > 1 && text.includes(word) ? 60 : 0)));
  // Letters with gaps between them are a last guess.
  const loose = word.length < 3 ? 0 : Math.max(...names.map((name) => 40 * closeness(word, name)));
  return Math.max(0, ...best, shortened, loose > 20 ? loose : 0);
}

/** How well a text names a thing: 0 is not at all. Every word of it must. */
export function score(text: string, named: Named): number {
  const words = text.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  const scores = words.map((word) => scoreOfWord(word, named));
  return words.length === 0 || scores.includes(0) ? 0 : scores.reduce((sum, one) => sum + one, 0) / words.length;
}

/** The things that a text names, best first; things alike stay in their order. */
export const ranked = <Thing extends Named>(text: string, things: readonly Thing[], least = 1): Thing[] =>
  things.map((thing) => ({ thing, score: score(text, thing) })).filter((one) => one.score >= least).sort((a, b) => b.score - a.score).map(({ thing }) => thing);
