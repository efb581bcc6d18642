import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import {
  isKafkaError,
  partitionOfKey,
  type AdminClient,
  type BrokerInfo,
  type PartitionInfo,
} from '@weirhouse/kafka-client';
import { AppError } from '@weirhouse/shared-kernel';
import { notFound } from './kafka-failures.ts';
import type { ReadRecord } from './record-reader.ts';

/** Partitions of one part of a request that are written at the same time. */
const PARTITIONS_AT_ONCE_MAX = 8;

/** What became of a record. */
export type RecordOutcome =
  | { readonly kind: 'written'; readonly body: RouteOutput<typeof routes.produceRecord> }
  | { readonly kind: 'failed'; readonly error: unknown };

type GoodRecord = Extract<ReadRecord, { kind: 'record' }>;

interface Placed {
  /** Among the records of the part. */
  readonly index: number;
  readonly record: GoodRecord;
}

/** Where records go. */
export interface RecordTarget {
  readonly clusterId: string;
  readonly topic: string;
  readonly partitions: readonly PartitionInfo[];
  readonly brokers: readonly BrokerInfo[];
}

/** Writes the records of one request, one part after the other, so that each partition keeps their order. */
export class RecordWriter {
  readonly #client: AdminClient;
  readonly #target: RecordTarget;
  /** Records without a key share a partition for a part, the next one for the next part. */
  #turn: number;

  constructor(client: AdminClient, target: RecordTarget, turn: number) {
    this.#client = client;
    this.#target = target;
    this.#turn = turn;
  }

  /** Outcomes in the order of the records; none of them is thrown. */
  async write(records: readonly ReadRecord[]): Promise<readonly RecordOutcome[]> {
    const outcomes: RecordOutcome[] = [];
    const placed = new Map<number, Placed[]>();
    for (const [index, record] of records.entries()) {
      if (record.kind === 'fault') {
        outcomes[index] = { kind: 'failed', error: record.error };
        continue;
      }
      const partition = this.#partitionOf(record);
      const together = placed.get(partition) ?? [];
      together.push({ index, record });
      placed.set(partition, together);
    }
    this.#turn += 1;
    const rest = [...placed];
    while (rest.length > 0) {
      const some = rest.splice(0, PARTITIONS_AT_ONCE_MAX);
      const done = some.map(([partition, part]) => this.#writeTo(partition, part, outcomes));
      await Promise.all(done);
    }
    return outcomes;
  }

  #partitionOf({ partition, record }: GoodRecord): number {
    const count = this.#target.partitions.length;
    if (partition !== undefined) return partition;
    return record.key === null ? this.#turn % count : partitionOfKey(record.key, count);
  }

  async #writeTo(
    partition: number,
    placed: readonly Placed[],
    outcomes: RecordOutcome[],
  ): Promise<void> {
    const { topic } = this.#target;
    try {
      const records = placed.map(({ record }) => record.record);
      const leader = this.#leaderOf(partition);
      const batch = await this.#client.produce({ topic, partition, records }, leader);
      for (const [position, { index, record }] of placed.entries())
        outcomes[index] = this.#written(partition, record, {
          offset: batch.baseOffset + position,
          appendTimeMs: batch.appendTimeMs,
        });
    } catch (error) {
      if (placed.length > 1 && isOfOneRecord(error))
        for (const one of placed) await this.#writeTo(partition, [one], outcomes);
      else for (const { index } of placed) outcomes[index] = { kind: 'failed', error };
    }
  }

  #leaderOf(index: number): BrokerInfo {
    const { brokers, partitions, topic } = this.#target;
    const partition = partitions.find((candidate) => candidate.index === index);
    if (!partition) throw notFound(`Partition ${index} of topic ${topic}`, 'topic');
    const leader = brokers.find(({ nodeId }) => nodeId === partition.leaderId);
    if (leader) return leader;
    throw new AppError(
      'unavailable',
      `Partition ${index} of topic ${topic} has no leader: try again.`,
    );
  }

  #written(
    partition: number,
    { key, record, value }: GoodRecord,
    place: { readonly offset: number; readonly appendTimeMs: number },
  ): RecordOutcome {
    const { clusterId, topic } = this.#target;
    const timestampMs = place.appendTimeMs >= 0 ? place.appendTimeMs : record.timestamp;
    const body = {
      error_code: 200,
      cluster_id: clusterId,
      topic_name: topic,
      partition_id: partition,
      offset: place.offset,
      timestamp: new Date(timestampMs).toISOString(),
      ...(key === undefined ? {} : { key }),
      ...(value === undefined ? {} : { value }),
    };
    return { kind: 'written', body };
  }
}

/** One record of a batch may be why all of it was refused. */
function isOfOneRecord(error: unknown): boolean {
  return isKafkaError(
    error,
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_RECORD',
    'INVALID_TIMESTAMP',
  );
}
