import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bothOf, type Condition, type Group, isComplete, type Node, normal, writeCql } from '../src/domain/condition';
import { readCql } from '../src/domain/cql';

const name = fc.oneof(fc.constantFrom('status', 'number', 'mounted_on', '状态', 'in', 'date', 'two words', 'say "it"', 'Not'), fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() === text && !text.startsWith('properties.')));
const words = fc.oneof(fc.constantFrom("it's", '100%', 'a_b', 'back\\slash', '东风路', '(', "''", ' ', '\\', '%_\\'), fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }));
const number = fc.oneof(fc.integer().map(String), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((value) => value.toFixed(3)));
const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
const flag = fc.constantFrom('true', 'false');
const valueOf = { text: words, number, date: day, boolean: flag };

const condition: fc.Arbitrary<Condition> = fc.constantFrom<Condition['kind']>('text', 'number', 'date', 'boolean').chain((kind) => {
  const plain = { is: fc.constant<'condition'>('condition'), property: name, kind: fc.constant(kind), isNot: fc.boolean() };
  const one = fc.tuple(valueOf[kind]);
  const compared = kind === 'boolean' ? (['equals'] as const) : (['equals', 'less', 'atMost', 'greater', 'atLeast'] as const);
  const kinds = [
    fc.record({ ...plain, op: fc.constantFrom<Condition['op']>(...compared), values: one }),
    fc.record({ ...plain, op: fc.constant<Condition['op']>('in'), values: fc.array(valueOf[kind], { minLength: 1, maxLength: 4 }) }),
    fc.record({ ...plain, op: fc.constant<Condition['op']>('null'), values: fc.constant<string[]>([]) }),
  ];
  if (kind !== 'boolean') kinds.push(fc.record({ ...plain, op: fc.constant<Condition['op']>('between'), values: fc.tuple(valueOf[kind], valueOf[kind]) }));
  if (kind === 'text') kinds.push(fc.record({ ...plain, op: fc.constantFrom<Condition['op']>('begins', 'contains', 'ends'), values: one }));
  return fc.oneof(...kinds);
});
const division: fc.Arbitrary<Condition> = fc.record({
  is: fc.constant<'condition'>('condition'), property: fc.constant('village'), kind: fc.constant<'text'>('text'), op: fc.constant<'within'>('within'),
  values: fc.tuple(fc.constantFrom('429005', '429005001', '429005001002')), isNot: fc.boolean(),
});
const { root } = fc.letrec<{ node: Node; root: Group }>((tie) => ({
  root: fc.record({ is: fc.constant<'group'>('group'), join: fc.constantFrom<'and' | 'or'>('and', 'or'), isNot: fc.boolean(), parts: fc.array(tie('node'), { maxLength: 4 }) }),
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, condition, division, tie('root')),
}));

test('what the builder says is read back as it was said', () => {
  fc.assert(fc.property(root, (group) => { expect(readCql(writeCql(group))).toEqual(normal(group)); }), { numRuns: 2000 });
});

/** Three truths, as the server has them: of a condition by its number in the tree. */
type Truth = boolean | null;
const turned = (truth: Truth, isNot: boolean): Truth => (truth === null || !isNot ? truth : !truth);
function holds(node: Node, truth: (condition: Condition) => Truth): Truth {
  if (node.is === 'condition') return turned(truth(node), node.isNot);
  const parts = node.parts.map((part) => holds(part, truth));
  const [strong, weak] = node.join === 'and' ? [false, true] : [true, false];
  const all: Truth = parts.includes(strong) ? strong : parts.includes(null) ? null : weak;
  return turned(all, node.isNot);
}

