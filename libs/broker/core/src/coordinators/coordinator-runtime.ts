import type { OperationResult } from '@weirhouse/broker-coordination';
import type { MarkerOptions, VerificationGuard } from '@weirhouse/broker-log';
import { KafkaError } from '@weirhouse/kafka-protocol';
import type { Clock, Log } from '@weirhouse/shared-kernel';

import { DISK_CHECK_INTERVAL_MS } from '../limits.ts';
import { replayLog } from '../log-reader.ts';
import type { Partition } from '../partitions.ts';
import type { TimingWheel } from '../timing-wheel.ts';
import { recordBatches } from './record-batches.ts';
import type { CoordinatorShard, ShardKind } from './shard-kind.ts';
import { WheelTimers } from './shard-timers.ts';

/*
 * One shard:
 *
 * | state   | work arrives        | event                | next    |
 * |---------|---------------------|----------------------|---------|
 * | loading | refused with 14     | replayed to its end  | active  |
 * | loading | refused with 14     | a read failed        | (gone)  |
 * | active  | run                 | an append failed     | (gone)  |
 * | (gone)  | a new one is loaded |                      | loading |
 *
 * After `close` all are gone for good, and work is refused with 15.
 */

/** Construction of the runtime; `find` gives the partition when this broker leads it. */
export interface CoordinatorRuntimeOptions<Shard, LogRecord> {
  readonly clock: Clock;
  readonly log: Log;
  readonly wheel: TimingWheel;
  readonly kind: ShardKind<Shard, LogRecord>;
  readonly appended: () => void;
  /** Runs `callback` at the end of this turn of the event loop. */
  readonly afterTurn: (callback: () => void) => void;
  readonly find: (index: number) => { partition: Partition; leaderEpoch: number } | number;
}

/** Work on a shard; it answers its callers itself, in the callbacks of its result or at once. */
export type ShardWork<Shard, LogRecord> = (
  shard: Shard,
  nowMs: number,
) => OperationResult<LogRecord>;

/** Takes what a read gave, or why there is none: 14, 15 or 16. */
export interface ReadListener<Result> {
  readonly done: (result: Result) => void;
  readonly unavailable: (errorCode: number) => void;
}

/** The end of a producer's transaction; the runtime adds epoch of the leader and time. */
export type TransactionMarker = Omit<MarkerOptions, 'leaderEpoch' | 'nowMs'>;

interface LoadedShard<Shard, LogRecord> {
  readonly shard: Shard;
  readonly timers: WheelTimers<LogRecord>;
  readonly partition: Partition;
  readonly leaderEpoch: number;
  isLoading: boolean;
}

/**
 * Runs the shards of one kind of coordinator, one for each partition of its topic: loads them by
 * replaying the partition, appends the records of an operation, replays them at once and answers
 * after they are committed. Reads are answered after everything they could have seen is committed.
 */
export class CoordinatorRuntime<Shard extends CoordinatorShard<LogRecord>, LogRecord> {
  readonly #options: CoordinatorRuntimeOptions<Shard, LogRecord>;
  readonly #shards = new Map<number, LoadedShard<Shard, LogRecord>>();
  #isClosed = false;

  constructor(options: CoordinatorRuntimeOptions<Shard, LogRecord>) {
    this.#options = options;
  }

