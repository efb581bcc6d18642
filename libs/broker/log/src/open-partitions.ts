import { isAppError, type Uuid } from '@weirhouse/shared-kernel';
import { forgetCleaned, restoreCleanedOffset } from './compaction/cleaned-offset.ts';
import type { IoCallback } from './disk.ts';
import { RecordKind } from './extent.ts';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from './log-config.ts';
import { type LogContext, LogState, type PartitionRef } from './log-state.ts';
import { openLog, type ReplayedFrom } from './open-log.ts';
import {
  deletePartitionFolder,
  ensurePartitionFolder,
  listPartitionFolders,
} from './partition-folders.ts';
import { type LateTransaction, PartitionLog } from './partition-log.ts';
import type { ReplayedRange } from './replay.ts';
import { inSequence } from './sequence.ts';
import type { OffsetCheckpoint } from './offset-checkpoint.ts';
import { keyOf } from './wal/recovery.ts';
import { WriteBehind } from './write-behind.ts';

const NO_PAYLOAD = Buffer.alloc(0);

/** The partitions of a volume that are open: opens, makes and deletes them. */
export class OpenPartitions {
  readonly #context: LogContext;
  readonly #starts: OffsetCheckpoint;
  /** By `keyOf`. */
  readonly #states = new Map<string, LogState>();
  readonly #byFolder = new Map<string, LogState>();

  constructor(context: LogContext, starts: OffsetCheckpoint) {
    this.#context = context;
    this.#starts = starts;
  }

  values(): IterableIterator<LogState> {
    return this.#states.values();
  }

  /** The state of an open partition by its `keyOf`. */
  findState(key: string): LogState | undefined {
    return this.#states.get(key);
  }

  /** Opens what the WAL named; false when it is damaged, which must not keep the others from opening. */
  reopen(range: ReplayedRange, generation: number): boolean {
    try {
      this.#open(range.ref, LOG_CONFIG_DEFAULTS, range);
      this.#states.get(keyOf(range.ref.topicId, range.ref.index))?.noteReplayed(range, generation);
      return true;
    } catch (error) {
      if (isAppError(error) && error.code === 'corrupt') return false;
      throw error;
    }
  }

  /**
   * The log of a partition, opened or made. A folder of an older topic of the same name is removed.
   * Throws `corrupt` when its files are damaged, `storage` when the disk fails.
   */
  get(ref: PartitionRef, config: LogConfig): PartitionLog {
    const known = this.#states.get(keyOf(ref.topicId, ref.index));
    if (known?.log !== undefined) {
      known.config = config;
      return known.log;
    }
    try {
      return this.#open(ref, config);
    } catch (error) {
      if (isAppError(error) && error.code === 'storage') this.#context.onDiskError(error);
      throw error;
    }
  }

  /** A partition that is open; undefined for others, on disk or not. */
  find(topicId: Uuid, index: number): PartitionLog | undefined {
    return this.#states.get(keyOf(topicId, index))?.log;
  }

  /** Every partition that has a folder, open or not: what the metadata does not know can go. */
  list(): readonly PartitionRef[] {
    return listPartitionFolders(this.#context.disk);
  }

  /** Removes a partition's log. Its records in the WAL are void; files are gone when `done` is called. */
  delete(topicId: Uuid, index: number, done: IoCallback): void {
    const key = keyOf(topicId, index);
    const ref =
      this.#states.get(key)?.ref ??
      this.list().find((entry) => keyOf(entry.topicId, entry.index) === key);
    if (ref === undefined) {
      done(undefined);
      return;
    }
    const state = this.#states.get(key) ?? new LogState(ref, LOG_CONFIG_DEFAULTS);
    this.#void(state);
    inSequence(
      [
        (next) => deletePartitionFolder(this.#context.disk, this.#context.files, ref, next),
        (next) => (this.#starts.delete(state.key) ? this.#starts.write(next) : next(undefined)),
        (next) => forgetCleaned(state, this.#context, next),
      ],
      done,
    );
  }

  /**
   * Forgets what open partitions know of producers that were silent since before `beforeMs`; those with
   * an open transaction stay. Returns how many were forgotten.
   */
  expireProducers(beforeMs: number): number {
    let count = 0;
    for (const { log } of this.#states.values()) count += log?.expireProducers(beforeMs) ?? 0;
    return count;
  }

  /** Per open partition its oldest open transaction, if its producer is silent since before `beforeMs`. */
  findLateTransactions(beforeMs: number): readonly LateTransaction[] {
    const late: LateTransaction[] = [];
    for (const { log } of this.#states.values()) {
      const found = log?.findLateTransaction(beforeMs);
      if (found !== undefined) late.push(found);
    }
    return late;
  }

  /** What is known of a partition counts no more, in memory at once and in the WAL. */
  #void(state: LogState): void {
    this.#states.delete(state.key);
    if (this.#byFolder.get(state.folder) === state) this.#byFolder.delete(state.folder);
    state.isDeleted = true;
    if (this.#context.starved.has(state)) state.log?.writeBehind.retry();
    state.tail.truncate(-1, undefined, 0);
    const note = this.#context.commit.note(state, RecordKind.DELETE, NO_PAYLOAD);
    // Without room for the note the folder goes all the same: recovery counts its records as orphans.
    if (note !== undefined) this.#context.commit.flush();
  }

  #open(ref: PartitionRef, config: LogConfig, replayed?: ReplayedFrom): PartitionLog {
    const state = new LogState(ref, config);
    // Of an older topic of that name, brought back by recovery: its folder is about to go.
    const older = this.#byFolder.get(state.folder);
    if (older !== undefined) this.#void(older);
    const isNew = ensurePartitionFolder(this.#context.disk, this.#context.files, ref);
    state.startOffset = this.#starts.get(state.key);
    openLog(state, this.#context, replayed);
    restoreCleanedOffset(state, this.#context, { ...replayed, isNew });
    const log = new PartitionLog(state, this.#context, new WriteBehind(state, this.#context));
    state.log = log;
    this.#states.set(state.key, state);
    this.#byFolder.set(state.folder, state);
    return log;
  }
}
