import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

test('a burst is let through, then as many as the rate gives, and the answer says when', () => {
  const buckets = new TokenBuckets({ burst: 3, perSecond: 2 }, 10);
  expect([0, 0, 0, 0].map((nowMs) => buckets.take('a', nowMs).isTaken)).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(buckets.take('a', 0)).toEqual({
    isTaken: false,
    limit: 3,
    remaining: 0,
    resetMs: 1_500,
    retryAfterMs: 500,
  });
  expect(buckets.take('a', 499).isTaken).toBe(false);
  expect(buckets.take('a', 500).isTaken).toBe(true);
  expect(buckets.take('b', 500).isTaken).toBe(true);
  expect(buckets.peek('a', 10_000)).toMatchObject({ remaining: 3, resetMs: 0, retryAfterMs: 0 });
});

test('the least recently used bucket is forgotten first', () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, 2);
  buckets.take('a', 0);
  buckets.take('b', 0);
  buckets.take('a', 0);
  buckets.take('c', 0);
  expect(buckets.peek('a', 0).remaining).toBe(0);
  expect(buckets.peek('b', 0).remaining).toBe(1);
});

test('no more pass in any time than the burst and the rate allow', () => {
  assert(
    property(
      integer({ min: 1, max: 20 }),
      integer({ min: 1, max: 50 }),
      array(integer({ min: 0, max: 500 }), { maxLength: 200 }),
      (burst, perSecond, gapsMs) => {
        const buckets = new TokenBuckets({ burst, perSecond }, 5);
        let nowMs = 0;
        let taken = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (buckets.take('a', nowMs).isTaken) taken++;
          expect(taken).toBeLessThanOrEqual(burst + (nowMs * perSecond) / 1_000 + 1e-6);
        }
      },
    ),
    { seed: 5, numRuns: 200 },
  );
});
