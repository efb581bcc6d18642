import {
  BatchCursor,
  ControlRecordType,
  KafkaProtocolError,
  readControlRecordType,
  RecordCursor,
  recordsOf,
  type BatchView,
  type Codecs,
} from '@weirhouse/kafka-protocol';
import {
  defaultFetchPartition,
  defaultFetchRequest,
  defaultFetchTopic,
} from '@weirhouse/kafka-protocol/messages/fetch-request';
import type { FetchResponsePartitionData } from '@weirhouse/kafka-protocol/messages/fetch-response';
import { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { requireSuccess } from '../errors.ts';
import { insideApis } from '../inside-apis.ts';
import { RESPONSE_BYTES_MAX } from '../limits.ts';

const READ_COMMITTED = 1;
/** Bytes of records that one answer holds about at most; a larger batch comes alone. */
const READ_BYTES_MAX = 4 * 1024 * 1024;

/** From where records are read. */
export interface RecordsPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** One committed record; its bytes belong to the reader. */
export interface ReadRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What one answer held. */
export interface ReadRecords {
  readonly records: readonly ReadRecord[];
  /** Where to read on; the same as before = there is no more. */
  readonly nextOffset: number;
  /** The end of what is decided: no transaction below it is open. */
  readonly stableOffset: number;
  /** The end of the partition. */
  readonly endOffset: number;
}

/** The platform reads only what it wrote itself, and that is not compressed. */
const NO_CODECS: Codecs = { compress: refuse, decompress: refuse };

/** Asks the leader of a partition for committed records. */
export async function readRecordsOfLeader(send: Send, place: RecordsPlace): Promise<ReadRecords> {
  const partition = Object.assign(defaultFetchPartition(), {
    partition: place.partition,
    fetchOffset: place.offset,
    partitionMaxBytes: READ_BYTES_MAX,
  });
  const topic = Object.assign(defaultFetchTopic(), { topic: place.topic, partitions: [partition] });
  const response = await send(insideApis.fetch, {
    ...defaultFetchRequest(),
    replicaId: -1,
    maxBytes: READ_BYTES_MAX,
    isolationLevel: READ_COMMITTED,
    topics: [topic],
  });
  requireSuccess(response.errorCode);
  const data = response.responses[0]?.partitions[0];
  if (!data) throw new AppError('corrupt', 'the broker did not answer for the partition');
  requireSuccess(data.errorCode);
  const { records, nextOffset } = committedOf(data, place.offset);
  const { highWatermark: endOffset, lastStableOffset: stableOffset } = data;
  return { records, nextOffset, stableOffset, endOffset };
}

/** Leaves out what was aborted: the answer names each such transaction and where it began. */
function committedOf(
  data: FetchResponsePartitionData,
  from: number,
): { readonly records: readonly ReadRecord[]; readonly nextOffset: number } {
  const rest = (data.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  const records: ReadRecord[] = [];
  let nextOffset = from;
  const batches = new BatchCursor().reset(wholeOf(data.records));
  while (batches.next()) {
    const { view } = batches;
    while (rest[0] !== undefined && rest[0].firstOffset <= view.lastOffset)
      aborting.add(rest.shift()?.producerId ?? -1);
    if (view.isControl) {
      if (isAbort(view)) aborting.delete(view.producerId);
    } else if (!view.isTransactional || !aborting.has(view.producerId))
      records.push(...readBatch(view).filter(({ offset }) => offset >= from));
    nextOffset = Math.max(nextOffset, view.nextOffset);
  }
  return { records, nextOffset };
}

function wholeOf(records: FetchResponsePartitionData['records']): Buffer {
  if (records === null) return Buffer.alloc(0);
  return Buffer.isBuffer(records) ? records : Buffer.concat(records);
}

function isAbort(batch: BatchView): boolean {
  const cursor = new RecordCursor().reset(batch, bytesOf(batch));
  return cursor.next() && readControlRecordType(cursor.key) === ControlRecordType.ABORT;
}

function readBatch(batch: BatchView): readonly ReadRecord[] {
  const cursor = new RecordCursor().reset(batch, bytesOf(batch));
  const records: ReadRecord[] = [];
  while (cursor.next())
    records.push({ offset: cursor.offset, key: cursor.key, value: cursor.value });
  return records;
}

function bytesOf(batch: BatchView): Buffer {
  return recordsOf(batch, NO_CODECS, RESPONSE_BYTES_MAX);
}

function refuse(): never {
  throw new KafkaProtocolError('compressed records are not read');
}
