/** What the builder of filters offers for a layer, and how a filter is told in words. */
import type { Layer, Property } from '../api/types';
import type { Dictionary, Language } from '../i18n/dictionary';
import { type Condition, type Group, isComplete, type Kind, type Node, type Op, VILLAGE } from './condition';
import { formatNumber } from './format';
import { formatQuantity } from './units';

export type Asked = 'choice' | 'text' | 'number' | 'date' | 'boolean' | 'division';

/** Something that a condition may be about. */
export interface Askable { name: string; title: string; asked: Asked; unit: string | null; choices: { value: string; title: string }[] }

const OPS: Record<Asked, string[]> = {
  choice: ['in', '!in', 'null', '!null'],
  text: ['contains', '!contains', 'equals', '!equals', 'begins', 'ends', 'in', 'null', '!null'],
  number: ['between', 'atLeast', 'atMost', 'greater', 'less', 'equals', '!equals', 'null', '!null'],
  date: ['atLeast', 'atMost', 'greater', 'less', 'between', 'equals', 'null', '!null'],
  boolean: ['equals', 'null', '!null'],
  division: ['within', '!within', 'null', '!null'],
};
const KINDS: Record<Asked, Kind> = { choice: 'text', text: 'text', number: 'number', date: 'date', boolean: 'boolean', division: 'text' };

function askedOf(property: Property): Asked {
  if (property.enum.length > 0) return 'choice';
  if (property.type === 'date' || property.type === 'boolean') return property.type;
  return property.type === 'integer' || property.type === 'number' ? 'number' : 'text';
}

/** The properties of a layer, and the division it stands in; not what only serves drawing. */
export function askables(layer: Layer, language: Language, division: string): Askable[] {
  const own = layer.properties.filter(({ name }) => name !== layer.priority).map((property): Askable => ({
    name: property.name, title: property.title[language], asked: askedOf(property), unit: property.unit,
    choices: property.enum.map(({ value, title }) => ({ value, title: title[language] })),
  }));
  return [...own, { name: VILLAGE, title: division, asked: 'division', unit: null, choices: [] }];
}

/** An operation and whether it is turned, as one word of a list. */
export const opKey = ({ op, isNot }: { op: Op; isNot: boolean }): string => (isNot ? `!${op}` : op);
export const opOf = (key: string): { op: Op; isNot: boolean } => ({ op: key.replace('!', '') as Op, isNot: key.startsWith('!') });

/** The operations that a list offers; the one that is there stands in it, too. */
export const opKeys = ({ asked }: Askable, now: string): string[] => (OPS[asked].includes(now) ? OPS[asked] : [...OPS[asked], now]);

/** A condition about something, with nothing said of it yet. */
export function conditionAbout({ name, asked }: Askable): Condition {
  const { op, isNot } = opOf(OPS[asked][0] ?? 'equals');
  return { is: 'condition', property: name, kind: KINDS[asked], op, values: asked === 'boolean' ? ['true'] : [], isNot };
}

/** The same condition with another operation: what was said stays where it fits. */
export function withOp(condition: Condition, key: string): Condition {
  const { op, isNot } = opOf(key);
  const { values } = condition;
  const kept = op === 'null' ? [] : op === 'between' ? [values[0] ?? '', values[1] ?? ''] : op === 'in' ? values.filter((value) => value !== '') : values.slice(0, 1);
  return { ...condition, op, isNot, values: kept };
}

/** Of a list of choices one value is a list of one. */
const listed = (condition: Condition): Condition => (condition.op === 'equals' ? { ...condition, op: 'in' } : condition);

/** A filter as the builder shows it for a layer; `null` where it asks about what is not there, or in a way that does not suit it. */
export function fitted(root: Group, about: Askable[]): Group | null {
  const known = new Map(about.map((one) => [one.name, one]));
  const fit = (node: Node): Node | null => {
    if (node.is === 'group') {
      const parts = node.parts.map(fit);
      return parts.every((part): part is Node => part !== null) ? { ...node, parts } : null;
    }
    const found = known.get(node.property);
    if (!found) return null;
    if (node.op === 'null') return { ...node, kind: KINDS[found.asked] };
    // The server reads text beside a date as a date.
    const kind = found.asked === 'date' && node.kind === 'text' ? 'date' : node.kind;
    const same = found.asked === 'choice' ? listed({ ...node, kind }) : { ...node, kind };
    if (kind !== KINDS[found.asked] || (isComplete(node) && !isComplete(same))) return null;
    if ((found.asked === 'division') !== (same.op === 'within')) return null;
    if (found.asked === 'choice' && (same.op !== 'in' || same.values.some((value) => !found.choices.some((choice) => choice.value === value)))) return null;
    return same;
  };
  const whole = fit(root);
  return whole?.is === 'group' ? whole : null;
}

/** A filter in words: “状态 为 损坏、丢失，且 地址 包含 东风”. */
export function inWords(root: Group, about: Askable[], words: Dictionary, language: Language, divisionTitle: (code: string) => string): string {
  const known = new Map(about.map((one) => [one.name, one]));
  const said = (node: Node): string => {
    if (node.is === 'group') {
      const inner = node.parts.map((part) => (part.is === 'group' && !part.isNot ? `(${said(part)})` : said(part))).join(` ${node.join === 'and' ? words.filterAnd : words.filterOr} `);
      return node.isNot ? `${words.filterNotShort} (${inner})` : inner;
    }
    const found = known.get(node.property);
    const key = opKey(node);
    const op = (node.kind === 'date' ? words.filterOps[`date:${key}`] : undefined) ?? words.filterOps[key] ?? key;
    const value = (text: string): string => {
      if (node.op === 'within') return divisionTitle(text);
      if (node.kind === 'boolean') return text === 'true' ? words.yes : words.no;
      if (node.kind === 'number') return found?.unit ? formatQuantity(Number(text), found.unit, language) : formatNumber(Number(text), language);
      return found?.choices.find((choice) => choice.value === text)?.title ?? text;
    };
    const between = node.op === 'between' ? (language === 'zh' ? ' – ' : ` ${words.filterAnd} `) : language === 'zh' ? '、' : ', ';
    return [found?.title ?? node.property, op, node.values.map(value).join(between)].filter((part) => part !== '').join(' ');
  };
  return said(root);
}