test('what is left out of a filter changes nothing of what it means', () => {
  const nested = fc.letrec<{ node: Node; root: Group }>((tie) => ({
    root: fc.record({ is: fc.constant<'group'>('group'), join: fc.constantFrom<'and' | 'or'>('and', 'or'), isNot: fc.boolean(), parts: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    node: fc.oneof({ depthSize: 'small' }, condition, tie('root')),
  })).root;
  fc.assert(fc.property(nested, fc.array(fc.constantFrom<Truth>(true, false, null), { minLength: 1 }), (group, truths) => {
    // A condition's truth hangs on what it says, not on where it stands.
    const truth = ({ property, op, values }: Condition): Truth =>
      turned(truths[(property.length + values.join().length) % truths.length] ?? null, op === 'atLeast' || op === 'greater');
    expect(holds(normal(group), truth)).toBe(holds(group, truth));
  }));
});

test('text is written as people would write it', () => {
  const group: Group = {
    is: 'group', join: 'and', isNot: false, parts: [
      { is: 'condition', property: 'address', kind: 'text', op: 'contains', values: ['东风'], isNot: false },
      { is: 'group', join: 'or', isNot: false, parts: [
        { is: 'condition', property: 'status', kind: 'text', op: 'in', values: ['damaged', 'missing'], isNot: false },
        { is: 'condition', property: 'mounted_on', kind: 'date', op: 'less', values: ['2025-01-01'], isNot: true },
        { is: 'condition', property: 'number', kind: 'number', op: 'between', values: ['1', ''], isNot: false },
      ] },
      { is: 'condition', property: 'village', kind: 'text', op: 'within', values: ['429005001'], isNot: false },
    ],
  };
  expect(writeCql(group)).toBe("address LIKE '%东风%' AND (status IN ('damaged', 'missing') OR mounted_on >= DATE('2025-01-01')) AND village LIKE '429005001%'");
});

test.each([
  ["a = 1 and b = 2 or c = 3", "(a = 1 AND b = 2) OR c = 3"],
  ["NOT a = 1", 'a <> 1'],
  ["not (not (a in ('x')))", "a = 'x'"],
  ["\"status\" like 'x%'", "status LIKE 'x%'"],
  ["properties.status != 'x'", "status <> 'x'"],
  ['a is not null and (b >= -2.5e3)', 'a IS NOT NULL AND b >= -2.5e3'],
  ["village = '429005001002'", "village = '429005001002'"],
])('%s is read', (text, same) => {
  const group = readCql(text);
  expect(group && writeCql(group)).toBe(same);
});

test.each([
  "status = 'x' AND", "status LIKE 'a%b'", "status LIKE '_a'", 'a + 1 > 2', 'distance_m(geometry, POINT(112 30)) < 5', "CASEI(a) = 'x'", 'a = b', "S_INTERSECTS(geometry, POINT(1 2))", "status = ''", '{"op":"="}', "a = 'x", '1 = a', "a = 1 b = 2", "a IN (1, 'x')", '12ab = 3', 'flag', "d = TIMESTAMP('2025-01-01T00:00:00Z')",
])('%s is more than the builder can say, and stays text', (text) => { expect(readCql(text)).toBeNull(); });

test('no text stops the reader', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('a', 'NOT', '(', ')', 'AND', 'OR', '=', "'x'", '1', 'IN', ',', 'LIKE', 'IS', 'NULL', 'BETWEEN')).map((parts) => parts.join(' '))), (text) => {
    const group = readCql(text);
    if (group) expect(readCql(writeCql(group))).toEqual(group);
  }));
});

test('an unfinished condition says nothing', () => {
  const base: Condition = { is: 'condition', property: 'number', kind: 'number', op: 'equals', values: ['12'], isNot: false };
  expect(isComplete(base)).toBe(true);
  for (const values of [[], [''], ['1,2'], ['x'], ['1', '2']]) expect(isComplete({ ...base, values })).toBe(false);
  expect(isComplete({ ...base, kind: 'date', values: ['2025-13-01'] })).toBe(false);
  expect(writeCql({ is: 'group', join: 'and', isNot: true, parts: [{ ...base, values: [] }] })).toBe('');
});

test('two conditions hold together whatever they join inside', () => {
  expect(bothOf("a = 1 OR b = 2", null, ' ', 'c = 3')).toBe('(a = 1 OR b = 2) AND (c = 3)');
  expect(bothOf(null, 'a = 1')).toBe('a = 1');
  expect(bothOf(null, '')).toBeNull();
});
