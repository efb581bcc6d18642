import { parseArgs } from 'node:util';
import {
  simulateCompaction,
  simulateTransactions,
  simulateVolumes,
} from '@weirhouse/broker-log/simulation';

// Simulated volumes under crashes: `npm run sim -- --seed 1 --runs 500`; `--of transactions` has producers
// with transactions write to them, `--of compaction` compacts, merges and cuts them. A failing seed is named in the error; given as `--seed` with `--runs 1`
// it runs again as it did.
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '500' },
    of: { type: 'string', default: 'volumes' },
  },
});
const firstSeed = Number(values.seed);
const runs = Number(values.runs);
const startMs = performance.now();
const simulations: Record<string, () => string> = {
  volumes: ofVolumes,
  transactions: ofTransactions,
  compaction: ofCompaction,
};
const simulate = simulations[values.of];
if (simulate === undefined)
  throw new Error(`--of is one of ${Object.keys(simulations).join(', ')}`);
const found = simulate();
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
process.stdout.write(`${runs} volumes from seed ${firstSeed}, ${seconds} s, ${found}\n`);

function ofVolumes(): string {
  const { crashes } = simulateVolumes({ firstSeed, runs });
  return `${crashes} crashes: 0 acknowledged batches lost, 0 twice, 0 foreign.`;
}

function ofTransactions(): string {
  const { abortsSeen } = simulateTransactions({ firstSeed, runs });
  return `${abortsSeen} aborted transactions read over: 0 visible, 0 committed ones missing.`;
}

function ofCompaction(): string {
  const { crashes, mergedSegments, passes, truncations } = simulateCompaction({ firstSeed, runs });
  return (
    `${passes} rounds, ${mergedSegments} segments merged, ${truncations} truncations, ${crashes} crashes: ` +
    '0 newest records missing, 0 foreign.'
  );
}
