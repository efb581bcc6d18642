import { AppError } from '@weirhouse/shared-kernel';
import { completeSwaps } from './compaction/segment-swap.ts';
import type { Disk } from './disk.ts';
import { RecordKind } from './extent.ts';
import { retireFolder } from './partition-folders.ts';
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts';
import type { PartitionRef } from './log-state.ts';
import { ReplayedAborts } from './replayed-aborts.ts';
import {
  DELETED_FOLDER_SUFFIX,
  FileSuffix,
  offsetOfName,
  offsetPath,
  partitionFolder,
  partitionOfFolder,
  segmentBaseOfName,
} from './segment/file-names.ts';
import type { FilePool } from './segment/file-pool.ts';
import { OffsetIndex } from './segment/offset-index.ts';
import { SegmentName } from './segment/segment-name.ts';
import { TimeIndex } from './segment/time-index.ts';
import type { OffsetCheckpoint } from './offset-checkpoint.ts';
import { keyOf, type PartitionKey, type ReplayTarget } from './wal/recovery.ts';
import type { WalRecordHeader } from './wal/format.ts';
import type { WalRecord } from './wal/wal-reader.ts';

/** A partition that records were replayed into. */
export interface ReplayedRange {
  readonly ref: PartitionRef;
  /** Its files changed from this segment on. */
  readonly firstSegmentBase: number;
  /** The log's end was cut to this offset at first, or later below it. */
  readonly firstOffset: number;
}

/** Payloads that wait to be written, over all partitions: what replay holds in memory. */
const PENDING_BYTES_MAX = 8_388_608;
/** Buffers of one writev: the kernel takes 1,024 at most. */
const PENDING_BUFFERS_MAX = 512;

interface PendingWrite {
  readonly path: string;
  readonly position: number;
  readonly buffers: Buffer[];
}

interface ReplayedPartition {
  readonly key: string;
  readonly ref: PartitionRef;
  readonly folder: string;
  firstSegmentBase: number | undefined;
  firstOffset: number;
  readonly aborts: ReplayedAborts;
  /** Payloads of one file that follow each other, written as one. */
  pending: PendingWrite | undefined;
  /** Segment and byte where the next record must go on; undefined before the first. */
  end: { readonly segmentBase: number; readonly position: number } | undefined;
  /** Set while records cannot be placed: a truncation further on must explain it. */
  hole: string | undefined;
}

/**
 * Brings the records of the WAL back into segment files. Each record names its segment and byte, so
 * that no index or configuration is needed: the files of a partition are cut at its first record and
 * written on from there. Everything before that record was made durable before the WAL forgot it.
 */
export class Replay implements ReplayTarget {
  readonly #disk: Disk;
  readonly #files: FilePool;
  readonly #starts: OffsetCheckpoint;
  readonly #partitions = new Map<string, ReplayedPartition>();
  #pendingBytes = 0;
  readonly #orphans = new Map<string, number>();
  #folders: Map<string, PartitionRef> | undefined;

  constructor(disk: Disk, files: FilePool, starts: OffsetCheckpoint) {
    this.#disk = disk;
    this.#files = files;
    this.#starts = starts;
  }

  apply(record: WalRecord, key: PartitionKey): void {
    const { kind } = record.header;
    const name = keyOf(key.topicId, key.index);
    if (kind === RecordKind.CREATE) this.#create(record, key);
    else if (kind === RecordKind.DELETE) this.#delete(name);
    else {
      const partition = this.#find(name);
      if (partition === undefined) this.#orphans.set(name, (this.#orphans.get(name) ?? 0) + 1);
      else if (kind === RecordKind.DATA) this.#append(partition, record);
      else if (kind === RecordKind.ABORTED)
        partition.aborts.note(record.header.segmentBase, record.payload);
      else this.#truncate(partition, record);
    }
  }

