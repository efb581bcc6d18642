// CreateTopics: versions 2 to 7. v4 defaults by -1 (KIP-464), v5 settings in the answer (KIP-525), v7
// topic ids, v6 is refused what its quota does not allow (KIP-599). CREATE on the cluster or on each topic; who may not describe a topic's settings is not
// told them.
import { AclOperation, createTopics as decide, hideTopicConfigs } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  createTopicsRequestSchema,
  readCreateTopicsRequest,
  type CreateTopicsRequest,
} from '@weirhouse/kafka-protocol/messages/create-topics-request';
import {
  defaultCreateTopicsResponseCreatableTopicResult,
  writeCreateTopicsResponse,
  type CreateTopicsResponse,
  type CreateTopicsResponseCreatableTopicResult,
} from '@weirhouse/kafka-protocol/messages/create-topics-response';

import { defineHandler, type RequestContext } from '../handler.ts';

const CONFIGS_FROM_VERSION = 5;
const STRICT_QUOTA_FROM_VERSION = 6;

type Result = CreateTopicsResponseCreatableTopicResult;

/** API key 19. */
export const createTopics = defineHandler<CreateTopicsRequest, CreateTopicsResponse>({
  schema: createTopicsRequestSchema,
  minVersion: 2,
  maxVersion: 7,
  authenticated: true,
  notes: [
    'One request makes at most 10,000 partitions and a cluster has at most 200,000 (error 44).',
  ],
  borrowsFrame: true,
  read: readCreateTopicsRequest,
  write: writeCreateTopicsResponse,
  handle(context, request, respond) {
    const { metadata, quotas } = context.services;
    const isStrict = context.version >= STRICT_QUOTA_FROM_VERSION;
    const quota = quotas.mutations(context, isStrict);
    const answer = (topics: readonly Result[]) =>
      respond({ throttleTimeMs: quota.throttleMs(), topics });
    const refused = new Map<string, Result>();
    for (const topic of request.topics) {
      const { name } = topic;
      if (!mayCreate(context, name))
        refused.set(name, failed(name, KafkaError.TOPIC_AUTHORIZATION_FAILED));
      else if (!request.validateOnly && !quota.take(partitionsToCreate(context, topic)))
        refused.set(name, failed(name, KafkaError.THROTTLING_QUOTA_EXCEEDED));
    }
    const topics = request.topics.filter(({ name }) => !refused.has(name));
    metadata.submit(
      (controller) => decide(controller, { ...request, topics }),
      (response) => answer([...refused.values(), ...finish(context, response.topics)]),
      (errorCode) => answer(request.topics.map(({ name }) => failed(name, errorCode))),
    );
  },
});

function mayCreate({ caller, services }: RequestContext, name: string): boolean {
  const { access } = services;
  return (
    access.cluster(caller, AclOperation.CREATE) || access.topic(caller, AclOperation.CREATE, name)
  );
}

/** What a topic would cost of the quota; one that is there already costs nothing. */
function partitionsToCreate(
  { services }: RequestContext,
  { assignments, name, numPartitions }: CreateTopicsRequest['topics'][number],
): number {
  if (services.image.topics.find(name) !== undefined) return 0;
  if (assignments.length > 0) return assignments.length;
  return numPartitions > 0 ? numPartitions : services.configs.brokerNumber('num.partitions');
}

/** Settings are told from v5 on, to those who may describe them. */
function finish(
  { caller, services, version }: RequestContext,
  results: readonly Result[],
): Result[] {
  const { access } = services;
  return results.map((result) => {
    if (version < CONFIGS_FROM_VERSION) return { ...result, configs: [], topicConfigErrorCode: 0 };
    return access.topic(caller, AclOperation.DESCRIBE_CONFIGS, result.name)
      ? result
      : hideTopicConfigs(result);
  });
}

function failed(name: string, errorCode: number): Result {
  return {
    ...defaultCreateTopicsResponseCreatableTopicResult(),
    name,
    errorCode,
    errorMessage: null,
    configs: [],
  };
}
