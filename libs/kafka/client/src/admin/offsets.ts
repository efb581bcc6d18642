import { INT64_MAX } from '@weirhouse/kafka-protocol';
import {
  defaultListOffsetsPartition,
  defaultListOffsetsRequest,
  defaultListOffsetsTopic,
} from '@weirhouse/kafka-protocol/messages/list-offsets-request';
import type { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { apis } from '../apis.ts';
import { findKafkaError } from '../errors.ts';

/** Which offset of a partition: its ends, or the first at or after a time in ms. */
export interface OffsetQuery {
  readonly topic: string;
  readonly partition: number;
  readonly at: 'earliest' | 'latest' | { readonly timestampMs: number };
}

/** The answer for one partition; offset -1 = no record at or after that time. */
export interface OffsetOutcome {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly error: AppError | undefined;
}

const LATEST = -1;
const EARLIEST = -2;

/** Asks one broker for offsets of partitions that it leads. */
export async function listOffsetsOfLeader(
  send: Send,
  queries: readonly OffsetQuery[],
): Promise<readonly OffsetOutcome[]> {
  const byTopic = Map.groupBy(queries, (query) => query.topic);
  const response = await send(apis.listOffsets, {
    ...defaultListOffsetsRequest(),
    replicaId: -1,
    topics: [...byTopic].map(([name, partitions]) =>
      Object.assign(defaultListOffsetsTopic(), {
        name,
        partitions: partitions.map(({ partition, at }) =>
          Object.assign(defaultListOffsetsPartition(), {
            partitionIndex: partition,
            timestamp: timestampOf(at),
          }),
        ),
      }),
    ),
  });
  return response.topics.flatMap((topic) =>
    topic.partitions.map((partition) => ({
      topic: topic.name,
      partition: partition.partitionIndex,
      offset: partition.offset,
      timestampMs: partition.timestamp,
      error: findKafkaError(partition.errorCode),
    })),
  );
}

function timestampOf(at: OffsetQuery['at']): number {
  if (at === 'latest') return LATEST;
  if (at === 'earliest') return EARLIEST;
  return Math.min(at.timestampMs, INT64_MAX);
}
