import { AppError, type Uuid, uuidFromBytes } from '@weirhouse/shared-kernel';
import type { Disk, IoCallback } from '../disk.ts';
import { RecordKind } from '../extent.ts';
import { inSequence } from '../sequence.ts';
import {
  readFileHeader,
  readRecordHeader,
  WAL_BLOCK_BYTES,
  WAL_DATA_START,
  type WalFileHeader,
} from './format.ts';
import { type WalRecord, WalReader } from './wal-reader.ts';
import { WAL_FOLDER, type WalSegment } from './wal.ts';

/** Where recovered records go, in WAL order. */
export interface ReplayTarget {
  /** One intact record. Its payload never changes, but keeps the window of the WAL in memory. */
  apply(record: WalRecord, key: PartitionKey): void;
}

/** A partition as WAL records name it. */
export interface PartitionKey {
  readonly topicId: Uuid;
  readonly index: number;
}

/** What was read from the WAL. */
export interface RecoveredWal<Owner> {
  readonly segments: WalSegment<Owner>[];
  readonly nextGeneration: number;
  readonly nextSequence: number;
  readonly recordCount: number;
  readonly payloadBytes: number;
  /** Keys of the partitions with records in each file, by generation. */
  readonly keys: ReadonlyMap<number, ReadonlySet<string>>;
}

interface FoundFile<Owner> {
  /** The generation of the first record, 0 when there is none: above every header's, a header is damaged. */
  readonly firstGeneration: number;
  readonly segment: WalSegment<Owner>;
  readonly header: WalFileHeader;
}

/** A partition key as one string. */
export function keyOf(topicId: Uuid, index: number): string {
  return `${topicId}-${index}`;
}

/**
 * Reads the WAL's files in order of generation and hands every intact record to `target`. Reading
 * ends at the first damaged record of the newest file when that can be the torn end of a flush that was
 * never acknowledged. Damage in an older file, or with later flushes behind it, is lost data: `corrupt`.
 */
export function replayWal<Owner>(disk: Disk, target: ReplayTarget): RecoveredWal<Owner> {
  const found = findFiles<Owner>(disk);
  const chain = chainOf(found);
  // All of it is looked at before anything is changed: a start that is refused leaves things as they are.
  const ends = chain.map(({ segment, header }, place) =>
    endOf(disk, { path: segment.path, header, next: chain[place + 1]?.header }),
  );
  const keys = new Map<number, Set<string>>();
  let recordCount = 0;
  let payloadBytes = 0;
  for (const [place, { segment, header }] of chain.entries()) {
    const fileKeys = new Set<string>();
    const file = disk.open(segment.path, 'read');
    const reader = new WalReader(file, header, { endSequence: ends[place], isTrusted: true });
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      const topicId = uuidFromBytes(record.header.topicId);
      const { index } = record.header;
      fileKeys.add(keyOf(topicId, index));
      target.apply(record, { topicId, index });
      recordCount += 1;
      if (record.header.kind === RecordKind.DATA) payloadBytes += record.payload.length;
    }
    file.closeSync();
    keys.set(header.generation, fileKeys);
    segment.state = 'closed';
  }
  return {
    segments: found.map((file) => file.segment),
    nextGeneration: (chain.at(-1)?.header.generation ?? 0) + 1,
    nextSequence: ends.at(-1) ?? 1,
    recordCount,
    payloadBytes,
    keys,
  };
}

/** The sequence after the last intact record of a file. Throws `corrupt` when more were acknowledged. */
function endOf(
  disk: Disk,
  part: {
    readonly path: string;
    readonly header: WalFileHeader;
    readonly next: WalFileHeader | undefined;
  },
): number {
  const { header, next, path } = part;
  const file = disk.open(path, 'read');
  const reader = new WalReader(file, header, { endSequence: next?.firstSequence });
  while (reader.next() !== undefined);
  const isDamaged =
    next === undefined
      ? reader.findProofOfLoss() !== undefined
      : reader.nextSequence !== next.firstSequence;
  file.closeSync();
  if (isDamaged) throw damaged(path, reader.position);
  return reader.nextSequence;
}

