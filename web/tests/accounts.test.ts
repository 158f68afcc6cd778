import { expect, test } from 'vitest';
import { accountFaults, formOfGrant, grantOfForm } from '../src/domain/accounts';
import { choicesOf, divisionTitle, exactly, matching } from '../src/domain/divisions';

const GOOD = { name: 'yang.li', password: 'long enough', grants: [{ role: 'editor', layers: [], division: '429005' }] };

test('everything that is amiss with an account is said at once', () => {
  expect(accountFaults(GOOD, [])).toEqual({});
  expect(accountFaults({ name: 'Yang Li', password: 'short', grants: [...GOOD.grants, { role: 'viewer', layers: [], division: '' }] }, [])).toEqual({ name: 'name', password: 'password_short', 'grants.1.division': 'division' });
  expect(accountFaults({ ...GOOD, name: '', password: '' }, [])).toEqual({ name: 'required', password: 'required' });
  expect(accountFaults(GOOD, ['yang.li'])).toEqual({ name: 'taken' });
  expect(accountFaults({ ...GOOD, name: 'anonymous', password: '长'.repeat(86) }, [])).toEqual({ name: 'name', password: 'password_long' });
});

test('of an account that is there the name stands, and an empty password is no change', () => {
  expect(accountFaults({ ...GOOD, name: 'yang.li', password: '' }, null)).toEqual({});
});

test('a grant of no named layers is one of all', () => {
  expect(grantOfForm(formOfGrant({ role: 'editor', division: '429005' }))).toEqual({ role: 'editor', division: '429005' });
  expect(grantOfForm(formOfGrant({ role: 'editor', layers: ['doorplate'], division: '429005' }))).toEqual({ role: 'editor', layers: ['doorplate'], division: '429005' });
});

const choices = choicesOf({
  townships: [{ code: '429005001', name: '园林街道' }, { code: '429005002', name: '杨市街道' }],
  villages: [{ code: '429005001002', name: '东方社区' }, { code: '429005002001', name: '东方社区' }, { code: '429005002002', name: '杨市社区' }],
}, { code: '429005', name: '潜江市' });

test('divisions are found by name, by township and by code', () => {
  expect(matching(choices, '', 9).map(({ code }) => code)).toEqual(['429005', '429005001', '429005002']);
  expect(matching(choices, '杨市', 9).map(({ code }) => code)).toEqual(['429005002', '429005002001', '429005002002']);
  expect(matching(choices, '园林街道 · 东方', 9).map(({ code }) => code)).toEqual(['429005001002']);
  expect(matching(choices, '42900500200', 9)).toHaveLength(2);
  expect(divisionTitle('429005002001', choices)).toBe('杨市街道东方社区');
  expect(divisionTitle('429005999', choices)).toBe('429005999');
});

test('a name that two divisions have names neither', () => {
  expect(exactly(choices, '杨市街道')?.code).toBe('429005002');
  expect(exactly(choices, '东方社区')).toBeNull();
  expect(exactly(choices, '杨市街道东方社区')?.code).toBe('429005002001');
  expect(exactly(choices, '')).toBeNull();
});