  /** The shards that serve now. */
  get activeShards(): Shard[] {
    return Array.from(this.#shards.values())
      .filter((loaded) => !loaded.isLoading)
      .map((loaded) => loaded.shard);
  }

  /** True while any shard is being loaded. */
  get isLoading(): boolean {
    return Array.from(this.#shards.values()).some((loaded) => loaded.isLoading);
  }

  /** Loads a shard unless it is there. Returns 0, or the error code that stands in the way. */
  ensure(index: number): number {
    const loaded = this.#get(index);
    if (typeof loaded === 'number') return loaded;
    return loaded.isLoading ? KafkaError.COORDINATOR_LOAD_IN_PROGRESS : 0;
  }

  /** Runs `work` on a shard, or calls `unavailable` with 14, 15 or 16. */
  run(
    index: number,
    work: ShardWork<Shard, LogRecord>,
    unavailable: (errorCode: number) => void,
    verification?: VerificationGuard,
  ): void {
    const loaded = this.#getWritable(index);
    if (typeof loaded === 'number') return unavailable(loaded);
    const result = work(loaded.shard, this.#options.clock.wallMs());
    this.#apply(index, loaded, result, verification);
  }

  /**
   * Appends the end of a producer's transaction to a shard's partition and lets the shard replay it.
   * `done` gets 0 when it is durable, else the error code.
   */
  appendMarker(index: number, marker: TransactionMarker, done: (errorCode: number) => void): void {
    const { appended, clock, kind } = this.#options;
    const loaded = this.#getWritable(index);
    if (typeof loaded === 'number') return done(loaded);
    const { leaderEpoch, partition, shard } = loaded;
    const outcome = partition.log.appendMarker({ ...marker, leaderEpoch, nowMs: clock.wallMs() });
    if (!outcome.ok) return done(outcome.errorCode);
    const { commit: isCommitted, producerId } = marker;
    kind.endTransaction?.(shard, { producerId, isCommitted });
    appended();
    partition.commits.wait({
      requiredOffset: outcome.lastOffset + 1,
      onCommitted: () => done(KafkaError.NONE),
      onFailed: (errorCode) => {
        done(errorCode);
        if (this.#shards.get(index) === loaded) this.unload(index);
      },
    });
  }

  /**
   * Reads from a shard; `done` gets the result after everything it could have seen is committed,
   * otherwise `unavailable` gets an error code.
   */
  read<Result>(
    index: number,
    read: (shard: Shard, nowMs: number) => Result,
    to: ReadListener<Result>,
  ): void {
    const loaded = this.#getActive(index);
    if (typeof loaded === 'number') return to.unavailable(loaded);
    const result = read(loaded.shard, this.#options.clock.wallMs());
    loaded.partition.commits.wait({
      requiredOffset: loaded.partition.log.endOffset,
      onCommitted: () => to.done(result),
      onFailed: () => to.unavailable(KafkaError.NOT_COORDINATOR),
    });
  }

  /** Runs `work` on every shard that serves now. */
  runOnAll(work: ShardWork<Shard, LogRecord>): void {
    const nowMs = this.#options.clock.wallMs();
    for (const [index, loaded] of Array.from(this.#shards)) {
      if (loaded.isLoading || !loaded.partition.log.isWritable) continue;
      this.#apply(index, loaded, work(loaded.shard, nowMs));
    }
  }

  /** Forgets a shard: whoever waits in it is told 16. */
  unload(index: number): void {
    const loaded = this.#shards.get(index);
    if (loaded === undefined) return;
    this.#shards.delete(index);
    loaded.timers.clear();
    loaded.shard.onUnloaded();
  }

  /** Forgets every shard. */
  unloadAll(): void {
    for (const index of Array.from(this.#shards.keys())) this.unload(index);
  }

  /** Forgets every shard and loads none any more. */
  close(): void {
    this.#isClosed = true;
    this.unloadAll();
  }

  #get(index: number): LoadedShard<Shard, LogRecord> | number {
    if (this.#isClosed) return KafkaError.COORDINATOR_NOT_AVAILABLE;
    const known = this.#shards.get(index);
    if (known !== undefined) return known;
    const found = this.#options.find(index);
    if (typeof found === 'number') return found;
    return this.#load(index, found.partition, found.leaderEpoch);
  }

  #getActive(index: number): LoadedShard<Shard, LogRecord> | number {
    const loaded = this.#get(index);
    if (typeof loaded === 'number') return loaded;
    return loaded.isLoading ? KafkaError.COORDINATOR_LOAD_IN_PROGRESS : loaded;
  }

  /** Nothing is decided that could not be written down: what waits for space on the disk goes on then. */
  #getWritable(index: number): LoadedShard<Shard, LogRecord> | number {
    const loaded = this.#getActive(index);
    if (typeof loaded === 'number') return loaded;
    return loaded.partition.log.isWritable ? loaded : KafkaError.COORDINATOR_NOT_AVAILABLE;
  }

  #load(index: number, partition: Partition, leaderEpoch: number): LoadedShard<Shard, LogRecord> {
    const { afterTurn, kind, wheel } = this.#options;
    const runHere = (operation: (nowMs: number) => OperationResult<LogRecord>): void => {
      const current = this.#shards.get(index);
      if (current?.timers !== timers) return;
      this.#apply(index, current, operation(this.#options.clock.wallMs()));
    };
    const timers = new WheelTimers<LogRecord>(wheel, runHere, () => partition.log.isWritable);
    const later = (operation: (nowMs: number) => OperationResult<LogRecord>): void => {
      const again = { onExpired: () => later(operation) };
      afterTurn(() => {
        if (partition.log.isWritable) runHere(operation);
        else wheel.schedule(DISK_CHECK_INTERVAL_MS, again);
      });
    };
    const shard = kind.create({ leaderEpoch, timers, later });
    const loaded = { shard, timers, partition, leaderEpoch, isLoading: true };
    this.#shards.set(index, loaded);
    this.#replay(index, loaded);
    return loaded;
  }

  #replay(index: number, loaded: LoadedShard<Shard, LogRecord>): void {
    const { clock, kind, log } = this.#options;
    const { partition, shard } = loaded;
    replayLog({
      log: partition.log,
      withControlRecords: true,
      onRecord: (record, batch) => {
        kind.replay(shard, record, batch);
      },
      done: (errorCode, error) => {
        if (this.#shards.get(index) !== loaded) return;
        if (errorCode !== 0) {
          log.error({ index, errorCode, error }, `a ${kind.name} shard could not be loaded`);
          return this.unload(index);
        }
        loaded.isLoading = false;
        this.#apply(index, loaded, shard.onLoaded(clock.wallMs()));
      },
    });
  }

  #apply(
    index: number,
    loaded: LoadedShard<Shard, LogRecord>,
    result: OperationResult<LogRecord>,
    verification?: VerificationGuard,
  ): void {
    const { producer, records } = result;
    if (records.length === 0) {
      result.onCommitted?.();
      return;
    }
    const { appended, clock, kind, log } = this.#options;
    const { leaderEpoch, partition, shard } = loaded;
    const nowMs = clock.wallMs();
    const batchBytesMax = kind.batchBytesMax();
    const encoded = records.map((record) => kind.encode(record));
    const batches = recordBatches({
      records: encoded,
      leaderEpoch,
      nowMs,
      batchBytesMax,
      producer,
    });
    const options = { leaderEpoch, nowMs, origin: 'coordinator', verification } as const;
    const outcome = partition.log.append(batches, options);
    if (!outcome.ok) {
      result.onFailed?.(outcome.errorCode);
      if (producer !== undefined && isProducersFault(outcome.errorCode)) return;
      log.warn({ index, errorCode: outcome.errorCode }, `a ${kind.name} shard could not append`);
      this.unload(index);
      return;
    }
    for (const record of records) shard.replay(record);
    appended();
    partition.commits.wait({
      requiredOffset: outcome.lastOffset + 1,
      onCommitted: () => result.onCommitted?.(),
      onFailed: (errorCode) => {
        result.onFailed?.(errorCode);
        if (this.#shards.get(index) === loaded) this.unload(index);
      },
    });
  }
}

/** True for what the log answers a fenced or unverified producer: the shard itself is well. */
function isProducersFault(errorCode: number): boolean {
  return (
    errorCode === KafkaError.INVALID_PRODUCER_EPOCH || errorCode === KafkaError.INVALID_TXN_STATE
  );
}
