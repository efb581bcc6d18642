// OffsetCommit: versions 2 to 10. v7 static members, v9 KIP-848 errors, v10 topic ids (KIP-848). Answered
// when the offsets are durable. Topics that do not exist or may not be read are refused one by one.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  offsetCommitRequestSchema,
  readOffsetCommitRequest,
  type OffsetCommitRequest,
  type OffsetCommitRequestTopic,
} from '@weirhouse/kafka-protocol/messages/offset-commit-request';
import {
  writeOffsetCommitResponse,
  type OffsetCommitResponse,
  type OffsetCommitResponseTopic,
} from '@weirhouse/kafka-protocol/messages/offset-commit-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { groupContext } from '../group-context.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

const TOPIC_IDS_FROM_VERSION = 10;

/** A topic of the request: why it is refused, or its partitions that exist. */
interface Checked {
  readonly wanted: OffsetCommitRequestTopic;
  readonly refusal: number;
  /** What goes to the shard; no partitions when the topic is refused. */
  readonly valid: OffsetCommitRequestTopic;
}

/** API key 8. */
export const offsetCommit = defineHandler<OffsetCommitRequest, OffsetCommitResponse>({
  schema: offsetCommitRequestSchema,
  minVersion: 2,
  maxVersion: 10,
  authenticated: true,
  borrowsFrame: true,
  read: readOffsetCommitRequest,
  write: writeOffsetCommitResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const failed = (errorCode: number) =>
      respond({
        throttleTimeMs: 0,
        topics: request.topics.map((topic) => failedTopic(topic, errorCode)),
      });
    if (!access.group(context.caller, AclOperation.READ, request.groupId))
      return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
    const checked = request.topics.map((topic) => check(context, topic));
    const topics = checked
      .map(({ valid }) => valid)
      .filter(({ partitions }) => partitions.length > 0);
    if (topics.length === 0)
      return respond({ throttleTimeMs: 0, topics: merge(context, checked, []) });
    groups.run(
      request.groupId,
      (shard, nowMs) =>
        shard.offsetCommit({ ...request, topics }, groupContext(context, nowMs), (answer) =>
          respond({ throttleTimeMs: 0, topics: merge(context, checked, answer.topics) }),
        ),
      failed,
    );
  },
});

/** Finds the topic, by id from v10 on, and says whether this caller may commit for it. */
function check(context: RequestContext, wanted: OffsetCommitRequestTopic): Checked {
  const { access, image } = context.services;
  const byId = context.version >= TOPIC_IDS_FROM_VERSION;
  const found = byId ? image.topics.findById(wanted.topicId) : image.topics.find(wanted.name);
  const refused = (refusal: number): Checked => {
    return { wanted, refusal, valid: { ...wanted, partitions: [] } };
  };
  if (byId && found === undefined) return refused(KafkaError.UNKNOWN_TOPIC_ID);
  const name = found?.name ?? wanted.name;
  if (!access.topic(context.caller, AclOperation.READ, name))
    return refused(KafkaError.TOPIC_AUTHORIZATION_FAILED);
  if (found === undefined) return refused(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  const partitions = wanted.partitions.filter(
    ({ partitionIndex }) => found.partitions[partitionIndex] !== undefined,
  );
  const { topicId } = found;
  return { wanted, refusal: 0, valid: { name, topicId, partitions } };
}

/**
 * The answer in the order of the request: the shard's answers, which come in the order of what it was
 * given, with the refusals and the partitions that do not exist between them.
 */
function merge(
  context: RequestContext,
  checked: readonly Checked[],
  answers: readonly OffsetCommitResponseTopic[],
): OffsetCommitResponseTopic[] {
  const byId = context.version >= TOPIC_IDS_FROM_VERSION;
  let nextTopic = 0;
  return checked.map(({ refusal, valid, wanted }) => {
    const answer = valid.partitions.length > 0 ? answers[nextTopic++] : undefined;
    const missing = refusal === 0 ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION : refusal;
    let nextPartition = 0;
    const partitions = wanted.partitions.map(({ partitionIndex }) => {
      const isValid = valid.partitions[nextPartition]?.partitionIndex === partitionIndex;
      const errorCode = isValid ? answer?.partitions[nextPartition++]?.errorCode : missing;
      return { partitionIndex, errorCode: errorCode ?? KafkaError.UNKNOWN_SERVER_ERROR };
    });
    // Versions with ids carry no name, and the other way round.
    const { name, topicId } = wanted;
    return { name: byId ? '' : name, topicId: byId ? topicId : ZERO_UUID, partitions };
  });
}

function failedTopic(
  topic: OffsetCommitRequestTopic,
  errorCode: number,
): OffsetCommitResponseTopic {
  const partitions = topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode }));
  return { name: topic.name, topicId: topic.topicId, partitions };
}
