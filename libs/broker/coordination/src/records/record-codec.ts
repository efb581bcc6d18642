import {
  groupMetadataKeySchema,
  readGroupMetadataKey,
  writeGroupMetadataKey,
} from '@weirhouse/kafka-protocol/messages/group-metadata-key';
import {
  readGroupMetadataValue,
  writeGroupMetadataValue,
} from '@weirhouse/kafka-protocol/messages/group-metadata-value';
import { legacyOffsetCommitKeySchema } from '@weirhouse/kafka-protocol/messages/legacy-offset-commit-key';
import {
  offsetCommitKeySchema,
  readOffsetCommitKey,
  writeOffsetCommitKey,
} from '@weirhouse/kafka-protocol/messages/offset-commit-key';
import {
  readOffsetCommitValue,
  writeOffsetCommitValue,
} from '@weirhouse/kafka-protocol/messages/offset-commit-value';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { decodeConsumerRecord, encodeConsumerRecord } from './consumer-codec.ts';
import type { CommittedOffset, CoordinatorRecord, PersistedGroup } from './coordinator-record.ts';
import { framed, unframed, type EncodedRecord } from './framing.ts';

/** All keys have one layout, version 0; the int16 before them is the record's type. */
const KEY_LAYOUT_VERSION = 0;

/** The version Kafka 4.3 writes: non-flexible, with instance ids. */
const GROUP_VALUE_VERSION = 3;

/** Only version 1 carries an offset's own expiry (it has no leader epoch). */
const OFFSET_VALUE_VERSION_WITH_EXPIRY = 1;
const OFFSET_VALUE_VERSION = 3;
/** First version with a topic id; written only when there is one, so that older tools read on. */
const OFFSET_VALUE_VERSION_WITH_TOPIC_ID = 4;

/** The record in Kafka's own schema: int16 type and key, int16 version and value. */
export function encodeCoordinatorRecord(record: CoordinatorRecord): EncodedRecord {
  const { groupId: group } = record;
  if (record.kind === 'classic-group') {
    const key = framed(groupMetadataKeySchema.apiKey, (writer) =>
      writeGroupMetadataKey(writer, { group }, KEY_LAYOUT_VERSION),
    );
    return { key, value: record.value === null ? null : encodeGroup(record.value) };
  }
  if (record.kind !== 'offset' && record.kind !== 'pending-offset')
    return encodeConsumerRecord(record);
  const { topic, partition } = record;
  const key = framed(offsetCommitKeySchema.apiKey, (writer) =>
    writeOffsetCommitKey(writer, { group, topic, partition }, KEY_LAYOUT_VERSION),
  );
  return { key, value: record.value === null ? null : encodeOffset(record.value) };
}

/**
 * Reads a record of the log; its buffers are copies. Undefined for types this shard does not know
 * (share and streams groups): they are skipped. Throws KafkaProtocolError for bytes that are no such record.
 */
export function decodeCoordinatorRecord(
  key: Buffer,
  value: Buffer | null,
): CoordinatorRecord | undefined {
  const { version: type, reader } = unframed(key);
  switch (type) {
    case legacyOffsetCommitKeySchema.apiKey:
    case offsetCommitKeySchema.apiKey: {
      // Type 0 is the type 1 of brokers before 0.9, with the same layout.
      const { group: groupId, topic, partition } = readOffsetCommitKey(reader, KEY_LAYOUT_VERSION);
      const offset = value === null ? null : decodeOffset(value);
      return { kind: 'offset', groupId, topic, partition, value: offset };
    }
    case groupMetadataKeySchema.apiKey: {
      const { group: groupId } = readGroupMetadataKey(reader, KEY_LAYOUT_VERSION);
      return { kind: 'classic-group', groupId, value: value === null ? null : decodeGroup(value) };
    }
    default:
      return decodeConsumerRecord(type, reader, value);
  }
}

/** What a record means that lies in a batch of a producer's transaction: its offsets wait. */
export function asPending(record: CoordinatorRecord, producerId: number): CoordinatorRecord {
  if (record.kind !== 'offset' || record.value === null) return record;
  return { ...record, kind: 'pending-offset', value: record.value, producerId };
}

function encodeGroup(group: PersistedGroup): Buffer {
  return framed(GROUP_VALUE_VERSION, (writer) =>
    writeGroupMetadataValue(
      writer,
      {
        protocolType: group.protocolType,
        generation: group.generation,
        protocol: group.protocolName,
        leader: group.leaderId,
        currentStateTimestamp: group.stateTimestampMs,
        members: group.members.map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          rebalanceTimeout: member.rebalanceTimeoutMs,
          sessionTimeout: member.sessionTimeoutMs,
          subscription: member.subscription,
          assignment: member.assignment,
        })),
      },
      GROUP_VALUE_VERSION,
    ),
  );
}

function decodeGroup(bytes: Buffer): PersistedGroup {
  const { version, reader } = unframed(bytes);
  const value = readGroupMetadataValue(reader, version);
  return {
    protocolType: value.protocolType,
    generation: value.generation,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateTimestampMs: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  };
}

function encodeOffset(offset: CommittedOffset): Buffer {
  const version = offsetVersion(offset);
  return framed(version, (writer) =>
    writeOffsetCommitValue(
      writer,
      {
        offset: offset.offset,
        leaderEpoch: offset.leaderEpoch,
        metadata: offset.metadata,
        commitTimestamp: offset.commitTimestampMs,
        expireTimestamp: offset.expireTimestampMs,
        topicId: offset.topicId,
      },
      version,
    ),
  );
}

function offsetVersion(offset: CommittedOffset): number {
  if (offset.expireTimestampMs >= 0) return OFFSET_VALUE_VERSION_WITH_EXPIRY;
  return offset.topicId === ZERO_UUID ? OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION_WITH_TOPIC_ID;
}

function decodeOffset(bytes: Buffer): CommittedOffset {
  const { version, reader } = unframed(bytes);
  const value = readOffsetCommitValue(reader, version);
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  };
}
