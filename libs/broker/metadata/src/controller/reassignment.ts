import { defaultPartitionChangeRecord } from '@weirhouse/kafka-protocol/messages/partition-change-record';
import { type Uuid, ZERO_UUID } from '@weirhouse/shared-kernel';
import type { MetadataImage } from '../image/metadata-image.ts';
import { NO_LEADER, type PartitionImage, type TopicImage } from '../image/topics-image.ts';
import type { MetadataRecord } from '../records.ts';
import { onlyDirectory } from './partitions.ts';

/*
 * A reassignment as the controller sees it (KIP-455):
 *
 * | state    | event                                      | replicas          | next     |
 * | settled  | target is what it is                       | as they are       | settled  |
 * | settled  | every replica of the target is in sync     | the target        | settled  |
 * | settled  | some replicas of the target are not        | target + leaving  | ongoing  |
 * | ongoing  | another target                             | target + leaving  | ongoing  |
 * | ongoing  | the last replica of the target is in sync  | the target        | settled  |
 * | ongoing  | cancelled                                  | without the added | settled  |
 */

/** True while replicas are on their way in or out. */
export function isReassigning(partition: PartitionImage): boolean {
  return partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0;
}

/** The replicas a partition had before its reassignment. */
export function originalReplicas(partition: PartitionImage): readonly number[] {
  return partition.replicas.filter((id) => !partition.addingReplicas.includes(id));
}

/** Which partition a record is about. */
export interface PartitionPlace {
  readonly topic: Pick<TopicImage, 'topicId'>;
  readonly partition: PartitionImage;
}

/** The change that begins a reassignment, or completes it when all of the target are in sync. */
export function reassign(
  image: MetadataImage,
  place: PartitionPlace,
  target: readonly number[],
): MetadataRecord | undefined {
  const { partition } = place;
  const before = originalReplicas(partition);
  if (!isReassigning(partition) && sameList(before, target)) return undefined;
  if (target.every((id) => partition.isr.includes(id))) return settle(image, place, target);
  const leaving = before.filter((id) => !target.includes(id));
  return change(image, place, {
    replicas: [...target, ...leaving],
    addingReplicas: target.filter((id) => !before.includes(id)),
    removingReplicas: leaving,
  });
}

/**
 * The change that ends a reassignment with exactly `replicas`: those that left leave the in-sync set,
 * and the leadership passes on when it was theirs.
 */
export function settle(
  image: MetadataImage,
  place: PartitionPlace,
  replicas: readonly number[],
): MetadataRecord {
  const { isr: inSync, leader } = place.partition;
  const isr = inSync.filter((id) => replicas.includes(id));
  const next = replicas.find((id) => isr.includes(id) && image.brokers.isActive(id)) ?? NO_LEADER;
  return change(image, place, {
    replicas,
    isr,
    addingReplicas: [],
    removingReplicas: [],
    ...(replicas.includes(leader) ? {} : { leader: next }),
  });
}

interface ReplicaChange {
  readonly replicas: readonly number[];
  readonly isr?: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly leader?: number;
}

function change(
  image: MetadataImage,
  { partition, topic }: PartitionPlace,
  changed: ReplicaChange,
): MetadataRecord {
  const { topicId } = topic;
  const directories = changed.replicas.map((id) => directoryOf(image, partition, id));
  const place = { topicId, partitionId: partition.index };
  const body = { ...defaultPartitionChangeRecord(), ...place, ...changed, directories };
  return { kind: 'partitionChange', body };
}

/** A replica that stays keeps its directory. */
function directoryOf(image: MetadataImage, partition: PartitionImage, brokerId: number): Uuid {
  const position = partition.replicas.indexOf(brokerId);
  if (position < 0) return onlyDirectory(image, brokerId);
  return partition.directories[position] ?? ZERO_UUID;
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, position) => id === b[position]);
}
