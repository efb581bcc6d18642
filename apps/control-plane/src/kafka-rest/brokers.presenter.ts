import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { BrokerInfo, PartitionInfo, Reassignment } from '@weirhouse/kafka-client';
import type { KafkaLinks } from './kafka-links.ts';

type Broker = RouteOutput<typeof routes.getBroker>;
type Replica = RouteOutput<typeof routes.getReplica>;
type PresentedReassignment = RouteOutput<typeof routes.getReassignment>;

/** A broker in the contract's form. */
export function presentBroker(links: KafkaLinks, broker: BrokerInfo): Broker {
  const { host, nodeId, port, rack } = broker;
  return {
    kind: 'KafkaBroker',
    metadata: links.object(['brokers', nodeId]),
    cluster_id: links.clusterId,
    broker_id: nodeId,
    host,
    port,
    rack,
    configs: links.related(`/brokers/${nodeId}/configs`),
    partition_replicas: links.related(`/brokers/${nodeId}/partition-replicas`),
  };
}

/** What a broker holds of a partition. */
export function presentReplica(
  links: KafkaLinks,
  place: { readonly topic: string; readonly partition: PartitionInfo },
  brokerId: number,
): Replica {
  const { partition, topic } = place;
  return {
    kind: 'KafkaReplica',
    metadata: links.object(
      ['topics', topic],
      ['partitions', partition.index],
      ['replicas', brokerId],
    ),
    cluster_id: links.clusterId,
    topic_name: topic,
    partition_id: partition.index,
    broker_id: brokerId,
    is_leader: partition.leaderId === brokerId,
    is_in_sync: partition.inSyncReplicas.includes(brokerId),
    broker: links.related(`/brokers/${brokerId}`),
  };
}

/** How the replicas of a partition are being moved. */
export function presentReassignment(
  links: KafkaLinks,
  reassignment: Reassignment,
): PresentedReassignment {
  const { partition, topic } = reassignment;
  const object = links.object(['topics', topic], ['partitions', partition]);
  return {
    kind: 'KafkaReassignment',
    metadata: {
      self: `${object.self}/reassignment`,
      resource_name: `${object.resource_name}/reassignment`,
    },
    cluster_id: links.clusterId,
    topic_name: topic,
    partition_id: partition,
    adding_replicas: [...reassignment.addingReplicas],
    removing_replicas: [...reassignment.removingReplicas],
    replicas: { related: `${object.self}/replicas` },
  };
}
