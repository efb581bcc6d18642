import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsRequestReassignablePartition,
} from '@weirhouse/kafka-protocol/messages/alter-partition-reassignments-request';
import type { AlterPartitionReassignmentsResponse } from '@weirhouse/kafka-protocol/messages/alter-partition-reassignments-response';
import type { ListPartitionReassignmentsRequest } from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-request';
import type { ListPartitionReassignmentsResponse } from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-response';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { TopicImage } from '../image/topics-image.ts';
import type { MetadataRecord } from '../records.ts';
import type { ApiError, ControllerContext, ControllerResult } from './controller-types.ts';
import { checkAssignment } from './partitions.ts';
import {
  isReassigning,
  originalReplicas,
  type PartitionPlace,
  reassign,
  settle,
} from './reassignment.ts';

type Outcome =
  | { readonly ok: true; readonly record: MetadataRecord | undefined }
  | { readonly ok: false; readonly error: ApiError };

const NO_ERROR: ApiError = { errorCode: KafkaError.NONE, errorMessage: null };

/**
 * AlterPartitionReassignments (KIP-455): a target for each partition, or null to cancel. Errors of a
 * partition: 3 unknown, 38 another replication factor where that is not allowed, 39 impossible target,
 * 85 nothing to cancel.
 */
export function alterPartitionReassignments(
  context: ControllerContext,
  request: AlterPartitionReassignmentsRequest,
): ControllerResult<AlterPartitionReassignmentsResponse> {
  const { allowReplicationFactorChange } = request;
  const records: MetadataRecord[] = [];
  const responses = request.topics.map(({ name, partitions }) => {
    const topic = context.image.topics.find(name);
    const results = partitions.map((partition) => {
      const outcome =
        topic === undefined
          ? refuse(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, `Topic ${name} does not exist.`)
          : alterOne(context.image, topic, { ...partition, allowReplicationFactorChange });
      if (outcome.ok && outcome.record !== undefined) records.push(outcome.record);
      const error = outcome.ok ? NO_ERROR : outcome.error;
      return { partitionIndex: partition.partitionIndex, ...error };
    });
    return { name, partitions: results };
  });
  const head = { throttleTimeMs: 0, allowReplicationFactorChange, ...NO_ERROR };
  return { records, response: { ...head, responses } };
}

function refuse(errorCode: number, errorMessage: string | null): Outcome {
  return { ok: false, error: { errorCode, errorMessage } };
}

type Wish = AlterPartitionReassignmentsRequestReassignablePartition & {
  readonly allowReplicationFactorChange: boolean;
};

function alterOne(image: MetadataImage, topic: TopicImage, wish: Wish): Outcome {
  const partition = topic.partitions[wish.partitionIndex];
  if (partition === undefined) {
    const message = `Topic ${topic.name} has no partition ${wish.partitionIndex}.`;
    return refuse(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, message);
  }
  const place = { topic, partition };
  return wish.replicas === null ? cancel(image, place) : start(image, place, wish);
}

/** Refused when it would leave a partition that nobody in sync holds. */
function cancel(image: MetadataImage, place: PartitionPlace): Outcome {
  const { partition } = place;
  if (!isReassigning(partition)) return refuse(KafkaError.NO_REASSIGNMENT_IN_PROGRESS, null);
  const replicas = originalReplicas(partition);
  if (!replicas.some((id) => partition.isr.includes(id))) {
    const message = 'No replica of before the reassignment is in sync, so it cannot be cancelled.';
    return refuse(KafkaError.INVALID_REPLICA_ASSIGNMENT, message);
  }
  return { ok: true, record: settle(image, place, replicas) };
}

function start(image: MetadataImage, place: PartitionPlace, wish: Wish): Outcome {
  const target = wish.replicas ?? [];
  const { partition } = place;
  const factor = originalReplicas(partition).length;
  const checked = checkAssignment(image, [target]);
  if (!checked.ok) return checked;
  if (!wish.allowReplicationFactorChange && target.length !== factor) {
    const message = `The partition has ${factor} replica(s) and the request forbids to change that to ${target.length}.`;
    return refuse(KafkaError.INVALID_REPLICATION_FACTOR, message);
  }
  return { ok: true, record: reassign(image, place, target) };
}

/** ListPartitionReassignments (KIP-455): what is under way; null topics mean all. */
export function listPartitionReassignments(
  image: MetadataImage,
  request: ListPartitionReassignmentsRequest,
): ListPartitionReassignmentsResponse {
  const wanted = request.topics?.map(({ name, partitionIndexes }) => {
    return { topic: image.topics.find(name), indexes: partitionIndexes };
  });
  const all = wanted ?? Array.from(image.topics.values(), (topic) => ({ topic, indexes: null }));
  const topics = all.flatMap(({ indexes, topic }) => {
    const partitions = (topic?.partitions ?? [])
      .filter((partition) => isReassigning(partition))
      .filter(({ index }) => indexes === null || indexes.includes(index))
      .map(({ addingReplicas, index, removingReplicas, replicas }) => {
        return { partitionIndex: index, replicas, addingReplicas, removingReplicas };
      });
    return topic === undefined || partitions.length === 0 ? [] : [{ name: topic.name, partitions }];
  });
  return { throttleTimeMs: 0, ...NO_ERROR, topics };
}
