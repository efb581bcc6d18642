import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quotaChanges, quotasPerBroker, type PrincipalQuota } from './client-quotas.ts';

const quotas: fc.Arbitrary<readonly PrincipalQuota[]> = fc.uniqueArray(
  fc.record({
    user: fc.constantFrom('sa-a', 'sa-b', 'sa-c', undefined),
    producerBytesPerSecond: fc.integer({ min: 1, max: 3 }),
    consumerBytesPerSecond: fc.integer({ min: 1, max: 3 }),
  }),
  { selector: ({ user }) => user },
);

test('doing what is said makes present what is wanted, and then nothing is left to say', () => {
  fc.assert(
    fc.property(quotas, quotas, (desired, present) => {
      const { set, remove } = quotaChanges(desired, present);
      const after = new Map(present.map((quota) => [quota.user, quota]));
      for (const user of remove) after.delete(user);
      for (const quota of set) after.set(quota.user, quota);
      expect(after).toEqual(new Map(desired.map((quota) => [quota.user, quota])));
      expect(quotaChanges(desired, [...after.values()])).toEqual({ set: [], remove: [] });
    }),
    { seed: 5 },
  );
});

test('brokers share a rate, and each may do something', () => {
  const quota = { user: 'sa-a', producerBytesPerSecond: 1_000, consumerBytesPerSecond: 2 };
  expect(quotasPerBroker([quota], 3)).toEqual([
    { user: 'sa-a', producerBytesPerSecond: 333, consumerBytesPerSecond: 1 },
  ]);
});
