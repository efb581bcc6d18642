import { describe, expect, it } from 'vitest';
import { CompactionWorld } from './testing/compaction-world.ts';

const RUNS = 150;
const STEPS = 300;

describe('Compaction', () => {
  it(
    'never shows anything else than what was written, whatever crashes',
    { timeout: 120_000 },
    () => {
      let passes = 0;
      let crashes = 0;
      let savedBytes = 0;
      for (let seed = 1; seed <= RUNS; seed += 1) {
        try {
          const world = new CompactionWorld(seed);
          for (let step = 0; step < STEPS; step += 1) world.step();
          world.crash();
          world.settle();
          passes += world.passes;
          crashes += world.crashes;
          savedBytes += world.savedBytes;
        } catch (error) {
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        }
      }
      expect(passes).toBeGreaterThan(RUNS);
      expect(crashes).toBeGreaterThan(RUNS);
      expect(savedBytes).toBeGreaterThan(0);
    },
  );
});
