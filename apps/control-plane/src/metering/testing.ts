import type { BrokerReport } from '@weirhouse/cloud-plan';
import type { Database } from '../database/database.ts';
import { LeaseRepository, type Fence } from '../reconcile/lease.repository.ts';
import { seedCluster } from '../reconcile/testing.ts';

/** A lease of the shards in these specs, in milliseconds. */
const LEASE_MS = 60_000;

/** For specs: the report of a broker that nobody has used. */
export const EMPTY_REPORT: BrokerReport = {
  incarnationId: 'life-1',
  load: { busyMs: 10, idleMs: 30 },
  connections: 0,
  failedAuthentications: 0,
  principals: [],
  traffic: [],
  requests: [],
  topics: [],
  lags: [],
};

/** For specs: a report in which sa-1 has used the topic `hello`, which holds what it was sent. */
export function reportOf(receivedBytes: number, sentBytes: number, life = 'life-1'): BrokerReport {
  const principal = 'User:sa-1';
  const records = { receivedRecords: receivedBytes / 10, sentRecords: sentBytes / 10 };
  return {
    ...EMPTY_REPORT,
    incarnationId: life,
    connections: 2,
    principals: [{ series: 1, principal, connections: 2, authentications: 4 }],
    traffic: [{ series: 2, principal, topic: 'hello', receivedBytes, sentBytes, ...records }],
    requests: [
      {
        series: 3,
        principal,
        api: 'Produce',
        requests: 5,
        responses: 5,
        requestBytes: 500,
        responseBytes: 50,
      },
    ],
    topics: [{ topic: 'hello', partitions: 3, retainedBytes: receivedBytes }],
    lags: [{ group: 'readers', topic: 'hello', partition: 0, lag: 7 }],
  };
}

/** For specs: a cluster of the data plane dp-1 whose broker has its ports. */
export async function seedMeteredCluster(
  database: Database,
  options: { readonly clusterId?: string; readonly adminPort?: number } = {},
): Promise<string> {
  const { adminPort = 31_490 } = options;
  const { clusterId } = await seedCluster(database, options.clusterId);
  await database.kafkaCluster.update({
    where: { id: clusterId },
    data: { dataPlaneId: 'dp-1' },
  });
  await database.clusterBroker.create({
    data: { clusterId, nodeId: 0, clientPort: adminPort + 1, adminPort },
  });
  return clusterId;
}

/** For specs: proof that `holder` works on every cluster, taken from whoever had it. */
export async function takeFence(database: Database, holder: string): Promise<Fence> {
  const lease = { name: 'metering-spec', holder, durationMs: LEASE_MS, takeOver: true };
  const fence = await new LeaseRepository(database).acquire(lease);
  if (fence === undefined) throw new Error('The lease could not be taken.');
  return fence;
}
