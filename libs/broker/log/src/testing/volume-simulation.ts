import { MemoryDisk } from './memory-disk.ts';
import { VolumeWorld } from './volume-world.ts';

export { type CompactionReport, simulateCompaction } from './compaction-simulation.ts';
export { simulateTransactions } from './transaction-simulation.ts';

const STEPS = 120;

/** What a simulation is run with. */
export interface SimulationOptions {
  readonly firstSeed: number;
  readonly runs: number;
  /** A disk whose durable writes are none: the simulation must find that out. */
  readonly isLying?: boolean;
}

/** How many crashes the logs came through. */
export interface SimulationReport {
  readonly crashes: number;
}

/** Runs seeds one after another; throws at the first that breaks a promise, and names it. */
export function simulateVolumes(options: SimulationOptions): SimulationReport {
  const { firstSeed, isLying = false, runs } = options;
  let crashes = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    try {
      crashes += simulateVolume(seed, isLying);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  return { crashes };
}

function simulateVolume(seed: number, isLying: boolean): number {
  const disk = new MemoryDisk();
  disk.isLying = isLying;
  const world = new VolumeWorld(seed, disk);
  for (let step = 0; step < STEPS; step += 1) world.step();
  world.crash();
  world.restart();
  return world.crashes;
}
