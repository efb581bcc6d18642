// DeleteTopics: versions 1 to 6. v5 messages and strict quotas (KIP-599), v6 by id (KIP-516). A topic that may not be described is
// not told from one that does not exist.
import { AclOperation, deleteTopics as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  deleteTopicsRequestSchema,
  readDeleteTopicsRequest,
  type DeleteTopicsRequest,
  type DeleteTopicsRequestDeleteTopicState,
} from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import {
  writeDeleteTopicsResponse,
  type DeleteTopicsResponse,
  type DeleteTopicsResponseDeletableTopicResult,
} from '@weirhouse/kafka-protocol/messages/delete-topics-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { defineHandler, type RequestContext } from '../handler.ts';

const STRICT_QUOTA_FROM_VERSION = 5;

type Target = DeleteTopicsRequestDeleteTopicState;
type Result = DeleteTopicsResponseDeletableTopicResult;

/** API key 20. */
export const deleteTopics = defineHandler<DeleteTopicsRequest, DeleteTopicsResponse>({
  schema: deleteTopicsRequestSchema,
  minVersion: 1,
  maxVersion: 6,
  authenticated: true,
  borrowsFrame: true,
  read: readDeleteTopicsRequest,
  write: writeDeleteTopicsResponse,
  handle(context, request, respond) {
    const targets = [
      ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })),
      ...request.topics,
    ];
    const isStrict = context.version >= STRICT_QUOTA_FROM_VERSION;
    const quota = context.services.quotas.mutations(context, isStrict);
    const refused: Result[] = [];
    const topics: Target[] = [];
    for (const target of targets) {
      const result = refuse(context, target);
      if (result !== undefined) refused.push(result);
      else if (quota.take(partitionsOf(context, target))) topics.push(target);
      else refused.push(failed(target, KafkaError.THROTTLING_QUOTA_EXCEEDED));
    }
    const answer = (responses: readonly Result[]) =>
      respond({ throttleTimeMs: quota.throttleMs(), responses });
    context.services.metadata.submit(
      (controller) => decide(controller, { ...request, topicNames: [], topics }),
      (response) => answer([...refused, ...response.responses]),
      (errorCode) => answer(targets.map((target) => failed(target, errorCode))),
    );
  },
});

function refuse(context: RequestContext, target: Target): Result | undefined {
  const { access, image } = context.services;
  const { caller } = context;
  // A right to the cluster that holds for every topic.
  if (access.cluster(caller, AclOperation.DELETE)) return undefined;
  if (target.topicId !== ZERO_UUID) {
    const topic = image.topics.findById(target.topicId);
    if (topic === undefined) return undefined;
    if (!access.topic(caller, AclOperation.DESCRIBE, topic.name))
      return failed(target, KafkaError.TOPIC_AUTHORIZATION_FAILED);
    return access.topic(caller, AclOperation.DELETE, topic.name)
      ? undefined
      : failed({ ...target, name: topic.name }, KafkaError.TOPIC_AUTHORIZATION_FAILED);
  }
  const isAllowed = target.name === null || access.topic(caller, AclOperation.DELETE, target.name);
  return isAllowed ? undefined : failed(target, KafkaError.TOPIC_AUTHORIZATION_FAILED);
}

function partitionsOf({ services }: RequestContext, { name, topicId }: Target): number {
  const { topics } = services.image;
  const topic = name === null ? topics.findById(topicId) : topics.find(name);
  return topic?.partitions.length ?? 0;
}

function failed({ name, topicId }: Target, errorCode: number): Result {
  return { name, topicId, errorCode, errorMessage: null };
}
