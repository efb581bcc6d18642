import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  CreateTopicsRequest,
  CreateTopicsRequestCreatableTopic,
} from '@weirhouse/kafka-protocol/messages/create-topics-request';
import type {
  CreateTopicsResponse,
  CreateTopicsResponseCreatableTopicConfigs,
  CreateTopicsResponseCreatableTopicResult,
} from '@weirhouse/kafka-protocol/messages/create-topics-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';
import { ConfigResourceType } from '../configs/resolver.ts';
import { isListed } from '../configs/definition.ts';
import { TOPIC_CONFIGS } from '../configs/topic-configs.ts';
import { partitionRecord } from '../image/snapshot.ts';
import { collisionKey, type TopicImage } from '../image/topics-image.ts';
import type { MetadataRecord } from '../records.ts';
import { repeatedNames } from '../repeated-names.ts';
import {
  type ApiError,
  type ControllerContext,
  type ControllerResult,
  PARTITIONS_MAX,
  PARTITIONS_PER_REQUEST_MAX,
  randomUuid,
} from './controller-types.ts';
import { type Assignment, assignReplicas, checkAssignment, newPartition } from './partitions.ts';
import { findTopicNameFault } from './topic-names.ts';
import { type CheckedSettings, checkTopicSettings, invalidConfig } from './topic-settings.ts';

/** In a request: take the broker's default. */
const USE_DEFAULT = -1;

const TOO_MANY_AT_ONCE: ApiError = {
  errorCode: KafkaError.POLICY_VIOLATION,
  errorMessage: `Too many partitions: at most ${PARTITIONS_PER_REQUEST_MAX} partitions can be created by one request.`,
};

/** A topic that passed every check. */
interface TopicPlan {
  readonly topic: TopicImage;
  readonly configs: ReadonlyMap<string, string>;
  readonly replicationFactor: number;
}

type Planned =
  | { readonly ok: true; readonly plan: TopicPlan }
  | { readonly ok: false; readonly error: ApiError };

/**
 * CreateTopics (KIP-4, defaults by KIP-464): each topic succeeds or fails by itself. Errors: 17 name,
 * 36 exists, 37 partitions, 38 replication factor, 39 assignment, 40 settings, 42 contradictions and
 * repeated names, 44 too many partitions. With validateOnly there are no records.
 */
export function createTopics(
  context: ControllerContext,
  request: CreateTopicsRequest,
): ControllerResult<CreateTopicsResponse> {
  const records: MetadataRecord[] = [];
  const topics = new Map<string, CreateTopicsResponseCreatableTopicResult>();
  const repeated = repeatedNames(request.topics.map((topic) => topic.name));
  const claimed = new Map<string, string>();
  let partitions = 0;
  const isExcessive = requestedPartitions(request) > PARTITIONS_PER_REQUEST_MAX;
  for (const topic of request.topics) {
    if (isExcessive) {
      topics.set(topic.name, failedResult(topic.name, TOO_MANY_AT_ONCE));
      continue;
    }
    const planned = repeated.has(topic.name)
      ? refuse(KafkaError.INVALID_REQUEST, 'The topic name is repeated in the request.')
      : planTopic(context, topic, { claimed, partitions });
    if (!planned.ok) {
      topics.set(topic.name, failedResult(topic.name, planned.error));
      continue;
    }
    partitions += planned.plan.topic.partitions.length;
    claimed.set(collisionKey(topic.name), topic.name);
    topics.set(topic.name, createdResult(context, planned.plan, request.validateOnly));
    if (!request.validateOnly) records.push(...topicRecords(planned.plan));
  }
  return { records, response: { throttleTimeMs: 0, topics: [...topics.values()] } };
}

/** As Kafka: a request that asks for too many partitions in all makes none of its topics. */
function requestedPartitions({ topics }: CreateTopicsRequest): number {
  let count = 0;
  for (const { assignments, numPartitions } of topics)
    count += assignments.length > 0 ? assignments.length : Math.max(0, numPartitions);
  return count;
}

function refuse(errorCode: number, errorMessage: string): { ok: false; error: ApiError } {
  return { ok: false, error: { errorCode, errorMessage } };
}

/** What earlier topics of the same request have taken. */
interface Taken {
  readonly claimed: ReadonlyMap<string, string>;
  readonly partitions: number;
}

function planTopic(
  context: ControllerContext,
  request: CreateTopicsRequestCreatableTopic,
  taken: Taken,
): Planned {
  const { image } = context;
  const { name } = request;
  const nameFault = findTopicNameFault(name);
  if (nameFault !== undefined) return { ok: false, error: nameFault };
  if (image.topics.find(name) !== undefined) {
    return refuse(KafkaError.TOPIC_ALREADY_EXISTS, `Topic ${name} already exists.`);
  }
  const other = image.topics.findCollision(name) ?? taken.claimed.get(collisionKey(name));
  if (other !== undefined) {
    return refuse(
      KafkaError.INVALID_TOPIC_EXCEPTION,
      `Topic ${name} collides with topic ${other}: '.' and '_' are the same in metric names.`,
    );
  }
  const configs = checkRequestConfigs(context, request);
  if (!configs.ok) return configs;
  const assignment =
    request.assignments.length > 0
      ? checkManualAssignment(context, request)
      : assignByCount(context, request, taken);
  if (!assignment.ok) return assignment;
  const tooMany = findPartitionLimit(context, taken.partitions + assignment.replicas.length);
  if (tooMany !== undefined) return { ok: false, error: tooMany };
  const topic: TopicImage = {
    name,
    topicId: randomUuid(context.random),
    partitions: assignment.replicas.map((replicas, i) => newPartition(image, i, replicas)),
  };
  const replicationFactor = assignment.replicas[0]?.length ?? 0;
  return { ok: true, plan: { topic, configs: configs.values, replicationFactor } };
}

