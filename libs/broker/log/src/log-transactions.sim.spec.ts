import { describe, expect, it } from 'vitest';
import { simulateTransactions } from './testing/transaction-simulation.ts';

/** Rare bugs show in one of hundreds of seeds: `npm run sim -- --of transactions` tries more. */
const RUNS = 100;

describe('transactions through kills, power cuts, full disks, truncation and retention', () => {
  it('show a read_committed consumer what was committed, and nothing else', () => {
    const { abortsSeen } = simulateTransactions({ firstSeed: 1, runs: RUNS });
    expect(abortsSeen).toBeGreaterThan(RUNS);
  }, 60_000);
});
