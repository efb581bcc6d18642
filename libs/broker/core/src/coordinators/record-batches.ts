import type { EncodedRecord, TransactionalProducer } from '@weirhouse/broker-coordination';
import { buildBatch, RECORD_BATCH_HEADER_BYTES } from '@weirhouse/kafka-protocol';

/** More than what a record takes beside key and value: lengths, deltas, attributes. */
const RECORD_FRAMING_BYTES = 24;

/** Records of one operation and what they are stamped with. */
export interface RecordBatchesInput {
  readonly records: readonly EncodedRecord[];
  readonly leaderEpoch: number;
  readonly nowMs: number;
  /** Largest batch, in bytes; a single larger record still gets a batch. */
  readonly batchBytesMax: number;
  /** Whose transaction the records belong to. */
  readonly producer: TransactionalProducer | undefined;
}

/** The records as one or more batches in one buffer, in order, for one append. */
export function recordBatches(input: RecordBatchesInput): Buffer {
  const { batchBytesMax, leaderEpoch, nowMs, producer, records } = input;
  const batches: Buffer[] = [];
  let first = 0;
  let bytes = RECORD_BATCH_HEADER_BYTES;
  const cut = (end: number): void => {
    batches.push(
      buildBatch({
        leaderEpoch,
        ...producer,
        isTransactional: producer !== undefined,
        records: records
          .slice(first, end)
          .map(({ key, value }) => ({ key, value, timestamp: nowMs })),
      }),
    );
    first = end;
    bytes = RECORD_BATCH_HEADER_BYTES;
  };
  for (const [index, { key, value }] of records.entries()) {
    const size = key.length + (value?.length ?? 0) + RECORD_FRAMING_BYTES;
    if (index > first && bytes + size > batchBytesMax) cut(index);
    bytes += size;
  }
  cut(records.length);
  const [only] = batches;
  return batches.length === 1 && only !== undefined ? only : Buffer.concat(batches);
}
