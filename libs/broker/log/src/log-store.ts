import { type AppError, assert, type Uuid } from '@weirhouse/shared-kernel';
import { Arena, CHUNK_BYTES } from './arena.ts';
import { checkpointAll, Checkpointer } from './checkpointer.ts';
import { saveCleaned } from './compaction/cleaned-offset.ts';
import { Cleaner, NO_COMPACTION } from './compaction/cleaner.ts';
import type { CleaningPass, CompactionSettings } from './compaction/cleaner.ts';
import type { CompactionFigures } from './compaction/cleaner-figures.ts';
import { type Disk, type IoCallback, storageError, isPassing } from './disk.ts';
import type { LogConfig } from './log-config.ts';
import type { LogContext, LogState, PartitionRef } from './log-state.ts';
import type { LogStoreOptions, RecoverySummary } from './log-store-options.ts';
import { OpenPartitions } from './open-partitions.ts';
import type { LateTransaction, PartitionLog } from './partition-log.ts';
import { removeRetiredFolders } from './partition-folders.ts';
import { Pressure } from './pressure.ts';
import { ReadBuffers } from './read-buffers.ts';
import { Replay } from './replay.ts';
import { Space, type SpaceState } from './space.ts';
import { RetentionRunner } from './retention-runner.ts';
import { type Damage, Scrubber, type ScrubPass } from './scrubber.ts';
import { FilePool } from './segment/file-pool.ts';
import type { Segment } from './segment/segment.ts';
import { inSequence } from './sequence.ts';
import { sparingDisk } from './sparing-disk.ts';
import { CLEANER_OFFSETS_FILE, OffsetCheckpoint, START_OFFSETS_FILE } from './offset-checkpoint.ts';
import { GroupCommit } from './wal/group-commit.ts';
import { type RecoveredWal, replayWal, syncWal } from './wal/recovery.ts';
import { WAL_BLOCK_BYTES } from './wal/format.ts';
import { Wal, WAL_FOLDER, WAL_SEGMENT_BYTES, WAL_SEGMENT_COUNT } from './wal/wal.ts';

/** What even a small machine's page cache keeps of a partition that is in use. */
const CACHED_BYTES = 67_108_864;

/** One data folder: the arena, the WAL and all partitions of a volume. */
export class LogStore {
  /** Called once per flush, with the partitions whose `safeEndOffset` moved. Borrowed list. */
  onDurable: (logs: readonly PartitionLog[]) => void = () => undefined;
  /** Called once, when a disk error took the volume offline. */
  onFailure: (error: AppError) => void = () => undefined;
  /** Called when `isFull` turned false after it was seen true. */
  onWritable: () => void = () => undefined;
  /** Called once for each segment in which damage was found. Its batches are not served; others are. */
  onDamage: (damage: Damage) => void = () => undefined;
  /** Called when all closed segments were read and checked. */
  onScrubbed: (pass: ScrubPass) => void = () => undefined;
  /** The settings of compaction as they are now; the owner sets it, nothing is compacted before. */
  compaction: () => CompactionSettings = () => NO_COMPACTION;
  /** Called when a partition was compacted. */
  onCleaned: (pass: CleaningPass) => void = () => undefined;
  /** Called when a partition cannot be compacted: it is left alone until the next start. */
  onUncleanable: (ref: PartitionRef) => void = () => undefined;
  /** Called when the room on the volume became too little, or enough again. */
  onSpace: (state: SpaceState, cause?: AppError) => void = () => undefined;
  readonly recovery: RecoverySummary;
  readonly #disk: Disk;
  readonly #arena: Arena;
  readonly #wal: Wal<LogState>;
  readonly #commit: GroupCommit<LogState>;
  readonly #files: FilePool;
  readonly #checkpointer: Checkpointer;
  readonly #context: LogContext;
  readonly #starts: OffsetCheckpoint;
  readonly #retention: RetentionRunner;
  readonly #pressure: Pressure;
  readonly #space: Space;
  readonly #scrubber: Scrubber;
  readonly #cleaner: Cleaner;
  readonly #starved = new Set<LogState>();
  readonly #partitions: OpenPartitions;
  readonly #durableLogs: PartitionLog[] = [];
  readonly #readBuffers: ReadBuffers;
  #isOffline = false;
  #damagedSegments = 0;
  #closeDone: IoCallback | undefined;
  #isClosed = false;

