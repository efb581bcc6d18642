import { AclOperation } from '@weirhouse/broker-metadata';

import { cluster, need, row, TOPIC, type AccessRow } from './access-row.ts';
import { adminCalls } from './admin-calls.ts';

const { ALTER, ALTER_CONFIGS, DESCRIBE, DESCRIBE_CONFIGS } = AclOperation;

const partitions = [0];
const errorOf = ({ errorCode }: { readonly errorCode: number }) => errorCode;

/** Rows of the APIs with which people run a cluster: all of them need a right to the cluster. */
export const OPERATOR_ROWS: readonly AccessRow[] = [
  row(adminCalls.alterReplicaLogDirs, {
    version: 1,
    message: { dirs: [{ path: '/data', topics: [{ name: TOPIC, partitions }] }] },
    errorOf: ({ results }) => results[0]?.partitions[0]?.errorCode,
    needs: [need(cluster(ALTER))],
  }),
  row(adminCalls.describeLogDirs, {
    version: 3,
    message: { topics: null },
    errorOf,
    needs: [need(cluster(DESCRIBE))],
  }),
  row(adminCalls.electLeaders, {
    version: 2,
    message: { topicPartitions: [{ topic: TOPIC, partitions }], timeoutMs: 5_000 },
    errorOf,
    needs: [need(cluster(ALTER))],
  }),
  row(adminCalls.alterPartitionReassignments, {
    version: 0,
    message: {
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas: null }] }],
      timeoutMs: 5_000,
    },
    errorOf,
    needs: [need(cluster(ALTER))],
  }),
  row(adminCalls.listPartitionReassignments, {
    version: 0,
    message: { topics: null, timeoutMs: 5_000 },
    errorOf,
    needs: [need(cluster(DESCRIBE))],
  }),
  row(adminCalls.describeClientQuotas, {
    version: 1,
    message: { components: [] },
    errorOf,
    needs: [need(cluster(DESCRIBE_CONFIGS))],
  }),
  row(adminCalls.alterClientQuotas, {
    version: 1,
    message: {
      entries: [{ entity: [{ entityType: 'user', entityName: 'nobody' }], ops: [] }],
    },
    errorOf: ({ entries }) => entries[0]?.errorCode,
    needs: [need(cluster(ALTER_CONFIGS))],
  }),
  row(adminCalls.describeQuorum, {
    version: 0,
    message: { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
    errorOf,
    needs: [need(cluster(DESCRIBE))],
  }),
  row(adminCalls.updateFeatures, {
    version: 1,
    message: { featureUpdates: [], validateOnly: true, timeoutMs: 5_000 },
    errorOf,
    needs: [need(cluster(ALTER))],
  }),
  row(adminCalls.unregisterBroker, {
    version: 0,
    message: { brokerId: 99 },
    errorOf,
    needs: [need(cluster(ALTER))],
  }),
  row(adminCalls.listConfigResources, {
    version: 1,
    message: { resourceTypes: [] },
    errorOf,
    needs: [need(cluster(DESCRIBE_CONFIGS))],
  }),
  row(adminCalls.addRaftVoter, {
    version: 0,
    message: { clusterId: null, voterId: 7, listeners: [], timeoutMs: 5_000 },
    errorOf,
    needs: [need(cluster(ALTER))],
  }),
  row(adminCalls.removeRaftVoter, {
    version: 0,
    message: { clusterId: null, voterId: 7 },
    errorOf,
    needs: [need(cluster(ALTER))],
  }),
];
