import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  CreatePartitionsRequest,
  CreatePartitionsTopic,
} from '@weirhouse/kafka-protocol/messages/create-partitions-request';
import type {
  CreatePartitionsResponse,
  CreatePartitionsTopicResult,
} from '@weirhouse/kafka-protocol/messages/create-partitions-response';
import { partitionRecord } from '../image/snapshot.ts';
import type { MetadataRecord } from '../records.ts';
import { repeatedNames } from '../repeated-names.ts';
import type { ApiError, ControllerContext, ControllerResult } from './controller-types.ts';
import { findPartitionLimit } from './create-topics.ts';
import { assignReplicas, checkAssignment, newPartition } from './partitions.ts';

type Growth =
  | { readonly ok: true; readonly records: readonly MetadataRecord[] }
  | { readonly ok: false; readonly error: ApiError };

/**
 * CreatePartitions (KIP-195): a topic only grows. Errors: 3 unknown, 37 not a growth, 39 assignment,
 * 42 repeated names, 44 too many partitions. With validateOnly there are no records.
 */
export function createPartitions(
  context: ControllerContext,
  request: CreatePartitionsRequest,
): ControllerResult<CreatePartitionsResponse> {
  const records: MetadataRecord[] = [];
  const results = new Map<string, CreatePartitionsTopicResult>();
  const repeated = repeatedNames(request.topics.map((topic) => topic.name));
  for (const topic of request.topics) {
    const { name } = topic;
    const growth = repeated.has(name)
      ? refuse(KafkaError.INVALID_REQUEST, 'The topic name is repeated in the request.')
      : growTopic(context, topic, records.length);
    if (growth.ok) records.push(...growth.records);
    const error = growth.ok ? { errorCode: KafkaError.NONE, errorMessage: null } : growth.error;
    results.set(name, { name, ...error });
  }
  const response = { throttleTimeMs: 0, results: [...results.values()] };
  return { records: request.validateOnly ? [] : records, response };
}

function refuse(errorCode: number, errorMessage: string): Growth {
  return { ok: false, error: { errorCode, errorMessage } };
}

function growTopic(
  context: ControllerContext,
  request: CreatePartitionsTopic,
  alreadyAdded: number,
): Growth {
  const topic = context.image.topics.find(request.name);
  if (topic === undefined) {
    return refuse(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, `Topic ${request.name} does not exist.`);
  }
  const current = topic.partitions.length;
  const added = request.count - current;
  if (added <= 0) {
    return refuse(
      KafkaError.INVALID_PARTITIONS,
      `The topic has ${current} partition(s) and can only grow; ${request.count} were asked for.`,
    );
  }
  const limit = findPartitionLimit(context, alreadyAdded + added);
  if (limit !== undefined) return { ok: false, error: limit };
  if (request.assignments !== null && request.assignments.length !== added) {
    return refuse(
      KafkaError.INVALID_REPLICA_ASSIGNMENT,
      `${added} partition(s) are added, but ${request.assignments.length} assignment(s) are given.`,
    );
  }
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1;
  const assignment =
    request.assignments === null
      ? assignReplicas(context, { partitions: added, replicationFactor })
      : checkAssignment(
          context.image,
          request.assignments.map((a) => a.brokerIds),
          replicationFactor,
        );
  if (!assignment.ok) return assignment;
  const records = assignment.replicas.map((replicas, i) =>
    partitionRecord(topic, newPartition(context.image, current + i, replicas)),
  );
  return { ok: true, records };
}
