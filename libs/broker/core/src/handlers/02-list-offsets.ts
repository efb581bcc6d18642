// ListOffsets: versions 1 to 11. v2 isolation level, v4 leader epochs, v7 max timestamp, v8 earliest
// local, v9 latest tiered (KIP-405), v11 earliest pending upload. Nothing is tiered here, so the local
// log is the whole log.
import { AclOperation, type PartitionImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  listOffsetsRequestSchema,
  readListOffsetsRequest,
  type ListOffsetsPartition,
  type ListOffsetsRequest,
} from '@weirhouse/kafka-protocol/messages/list-offsets-request';
import {
  defaultListOffsetsPartitionResponse,
  writeListOffsetsResponse,
  type ListOffsetsPartitionResponse,
  type ListOffsetsResponse,
} from '@weirhouse/kafka-protocol/messages/list-offsets-response';

import { checkLeaderEpoch, Isolation } from '../fetch/fetch-entry.ts';
import { defineHandler, type RequestContext } from '../handler.ts';
import type { Partition } from '../partitions.ts';

/** Timestamps with a meaning, and the version each came with. */
const Special = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const;
const SPECIAL_FROM_VERSION = new Map<number, number>([
  [Special.LATEST, 1],
  [Special.EARLIEST, 1],
  [Special.MAX_TIMESTAMP, 7],
  [Special.EARLIEST_LOCAL, 8],
  [Special.LATEST_TIERED, 9],
  [Special.EARLIEST_PENDING_UPLOAD, 11],
]);

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** Older answers have no place for the leader epoch. */
const EPOCH_FROM_VERSION = 4;

const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

/** API key 2. */
export const listOffsets = defineHandler<ListOffsetsRequest, ListOffsetsResponse>({
  schema: listOffsetsRequestSchema,
  minVersion: 1,
  maxVersion: 11,
  authenticated: true,
  borrowsFrame: true,
  read: readListOffsetsRequest,
  write: writeListOffsetsResponse,
  handle(context, request, respond) {
    const topics = request.topics.map(({ name, partitions }) => {
      const repeated = repeatedIndexes(partitions);
      return {
        name,
        partitions: partitions.map((partition) =>
          repeated.has(partition.partitionIndex)
            ? answer(partition, KafkaError.INVALID_REQUEST)
            : list(context, name, partition, request.isolationLevel),
        ),
      };
    });
    respond({ throttleTimeMs: 0, topics });
  },
});

function repeatedIndexes(partitions: readonly ListOffsetsPartition[]): ReadonlySet<number> {
  const seen = new Set<number>();
  const repeated = new Set<number>();
  for (const { partitionIndex } of partitions) {
    if (seen.has(partitionIndex)) repeated.add(partitionIndex);
    seen.add(partitionIndex);
  }
  return repeated;
}

function answer(
  { partitionIndex }: ListOffsetsPartition,
  errorCode: number,
  found: Found = NOTHING,
): ListOffsetsPartitionResponse {
  return { ...defaultListOffsetsPartitionResponse(), partitionIndex, errorCode, ...found };
}

function list(
  context: RequestContext,
  name: string,
  partition: ListOffsetsPartition,
  isolationLevel: number,
): ListOffsetsPartitionResponse {
  const { caller, services, version } = context;
  if (!services.access.topic(caller, AclOperation.DESCRIBE, name))
    return answer(partition, KafkaError.TOPIC_AUTHORIZATION_FAILED);
  const { currentLeaderEpoch, timestamp } = partition;
  const fromVersion = timestamp < 0 ? SPECIAL_FROM_VERSION.get(timestamp) : 0;
  if (fromVersion === undefined || version < fromVersion)
    return answer(partition, KafkaError.UNSUPPORTED_VERSION);
  const topic = services.image.topics.find(name);
  if (topic === undefined) return answer(partition, KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  const found = services.partitions.lookUp(topic, partition.partitionIndex);
  if (!found.ok) return answer(partition, found.errorCode);
  const epochError = checkLeaderEpoch(currentLeaderEpoch, found.image.leaderEpoch);
  if (epochError !== 0) return answer(partition, epochError);
  const at = search(found, timestamp, isolationLevel);
  return answer(partition, 0, version < EPOCH_FROM_VERSION ? { ...at, leaderEpoch: -1 } : at);
}

function search(
  { image, partition: { log } }: { image: PartitionImage; partition: Partition },
  timestamp: number,
  isolationLevel: number,
): Found {
  const endOffset =
    isolationLevel === Isolation.READ_COMMITTED ? log.lastStableOffset : log.highWatermark;
  switch (timestamp) {
    case Special.LATEST:
      return { offset: endOffset, timestamp: -1, leaderEpoch: image.leaderEpoch };
    case Special.EARLIEST:
    case Special.EARLIEST_LOCAL: {
      const offset = log.startOffset;
      return { offset, timestamp: -1, leaderEpoch: log.epochAt(offset) ?? -1 };
    }
    case Special.LATEST_TIERED:
    case Special.EARLIEST_PENDING_UPLOAD:
      return NOTHING;
    case Special.MAX_TIMESTAMP:
      return log.findLatestTime(endOffset) ?? NOTHING;
    default:
      return log.findOffsetByTime(timestamp, endOffset) ?? NOTHING;
  }
}
