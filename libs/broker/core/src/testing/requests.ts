import { buildBatch, type RecordInput } from '@weirhouse/kafka-protocol';
import {
  defaultFetchPartition,
  defaultFetchRequest,
  type FetchPartition,
  type FetchRequest,
} from '@weirhouse/kafka-protocol/messages/fetch-request';
import {
  defaultProduceRequest,
  type ProduceRequest,
} from '@weirhouse/kafka-protocol/messages/produce-request';
import { ZERO_UUID, type Uuid } from '@weirhouse/shared-kernel';

/** 2026-01-01T00:00:00Z, the virtual clock's start. */
const TIMESTAMP_MS = 1_767_225_600_000;

/** A record whose value is `text`. */
export function record(text: string, key: string | null = null): RecordInput {
  return {
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(text),
    timestamp: TIMESTAMP_MS,
  };
}

/** A batch of records with these values. */
export function batchOf(...texts: string[]): Buffer {
  return buildBatch({ records: texts.map((text) => record(text)) });
}

/** Produces `records` to one partition; acks=all unless said otherwise. */
export function produceRequest(
  topic: string,
  options: Partial<ProduceRequest> & {
    readonly topicId?: Uuid;
    readonly index?: number;
    readonly records?: Buffer | null;
  } = {},
): ProduceRequest {
  const { index = 0, records = batchOf('value'), topicId = ZERO_UUID, ...rest } = options;
  const partitionData = [{ index, records }];
  return {
    ...defaultProduceRequest(),
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: topicId === ZERO_UUID ? topic : '', topicId, partitionData }],
    ...rest,
  };
}

/** Fetches one partition from its start, without a session, waiting for nothing. */
export function fetchRequest(
  topic: string,
  options: Partial<FetchRequest> & {
    readonly topicId?: Uuid;
    readonly partitions?: readonly Partial<FetchPartition>[];
  } = {},
): FetchRequest {
  const { partitions = [{}], topicId = ZERO_UUID, ...rest } = options;
  return {
    ...defaultFetchRequest(),
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [
      {
        topic: topicId === ZERO_UUID ? topic : '',
        topicId,
        partitions: partitions.map((partition) =>
          Object.assign(defaultFetchPartition(), { partitionMaxBytes: 1_048_576 }, partition),
        ),
      },
    ],
    ...rest,
  };
}