function damaged(path: string, position: number): AppError {
  return new AppError(
    'corrupt',
    `The write-ahead log is damaged: ${path} at byte ${position}. Acknowledged records are missing there, so ` +
      'nothing is started on it.',
  );
}

/**
 * Makes the files that were replayed durable. After a kill they may be in the page cache only, and
 * what follows is built on them.
 */
export function syncWal<Owner>(disk: Disk, wal: RecoveredWal<Owner>, done: IoCallback): void {
  const closed = wal.segments.filter((segment) => segment.state === 'closed');
  const steps = closed.map((segment) => (next: IoCallback) => {
    const file = disk.open(segment.path, 'write');
    file.datasync((error) => {
      file.closeSync();
      next(error);
    });
  });
  inSequence([...steps, (next) => disk.syncDir(WAL_FOLDER, next)], done);
}

function findFiles<Owner>(disk: Disk): FoundFile<Owner>[] {
  const found: FoundFile<Owner>[] = [];
  for (const name of disk.list(WAL_FOLDER).toSorted()) {
    const path = `${WAL_FOLDER}/${name}`;
    const newest = newestHeader(disk, path);
    const segment: WalSegment<Owner> = {
      path,
      state: 'free',
      generation: newest?.header.generation ?? 0,
      slot: newest?.slot ?? 1,
      dirty: new Set(),
      file: undefined,
      isNamed: true,
    };
    const nothing: WalFileHeader = { generation: 0, firstSequence: 0, recoverFrom: 0 };
    const firstGeneration = firstGenerationOf(disk, path);
    found.push({ segment, header: newest?.header ?? nothing, firstGeneration });
  }
  return found;
}

function firstGenerationOf(disk: Disk, path: string): number {
  const file = disk.open(path, 'read');
  const block = Buffer.alloc(WAL_BLOCK_BYTES);
  const read = file.readSync(block, WAL_DATA_START);
  file.closeSync();
  return readRecordHeader(block.subarray(0, read), 0)?.generation ?? 0;
}

/** The newer of the two headers of a file, with its slot. */
function newestHeader(
  disk: Disk,
  path: string,
): { readonly header: WalFileHeader; readonly slot: number } | undefined {
  const file = disk.open(path, 'read');
  const block = Buffer.alloc(WAL_BLOCK_BYTES);
  let newest: { readonly header: WalFileHeader; readonly slot: number } | undefined;
  for (const slot of [0, 1]) {
    if (file.readSync(block, slot * WAL_BLOCK_BYTES) < WAL_BLOCK_BYTES) continue;
    const header = readFileHeader(block);
    if (header === undefined) continue;
    if (newest === undefined || header.generation > newest.header.generation)
      newest = { header, slot };
  }
  file.closeSync();
  return newest;
}

/** The files to replay: from the newest one's `recoverFrom` on, without a gap. */
function chainOf<Owner>(found: readonly FoundFile<Owner>[]): FoundFile<Owner>[] {
  const sorted = found
    .filter((file) => file.header.generation > 0)
    .toSorted((one, other) => one.header.generation - other.header.generation);
  const newest = sorted.at(-1);
  for (const { firstGeneration, segment } of found)
    if (firstGeneration > (newest?.header.generation ?? 0)) throw damaged(segment.path, 0);
  if (newest === undefined) return [];
  const chain = sorted.filter((file) => file.header.generation >= newest.header.recoverFrom);
  for (const [place, file] of chain.entries()) {
    const expected = newest.header.recoverFrom + place;
    if (file.header.generation !== expected)
      throw new AppError('corrupt', `the WAL lacks the file of generation ${expected}`);
  }
  return chain;
}
