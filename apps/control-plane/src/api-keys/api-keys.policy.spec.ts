import { describe, expect, test } from 'vitest';
import { apiKeyTarget } from './api-keys.policy.ts';

test('no resource is a Cloud key, and ids say the rest, with and without a kind', () => {
  expect(apiKeyTarget(undefined)).toEqual({ kind: 'Cloud' });
  expect(apiKeyTarget({ id: 'cloud', kind: 'Cloud' })).toEqual({ kind: 'Cloud' });
  expect(apiKeyTarget({ id: 'global' })).toEqual({ kind: 'Global' });
  expect(apiKeyTarget({ id: 'global', kind: 'Global' })).toEqual({ kind: 'Global' });
  for (const kind of [undefined, '', 'Cluster'])
    expect(apiKeyTarget({ id: 'lkc-1', kind })).toEqual({ kind: 'Cluster', clusterId: 'lkc-1' });
});

describe.each([
  { wish: { id: 'lsrc-1', kind: 'Cluster' }, name: 'Schema Registry' },
  { wish: { id: 'lksqlc-1', kind: 'Cluster' }, name: 'ksqlDB' },
  { wish: { id: 'aws.us-east-1', kind: 'Region' }, name: 'Flink' },
  { wish: { id: 'env-1.aws.us-east-1', kind: 'Region' }, name: 'Flink' },
  { wish: { id: 'tableflow', kind: 'Tableflow' }, name: 'Tableflow' },
])('$wish.id', ({ wish, name }) => {
  test('is known and not offered', () => {
    expect(() => apiKeyTarget(wish)).toThrow(new RegExp(`${name}.* not offered yet`, 'u'));
  });
});

test('what nobody knows, and a kind that does not fit, are refused by field', () => {
  for (const id of ['x', 'env-1', 'constructor', '__proto__', 'constructor-1'])
    expect(() => apiKeyTarget({ id })).toThrow(
      expect.objectContaining({ code: 'invalid_argument', field: '/spec/resource/id' }),
    );
  expect(() => apiKeyTarget({ id: 'lkc-1', kind: 'Global' })).toThrow(
    expect.objectContaining({ code: 'invalid_argument', field: '/spec/resource/kind' }),
  );
});