  /** The partitions that records went to. Throws `corrupt` when some could not be placed. */
  finish(): readonly ReplayedRange[] {
    this.#flushAll();
    const ranges: ReplayedRange[] = [];
    for (const partition of this.#partitions.values()) {
      const { aborts, firstOffset, firstSegmentBase, folder, hole, ref } = partition;
      if (hole !== undefined) throw new AppError('corrupt', hole);
      if (firstSegmentBase === undefined) continue;
      aborts.restore(this.#disk, this.#files, { folder, firstSegmentBase, firstOffset });
      ranges.push({ ref, firstSegmentBase, firstOffset });
    }
    return ranges;
  }

  /** Records of partitions whose folder is gone without a note of its deletion. */
  get orphanCount(): number {
    let count = 0;
    for (const records of this.#orphans.values()) count += records;
    return count;
  }

  #create(record: WalRecord, key: PartitionKey): void {
    const ref = { topicName: record.payload.toString(), ...key };
    const folder = partitionFolder(ref.topicName, key.index);
    const known = readPartitionMetadata(this.#disk, folder);
    // The log had records when this was noted: without its folder it was deleted later.
    if (record.header.baseOffset > 0 && known !== key.topicId) return;
    if (!this.#disk.exists(folder)) this.#disk.mkdir(folder);
    // The folder of an older topic of that name: its deletion comes before in the WAL, but was not
    // carried out.
    if (known !== undefined && known !== key.topicId) {
      retireFolder(this.#disk, this.#files, folder, known);
      this.#disk.mkdir(folder);
      this.#partitions.delete(keyOf(known, key.index));
      this.#knownFolders().delete(keyOf(known, key.index));
    }
    if (known !== key.topicId) writePartitionMetadata(this.#disk, folder, key.topicId);
    this.#knownFolders().set(keyOf(key.topicId, key.index), ref);
  }

  #delete(name: string): void {
    this.#orphans.delete(name);
    const ref = this.#knownFolders().get(name);
    this.#partitions.delete(name);
    if (ref === undefined) return;
    this.#knownFolders().delete(name);
    const folder = partitionFolder(ref.topicName, ref.index);
    retireFolder(this.#disk, this.#files, folder, ref.topicId);
    this.#starts.delete(name);
  }

  #append(partition: ReplayedPartition, record: WalRecord): void {
    const { header, payload } = record;
    const { folder, end } = partition;
    partition.aborts.meet(payload);
    const path = offsetPath(folder, header.segmentBase, FileSuffix.LOG);
    if (end === undefined || partition.hole !== undefined) {
      const size = this.#disk.exists(path) ? this.#disk.sizeOf(path) : 0;
      if (size < header.position) {
        // Below the start offset the segment was removed; else a truncation must follow.
        if (header.baseOffset >= this.#starts.get(partition.key))
          partition.hole = `${path} has ${size} bytes, the WAL goes on at byte ${header.position}`;
        return;
      }
      if (partition.hole !== undefined) return;
      this.#cut(partition, record.header);
    } else if (header.position !== (end.segmentBase === header.segmentBase ? end.position : 0)) {
      partition.hole = `${path} goes on at byte ${end.position}, the WAL at ${header.position}`;
      return;
    }
    this.#write(partition, { path, position: header.position, payload });
    partition.end = {
      segmentBase: header.segmentBase,
      position: header.position + payload.length,
    };
  }

  #write(
    partition: ReplayedPartition,
    write: { readonly path: string; readonly position: number; readonly payload: Buffer },
  ): void {
    if (partition.pending?.path !== write.path) this.#flush(partition);
    partition.pending ??= { path: write.path, position: write.position, buffers: [] };
    partition.pending.buffers.push(write.payload);
    this.#pendingBytes += write.payload.length;
    if (partition.pending.buffers.length >= PENDING_BUFFERS_MAX) this.#flush(partition);
    if (this.#pendingBytes >= PENDING_BYTES_MAX) this.#flushAll();
  }

  #flush(partition: ReplayedPartition): void {
    const { pending } = partition;
    partition.pending = undefined;
    if (pending !== undefined)
      this.#files.use(pending.path).writevSync(pending.buffers, pending.position);
  }

  #flushAll(): void {
    for (const partition of this.#partitions.values()) this.#flush(partition);
    this.#pendingBytes = 0;
  }

  #truncate(partition: ReplayedPartition, { header }: WalRecord): void {
    this.#flush(partition);
    const path = offsetPath(partition.folder, header.segmentBase, FileSuffix.LOG);
    const size = this.#disk.exists(path) ? this.#disk.sizeOf(path) : 0;
    const isMissing = size < header.position;
    if (isMissing && header.baseOffset > this.#starts.get(partition.key)) {
      partition.hole = `${path} has ${size} bytes, the WAL truncates it at ${header.position}`;
      return;
    }
    this.#dropBehind(partition, header);
    // When the log starts behind the truncation, snapshots are from after it, and nothing else tells of the
    // producers in what is gone.
    const isBelowStart = header.baseOffset < this.#starts.get(partition.key);
    for (const name of isBelowStart ? [] : this.#disk.list(partition.folder)) {
      const snapshot = offsetOfName(name, FileSuffix.SNAPSHOT);
      if (snapshot !== undefined && snapshot > header.baseOffset)
        this.#unlink(`${partition.folder}/${name}`);
    }
    partition.aborts.truncateAt(header.baseOffset);
    partition.hole = undefined;
    partition.end = undefined;
    // A segment below the start offset was removed: then nothing is left to be cut in it.
    if (isMissing) return;
    this.#cut(partition, header);
    partition.end = { segmentBase: header.segmentBase, position: header.position };
  }

  /** Removes the segments behind the one that a record is for. */
  #dropBehind(partition: ReplayedPartition, header: WalRecordHeader): void {
    const { segmentBase, baseOffset } = header;
    partition.firstSegmentBase = Math.min(partition.firstSegmentBase ?? segmentBase, segmentBase);
    partition.firstOffset = Math.min(partition.firstOffset, baseOffset);
    for (const name of this.#disk.list(partition.folder)) {
      const base = segmentBaseOfName(name);
      if (base !== undefined && base > segmentBase) this.#unlink(`${partition.folder}/${name}`);
    }
  }

  /** Makes the log end where a record starts: later segments go, the segment's files are cut. */
  #cut(partition: ReplayedPartition, header: WalRecordHeader): void {
    const { folder } = partition;
    const { segmentBase, position, baseOffset } = header;
    this.#dropBehind(partition, header);
    const file = this.#files.use(offsetPath(folder, segmentBase, FileSuffix.LOG));
    if (file.sizeSync() !== position) file.truncateSync(position);
    const name = new SegmentName(folder, segmentBase);
    const indexPath = name.pathOf(FileSuffix.INDEX);
    const timePath = name.pathOf(FileSuffix.TIME_INDEX);
    const files = this.#files;
    if (this.#disk.exists(indexPath)) {
      const index = new OffsetIndex(files, name, this.#disk.sizeOf(indexPath));
      index.truncateAt(position);
      index.file.cutFile();
    }
    if (!this.#disk.exists(timePath)) return;
    const times = new TimeIndex(files, name, this.#disk.sizeOf(timePath));
    times.truncateAt(baseOffset);
    times.file.cutFile();
  }

  #find(name: string): ReplayedPartition | undefined {
    const partition = this.#partitions.get(name);
    if (partition !== undefined) return partition;
    const ref = this.#knownFolders().get(name);
    if (ref === undefined) return undefined;
    const folder = partitionFolder(ref.topicName, ref.index);
    completeSwaps(this.#disk, folder);
    const found: ReplayedPartition = {
      key: name,
      ref,
      folder,
      firstSegmentBase: undefined,
      firstOffset: Number.POSITIVE_INFINITY,
      aborts: new ReplayedAborts(),
      pending: undefined,
      end: undefined,
      hole: undefined,
    };
    this.#partitions.set(name, found);
    return found;
  }

  /** The partitions on disk; read when the first record asks. */
  #knownFolders(): Map<string, PartitionRef> {
    if (this.#folders !== undefined) return this.#folders;
    this.#folders = new Map();
    for (const name of this.#disk.list('')) {
      if (name.endsWith(DELETED_FOLDER_SUFFIX)) continue;
      const parts = partitionOfFolder(name);
      const topicId = parts === undefined ? undefined : readPartitionMetadata(this.#disk, name);
      if (parts === undefined || topicId === undefined) continue;
      this.#folders.set(keyOf(topicId, parts.index), { topicId, ...parts });
    }
    return this.#folders;
  }

  #unlink(path: string): void {
    this.#files.forget(path);
    this.#disk.unlink(path);
  }
}
