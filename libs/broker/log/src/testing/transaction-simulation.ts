import { TransactionWorld } from './transaction-world.ts';

const STEPS = 160;

/** Runs seeds one after another; throws at the first that breaks a promise, and names it. */
export function simulateTransactions(options: {
  readonly firstSeed: number;
  readonly runs: number;
}): { readonly abortsSeen: number } {
  const { firstSeed, runs } = options;
  let abortsSeen = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    try {
      const world = new TransactionWorld(seed);
      for (let step = 0; step < STEPS; step += 1) world.step();
      world.crash();
      world.restart();
      abortsSeen += world.abortsSeen;
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  return { abortsSeen };
}
