// Metadata: versions 0 to 13. v0 empty = all, v1+ null = all; v4 auto-creation flag, v8 authorized
// operations (KIP-430), v10 topic ids, v12 lookup by id. Topics that may not be described are hidden,
// or answered 29 when they were named, whether they exist or not.
import { AclOperation, type TopicImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  metadataRequestSchema,
  readMetadataRequest,
  type MetadataRequest,
  type MetadataRequestTopic,
} from '@weirhouse/kafka-protocol/messages/metadata-request';
import {
  defaultMetadataResponse,
  defaultMetadataResponseTopic,
  writeMetadataResponse,
  type MetadataResponse,
  type MetadataResponseTopic,
} from '@weirhouse/kafka-protocol/messages/metadata-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { OPERATIONS_OMITTED } from '../access.ts';
import { listEndpoints } from '../endpoints.ts';
import { defineHandler, type RequestContext } from '../handler.ts';
import { isInternalTopic } from '../internal-topics.ts';
import { autoCreateTopics, isTopicName } from '../topic-creation.ts';

const NULL_IS_ALL_FROM_VERSION = 1;
const AUTO_CREATE_FLAG_FROM_VERSION = 4;
const CLUSTER_OPERATIONS_MAX_VERSION = 10;

/** API key 3. */
export const metadata = defineHandler<MetadataRequest, MetadataResponse>({
  schema: metadataRequestSchema,
  minVersion: 0,
  maxVersion: 13,
  authenticated: true,
  borrowsFrame: true,
  read: readMetadataRequest,
  write: writeMetadataResponse,
  handle(context, request, respond) {
    const answer = () => respond(describe(context, request));
    const missing = topicsToCreate(context, request);
    if (missing.length === 0) return answer();
    // Answered after the creation: one round trip less than a retriable error.
    autoCreateTopics(context.services, missing, answer);
  },
});

function wantsAll({ version }: RequestContext, { topics }: MetadataRequest): boolean {
  return topics === null || (version < NULL_IS_ALL_FROM_VERSION && topics.length === 0);
}

/** Whether topics that do not exist are to be made: the client and the broker must want it. */
function wantsCreation({ services, version }: RequestContext, request: MetadataRequest): boolean {
  const isAllowed = version < AUTO_CREATE_FLAG_FROM_VERSION || request.allowAutoTopicCreation;
  return isAllowed && services.configs.brokerFlag('auto.create.topics.enable');
}

function mayCreate({ caller, services: { access } }: RequestContext, name: string): boolean {
  return (
    access.cluster(caller, AclOperation.CREATE) || access.topic(caller, AclOperation.CREATE, name)
  );
}

/** Named topics that do not exist and that this caller may have made. */
function topicsToCreate(context: RequestContext, request: MetadataRequest): string[] {
  if (wantsAll(context, request) || !wantsCreation(context, request)) return [];
  const { caller, services } = context;
  const { access, image } = services;
  const names = new Set<string>();
  for (const { name } of request.topics ?? []) {
    if (name === null || name === '' || image.topics.find(name) !== undefined) continue;
    if (!access.topic(caller, AclOperation.DESCRIBE, name)) continue;
    if (mayCreate(context, name)) names.add(name);
  }
  return Array.from(names);
}

function describe(context: RequestContext, request: MetadataRequest): MetadataResponse {
  const { caller, services, version } = context;
  const { access, clusterId, image, nodeId } = services;
  const wantsClusterOperations =
    request.includeClusterAuthorizedOperations && version <= CLUSTER_OPERATIONS_MAX_VERSION;
  const topics = wantsAll(context, request)
    ? Array.from(image.topics.values())
        .filter((topic) => access.topic(caller, AclOperation.DESCRIBE, topic.name))
        .map((topic) => describeTopic(context, request, topic))
    : (request.topics ?? []).map((wanted) => describeWanted(context, request, wanted));
  return {
    ...defaultMetadataResponse(),
    brokers: listEndpoints(context),
    clusterId,
    controllerId: nodeId,
    topics,
    clusterAuthorizedOperations: wantsClusterOperations
      ? access.clusterOperations(caller)
      : OPERATIONS_OMITTED,
  };
}

function describeWanted(
  context: RequestContext,
  request: MetadataRequest,
  wanted: MetadataRequestTopic,
): MetadataResponseTopic {
  const { caller, services } = context;
  const byId = wanted.topicId !== ZERO_UUID && (wanted.name === null || wanted.name === '');
  const name = wanted.name ?? '';
  const topic = byId
    ? services.image.topics.findById(wanted.topicId)
    : services.image.topics.find(name);
  const failed = (errorCode: number): MetadataResponseTopic => ({
    ...defaultMetadataResponseTopic(),
    errorCode,
    // The name of a topic asked for by id stays hidden from who may not describe it.
    name: byId && context.version >= 12 ? null : name,
    topicId: wanted.topicId,
    isInternal: !byId && isInternalTopic(name),
  });
  if (byId && topic === undefined) return failed(KafkaError.UNKNOWN_TOPIC_ID);
  if (!services.access.topic(caller, AclOperation.DESCRIBE, topic?.name ?? name))
    return failed(KafkaError.TOPIC_AUTHORIZATION_FAILED);
  if (topic !== undefined) return describeTopic(context, request, topic);
  if (!byId && wantsCreation(context, request) && !mayCreate(context, name))
    return failed(KafkaError.TOPIC_AUTHORIZATION_FAILED);
  return failed(
    isTopicName(name) ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION : KafkaError.INVALID_TOPIC_EXCEPTION,
  );
}

function describeTopic(
  context: RequestContext,
  request: MetadataRequest,
  topic: TopicImage,
): MetadataResponseTopic {
  const { access, image } = context.services;
  return {
    ...defaultMetadataResponseTopic(),
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => {
      const leader = image.brokers.find(partition.leader);
      const isOnline = leader !== undefined && !leader.fenced;
      return {
        errorCode: isOnline ? KafkaError.NONE : KafkaError.LEADER_NOT_AVAILABLE,
        partitionIndex: partition.index,
        leaderId: isOnline ? partition.leader : -1,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: partition.replicas,
        isrNodes: partition.isr,
        offlineReplicas: partition.replicas.filter((id) => image.brokers.find(id)?.fenced ?? true),
      };
    }),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations
      ? access.topicOperations(context.caller, topic.name)
      : OPERATIONS_OMITTED,
  };
}