/** Error 44 when a request would make too many partitions at once or in the cluster. */
export function findPartitionLimit(
  context: ControllerContext,
  added: number,
): ApiError | undefined {
  if (added > PARTITIONS_PER_REQUEST_MAX) return TOO_MANY_AT_ONCE;
  const most = Math.min(PARTITIONS_MAX, context.partitionsMax?.() ?? PARTITIONS_MAX);
  if (context.image.topics.partitionCount + added <= most) return undefined;
  const errorMessage = `Too many partitions: this cluster can have at most ${most} partitions.`;
  return { errorCode: KafkaError.POLICY_VIOLATION, errorMessage };
}

function checkRequestConfigs(
  context: ControllerContext,
  request: CreateTopicsRequestCreatableTopic,
): CheckedSettings {
  const overrides = new Map<string, string>();
  for (const { name, value } of request.configs) {
    if (value === null) return invalidConfig(`The value of ${name} must not be null.`);
    overrides.set(name, value);
  }
  return checkTopicSettings(context.configs, overrides);
}

function checkManualAssignment(
  context: ControllerContext,
  request: CreateTopicsRequestCreatableTopic,
): Assignment {
  if (request.numPartitions !== USE_DEFAULT || request.replicationFactor !== USE_DEFAULT) {
    return refuse(
      KafkaError.INVALID_REQUEST,
      'With an assignment, the partition count and the replication factor must be -1.',
    );
  }
  const byIndex = new Map(request.assignments.map((a) => [a.partitionIndex, a.brokerIds]));
  const replicas: (readonly number[])[] = [];
  for (let index = 0; index < request.assignments.length; index++) {
    const brokers = byIndex.get(index);
    if (brokers === undefined) {
      return refuse(
        KafkaError.INVALID_REPLICA_ASSIGNMENT,
        'The partitions of an assignment must be numbered from 0 without gaps or repetition.',
      );
    }
    replicas.push(brokers);
  }
  return checkAssignment(context.image, replicas);
}

function assignByCount(
  context: ControllerContext,
  request: CreateTopicsRequestCreatableTopic,
  taken: Taken,
): Assignment {
  const partitions =
    request.numPartitions === USE_DEFAULT
      ? context.configs.brokerNumber('num.partitions')
      : request.numPartitions;
  const replicationFactor =
    request.replicationFactor === USE_DEFAULT
      ? context.configs.brokerNumber('default.replication.factor')
      : request.replicationFactor;
  if (replicationFactor <= 0) {
    return refuse(
      KafkaError.INVALID_REPLICATION_FACTOR,
      'The replication factor must be at least 1, or -1 for the default.',
    );
  }
  if (partitions <= 0) {
    return refuse(
      KafkaError.INVALID_PARTITIONS,
      'The number of partitions must be at least 1, or -1 for the default.',
    );
  }
  // Checked before placing, so that a huge number costs nothing.
  const tooMany = findPartitionLimit(context, taken.partitions + partitions);
  if (tooMany !== undefined) return { ok: false, error: tooMany };
  return assignReplicas(context, { partitions, replicationFactor });
}

function topicRecords({ topic, configs }: TopicPlan): readonly MetadataRecord[] {
  const { name, topicId } = topic;
  const configRecords = [...configs].map(([config, value]): MetadataRecord => {
    const body = {
      resourceType: ConfigResourceType.TOPIC,
      resourceName: name,
      name: config,
      value,
    };
    return { kind: 'config', body };
  });
  return [
    { kind: 'topic', body: { name, topicId } },
    ...configRecords,
    ...topic.partitions.map((partition) => partitionRecord(topic, partition)),
  ];
}

function failedResult(name: string, error: ApiError): CreateTopicsResponseCreatableTopicResult {
  return {
    name,
    topicId: ZERO_UUID,
    ...error,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}

function createdResult(
  context: ControllerContext,
  { topic, configs, replicationFactor }: TopicPlan,
  validateOnly: boolean,
): CreateTopicsResponseCreatableTopicResult {
  return {
    name: topic.name,
    topicId: validateOnly ? ZERO_UUID : topic.topicId,
    errorCode: KafkaError.NONE,
    errorMessage: null,
    topicConfigErrorCode: KafkaError.NONE,
    numPartitions: topic.partitions.length,
    replicationFactor,
    configs: [...TOPIC_CONFIGS.values()]
      .filter((definition) => isListed(definition, configs))
      .map((definition): CreateTopicsResponseCreatableTopicConfigs => {
        const { name, value, source } = context.configs.resolveTopic(definition, configs);
        return { name, value, readOnly: false, configSource: source, isSensitive: false };
      }),
  };
}

/** Hides the settings of a created topic from a client who may not describe them (error 29). */
export function hideTopicConfigs(
  result: CreateTopicsResponseCreatableTopicResult,
): CreateTopicsResponseCreatableTopicResult {
  if (result.errorCode !== KafkaError.NONE) return result;
  return {
    ...result,
    topicConfigErrorCode: KafkaError.TOPIC_AUTHORIZATION_FAILED,
    numPartitions: -1,
    replicationFactor: -1,
    configs: null,
  };
}
