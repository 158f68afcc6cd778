/** CQL2 text read as far as the builder of filters can say it (OGC 21-065r2); what it cannot say stays text. */
import { asGroup, type Condition, emptyGroup, type Group, isComplete, type Kind, type Node, normal, type Op, SIGNS, VILLAGE } from './condition';

type Token = { is: 'name' | 'quoted' | 'text' | 'number' | 'sign'; text: string };

const TOKEN = /\s*(?:(?<quoted>"(?:[^"]|"")*")|(?<text>'(?:[^']|'')*')|(?<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?![\p{Alphabetic}_])|(?<name>\p{Alphabetic}[\p{Alphabetic}\p{Number}_.:]*)|(?<sign><>|!=|<=|>=|[=<>(),]))/uy;

/** Thrown where a text says what the builder cannot. */
class Beyond extends Error {}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new Beyond();
    const { quoted, text: string, number, name, sign } = groups;
    if (quoted !== undefined) tokens.push({ is: 'quoted', text: quoted.slice(1, -1).replaceAll('""', '"') });
    else if (string !== undefined) tokens.push({ is: 'text', text: string.slice(1, -1).replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ is: 'number', text: number });
    else if (name !== undefined) tokens.push({ is: 'name', text: name });
    else tokens.push({ is: 'sign', text: sign ?? '' });
  }
  return tokens;
}

interface Literal { kind: Kind; value: string }

/** A pattern of LIKE as what it looks for, where it has `%` at its ends alone. */
function patternOf(like: string): { op: Op; value: string } {
  let value = '';
  const wild: number[] = [];
  for (let at = 0; at < like.length; at += 1) {
    const letter = like.charAt(at);
    if (letter === '_') throw new Beyond();
    if (letter === '%') { wild.push(value.length); continue; }
    if (letter === '\\') at += 1;
    value += letter === '\\' ? like.charAt(at) || '\\' : letter;
  }
  const ends = wild.join();
  if (value === '') throw new Beyond();
  if (ends === '') return { op: 'equals', value };
  if (ends === '0') return { op: 'ends', value };
  if (ends === String(value.length)) return { op: 'begins', value };
  if (ends === `0,${value.length}`) return { op: 'contains', value };
  throw new Beyond();
}

class Reader {
  private at = 0;

  constructor(private readonly tokens: Token[]) {}

  all(): Node {
    const node = this.or();
    if (this.at < this.tokens.length) throw new Beyond();
    return node;
  }

  private or(): Node {
    return this.row('or', () => this.row('and', () => this.part()));
  }

  private row(join: 'and' | 'or', read: () => Node): Node {
    const parts = [read()];
    while (this.takes(join)) parts.push(read());
    const [only] = parts;
    return only && parts.length === 1 ? only : { is: 'group', join, isNot: false, parts };
  }

  private part(): Node {
    if (this.takes('not')) {
      const node = this.part();
      return { ...node, isNot: !node.isNot };
    }
    if (!this.takes('(')) return this.condition();
    const node = this.or();
    this.need(')');
    return node;
  }

  private condition(): Condition {
    const token = this.next();
    if (token.is !== 'quoted' && token.is !== 'name') throw new Beyond();
    const property = token.text.replace(/^properties\./, '');
    const of = (op: Op, isNot: boolean, literals: Literal[]): Condition => {
      const kinds = new Set(literals.map(({ kind }) => kind));
      const [kind = 'text'] = kinds;
      if (kinds.size > 1) throw new Beyond();
      const condition: Condition = { is: 'condition', property, kind, op, values: literals.map(({ value }) => value), isNot };
      // What the builder would take for unfinished must not be lost.
      if (!isComplete(condition)) throw new Beyond();
      return inDivision(condition);
    };
    if (this.takes('is')) {
      const isNot = this.takes('not');
      this.need('null');
      return of('null', isNot, []);
    }
    const isNot = this.takes('not');
    if (this.takes('like')) {
      const { kind, value: like } = this.literal();
      if (kind !== 'text') throw new Beyond();
      const { op, value } = patternOf(like);
      return of(op, isNot, [{ kind, value }]);
    }
    if (this.takes('in')) return of('in', isNot, this.list());
    if (this.takes('between')) {
      const low = this.literal();
      this.need('and');
      return of('between', isNot, [low, this.literal()]);
    }
    if (isNot) throw new Beyond();
    const { is, text: sign } = this.next();
    if (is !== 'sign') throw new Beyond();
    if (sign === '=' || sign === '<>' || sign === '!=') return of('equals', sign !== '=', [this.literal()]);
    const op = SIGNS[sign];
    if (!op) throw new Beyond();
    return of(op, false, [this.literal()]);
  }

  private list(): Literal[] {
    this.need('(');
    const literals = [this.literal()];
    while (this.takes(',')) literals.push(this.literal());
    this.need(')');
    return literals;
  }

  private literal(): Literal {
    const { is, text } = this.next();
    if (is === 'number') return { kind: 'number', value: text };
    if (is === 'text') return { kind: 'text', value: text };
    const word = text.toLowerCase();
    if (is === 'name' && (word === 'true' || word === 'false')) return { kind: 'boolean', value: word };
    if (is !== 'name' || word !== 'date') throw new Beyond();
    this.need('(');
    const day = this.next();
    this.need(')');
    if (day.is !== 'text') throw new Beyond();
    return { kind: 'date', value: day.text };
  }

  private next(): Token {
    const token = this.tokens[this.at];
    this.at += 1;
    if (!token) throw new Beyond();
    return token;
  }

  private takes(word: string): boolean {
    const token = this.tokens[this.at];
    if (!token || (token.is !== 'name' && token.is !== 'sign') || token.text.toLowerCase() !== word) return false;
    this.at += 1;
    return true;
  }

  private need(word: string): void {
    if (!this.takes(word)) throw new Beyond();
  }
}

/** What is asked of a village's code as the division that is meant. */
function inDivision(condition: Condition): Condition {
  const { property, op, values } = condition;
  const [code = ''] = values;
  const isDivision = property === VILLAGE && ((op === 'begins' && /^(\d{6}|\d{9})$/.test(code)) || (op === 'equals' && /^\d{12}$/.test(code)));
  return isDivision ? { ...condition, op: 'within' } : condition;
}

/** A text as a group of conditions; `null` where it says more than those can, or is no CQL2 text at all. */
export function readCql(text: string): Group | null {
  if (text.trim() === '') return emptyGroup();
  try {
    return normal(asGroup(new Reader(tokensOf(text)).all()));
  } catch (error) {
    if (error instanceof Beyond) return null;
    throw error;
  }
}
