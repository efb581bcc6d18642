import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideShards, shardOf, SHARDS, type SeenLease } from './shards.ts';

const SEED = 20_260_103;

/** Everybody decides in turn on the same rows, until nobody wants anything else. */
function shareOut(
  holders: readonly string[],
  start: ReadonlyMap<number, string>,
): Map<number, string> {
  const owners = new Map(start);
  for (let round = 0; round < 2 * SHARDS; round += 1)
    for (const holder of holders) {
      const held = new Set(
        [...owners].flatMap(([shard, name]) => (name === holder ? [shard] : [])),
      );
      const leases: SeenLease[] = [
        ...holders.map((name) => ({ shard: undefined, holder: name, isAlive: true })),
        ...[...owners].map(([shard, name]) => ({
          shard,
          holder: name,
          isAlive: holders.includes(name),
        })),
      ];
      const { acquire, giveUp } = decideShards(holder, held, leases);
      for (const shard of giveUp) owners.delete(shard);
      for (const shard of acquire) owners.set(shard, holder);
    }
  return owners;
}

describe('shards', () => {
  it('end up with living processes, as evenly as can be, wherever they were', () => {
    const names = ['a', 'b', 'c', 'd', 'dead'];
    fc.assert(
      fc.property(
        fc.subarray(names.slice(0, 4), { minLength: 1 }),
        fc.dictionary(
          fc.integer({ min: 0, max: SHARDS - 1 }).map(String),
          fc.constantFrom(...names),
        ),
        (holders, before) => {
          const start = new Map(
            Object.entries(before).map(([shard, name]) => [Number(shard), name]),
          );
          const owners = shareOut(holders, start);
          const counts = holders.map(
            (holder) => [...owners.values()].filter((name) => name === holder).length,
          );
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(SHARDS);
          expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil(SHARDS / holders.length));
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('divide ids about evenly, each always into the same', () => {
    const counts = Array.from({ length: SHARDS }, () => 0);
    for (let index = 0; index < 8_000; index += 1) {
      const shard = shardOf(`lkc-${index.toString(36)}`);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(shardOf('lkc-abc123')).toBe(shardOf('lkc-abc123'));
  });
});
