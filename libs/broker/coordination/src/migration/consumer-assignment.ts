import { KafkaProtocolError, Reader, Writer } from '@weirhouse/kafka-protocol';
import {
  consumerProtocolAssignmentSchema,
  readConsumerProtocolAssignment,
  writeConsumerProtocolAssignment,
} from '@weirhouse/kafka-protocol/messages/consumer-protocol-assignment';

import {
  assignmentOf,
  NO_ASSIGNMENT,
  type Assignment,
  type TopicPartition,
} from '../assignors/assignment.ts';
import type { HeldPartitions } from '../consumer/held-partitions.ts';
import type { TopicCatalog } from '../ports.ts';

const VERSION_BYTES = 2;

/**
 * What a member of the classic protocol was assigned, in ids of topics that exist. Undefined when the
 * bytes make no sense, or carry something of an assignor of the user's that would be lost.
 */
export function readMemberAssignment(topics: TopicCatalog, bytes: Buffer): Assignment | undefined {
  if (bytes.length === 0) return NO_ASSIGNMENT;
  if (bytes.length < VERSION_BYTES) return undefined;
  const version = Math.min(bytes.readInt16BE(0), consumerProtocolAssignmentSchema.maxVersion);
  if (version < 0) return undefined;
  try {
    const reader = new Reader(bytes, VERSION_BYTES, bytes.length);
    const { assignedPartitions, userData } = readConsumerProtocolAssignment(reader, version);
    if (userData !== null && userData.length > 0) return undefined;
    return assignmentOf(idsOf(topics, assignedPartitions));
  } catch (error) {
    if (error instanceof KafkaProtocolError) return undefined;
    throw error;
  }
}

/** What a member has, as the classic protocol writes it, for a client that reads that version. */
export function writeMemberAssignment(
  topics: TopicCatalog,
  held: HeldPartitions,
  clientVersion: number,
): Buffer {
  const version = Math.max(0, Math.min(clientVersion, consumerProtocolAssignmentSchema.maxVersion));
  const assignedPartitions = Array.from(held, ([topicId, partitions]) => ({
    topic: topics.findById(topicId)?.name ?? '',
    partitions: [...partitions.keys()],
  })).filter(({ topic }) => topic !== '');
  const writer = new Writer();
  writer.writeInt16(version);
  writeConsumerProtocolAssignment(writer, { assignedPartitions, userData: null }, version);
  return Buffer.concat(writer.finish());
}

/** Partitions listed by topic name, as ids; topics that do not exist are left out. */
export function* idsOf(
  topics: TopicCatalog,
  listed: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Generator<TopicPartition> {
  for (const { partitions, topic: name } of listed) {
    const topic = topics.find(name);
    if (topic === undefined) continue;
    for (const partition of partitions)
      if (partition < topic.partitionCount) yield { topicId: topic.topicId, partition };
  }
}
