import { expect, test } from 'vitest';
import { compareOperations } from './compare.ts';
import { findPurpose, NOT_OFFERED, PURPOSES } from './differences.ts';
import type { OperationFacts } from './facts.ts';
import { readStates } from './state.ts';

const STATES = readStates();
const SERVED = STATES.filter(({ ours }) => ours !== undefined);

test.each(SERVED.map((state) => ({ name: state.name, state })))(
  '$name has the published parameters, fields, types, values, statuses and headers',
  ({ state }) => {
    const unmeant = state.differences.filter(({ purpose }) => purpose === undefined);
    expect(unmeant.map(({ place, what }) => `${place}: ${what}`)).toEqual([]);
  },
);

test('every difference on purpose is still needed', () => {
  const needed = new Set(STATES.flatMap(({ differences }) => differences.map((d) => d.purpose)));
  expect(PURPOSES.filter((purpose) => !needed.has(purpose)).map(({ reason }) => reason)).toEqual(
    [],
  );
});

test('what is not offered is an operation of the contract that nothing serves', () => {
  const missing = STATES.filter(({ ours }) => ours === undefined);
  for (const { path, reason } of NOT_OFFERED)
    expect(
      missing.some(({ theirs }) => path.test(theirs.path)),
      reason,
    ).toBe(true);
});

test('the comparison notices every kind of difference', () => {
  const theirs: OperationFacts = {
    name: 'op',
    method: 'POST',
    path: '/x',
    parameters: { 'query a': 'string required' },
    statuses: { '200': 'X-Request-Id', '402': '' },
    request: { type: 'application/json', fields: { a: 'string', b: 'string xenum=X|Y' } },
    response: { status: 200, type: 'application/json', fields: { a: 'string required', b: 'any' } },
  };
  const ours: OperationFacts = {
    ...theirs,
    parameters: { 'query a': 'string', 'query b': 'string' },
    statuses: { '200': '', '201': '' },
    request: { type: 'application/json', fields: { a: 'string required', b: 'string enum=X|Z' } },
    response: {
      status: 200,
      type: 'application/json',
      fields: { a: 'integer nullable', c: 'any' },
    },
  };
  expect(compareOperations(theirs, theirs)).toEqual([]);
  expect(compareOperations(theirs, ours).map(({ place, what }) => `${place}: ${what}`)).toEqual([
    'parameter query a: optional',
    'parameter query b: more',
    'request a: required',
    'request b: also Z',
    'request b: without Y',
    'response a: type integer, not string',
    'response a: optional',
    'response a: nullable',
    'response b: missing',
    'response c: more',
    'header X-Request-Id of 200: missing',
    'status 402: missing',
    'status 201: more',
  ]);
  expect(findPurpose('op', { place: 'response c', what: 'more' })).toBeUndefined();
});
