import type { Database } from '../database/database.ts';
import { systemClock, systemRandom, systemTimers } from '../ports.ts';

import { Reconciler } from '../reconcile/reconciler.ts';
import { FakeClusterAdmin, quietLog } from '../reconcile/testing.ts';
import { BenchProvisioner } from './bench-provisioner.ts';
import { TEST_MASTER_KEY } from './test-app.ts';

/** How often it is asked whether every cluster is stable. */
const POLL_MS = 250;

/** What bringing every cluster up took. */
export interface ReconcileCost {
  readonly seconds: number;
  readonly residentMib: number;
  readonly cpuSeconds: number;
}

/** Reconciles until every cluster of the database is stable, with brokers that are up at once. */
export async function reconcileAll(database: Database, clusters: number): Promise<ReconcileCost> {
  let peakBytes = 0;
  const reconciler = new Reconciler({
    database,
    masterKey: TEST_MASTER_KEY,
    provisioner: new BenchProvisioner(),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: quietLog,
    dataPlaneId: 'bench',
    takeOver: true,
    openAdmin: () => new FakeClusterAdmin(),
  });
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await reconciler.start();
  while ((await countStable(database)) < clusters) {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    await new Promise((resolve) => void setTimeout(resolve, POLL_MS));
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await reconciler.stop();
  return {
    seconds,
    residentMib: peakBytes / 2 ** 20,
    cpuSeconds: (user + system) / 1_000_000,
  };
}

async function countStable(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<readonly { readonly count: number }[]>`
    SELECT count(*)::int AS count FROM kafka_cluster
     WHERE conditions @> '[{"type": "Stable", "status": "True"}]'`;
  return row?.count ?? 0;
}
