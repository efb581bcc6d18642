import type { MetadataRecord } from '../records.ts';
import type { BrokerImage } from './brokers-image.ts';
import type { MetadataImage } from './metadata-image.ts';
import type { PartitionImage, TopicImage } from './topics-image.ts';

/**
 * Records that build an equal image from an empty one: the content of a snapshot. Order: features,
 * brokers, topics with their partitions, settings, credentials, ACLs, quotas, producer ids.
 */
export function* snapshotRecords(image: MetadataImage): IterableIterator<MetadataRecord> {
  for (const [name, featureLevel] of image.features) {
    yield { kind: 'featureLevel', body: { name, featureLevel } };
  }
  for (const broker of image.brokers.list()) yield brokerRecord(broker);
  for (const topic of image.topics.values()) {
    yield { kind: 'topic', body: { name: topic.name, topicId: topic.topicId } };
    for (const partition of topic.partitions) yield partitionRecord(topic, partition);
  }
  for (const { resourceType, resourceName, values } of image.configs.list()) {
    for (const [name, value] of values) {
      yield { kind: 'config', body: { resourceType, resourceName, name, value } };
    }
  }
  yield* securityRecords(image);
  for (const { entity, limits } of image.quotas.list()) {
    for (const [key, value] of limits) {
      yield { kind: 'clientQuota', body: { entity, key, value, remove: false } };
    }
  }
  if (image.nextProducerId > 0) {
    const body = { brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId };
    yield { kind: 'producerIds', body };
  }
}

function* securityRecords(image: MetadataImage): IterableIterator<MetadataRecord> {
  for (const name of image.credentials.users()) {
    for (const { user: _, ...credential } of image.credentials.of(name)) {
      yield { kind: 'userScramCredential', body: { name, ...credential } };
    }
  }
  for (const acl of image.acls.values()) yield { kind: 'accessControlEntry', body: acl };
}

function brokerRecord(broker: BrokerImage): MetadataRecord {
  return {
    kind: 'registerBroker',
    body: {
      brokerId: broker.id,
      isMigratingZkBroker: false,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: [...broker.endpoints].map(([name, { host, port, securityProtocol }]) => ({
        name,
        host,
        port,
        securityProtocol,
      })),
      features: [...broker.features].map(([name, { min, max }]) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: broker.logDirs,
      cordonedLogDirs: null,
    },
  };
}

/** The record that creates a partition in exactly this state. */
export function partitionRecord(
  topic: Pick<TopicImage, 'topicId'>,
  partition: PartitionImage,
): MetadataRecord {
  const { index, elr, lastKnownElr, ...rest } = partition;
  return {
    kind: 'partition',
    body: {
      partitionId: index,
      topicId: topic.topicId,
      ...rest,
      eligibleLeaderReplicas: elr.length === 0 ? null : elr,
      lastKnownElr: lastKnownElr.length === 0 ? null : lastKnownElr,
    },
  };
}
