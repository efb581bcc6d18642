import { KafkaError } from '@weirhouse/kafka-protocol';
import type { BrokerRegistrationRequest } from '@weirhouse/kafka-protocol/messages/broker-registration-request';
import type { BrokerRegistrationResponse } from '@weirhouse/kafka-protocol/messages/broker-registration-response';
import type { UnregisterBrokerResponse } from '@weirhouse/kafka-protocol/messages/unregister-broker-response';
import { defaultPartitionChangeRecord } from '@weirhouse/kafka-protocol/messages/partition-change-record';
import type { MetadataImage } from '../image/metadata-image.ts';
import { NO_LEADER, type PartitionImage, type TopicImage } from '../image/topics-image.ts';
import type { MetadataRecord } from '../records.ts';
import type { ControllerContext, ControllerResult } from './controller-types.ts';

/*
 * A broker's life, as the controller sees it (KIP-631):
 *
 * | state        | event                | records                           | next         |
 * | unregistered | register             | RegisterBroker                    | fenced       |
 * | fenced       | caught up, unfence   | UnfenceBroker, it leads again     | active       |
 * | active       | silent, fence        | FenceBroker, others lead          | fenced       |
 * | any          | register a new life  | RegisterBroker, others lead       | fenced       |
 * | unregistered | register unfenced    | RegisterBroker, it leads again    | active       |
 * | any          | unregister           | UnregisterBroker, others lead     | unregistered |
 *
 * The last line is the controller registering its own broker: it is caught up by definition.
 */

/** What a registration needs beside the request. */
export interface BrokerRegistrationOptions {
  /** Offset the registration record will have: the broker's epoch. */
  readonly brokerEpoch: number;
  /** Whether another process with this id has sent a heartbeat within the session timeout. */
  readonly sessionAlive: boolean;
  /** False only when the controller registers its own broker. */
  readonly fenced: boolean;
}

/**
 * Registers a broker or its next life. Errors: 35 the broker cannot work with a finalized feature, 101
 * another live process has the id, 104 another cluster, 119 no listeners.
 */
export function registerBroker(
  context: ControllerContext,
  request: BrokerRegistrationRequest,
  options: BrokerRegistrationOptions,
): ControllerResult<BrokerRegistrationResponse> {
  const { image } = context;
  const errorCode = findRegistrationError(image, request, options);
  if (errorCode !== KafkaError.NONE) {
    return { records: [], response: { throttleTimeMs: 0, errorCode, brokerEpoch: -1 } };
  }
  const { brokerEpoch, fenced } = options;
  const { brokerId, incarnationId, listeners, features, rack, logDirs } = request;
  const registration: MetadataRecord = {
    kind: 'registerBroker',
    body: {
      brokerId,
      isMigratingZkBroker: false,
      incarnationId,
      brokerEpoch,
      endPoints: listeners,
      features,
      rack,
      fenced,
      inControlledShutdown: false,
      logDirs,
      cordonedLogDirs: null,
    },
  };
  const elections = fenced ? leadershipLost(image, brokerId) : leadershipGained(image, brokerId);
  return {
    records: [registration, ...elections],
    response: { throttleTimeMs: 0, errorCode, brokerEpoch },
  };
}

function findRegistrationError(
  image: MetadataImage,
  request: BrokerRegistrationRequest,
  options: BrokerRegistrationOptions,
): number {
  if (request.clusterId !== image.clusterId) return KafkaError.INCONSISTENT_CLUSTER_ID;
  const former = image.brokers.find(request.brokerId);
  if (former !== undefined && former.incarnationId !== request.incarnationId) {
    if (options.sessionAlive) return KafkaError.DUPLICATE_BROKER_REGISTRATION;
  }
  if (request.listeners.length === 0) return KafkaError.INVALID_REGISTRATION;
  const supported = new Map(request.features.map((feature) => [feature.name, feature]));
  for (const [name, level] of image.features) {
    const range = supported.get(name);
    if (range === undefined) return KafkaError.UNSUPPORTED_VERSION;
    if (level < range.minSupportedVersion || level > range.maxSupportedVersion) {
      return KafkaError.UNSUPPORTED_VERSION;
    }
  }
  return KafkaError.NONE;
}

