import { AclOperation, type PartitionImage, type TopicImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import type { RequestContext } from '../handler.ts';
import type { Partition } from '../partitions.ts';
import type { FetchTarget } from './session.ts';

/** The isolation levels of Fetch and ListOffsets. */
export const Isolation = { READ_UNCOMMITTED: 0, READ_COMMITTED: 1 } as const;

/** What is known of one wanted partition; rebuilt whenever the fetch looks again. */
export interface FetchEntry {
  readonly target: FetchTarget;
  readonly topicName: string;
  readonly errorCode: number;
  /** Set whenever this broker leads the partition, also for errors about offset or epoch. */
  readonly partition: Partition | undefined;
  readonly image: PartitionImage | undefined;
  /** Readers see offsets below this. */
  readonly endOffset: number;
  readonly diverging: { readonly epoch: number; readonly endOffset: number } | undefined;
}

/** The topic a target names, by id when it has one. */
export function findTargetTopic(
  context: RequestContext,
  target: FetchTarget,
): TopicImage | undefined {
  const { image } = context.services;
  return target.topicId === ZERO_UUID
    ? image.topics.find(target.topicName)
    : image.topics.findById(target.topicId);
}

/** Compares a client's leader epoch with ours: 0, 74 or 75. -1 is not checked. */
export function checkLeaderEpoch(wanted: number, actual: number): number {
  if (wanted === -1 || wanted === actual) return 0;
  return wanted < actual ? KafkaError.FENCED_LEADER_EPOCH : KafkaError.UNKNOWN_LEADER_EPOCH;
}

/** Looks at one wanted partition: permission, leadership, epoch, offset. Reads nothing. */
export function examine(
  context: RequestContext,
  target: FetchTarget,
  isolationLevel: number,
): FetchEntry {
  const { access, partitions } = context.services;
  const topic = findTargetTopic(context, target);
  const topicName = topic?.name ?? target.topicName;
  const failed = (errorCode: number, found: Partial<FetchEntry> = {}): FetchEntry => ({
    target,
    topicName,
    errorCode,
    partition: undefined,
    image: undefined,
    endOffset: -1,
    diverging: undefined,
    ...found,
  });
  if (topic === undefined && target.topicId !== ZERO_UUID)
    return failed(KafkaError.UNKNOWN_TOPIC_ID);
  if (!access.topic(context.caller, AclOperation.READ, topicName))
    return failed(KafkaError.TOPIC_AUTHORIZATION_FAILED);
  if (topic === undefined) return failed(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  const found = partitions.lookUp(topic, target.index);
  if (!found.ok) return failed(found.errorCode, { image: found.image });
  const { image, partition } = found;
  const epochError = checkLeaderEpoch(target.currentLeaderEpoch, image.leaderEpoch);
  if (epochError !== 0) return failed(epochError, { image });
  const { log } = partition;
  if (target.fetchOffset < log.startOffset || target.fetchOffset > log.endOffset)
    return failed(KafkaError.OFFSET_OUT_OF_RANGE, { image });
  const divergence = findDivergence(partition, image, target);
  if (divergence === 'unknown') return failed(KafkaError.OFFSET_OUT_OF_RANGE, { image });
  const endOffset =
    isolationLevel === Isolation.READ_COMMITTED ? log.lastStableOffset : log.highWatermark;
  const diverging = divergence === 'none' ? undefined : divergence;
  return { target, topicName, errorCode: 0, partition, image, endOffset, diverging };
}

/** Where an epoch ends here. The present leader's epoch has begun even when nothing was written in it. */
export function endOfEpoch(
  { log }: Partition,
  image: PartitionImage,
  epoch: number,
): { readonly epoch: number; readonly endOffset: number } {
  if (epoch === image.leaderEpoch) return { epoch, endOffset: log.endOffset };
  return log.endOffsetOfEpoch(epoch);
}

/** Where the client's log left ours, when its last epoch says that it did (KIP-595). */
function findDivergence(
  partition: Partition,
  image: PartitionImage,
  target: FetchTarget,
): { epoch: number; endOffset: number } | 'none' | 'unknown' {
  if (target.lastFetchedEpoch < 0) return 'none';
  const end = endOfEpoch(partition, image, target.lastFetchedEpoch);
  if (end.epoch < 0) return 'unknown';
  if (end.epoch < target.lastFetchedEpoch || end.endOffset < target.fetchOffset) return end;
  return 'none';
}
