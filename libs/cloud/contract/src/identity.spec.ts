import type { Random } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clusterCrn,
  clusterRbacCrn,
  environmentCrn,
  findCrnValue,
  parseCrn,
  serviceAccountCrn,
} from './crn.ts';
import { findIdPrefix, newApiKeyId, newApiSecret, newId, newOrganizationId } from './ids.ts';

/** A generator whose bytes are given. */
function randomOf(bytes: (length: number) => readonly number[]): Random {
  return { bytes: (length) => Buffer.from(bytes(length)), below: () => 0 };
}

const anyRandom = fc
  .array(fc.nat(255), { minLength: 64, maxLength: 64 })
  .map((bytes) => randomOf((length) => bytes.slice(0, length)));

describe('whatever the random bytes', () => {
  test('ids, keys, secrets and organizations have the form clients know', () => {
    fc.assert(
      fc.property(anyRandom, (random) => {
        expect(newId('lkc', random)).toMatch(/^lkc-[a-hjkmnp-tv-z0-9]{6}$/u);
        expect(newApiKeyId(random)).toMatch(/^[A-Z2-7]{16}$/u);
        expect(newApiSecret(random)).toMatch(/^[A-Za-z0-9+/]{64}$/u);
        expect(newOrganizationId(random)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
        );
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

test('every value of five bits gives another character', () => {
  const ids = Array.from({ length: 32 }, (_, value) =>
    newId(
      'sa',
      randomOf((length) => Array.from({ length }, () => value)),
    ),
  );
  expect(new Set(ids).size).toBe(32);
});

test('the prefix of an id is what stands before the dash', () => {
  expect(findIdPrefix('lkc-19ynpv')).toBe('lkc');
  expect(findIdPrefix('cloud')).toBeUndefined();
  expect(findIdPrefix('-x')).toBeUndefined();
});

test('a cluster’s name has the parts that clients cut out of it', () => {
  const place = { organizationId: 'o', environmentId: 'env-1', clusterId: 'lkc-1' };
  expect(clusterCrn(place)).toBe(
    'crn://weirhouse/organization=o/environment=env-1/cloud-cluster=lkc-1/kafka=lkc-1',
  );
  const name = clusterCrn(place);
  expect(name.slice(0, name.lastIndexOf('/kafka='))).toBe(clusterRbacCrn(place));
  expect(environmentCrn('o', 'env-1')).toContain('/environment=');
  expect(serviceAccountCrn('o', 'sa-1')).toBe(
    'crn://weirhouse/organization=o/service-account=sa-1',
  );
});

test('a CRN is read back part by part, whatever the authority and the values', () => {
  const part = fc.record({
    key: fc.stringMatching(/^[a-z][a-z-]{0,9}$/u),
    value: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const tail = parts.map(({ key, value }) => `${key}=${encodeURIComponent(value)}`).join('/');
      expect(parseCrn(`crn://any.authority/${tail}`)).toEqual(parts);
    }),
    { seed: 2, numRuns: 300 },
  );
  const parts = parseCrn('crn://confluent.cloud/organization=o/environment=env-1/topic=a*');
  expect(findCrnValue(parts, 'topic')).toBe('a*');
  expect(findCrnValue(parts, 'group')).toBeUndefined();
});

test.each([
  '',
  'crn://x',
  'http://x/a=b',
  'crn://x/',
  'crn://x/a',
  'crn://x/a=',
  'crn://x/=b',
  'crn://x/a=%',
])('"%s" is not a CRN', (text) => {
  expect(() => parseCrn(text)).toThrow('is not a CRN');
});
