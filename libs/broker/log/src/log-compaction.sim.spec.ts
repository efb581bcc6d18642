import { describe, expect, it } from 'vitest';
import { simulateCompaction } from './testing/compaction-simulation.ts';

/** Rare bugs show in one of hundreds of seeds: `npm run sim -- --of compaction` tries more. */
const RUNS = 100;

describe('Compaction with merges, truncation and retention', () => {
  it('never shows anything else than what was written, whatever crashes', () => {
    const report = simulateCompaction({ firstSeed: 1, runs: RUNS });
    expect(report.passes).toBeGreaterThan(RUNS);
    expect(report.crashes).toBeGreaterThan(RUNS);
    expect(report.mergedSegments).toBeGreaterThan(RUNS);
    expect(report.truncations).toBeGreaterThan(RUNS);
    expect(report.cuts).toBeGreaterThan(0);
    expect(report.savedBytes).toBeGreaterThan(0);
  }, 120_000);
});
