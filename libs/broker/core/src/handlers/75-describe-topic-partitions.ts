// DescribeTopicPartitions: version 0 (KIP-966). Topics by name, at most `max.request.partition.size.limit` partitions in one answer,
// the rest behind a cursor.
import { AclOperation, type PartitionImage, type TopicImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeTopicPartitionsRequestSchema,
  readDescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-topic-partitions-request';
import {
  defaultDescribeTopicPartitionsResponseTopic,
  writeDescribeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponseTopic,
} from '@weirhouse/kafka-protocol/messages/describe-topic-partitions-response';

import { defineHandler, type RequestContext } from '../handler.ts';
import { isInternalTopic } from '../internal-topics.ts';
import { isTopicName } from '../topic-creation.ts';

/** API key 75. */
export const describeTopicPartitions = defineHandler<
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse
>({
  schema: describeTopicPartitionsRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeTopicPartitionsRequest,
  write: writeDescribeTopicPartitionsResponse,
  handle(context, request, respond) {
    respond(describe(context, request));
  },
});

function describe(
  context: RequestContext,
  request: DescribeTopicPartitionsRequest,
): DescribeTopicPartitionsResponse {
  const { cursor } = request;
  if (cursor !== null && cursor.partitionIndex < 0) return refuseCursor(cursor.topicName);
  const limit = context.services.configs.brokerNumber('max.request.partition.size.limit');
  const topics: DescribeTopicPartitionsResponseTopic[] = [];
  let room = Math.min(Math.max(1, request.responsePartitionLimit), limit);
  for (const name of wantedNames(context, request)) {
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const topic = context.services.image.topics.find(name);
    const errorCode = refuse(context, name, topic);
    if (errorCode !== 0 || topic === undefined) {
      const topicAuthorizedOperations = context.services.access.topicOperations(
        context.caller,
        name,
      );
      topics.push({ ...failed(name, errorCode), topicAuthorizedOperations });
      continue;
    }
    if (room === 0) return next(topics, name, first);
    const partitions = topic.partitions.slice(first, first + room);
    topics.push(describeTopic(context, topic, partitions));
    room -= partitions.length;
    const end = first + partitions.length;
    if (end < topic.partitions.length) return next(topics, name, end);
  }
  return { throttleTimeMs: 0, topics, nextCursor: null };
}

function failed(name: string, errorCode: number): DescribeTopicPartitionsResponseTopic {
  return { ...defaultDescribeTopicPartitionsResponseTopic(), errorCode, name };
}

function refuseCursor(name: string): DescribeTopicPartitionsResponse {
  const topics = [failed(name, KafkaError.INVALID_REQUEST)];
  return { throttleTimeMs: 0, topics, nextCursor: null };
}

function next(
  topics: readonly DescribeTopicPartitionsResponseTopic[],
  topicName: string,
  partitionIndex: number,
): DescribeTopicPartitionsResponse {
  return { throttleTimeMs: 0, topics, nextCursor: { topicName, partitionIndex } };
}

/** Sorted names from the cursor on; without names, every topic that may be described. */
function wantedNames(context: RequestContext, request: DescribeTopicPartitionsRequest): string[] {
  const { access, image } = context.services;
  const names =
    request.topics.length > 0
      ? new Set(request.topics.map(({ name }) => name))
      : Array.from(image.topics.values(), ({ name }) => name).filter((name) =>
          access.topic(context.caller, AclOperation.DESCRIBE, name),
        );
  const from = request.cursor?.topicName ?? '';
  return Array.from(names)
    .filter((name) => name >= from)
    .toSorted((a, b) => (a < b ? -1 : 1));
}

function refuse(context: RequestContext, name: string, topic: TopicImage | undefined): number {
  if (!context.services.access.topic(context.caller, AclOperation.DESCRIBE, name))
    return KafkaError.TOPIC_AUTHORIZATION_FAILED;
  if (topic !== undefined) return 0;
  return isTopicName(name)
    ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION
    : KafkaError.INVALID_TOPIC_EXCEPTION;
}

function describeTopic(
  context: RequestContext,
  topic: TopicImage,
  partitions: readonly PartitionImage[],
): DescribeTopicPartitionsResponseTopic {
  const { access, image } = context.services;
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    topicAuthorizedOperations: access.topicOperations(context.caller, topic.name),
    partitions: partitions.map((partition) => {
      const isOnline = image.brokers.find(partition.leader)?.fenced === false;
      return {
        // As Kafka: a partition without a leader is no error here, only a leader of -1.
        errorCode: KafkaError.NONE,
        partitionIndex: partition.index,
        leaderId: isOnline ? partition.leader : -1,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: partition.replicas,
        isrNodes: partition.isr,
        eligibleLeaderReplicas: partition.elr,
        lastKnownElr: partition.lastKnownElr,
        offlineReplicas: partition.replicas.filter((id) => image.brokers.find(id)?.fenced ?? true),
      };
    }),
  };
}
