// OffsetForLeaderEpoch: versions 2 to 4 (KIP-101, KIP-320). Consumers ask it to find truncation, so a
// wrong answer makes them reset their position.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  offsetForLeaderEpochRequestSchema,
  readOffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochRequestOffsetForLeaderPartition,
} from '@weirhouse/kafka-protocol/messages/offset-for-leader-epoch-request';
import {
  writeOffsetForLeaderEpochResponse,
  type OffsetForLeaderEpochResponse,
  type OffsetForLeaderEpochResponseEpochEndOffset,
} from '@weirhouse/kafka-protocol/messages/offset-for-leader-epoch-response';

import { checkLeaderEpoch, endOfEpoch } from '../fetch/fetch-entry.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

/** API key 23. */
export const offsetForLeaderEpoch = defineHandler<
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse
>({
  schema: offsetForLeaderEpochRequestSchema,
  minVersion: 2,
  maxVersion: 4,
  authenticated: true,
  borrowsFrame: true,
  read: readOffsetForLeaderEpochRequest,
  write: writeOffsetForLeaderEpochResponse,
  handle(context, request, respond) {
    const topics = request.topics.map(({ partitions, topic }) => ({
      topic,
      partitions: partitions.map((partition) => endOffsetOf(context, topic, partition)),
    }));
    respond({ throttleTimeMs: 0, topics });
  },
});

function endOffsetOf(
  context: RequestContext,
  name: string,
  wanted: OffsetForLeaderEpochRequestOffsetForLeaderPartition,
): OffsetForLeaderEpochResponseEpochEndOffset {
  const { access, image, partitions } = context.services;
  const base = { partition: wanted.partition, errorCode: 0, leaderEpoch: -1, endOffset: -1 };
  const mayAsk =
    access.cluster(context.caller, AclOperation.CLUSTER_ACTION) ||
    access.topic(context.caller, AclOperation.DESCRIBE, name);
  if (!mayAsk) return { ...base, errorCode: KafkaError.TOPIC_AUTHORIZATION_FAILED };
  const topic = image.topics.find(name);
  if (topic === undefined) return { ...base, errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION };
  const found = partitions.lookUp(topic, wanted.partition);
  if (!found.ok) return { ...base, errorCode: found.errorCode };
  const errorCode = checkLeaderEpoch(wanted.currentLeaderEpoch, found.image.leaderEpoch);
  if (errorCode !== 0) return { ...base, errorCode };
  const end = endOfEpoch(found.partition, found.image, wanted.leaderEpoch);
  return { ...base, leaderEpoch: end.epoch, endOffset: end.endOffset };
}