/** Records that let a fenced broker lead and be seen; none when it is not fenced. */
export function unfenceBroker(context: ControllerContext, brokerId: number): MetadataRecord[] {
  const broker = context.image.brokers.find(brokerId);
  if (broker === undefined || !broker.fenced) return [];
  const record: MetadataRecord = {
    kind: 'unfenceBroker',
    body: { id: brokerId, epoch: broker.epoch },
  };
  return [record, ...leadershipGained(context.image, brokerId)];
}

/** Records that take a silent broker out of every in-sync set and leadership. */
export function fenceBroker(context: ControllerContext, brokerId: number): MetadataRecord[] {
  const broker = context.image.brokers.find(brokerId);
  if (broker === undefined || broker.fenced) return [];
  const record: MetadataRecord = {
    kind: 'fenceBroker',
    body: { id: brokerId, epoch: broker.epoch },
  };
  return [record, ...leadershipLost(context.image, brokerId)];
}

/**
 * UnregisterBroker: forgets a broker for good. Errors: 42 for `controllerId`, which would take itself
 * down, 102 unknown broker.
 */
export function unregisterBroker(
  context: ControllerContext,
  brokerId: number,
  controllerId: number,
): ControllerResult<UnregisterBrokerResponse> {
  const { image } = context;
  const broker = image.brokers.find(brokerId);
  if (broker === undefined) {
    const message = `Broker ${brokerId} is not registered.`;
    return { records: [], response: unregistration(KafkaError.BROKER_ID_NOT_REGISTERED, message) };
  }
  if (brokerId === controllerId) {
    const message = `Broker ${brokerId} is the controller and cannot unregister itself.`;
    return { records: [], response: unregistration(KafkaError.INVALID_REQUEST, message) };
  }
  const record: MetadataRecord = {
    kind: 'unregisterBroker',
    body: { brokerId, brokerEpoch: broker.epoch },
  };
  const records = [...leadershipLost(image, brokerId), record];
  return { records, response: unregistration(KafkaError.NONE, '') };
}

function unregistration(errorCode: number, errorMessage: string): UnregisterBrokerResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage };
}

/** Partitions without a live leader that the broker is in sync with: it leads them, in a new epoch. */
function leadershipGained(image: MetadataImage, brokerId: number): MetadataRecord[] {
  return changes(image, (partition) => {
    const { isr, leader } = partition;
    const vacant = leader === NO_LEADER || leader === brokerId || !image.brokers.isActive(leader);
    if (!vacant || !isr.includes(brokerId)) return undefined;
    return { leader: brokerId };
  });
}

/**
 * The broker leaves in-sync sets that others are in; the last member stays, for only it has all the
 * records. Leadership passes to the first live replica in sync, or to nobody.
 */
function leadershipLost(image: MetadataImage, brokerId: number): MetadataRecord[] {
  return changes(image, (partition) => {
    const { isr, replicas, leader } = partition;
    if (!isr.includes(brokerId)) return undefined;
    const left = isr.filter((id) => id !== brokerId);
    const isrChange = left.length === 0 ? {} : { isr: left };
    if (leader !== brokerId) return left.length === 0 ? undefined : isrChange;
    const next = replicas.find((id) => left.includes(id) && image.brokers.isActive(id));
    return { ...isrChange, leader: next ?? NO_LEADER };
  });
}

interface PartitionChange {
  readonly isr?: readonly number[];
  readonly leader?: number;
}

function changes(
  image: MetadataImage,
  decide: (partition: PartitionImage, topic: TopicImage) => PartitionChange | undefined,
): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      const change = decide(partition, topic);
      if (change === undefined) continue;
      const { topicId } = topic;
      const unchanged = defaultPartitionChangeRecord();
      const body = { ...unchanged, topicId, partitionId: partition.index, ...change };
      records.push({ kind: 'partitionChange', body });
    }
  }
  return records;
}
