import type { Reader, Writer } from '@weirhouse/kafka-protocol';
import {
  readConsumerGroupCurrentMemberAssignmentValue,
  writeConsumerGroupCurrentMemberAssignmentValue,
  type ConsumerGroupCurrentMemberAssignmentValueTopicPartitions,
} from '@weirhouse/kafka-protocol/messages/consumer-group-current-member-assignment-value';
import {
  readConsumerGroupMemberMetadataValue,
  writeConsumerGroupMemberMetadataValue,
} from '@weirhouse/kafka-protocol/messages/consumer-group-member-metadata-value';
import {
  readConsumerGroupMetadataValue,
  writeConsumerGroupMetadataValue,
} from '@weirhouse/kafka-protocol/messages/consumer-group-metadata-value';
import {
  readConsumerGroupRegularExpressionValue,
  writeConsumerGroupRegularExpressionValue,
} from '@weirhouse/kafka-protocol/messages/consumer-group-regular-expression-value';
import {
  readConsumerGroupTargetAssignmentMemberValue,
  writeConsumerGroupTargetAssignmentMemberValue,
} from '@weirhouse/kafka-protocol/messages/consumer-group-target-assignment-member-value';
import {
  readConsumerGroupTargetAssignmentMetadataValue,
  writeConsumerGroupTargetAssignmentMetadataValue,
} from '@weirhouse/kafka-protocol/messages/consumer-group-target-assignment-metadata-value';

import type { Assignment } from '../assignors/assignment.ts';
import type { ConsumerProfile, CurrentAssignment } from '../consumer/consumer-member.ts';
import { HeldBuilder, type HeldPartitions } from '../consumer/held-partitions.ts';
import type { GroupEpoch, ResolvedPattern, TargetEpoch } from './consumer-record.ts';

/** All values of consumer groups have one layout. */
export const CONSUMER_VALUE_VERSION = 0;

const VERSION = CONSUMER_VALUE_VERSION;

/** The epoch of records that do not carry one, from before KIP-1251. */
const UNKNOWN_ASSIGNMENT_EPOCH = 0;

/** ConsumerGroupMetadataValue. */
export function writeGroupEpoch(writer: Writer, { epoch, topicsHash }: GroupEpoch): void {
  writeConsumerGroupMetadataValue(writer, { epoch, metadataHash: topicsHash }, VERSION);
}

/** ConsumerGroupMetadataValue. */
export function readGroupEpoch(reader: Reader): GroupEpoch {
  const { epoch, metadataHash } = readConsumerGroupMetadataValue(reader, VERSION);
  return { epoch, topicsHash: metadataHash };
}

/** ConsumerGroupMemberMetadataValue. */
export function writeProfile(writer: Writer, profile: ConsumerProfile): void {
  const { classic } = profile;
  writeConsumerGroupMemberMetadataValue(
    writer,
    {
      instanceId: profile.instanceId,
      rackId: profile.rackId,
      clientId: profile.clientId,
      clientHost: profile.clientHost,
      subscribedTopicNames: profile.topicNames,
      subscribedTopicRegex: profile.topicPattern,
      rebalanceTimeoutMs: profile.rebalanceTimeoutMs,
      serverAssignor: profile.serverAssignor,
      classicMemberMetadata: classic && {
        sessionTimeoutMs: classic.sessionTimeoutMs,
        supportedProtocols: classic.protocols,
      },
    },
    VERSION,
  );
}

/** ConsumerGroupMemberMetadataValue; its buffers are copies. */
export function readProfile(reader: Reader): ConsumerProfile {
  const value = readConsumerGroupMemberMetadataValue(reader, VERSION);
  const classic = value.classicMemberMetadata;
  return {
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    topicNames: value.subscribedTopicNames,
    topicPattern: value.subscribedTopicRegex ?? '',
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      protocols: classic.supportedProtocols.map(({ name, metadata }) => ({
        name,
        metadata: Buffer.from(metadata),
      })),
    },
  };
}

/** ConsumerGroupTargetAssignmentMetadataValue. */
export function writeTargetEpoch(writer: Writer, { epoch, assignedAtMs }: TargetEpoch): void {
  writeConsumerGroupTargetAssignmentMetadataValue(
    writer,
    { assignmentEpoch: epoch, assignmentTimestamp: assignedAtMs },
    VERSION,
  );
}

/** ConsumerGroupTargetAssignmentMetadataValue. */
export function readTargetEpoch(reader: Reader): TargetEpoch {
  const value = readConsumerGroupTargetAssignmentMetadataValue(reader, VERSION);
  return { epoch: value.assignmentEpoch, assignedAtMs: value.assignmentTimestamp };
}

/** ConsumerGroupTargetAssignmentMemberValue. */
export function writeTarget(writer: Writer, assignment: Assignment): void {
  const topicPartitions = Array.from(assignment, ([topicId, partitions]) => ({
    topicId,
    partitions,
  }));
  writeConsumerGroupTargetAssignmentMemberValue(writer, { topicPartitions }, VERSION);
}

/** ConsumerGroupTargetAssignmentMemberValue. */
export function readTarget(reader: Reader): Assignment {
  const { topicPartitions } = readConsumerGroupTargetAssignmentMemberValue(reader, VERSION);
  return new Map(
    topicPartitions.map(({ topicId, partitions }) => [
      topicId,
      partitions.toSorted((a, b) => a - b),
    ]),
  );
}

/** ConsumerGroupCurrentMemberAssignmentValue. */
export function writeCurrent(writer: Writer, current: CurrentAssignment): void {
  writeConsumerGroupCurrentMemberAssignmentValue(
    writer,
    {
      memberEpoch: current.epoch,
      previousMemberEpoch: current.previousEpoch,
      state: current.state,
      assignedPartitions: listHeld(current.assigned),
      partitionsPendingRevocation: listHeld(current.revoking),
    },
    VERSION,
  );
}

/** ConsumerGroupCurrentMemberAssignmentValue. */
export function readCurrent(reader: Reader): CurrentAssignment {
  const value = readConsumerGroupCurrentMemberAssignmentValue(reader, VERSION);
  return {
    epoch: value.memberEpoch,
    previousEpoch: value.previousMemberEpoch,
    state: value.state,
    assigned: heldOf(value.assignedPartitions),
    revoking: heldOf(value.partitionsPendingRevocation),
  };
}

/** ConsumerGroupRegularExpressionValue. */
export function writePattern(writer: Writer, resolved: ResolvedPattern): void {
  const { resolvedAtMs, topics, version } = resolved;
  writeConsumerGroupRegularExpressionValue(
    writer,
    { topics, version, timestamp: resolvedAtMs },
    VERSION,
  );
}

/** ConsumerGroupRegularExpressionValue. */
export function readPattern(reader: Reader): ResolvedPattern {
  const { timestamp, topics, version } = readConsumerGroupRegularExpressionValue(reader, VERSION);
  return { topics, version, resolvedAtMs: timestamp };
}

type HeldTopic = ConsumerGroupCurrentMemberAssignmentValueTopicPartitions;

function listHeld(held: HeldPartitions): readonly HeldTopic[] {
  return Array.from(held, ([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }));
}

function heldOf(topics: readonly HeldTopic[]): HeldPartitions {
  const held = new HeldBuilder();
  for (const { assignmentEpochs, partitions, topicId } of topics) {
    for (const [index, partition] of partitions.entries())
      held.add(topicId, partition, assignmentEpochs?.[index] ?? UNKNOWN_ASSIGNMENT_EPOCH);
  }
  return held.build();
}
