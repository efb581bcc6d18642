import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { PartitionInfo } from '@weirhouse/kafka-client';
import type { KafkaLinks } from './kafka-links.ts';

type Topic = RouteOutput<typeof routes.getTopic>;
type Partition = RouteOutput<typeof routes.getPartition>;
type Operation = NonNullable<Topic['authorized_operations']>[number];

/** What is told about a topic. */
interface PresentableTopic {
  readonly name: string;
  readonly isInternal: boolean;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  /** The bits of KIP-430; absent = not asked for. */
  readonly authorizedOperations?: number | undefined;
}

/** The operation of each bit that a topic's answer can have. */
const OPERATIONS: readonly (readonly [bit: number, operation: Operation])[] = [
  [3, 'READ'],
  [4, 'WRITE'],
  [5, 'CREATE'],
  [6, 'DELETE'],
  [7, 'ALTER'],
  [8, 'DESCRIBE'],
  [10, 'DESCRIBE_CONFIGS'],
  [11, 'ALTER_CONFIGS'],
];

/** A topic in the contract's form. */
export function presentTopic(links: KafkaLinks, topic: PresentableTopic): Topic {
  const { authorizedOperations: bits, name } = topic;
  const path = `/topics/${encodeURIComponent(name)}`;
  return {
    kind: 'KafkaTopic',
    metadata: links.object(['topics', name]),
    cluster_id: links.clusterId,
    topic_name: name,
    is_internal: topic.isInternal,
    replication_factor: topic.replicationFactor,
    partitions_count: topic.partitionsCount,
    partitions: links.related(`${path}/partitions`),
    configs: links.related(`${path}/configs`),
    partition_reassignments: links.related(`${path}/partitions/-/reassignment`),
    ...(bits === undefined ? {} : { authorized_operations: operationsOf(bits) }),
  };
}

/** A partition in the contract's form. */
export function presentPartition(
  links: KafkaLinks,
  topicName: string,
  partition: PartitionInfo,
): Partition {
  const { index, leaderId } = partition;
  const path = `/topics/${encodeURIComponent(topicName)}/partitions/${index}`;
  const leader = links.related(`${path}/replicas/${leaderId}`);
  return {
    kind: 'KafkaPartition',
    metadata: links.object(['topics', topicName], ['partitions', index]),
    cluster_id: links.clusterId,
    topic_name: topicName,
    partition_id: index,
    ...(leaderId < 0 ? {} : { leader }),
    replicas: links.related(`${path}/replicas`),
    reassignment: links.related(`${path}/reassignment`),
  };
}

function operationsOf(bits: number): Operation[] {
  return OPERATIONS.flatMap(([bit, operation]) => ((bits & (1 << bit)) === 0 ? [] : [operation]));
}
