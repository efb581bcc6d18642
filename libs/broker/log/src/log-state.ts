import { type Uuid, uuidToBytes, type AppError } from '@weirhouse/shared-kernel';
import type { Codecs } from '@weirhouse/kafka-protocol';
import type { Disk } from './disk.ts';
import { EpochCache } from './epoch-cache.ts';
import { type Extent, type ExtentOwner, RecordKind } from './extent.ts';
import type { LogConfig } from './log-config.ts';
import { LogTail } from './log-tail.ts';
import type { OffsetCheckpoint } from './offset-checkpoint.ts';
import { ProducerStates } from './producers/producer-states.ts';
import { Verifications } from './producers/verifications.ts';
import { partitionFolder } from './segment/file-names.ts';
import type { FilePool } from './segment/file-pool.ts';
import type { ReadBuffers } from './read-buffers.ts';
import type { PartitionLog } from './partition-log.ts';
import { Segment } from './segment/segment.ts';
import type { Space } from './space.ts';
import type { GroupCommit } from './wal/group-commit.ts';
import { keyOf } from './wal/recovery.ts';

/** Which partition a log is of. */
export interface PartitionRef {
  readonly topicId: Uuid;
  readonly topicName: string;
  readonly index: number;
}

/** What the logs of one volume share. */
export interface LogContext {
  readonly disk: Disk;
  readonly files: FilePool;
  readonly readBuffers: ReadBuffers;
  readonly commit: GroupCommit<LogState>;
  /** How far compaction came, by folder. */
  readonly cleaned: OffsetCheckpoint;
  readonly codecs: Codecs | undefined;
  /** True when batches read from files must have the right CRC to be served. */
  readonly verifyReads: boolean;
  /** A partition's newest bytes that are most likely in the page cache. */
  readonly cachedBytes: number;
  readonly isOffline: boolean;
  readonly space: Space;
  /** Partitions whose files wait for space on the volume. */
  readonly starved: Set<LogState>;
  /** The largest batch that a WAL file can hold. */
  readonly batchBytesMax: number;
  /** True when the arena takes `bytes` more in batches of at most `largest`. */
  hasRoom(bytes: number, largest: number): boolean;
  /** A disk error: pauses writing behind for want of space, or takes the volume offline. */
  onDiskError(error: AppError): void;
  /** A batch in the segment's file at this byte is damaged. */
  onDamage(state: LogState, segment: Segment, position: number): void;
  /** True when readers hold a large part of the arena. */
  isMuchPinned(): boolean;
  /** What readers take from files: scrubbing waits for quiet. */
  readonly traffic: { readBytes: number };
  /** Chunks may have become free. */
  onWritten(): void;
}

/** A producer snapshot that waits until its offset is durable. */
export interface PendingSnapshot {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * Everything known of one open partition. The functions around it (append, read, write behind,
 * truncate) share it; nothing outside this library sees it.
 */
export class LogState implements ExtentOwner {
  readonly ref: PartitionRef;
  /** Topic id and partition as one string: see `keyOf`. */
  readonly key: string;
  readonly topicIdBytes: Buffer;
  readonly index: number;
  readonly folder: string;
  config: LogConfig;
  /** What the owner of the store sees of this state. */
  log: PartitionLog | undefined;
  /** In order of base offset; the last one is appended to. Never empty. */
  segments: Segment[] = [];
  readonly tail = new LogTail();
  producers = new ProducerStates();
  readonly verifications = new Verifications();
  epochs = new EpochCache();
  /** The epochs before the first truncation that is not durable: what the file must still say. */
  durableEpochs: EpochCache | undefined;
  /** The newest truncation that is not durable. */
  lastTruncation: Extent | undefined;
  startOffset = 0;
  endOffset = 0;
  durableEndOffset = 0;
  /** Records before it survive the end of the process; ahead of the durable end only where that counts. */
  cachedEndOffset = 0;
  /** The safe end that the store's owner was told last. */
  toldEndOffset = 0;
  highWatermark = 0;
  /** Compaction has seen everything before it at least once. */
  cleanedOffset = 0;
  /** How often the log was truncated: what compaction knows of it is void then. */
  truncationCount = 0;
  /** True while a power cut may bring segments back that retention has dropped. */
  hasUnsyncedStart = false;
  isDeleted = false;
  /** True when the WAL says that the partition exists, or the folder does so durably. */
  isCreationNoted = false;
  /** True when only the WAL is sure to know the folder's name and its metadata file. */
  isFolderUnsynced = false;
  /** True when names in the folder changed since it was last synced. */
  hasNewNames = false;
  /** True when a sealed segment may still lack the end of its indexes. */
  hasUnfinished = false;
  /** Snapshot files by offset, rising. */
  snapshotOffsets: number[] = [];
  /** Snapshots of which one is durable and tells of producers in segments that are gone: they stay until a newer one is. */
  neededSnapshots: readonly number[] = [];
  pendingSnapshots: PendingSnapshot[] = [];
  isInDurableList = false;
  walGeneration = -1;