  /**
   * Opens a volume: replays the WAL into segment files and opens the partitions it names; the others
   * open when they are asked for. Fails with `corrupt` when acknowledged records are missing.
   */
  static open(
    options: LogStoreOptions,
    done: (error: AppError | undefined, store?: LogStore) => void,
  ): void {
    // The files of the pool are opened through it too.
    const disk: Disk = sparingDisk(options.disk, () => files.spare());
    const files = new FilePool(disk, options.openFilesMax);
    let store: LogStore | undefined;
    inSequence(
      [
        (next) => {
          if (disk.exists(WAL_FOLDER)) return next(undefined);
          disk.mkdir(WAL_FOLDER);
          disk.syncDir('', next);
        },
        (next) => {
          const starts = new OffsetCheckpoint(disk, START_OFFSETS_FILE);
          const replay = new Replay(disk, files, starts);
          const wal = replayWal<LogState>(disk, replay);
          store = new LogStore({ ...options, disk }, { files, starts, replay, wal });
          syncWal(disk, wal, next);
        },
        (next) => removeRetiredFolders(disk, next),
      ],
      (error) => {
        if (error !== undefined || store === undefined) done(error);
        else {
          store.#checkpointer.run();
          done(undefined, store);
        }
      },
    );
  }

  private constructor(
    options: LogStoreOptions,
    recovered: {
      readonly files: FilePool;
      readonly starts: OffsetCheckpoint;
      readonly replay: Replay;
      readonly wal: RecoveredWal<LogState>;
    },
  ) {
    const { wal, replay } = recovered;
    this.#disk = options.disk;
    this.#files = recovered.files;
    this.#starts = recovered.starts;
    this.#readBuffers = new ReadBuffers(options.readHeldBytesMax);
    const chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
    this.#arena = new Arena({ memory: options.memory, chunkBytes });
    this.#space = new Space({
      disk: options.disk,
      reserveBytes: options.reserveBytes ?? 0,
      isStarved: () => this.#commit.isStarved || this.#starved.size > 0,
      onChange: (state, cause) => this.#onSpace(state, cause),
    });
    this.#pressure = new Pressure(this.#arena, this.#space, () => this.onWritable());
    const left = options.memory.subarray(this.#arena.chunkCount * chunkBytes);
    const walOptions = {
      headerBlock: blockOf(left),
      disk: options.disk,
      segmentBytes: options.walSegmentBytes ?? WAL_SEGMENT_BYTES,
      segmentCount: options.walSegmentCount ?? WAL_SEGMENT_COUNT,
      fillAfterBytes: options.walFillAfterBytes,
    };
    assert(walOptions.segmentBytes >= 2 * chunkBytes, 'a WAL file holds two chunks or more');
    this.#wal = new Wal(walOptions, wal);
    this.#commit = new GroupCommit(this.#arena, this.#wal, {
      onDurable: (states) => this.#onDurable(states),
      onCached: (states) => this.#tell(states),
      onClosed: () => this.#checkpointer.run(),
      onFailure: (error) => this.#onDiskError(error),
    });
    this.#checkpointer = new Checkpointer(this.#wal, () => this.#commit.resume());
    this.#context = this.#makeContext(options);
    this.#partitions = new OpenPartitions(this.#context, this.#starts);
    this.#retention = new RetentionRunner(this.#context, this.#starts);
    this.#scrubber = new Scrubber(this.#context, {
      bytesPerSecond: options.scrubBytesPerSecond ?? 0,
      intervalMs: options.scrubIntervalMs ?? 0,
      trafficBytes: () => this.#commit.writtenBytes + this.#context.traffic.readBytes,
      onPass: (pass) => this.onScrubbed(pass),
    });
    this.#cleaner = this.#makeCleaner();
    const ranges = replay.finish();
    const damaged = ranges.filter(
      (range) => !this.#partitions.reopen(range, wal.nextGeneration - 1),
    );
    for (const segment of wal.segments)
      for (const key of wal.keys.get(segment.generation) ?? []) {
        const state = this.#partitions.findState(key);
        if (state !== undefined) segment.dirty.add(state);
      }
    this.recovery = {
      isClean: wal.recordCount === 0,
      recordCount: wal.recordCount,
      payloadBytes: wal.payloadBytes,
      partitionCount: ranges.length,
      orphanCount: replay.orphanCount,
      damaged: damaged.map(({ ref }) => ref),
    };
  }

  /** True after a disk error: appends and reads answer KAFKA_STORAGE_ERROR from then on. */
  get isOffline(): boolean {
    return this.#isOffline;
  }

  /** True when clients' appends must wait: for the disk, or for slow readers to let go of memory. */
  get isFull(): boolean {
    return this.#pressure.isFull;
  }

  /** Room on the volume; clients' appends are refused unless it is `open`. */
  get space(): SpaceState {
    return this.#space.state;
  }

  /** Bytes that reads from files and copies hold until clients have taken them. */
  get readBytesHeld(): number {
    return this.#readBuffers.heldBytes;
  }

  /** Segments in which damage was found since the start. */
  get damagedSegmentCount(): number {
    return this.#damagedSegments;
  }

  /** How compaction gets on. */
  get compactionFigures(): CompactionFigures {
    return this.#cleaner.figures;
  }

  /** Bytes of closed segments that were read and checked since the start. */
  get scrubbedBytes(): number {
    return this.#scrubber.scrubbedBytes;
  }

  /** Free bytes of the volume as of the last `upkeep`. */
  get freeBytes(): number {
    return this.#space.freeBytes;
  }

  /**
   * Looks how much room the volume has, tries again what found none, removes files whose delay is over
   * and goes on with scrubbing and compaction: call it once a second. After space came back everything goes on with the
   * next call.
   */
  upkeep(nowMs: number): void {
    if (this.#isOffline || this.#isClosed) return;
    this.#context.readBuffers.trim();
    this.#retention.unlinkDue(nowMs);
    this.#retry();
    this.#commit.sync();
    this.#space.check();
    this.#scrubber.run(nowMs, this.#partitions.values());
    this.#cleaner.run(nowMs, this.#partitions.values());
  }

  #retry(): void {
    this.#commit.retry();
    for (const state of Array.from(this.#starved)) state.log?.writeBehind.retry();
    if (this.#commit.isStarved) this.#pressure.relieve();
  }

  /**
   * The log of a partition, opened or made. A folder of an older topic of the same name is removed.
   * Throws `corrupt` when its files are damaged, `storage` when the disk fails.
   */
  partition(ref: PartitionRef, config: LogConfig): PartitionLog {
    return this.#partitions.get(ref, config);
  }

  /** A partition that is open; undefined for others, on disk or not. */
  findPartition(topicId: Uuid, index: number): PartitionLog | undefined {
    return this.#partitions.find(topicId, index);
  }

  /** Every partition that has a folder, open or not: what the metadata does not know can go. */
  listPartitions(): readonly PartitionRef[] {
    return this.#partitions.list();
  }

  /** Removes a partition's log. Its records in the WAL are void; files are gone when `done` is called. */
  deletePartition(topicId: Uuid, index: number, done: IoCallback): void {
    this.#partitions.delete(topicId, index, done);
  }

  /**
   * Forgets what open partitions know of producers that were silent since before `beforeMs`; those with
   * an open transaction stay. Returns how many were forgotten.
   */
  expireProducers(beforeMs: number): number {
    return this.#partitions.expireProducers(beforeMs);
  }

  /** Per open partition its oldest open transaction, if its producer is silent since before `beforeMs`. */
  findLateTransactions(beforeMs: number): readonly LateTransaction[] {
    return this.#partitions.findLateTransactions(beforeMs);
  }

  /** Starts a WAL write of what was appended, unless enough are under way: call it once per loop turn. */
  flush(): void {
    if (this.#isOffline) return;
    this.#commit.flush();
  }

  /**
   * Removes old segments of all open partitions and makes their start offsets durable.
   * Files stay for `file.delete.delay.ms` and go in a later call.
   */
  applyRetention(nowMs: number, done: IoCallback): void {
    this.#retention.run([...this.#partitions.values()], nowMs, done);
  }

  /**
   * Makes everything durable in segment files, notes that nothing has to be replayed, and closes. After
   * a disk error it only closes; `done` gets the error.
   */
  close(done: IoCallback): void {
    assert(this.#closeDone === undefined, 'a store is closed once');
    this.#closeDone = done;
    this.#cleaner.halt();
    if (this.#isOffline) {
      this.#finishClose(storageError('io', 'the volume is offline'));
      return;
    }
    // Whatever still finds no space ends the close: the WAL keeps it for the next start.
    this.#retry();
    if (this.#isClosed) return;
    const states = [...this.#partitions.values()];
    inSequence(
      [
        (next) => this.#commit.whenIdle(() => next(undefined)),
        (next) => this.#checkpointer.halt(() => next(undefined)),
        (next) => checkpointAll(states, () => next(undefined)),
        (next) => this.#starts.write(next),
        (next) => saveCleaned(this.#context, next),
        (next) => this.#wal.end(next),
      ],
      (error) => this.#finishClose(error),
    );
  }

  #finishClose(error: AppError | undefined): void {
    const done = this.#closeDone;
    if (done === undefined || this.#isClosed) return;
    this.#isClosed = true;
    this.#files.closeAll();
    this.#wal.close();
    done(error);
  }

  #makeCleaner(): Cleaner {
    return new Cleaner(this.#context, {
      settings: () => this.compaction(),
      recoverFrom: () => this.#wal.recoverFrom,
      rollWal: () => this.#commit.rollIdle(),
      onPass: (pass) => this.onCleaned(pass),
      onUncleanable: (ref) => this.onUncleanable(ref),
    });
  }

  #makeContext(options: LogStoreOptions): LogContext {
    const isOffline = (): boolean => this.#isOffline;
    return {
      disk: this.#disk,
      files: this.#files,
      readBuffers: this.#readBuffers,
      commit: this.#commit,
      cleaned: new OffsetCheckpoint(this.#disk, CLEANER_OFFSETS_FILE),
      codecs: options.codecs,
      verifyReads: options.verifyReads ?? true,
      cachedBytes: options.cachedBytes ?? CACHED_BYTES,
      batchBytesMax: this.#wal.recordBytesMax,
      get isOffline() {
        return isOffline();
      },
      space: this.#space,
      starved: this.#starved,
      hasRoom: (bytes, largest) => this.#arena.hasRoom(bytes, largest),
      onDiskError: (error) => this.#onDiskError(error),
      onDamage: (state, segment, position) => this.#onDamage(state, segment, position),
      isMuchPinned: () => this.#pressure.isMuchPinned,
      traffic: { readBytes: 0 },
      onWritten: () => this.#onRoom(),
    };
  }

  #onDamage(state: LogState, segment: Segment, position: number): void {
    if (segment.isDamaged) return;
    segment.isDamaged = true;
    this.#damagedSegments += 1;
    this.onDamage({ ref: state.ref, path: segment.logPath, position });
  }

  #onSpace(state: SpaceState, cause: AppError | undefined): void {
    this.onSpace(state, cause);
    this.#pressure.checkWritable();
  }

  /** Something was written that may have waited for it. */
  #onRoom(): void {
    if (this.#space.state === 'full') this.#space.check();
    this.#pressure.checkWritable();
  }

  #onDurable(states: readonly LogState[]): void {
    this.#onRoom();
    this.#tell(states);
    // Segments after acknowledgements: clients wait for these, nobody for those.
    this.#pressure.onDurable(states);
  }

  #tell(states: readonly LogState[]): void {
    const logs = this.#durableLogs;
    logs.length = 0;
    for (const state of states) {
      if (state.log === undefined || state.safeEndOffset === state.toldEndOffset) continue;
      state.toldEndOffset = state.safeEndOffset;
      logs.push(state.log);
    }
    if (logs.length > 0) this.onDurable(logs);
  }

  #onDiskError(error: AppError): void {
    const isFatal = !isPassing(error);
    if (!isFatal) this.#space.check(error);
    if (isFatal && !this.#isOffline) {
      this.#isOffline = true;
      this.#starved.clear();
      this.#commit.goOffline();
      this.onFailure(error);
    }
    if (isFatal || this.#closeDone !== undefined) this.#finishClose(error);
  }
}

/** A block of memory that is aligned as the arena's is, when there is some left. */
function blockOf(left: Buffer): Buffer {
  const hasBlock = left.length >= WAL_BLOCK_BYTES;
  return hasBlock ? left.subarray(0, WAL_BLOCK_BYTES) : Buffer.alloc(WAL_BLOCK_BYTES);
}
