import { describe, expect, it } from 'vitest';
import { simulateVolumes } from './testing/volume-simulation.ts';

/** Rare bugs show in one of hundreds of seeds: `npm run sim -- --runs 5000` tries more. */
const RUNS = 500;

describe('a volume through kills, power cuts and full disks', () => {
  it('keeps every durable batch at its offset with its bytes, once, and nothing foreign', () => {
    const { crashes } = simulateVolumes({ firstSeed: 1, runs: RUNS });
    expect(crashes).toBeGreaterThan(RUNS);
  }, 60_000);

  it('is found out when the disk only says that writes are durable', () => {
    expect(() => simulateVolumes({ firstSeed: 1, runs: 50, isLying: true })).toThrow(/^seed \d+: /);
  });
});