  constructor(ref: PartitionRef, config: LogConfig) {
    this.ref = ref;
    this.key = keyOf(ref.topicId, ref.index);
    this.topicIdBytes = uuidToBytes(ref.topicId);
    this.index = ref.index;
    this.folder = partitionFolder(ref.topicName, ref.index);
    this.config = config;
  }

  get activeSegment(): Segment {
    return this.segments.at(-1) as Segment;
  }

  get sizeBytes(): number {
    let size = 0;
    for (const segment of this.segments) size += segment.size;
    return size;
  }

  /** The offset after the last one that the segment at `place` may hold. */
  segmentEnd(place: number): number {
    return this.segments[place + 1]?.baseOffset ?? this.endOffset;
  }

  /** The place of the segment that holds `offset`, the first one for offsets below. */
  segmentPlace(offset: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle] as Segment).baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  addSegment(files: FilePool, baseOffset: number, nowMs: number): Segment {
    const segment = new Segment({ files, folder: this.folder, baseOffset });
    segment.createdMs = nowMs;
    // Of its own length at first: V8 makes room for 17 at a push into an empty array.
    if (this.segments.length === 0) this.segments = [segment];
    else this.segments.push(segment);
    return segment;
  }

  /** Segments from a base offset on are named by WAL files of up to this generation. */
  noteReplayed(range: { readonly firstSegmentBase: number }, generation: number): void {
    for (const segment of this.segments)
      if (segment.baseOffset >= range.firstSegmentBase) segment.walGeneration = generation;
  }

  get isRelaxed(): boolean {
    return this.config.acknowledge === 'cached';
  }

  /** The end of what may be acknowledged. */
  get safeEndOffset(): number {
    return this.isRelaxed
      ? Math.max(this.cachedEndOffset, this.durableEndOffset)
      : this.durableEndOffset;
  }

  onCached(extent: Extent): boolean {
    if (extent.kind !== RecordKind.DATA || extent.isDropped || this.isDeleted) return false;
    if (extent.endOffset <= this.cachedEndOffset) return false;
    this.cachedEndOffset = extent.endOffset;
    return this.isRelaxed;
  }

  onDurable(extent: Extent): boolean {
    if (extent.kind !== RecordKind.DATA && extent.kind !== RecordKind.TRUNCATE) return false;
    if (extent === this.lastTruncation) {
      this.lastTruncation = undefined;
      this.durableEpochs = undefined;
    }
    if (extent.isDropped || this.isDeleted) return false;
    this.tail.markDurable(extent);
    if (extent.kind !== RecordKind.DATA || extent.endOffset <= this.durableEndOffset) return false;
    this.durableEndOffset = extent.endOffset;
    return true;
  }

  onEvicted(extent: Extent): void {
    if (extent.kind === RecordKind.DATA || extent.kind === RecordKind.TRUNCATE)
      this.tail.evict(extent);
  }
}
