import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataImage,
  type MetadataRecord,
  snapshotRecords,
} from '@weirhouse/broker-metadata';
import {
  BatchCursor,
  buildBatch,
  buildControlBatch,
  ControlRecordType,
  readControlRecordType,
  RecordCursor,
  Writer,
} from '@weirhouse/kafka-protocol';
import { writeSnapshotFooterRecord } from '@weirhouse/kafka-protocol/messages/snapshot-footer-record';
import { writeSnapshotHeaderRecord } from '@weirhouse/kafka-protocol/messages/snapshot-header-record';
import { AppError } from '@weirhouse/shared-kernel';

/** Records in one batch of a snapshot: what is encoded in one turn of the loop, about a millisecond. */
const RECORDS_PER_BATCH = 500;

const SNAPSHOT_VERSION = 0;
const NAME = /^(\d{20})-(\d{10})\.checkpoint$/;
const OFFSET_DIGITS = 20;
const EPOCH_DIGITS = 10;

/** What the name of a snapshot that is still being written ends in. */
export const PART_SUFFIX = '.part';

/** Up to where in the metadata log a snapshot tells: `endOffset` is the first offset that it lacks. */
export interface SnapshotId {
  readonly endOffset: number;
  readonly leaderEpoch: number;
}

/** The name of a snapshot's file, as Kafka's. */
export function snapshotName({ endOffset, leaderEpoch }: SnapshotId): string {
  const offset = String(endOffset).padStart(OFFSET_DIGITS, '0');
  return `${offset}-${String(leaderEpoch).padStart(EPOCH_DIGITS, '0')}.checkpoint`;
}

/** The snapshots among names of files, the newest first. */
export function snapshotsAmong(names: readonly string[]): readonly SnapshotId[] {
  return names
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ endOffset: Number(match[1]), leaderEpoch: Number(match[2]) }];
    })
    .toSorted((a, b) => b.endOffset - a.endOffset || b.leaderEpoch - a.leaderEpoch);
}

/**
 * The batches of a snapshot's file in Kafka's format (KIP-630): a header, the records, a footer. The
 * image must not change until the last one was taken.
 */
export function* snapshotBatches(
  image: MetadataImage,
  place: { readonly leaderEpoch: number; readonly timestamp: number },
): Generator<Buffer> {
  const { leaderEpoch, timestamp } = place;
  let baseOffset = 0;
  const control = (type: number, write: (writer: Writer) => void): Buffer => {
    const writer = new Writer();
    write(writer);
    const value = Buffer.concat(writer.finish());
    return buildControlBatch({ baseOffset: baseOffset++, leaderEpoch, timestamp, type, value });
  };
  yield control(ControlRecordType.SNAPSHOT_HEADER, (writer) => {
    const header = { version: SNAPSHOT_VERSION, lastContainedLogTimestamp: timestamp };
    writeSnapshotHeaderRecord(writer, header, SNAPSHOT_VERSION);
  });
  for (const records of chunksOf(snapshotRecords(image))) {
    const values = records.map((value) => ({ key: null, value, timestamp }));
    yield buildBatch({ baseOffset, leaderEpoch, records: values });
    baseOffset += records.length;
  }
  yield control(ControlRecordType.SNAPSHOT_FOOTER, (writer) => {
    writeSnapshotFooterRecord(writer, { version: SNAPSHOT_VERSION }, SNAPSHOT_VERSION);
  });
}

function* chunksOf(records: Iterable<MetadataRecord>): Generator<readonly Buffer[]> {
  let chunk: Buffer[] = [];
  for (const record of records) {
    chunk.push(encodeMetadataRecord(record));
    if (chunk.length < RECORDS_PER_BATCH) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** The records of a snapshot's file. Throws `corrupt` unless it is whole, from header to footer. */
export function readSnapshot(bytes: Buffer): readonly MetadataRecord[] {
  const batches = new BatchCursor().reset(bytes);
  const cursor = new RecordCursor();
  const records: MetadataRecord[] = [];
  let lastType = -1;
  while (batches.next()) {
    const { view } = batches;
    if (!view.isCrcValid()) throw corrupt();
    cursor.reset(view, view.buffer.subarray(view.recordsStart, view.end));
    lastType = -1;
    while (cursor.next()) {
      if (view.isControl) lastType = readControlRecordType(cursor.key);
      else if (cursor.value !== null) records.push(decodeMetadataRecord(cursor.value));
    }
  }
  const isWhole = batches.wholeBytes === bytes.length;
  if (!isWhole || lastType !== ControlRecordType.SNAPSHOT_FOOTER) throw corrupt();
  return records;
}

function corrupt(): AppError {
  return new AppError('corrupt', 'A snapshot of the metadata is damaged.');
}
