import { AclOperation } from '@weirhouse/broker-metadata';

import {
  cluster,
  GROUP,
  group,
  need,
  row,
  topic,
  TOPIC,
  TRANSACTIONAL_ID,
  transactionalId,
  type AccessRow,
} from './access-row.ts';
import { transactionCalls } from './transaction-calls.ts';

const { ALTER, CLUSTER_ACTION, DESCRIBE, READ, WRITE } = AclOperation;

const producer = { transactionalId: TRANSACTIONAL_ID, producerId: 1, producerEpoch: 0 };
const topics = [{ name: TOPIC, partitions: [0] }];
const offset = {
  partitionIndex: 0,
  committedOffset: 1,
  committedLeaderEpoch: -1,
  committedMetadata: null,
};

/** Rows of the transactional APIs. */
export const TRANSACTION_ROWS: readonly AccessRow[] = [
  row(transactionCalls.addPartitionsToTxn, {
    version: 3,
    message: {
      v3AndBelowTransactionalId: TRANSACTIONAL_ID,
      v3AndBelowProducerId: 1,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: topics,
    },
    errorOf: ({ resultsByTopicV3AndBelow: [first] }) =>
      first?.resultsByPartition[0]?.partitionErrorCode,
    needs: [need(transactionalId(WRITE)), need(topic(WRITE))],
  }),
  row(transactionCalls.addPartitionsToTxn, {
    as: 'between brokers',
    version: 5,
    message: { transactions: [{ ...producer, verifyOnly: true, topics }] },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(cluster(CLUSTER_ACTION))],
  }),
  row(transactionCalls.addOffsetsToTxn, {
    version: 3,
    message: { ...producer, groupId: GROUP },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(transactionalId(WRITE)), need(group(READ))],
  }),
  row(transactionCalls.endTxn, {
    version: 4,
    message: { ...producer, committed: true },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(transactionalId(WRITE))],
  }),
  row(transactionCalls.writeTxnMarkers, {
    version: 1,
    message: {
      markers: [
        {
          producerId: 1,
          producerEpoch: 0,
          transactionResult: false,
          coordinatorEpoch: 0,
          transactionVersion: 0,
          topics: [{ name: TOPIC, partitionIndexes: [0] }],
        },
      ],
    },
    errorOf: ({ markers }) => markers[0]?.topics[0]?.partitions[0]?.errorCode,
    needs: [need([cluster(CLUSTER_ACTION), cluster(ALTER)])],
  }),
  row(transactionCalls.txnOffsetCommit, {
    version: 3,
    message: {
      ...producer,
      groupId: GROUP,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: TOPIC, partitions: [offset] }],
    },
    errorOf: (response) => response.topics[0]?.partitions[0]?.errorCode,
    needs: [need(transactionalId(WRITE)), need(group(READ)), need(topic(READ))],
  }),
  row(transactionCalls.describeTransactions, {
    version: 0,
    message: { transactionalIds: [TRANSACTIONAL_ID] },
    errorOf: ({ transactionStates }) => transactionStates[0]?.errorCode,
    needs: [need(transactionalId(DESCRIBE))],
  }),
];
