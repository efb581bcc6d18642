import { AclOperation } from '@weirhouse/broker-metadata';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import {
  group,
  GROUP,
  need,
  row,
  topic,
  TOPIC,
  TRANSACTIONAL_ID,
  transactionalId,
  type AccessRow,
} from './access-row.ts';
import { apiCalls } from './api-calls.ts';

const { DELETE, DESCRIBE, READ } = AclOperation;

const committed = {
  partitionIndex: 0,
  committedOffset: 1,
  committedLeaderEpoch: -1,
  committedMetadata: null,
};

/** Rows of the APIs about coordinators, groups and their offsets. */
export const GROUP_ROWS: readonly AccessRow[] = [
  row(apiCalls.findCoordinator, {
    version: 1,
    message: { key: GROUP, keyType: 0 },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(DESCRIBE))],
  }),
  row(apiCalls.findCoordinator, {
    as: 'of a transaction',
    version: 1,
    message: { key: TRANSACTIONAL_ID, keyType: 1 },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(transactionalId(DESCRIBE))],
  }),
  row(apiCalls.joinGroup, {
    version: 2,
    message: { groupId: GROUP },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(READ))],
  }),
  row(apiCalls.syncGroup, {
    version: 2,
    message: { groupId: GROUP, generationId: 1, memberId: 'nobody' },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(READ))],
  }),
  row(apiCalls.heartbeat, {
    version: 2,
    message: { groupId: GROUP, generationId: 1, memberId: 'nobody' },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(READ))],
  }),
  row(apiCalls.leaveGroup, {
    version: 2,
    message: { groupId: GROUP, memberId: 'nobody' },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(READ))],
  }),
  row(apiCalls.offsetCommit, {
    version: 2,
    message: {
      groupId: GROUP,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: TOPIC, topicId: ZERO_UUID, partitions: [committed] }],
    },
    errorOf: ({ topics }) => topics[0]?.partitions[0]?.errorCode,
    needs: [need(group(READ)), need(topic(READ))],
  }),
  row(apiCalls.offsetFetch, {
    version: 5,
    message: { groupId: GROUP, topics: [{ name: TOPIC, partitionIndexes: [0] }] },
    errorOf: ({ errorCode, topics }) =>
      errorCode === 0 ? topics[0]?.partitions[0]?.errorCode : errorCode,
    needs: [need(group(DESCRIBE)), need(topic(DESCRIBE))],
  }),
  row(apiCalls.describeGroups, {
    version: 2,
    message: { groups: [GROUP] },
    errorOf: ({ groups }) => groups[0]?.errorCode,
    needs: [need(group(DESCRIBE))],
  }),
  row(apiCalls.deleteGroups, {
    version: 1,
    message: { groupsNames: [GROUP] },
    errorOf: ({ results }) => results[0]?.errorCode,
    needs: [need(group(DELETE))],
  }),
  row(apiCalls.offsetDelete, {
    version: 0,
    message: { groupId: GROUP, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0 }] }] },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(DELETE))],
  }),
  row(apiCalls.consumerGroupHeartbeat, {
    version: 1,
    message: {
      groupId: GROUP,
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: [TOPIC],
      topicPartitions: [],
    },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(group(READ)), need(topic(DESCRIBE))],
  }),
  row(apiCalls.consumerGroupDescribe, {
    version: 0,
    message: { groupIds: [GROUP] },
    errorOf: ({ groups }) => groups[0]?.errorCode,
    needs: [need(group(DESCRIBE))],
  }),
];
