import type { Uuid } from '@weirhouse/shared-kernel';
import { defaultDescribeClusterRequest } from '@weirhouse/kafka-protocol/messages/describe-cluster-request';
import {
  defaultMetadataRequest,
  defaultMetadataRequestTopic,
} from '@weirhouse/kafka-protocol/messages/metadata-request';
import type { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { apis } from '../apis.ts';
import { findKafkaError, requireSuccess } from '../errors.ts';

/** A broker as the cluster describes it on this listener. */
export interface BrokerInfo {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Who the cluster is. */
export interface ClusterInfo {
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly BrokerInfo[];
}

/** One partition; `leaderId` -1 means that there is no leader now. */
export interface PartitionInfo {
  readonly index: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  readonly error: AppError | undefined;
}

/** One topic, or why it cannot be told. */
export interface TopicInfo {
  readonly name: string;
  readonly topicId: Uuid;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionInfo[];
  /** The bits of KIP-430, when they were asked for. */
  readonly authorizedOperations: number;
  readonly error: AppError | undefined;
}

/** What else is asked for. */
export interface MetadataOptions {
  /** What the caller may do to each topic. */
  readonly withOperations?: boolean;
}

/** The cluster, its brokers, and the topics that were asked for. */
export interface MetadataInfo {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly BrokerInfo[];
  readonly topics: readonly TopicInfo[];
}

/** Asks who the cluster is (KIP-700). */
export async function describeCluster(send: Send): Promise<ClusterInfo> {
  const response = await send(apis.describeCluster, defaultDescribeClusterRequest());
  requireSuccess(response.errorCode, response.errorMessage);
  return {
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: response.brokers.map(({ brokerId, host, port, rack }) => ({
      nodeId: brokerId,
      host,
      port,
      rack,
    })),
  };
}

/** Asks for topics by name; undefined = all. Never creates one. */
export async function fetchMetadata(
  send: Send,
  topicNames: readonly string[] | undefined,
  options: MetadataOptions = {},
): Promise<MetadataInfo> {
  const topics =
    topicNames?.map((name) => Object.assign(defaultMetadataRequestTopic(), { name })) ?? null;
  const response = await send(apis.metadata, {
    ...defaultMetadataRequest(),
    topics,
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: options.withOperations ?? false,
  });
  return {
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: response.brokers.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack })),
    topics: response.topics.map((topic) => ({
      name: topic.name ?? '',
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      authorizedOperations: topic.topicAuthorizedOperations,
      error: findKafkaError(topic.errorCode),
      partitions: topic.partitions.map((partition) => ({
        index: partition.partitionIndex,
        leaderId: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        inSyncReplicas: partition.isrNodes,
        error: findKafkaError(partition.errorCode),
      })),
    })),
  };
}
