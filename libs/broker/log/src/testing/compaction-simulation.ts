import { CompactionWorld } from './compaction-world.ts';

const STEPS = 300;

/** What the worlds went through, all seeds together. */
export interface CompactionReport {
  readonly passes: number;
  readonly crashes: number;
  readonly truncations: number;
  /** Segments that became a part of another one. */
  readonly mergedSegments: number;
  /** How often retention or DeleteRecords moved the start offset. */
  readonly cuts: number;
  readonly savedBytes: number;
}

/** Runs seeds one after another; throws at the first that breaks a promise, and names it. */
export function simulateCompaction(options: {
  readonly firstSeed: number;
  readonly runs: number;
}): CompactionReport {
  const { firstSeed, runs } = options;
  const sum = {
    passes: 0,
    crashes: 0,
    truncations: 0,
    mergedSegments: 0,
    cuts: 0,
    savedBytes: 0,
  };
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    try {
      const world = new CompactionWorld(seed);
      for (let step = 0; step < STEPS; step += 1) world.step();
      world.crash();
      world.settle();
      sum.passes += world.passes;
      sum.crashes += world.crashes;
      sum.truncations += world.truncations;
      sum.mergedSegments += world.mergedSegments;
      sum.cuts += world.cuts;
      sum.savedBytes += world.savedBytes;
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  return sum;
}
