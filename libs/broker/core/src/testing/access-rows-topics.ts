import { AclOperation } from '@weirhouse/broker-metadata';
import { buildBatch, KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import {
  cluster,
  need,
  row,
  topic,
  TOPIC,
  TRANSACTIONAL_ID,
  transactionalId,
  type AccessRow,
} from './access-row.ts';
import { apiCalls } from './api-calls.ts';
import { fetchRequest, produceRequest, record } from './requests.ts';

const { ALTER, CLUSTER_ACTION, CREATE, DELETE, DESCRIBE, IDEMPOTENT_WRITE, READ, WRITE } =
  AclOperation;

const transactional = buildBatch({
  records: [record('value')],
  producerId: 1,
  producerEpoch: 0,
  baseSequence: 0,
  isTransactional: true,
});
const NEW_TOPIC = 'new';
const listedPartition = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 };
const epochPartition = { partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 };

/** Rows of the APIs about topics, records and producers. */
export const TOPIC_ROWS: readonly AccessRow[] = [
  row(apiCalls.produce, {
    version: 9,
    message: produceRequest(TOPIC),
    errorOf: ({ responses }) => responses[0]?.partitionResponses[0]?.errorCode,
    needs: [need(topic(WRITE))],
  }),
  row(apiCalls.produce, {
    as: 'in a transaction',
    version: 9,
    message: produceRequest(TOPIC, { transactionalId: TRANSACTIONAL_ID, records: transactional }),
    errorOf: ({ responses }) => responses[0]?.partitionResponses[0]?.errorCode,
    needs: [need(transactionalId(WRITE)), need(topic(WRITE))],
  }),
  row(apiCalls.fetch, {
    version: 11,
    message: fetchRequest(TOPIC),
    errorOf: ({ responses }) => responses[0]?.partitions[0]?.errorCode,
    needs: [need(topic(READ))],
  }),
  row(apiCalls.fetch, {
    as: 'as a replica',
    version: 11,
    message: fetchRequest(TOPIC, { replicaId: 2 }),
    errorOf: ({ errorCode, responses }) =>
      errorCode === 0 ? responses[0]?.partitions[0]?.errorCode : errorCode,
    needs: [need(cluster(CLUSTER_ACTION), KafkaError.TOPIC_AUTHORIZATION_FAILED)],
  }),
  row(apiCalls.listOffsets, {
    version: 5,
    message: { topics: [{ name: TOPIC, partitions: [listedPartition] }] },
    errorOf: ({ topics }) => topics[0]?.partitions[0]?.errorCode,
    needs: [need(topic(DESCRIBE))],
  }),
  row(apiCalls.metadata, {
    version: 9,
    message: { topics: [{ name: TOPIC, topicId: ZERO_UUID }], allowAutoTopicCreation: false },
    errorOf: ({ topics }) => topics[0]?.errorCode,
    needs: [need(topic(DESCRIBE))],
  }),
  row(apiCalls.offsetForLeaderEpoch, {
    version: 3,
    message: { replicaId: -2, topics: [{ topic: TOPIC, partitions: [epochPartition] }] },
    errorOf: ({ topics }) => topics[0]?.partitions[0]?.errorCode,
    needs: [need([topic(DESCRIBE), cluster(CLUSTER_ACTION)])],
  }),
  row(apiCalls.describeProducers, {
    version: 0,
    message: { topics: [{ name: TOPIC, partitionIndexes: [0] }] },
    errorOf: ({ topics }) => topics[0]?.partitions[0]?.errorCode,
    needs: [need(topic(READ))],
  }),
  row(apiCalls.describeTopicPartitions, {
    version: 0,
    message: { topics: [{ name: TOPIC }], responsePartitionLimit: 10 },
    errorOf: ({ topics }) => topics[0]?.errorCode,
    needs: [need(topic(DESCRIBE))],
  }),
  row(apiCalls.createTopics, {
    version: 2,
    message: {
      timeoutMs: 5_000,
      topics: [
        { name: NEW_TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      ],
    },
    errorOf: ({ topics }) => topics[0]?.errorCode,
    needs: [need([topic(CREATE, NEW_TOPIC), cluster(CREATE)])],
  }),
  row(apiCalls.deleteTopics, {
    version: 1,
    message: { topicNames: [TOPIC], timeoutMs: 5_000 },
    errorOf: ({ responses }) => responses[0]?.errorCode,
    needs: [need([topic(DELETE), cluster(DELETE)])],
  }),
  row(apiCalls.deleteRecords, {
    version: 1,
    message: {
      timeoutMs: 5_000,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    },
    errorOf: ({ topics }) => topics[0]?.partitions[0]?.errorCode,
    needs: [need(topic(DELETE))],
  }),
  row(apiCalls.createPartitions, {
    version: 1,
    message: { timeoutMs: 5_000, topics: [{ name: TOPIC, count: 2, assignments: null }] },
    errorOf: ({ results }) => results[0]?.errorCode,
    needs: [need(topic(ALTER))],
  }),
  row(apiCalls.initProducerId, {
    version: 4,
    message: { transactionalId: null, transactionTimeoutMs: 60_000 },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need([cluster(IDEMPOTENT_WRITE), topic(WRITE)])],
  }),
  row(apiCalls.initProducerId, {
    as: 'for transactions',
    version: 4,
    message: { transactionalId: TRANSACTIONAL_ID, transactionTimeoutMs: 60_000 },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(transactionalId(WRITE))],
  }),
];
