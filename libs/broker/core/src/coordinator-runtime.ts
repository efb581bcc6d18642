import {
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
  GroupShard,
  type CoordinatorRecord,
  type GroupShardOptions,
  type OperationResult,
  type TimerOperation,
} from '@weirhouse/broker-coordination';
import { buildBatch, KafkaError } from '@weirhouse/kafka-protocol';
import type { Clock, Log, Random } from '@weirhouse/shared-kernel';

import { replayLog } from './log-reader.ts';
import type { Partition } from './partitions.ts';
import type { Deadline, TimingWheel } from './timing-wheel.ts';

/*
 * One shard:
 *
 * | state   | work arrives        | event                | next    |
 * |---------|---------------------|----------------------|---------|
 * | loading | refused with 14     | replayed to its end  | active  |
 * | loading | refused with 14     | a read failed        | (gone)  |
 * | active  | run                 | an append failed     | (gone)  |
 * | (gone)  | a new one is loaded |                      | loading |
 */

/** Construction of the runtime; `find` gives the partition when this broker leads it. */
export interface CoordinatorRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wheel: TimingWheel;
  readonly shardOptions: GroupShardOptions;
  readonly appended: () => void;
  readonly find: (index: number) => { partition: Partition; leaderEpoch: number } | number;
}

/** Work on a shard; it answers its callers itself, in the callbacks of its result or at once. */
export type ShardWork = (shard: GroupShard, nowMs: number) => OperationResult;

/** The timers of one shard on the broker's wheel. */
class ShardTimers {
  readonly #deadlines = new Map<string, Deadline>();
  readonly #wheel: TimingWheel;
  readonly #fire: (operation: TimerOperation) => void;

  constructor(wheel: TimingWheel, fire: (operation: TimerOperation) => void) {
    this.#wheel = wheel;
    this.#fire = fire;
  }

  schedule(key: string, delayMs: number, operation: TimerOperation): void {
    this.cancel(key);
    const onExpired = () => {
      this.#deadlines.delete(key);
      this.#fire(operation);
    };
    this.#deadlines.set(key, this.#wheel.schedule(delayMs, { onExpired }));
  }

  cancel(key: string): void {
    this.#wheel.cancel(this.#deadlines.get(key));
    this.#deadlines.delete(key);
  }

  clear(): void {
    for (const deadline of this.#deadlines.values()) this.#wheel.cancel(deadline);
    this.#deadlines.clear();
  }
}

interface LoadedShard {
  readonly shard: GroupShard;
  readonly timers: ShardTimers;
  readonly partition: Partition;
  readonly leaderEpoch: number;
  isLoading: boolean;
}

/**
 * Runs group shards, one for each partition of `__consumer_offsets`: loads them by replaying the
 * partition, appends the records of an operation, replays them at once and answers after they are
 * committed. Reads are answered after everything they could have seen is committed.
 */
export class CoordinatorRuntime {
  readonly #options: CoordinatorRuntimeOptions;
  readonly #shards = new Map<number, LoadedShard>();

  constructor(options: CoordinatorRuntimeOptions) {
    this.#options = options;
  }

  /** The shards that serve now. */
  get activeShards(): GroupShard[] {
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
  run(index: number, work: ShardWork, unavailable: (errorCode: number) => void): void {
    const loaded = this.#get(index);
    if (typeof loaded === 'number') return unavailable(loaded);
    if (loaded.isLoading) return unavailable(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
    this.#apply(index, loaded, work(loaded.shard, this.#options.clock.wallMs()));
  }

  /**
   * Reads from a shard; `done` gets the result after everything it could have seen is committed,
   * otherwise `unavailable` gets an error code.
   */
  read<Result>(
    index: number,
    read: (shard: GroupShard, nowMs: number) => Result,
    to: { done: (result: Result) => void; unavailable: (errorCode: number) => void },
  ): void {
    const loaded = this.#get(index);
    if (typeof loaded === 'number') return to.unavailable(loaded);
    if (loaded.isLoading) return to.unavailable(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
    const result = read(loaded.shard, this.#options.clock.wallMs());
    loaded.partition.commits.wait({
      requiredOffset: loaded.partition.log.endOffset,
      onCommitted: () => to.done(result),
      onFailed: () => to.unavailable(KafkaError.NOT_COORDINATOR),
    });
  }

  /** Runs `work` on every shard that serves now. */
  runOnAll(work: ShardWork): void {
    const nowMs = this.#options.clock.wallMs();
    for (const [index, loaded] of Array.from(this.#shards)) {
      if (!loaded.isLoading) this.#apply(index, loaded, work(loaded.shard, nowMs));
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

  #get(index: number): LoadedShard | number {
    const known = this.#shards.get(index);
    if (known !== undefined) return known;
    const found = this.#options.find(index);
    if (typeof found === 'number') return found;
    return this.#load(index, found.partition, found.leaderEpoch);
  }

  #load(index: number, partition: Partition, leaderEpoch: number): LoadedShard {
    const { log, random, shardOptions, wheel } = this.#options;
    const timers = new ShardTimers(wheel, (operation) => {
      const current = this.#shards.get(index);
      if (current?.timers !== timers) return;
      this.#apply(index, current, operation(this.#options.clock.wallMs()));
    });
    const shard = new GroupShard(shardOptions, { random, timers });
    const loaded: LoadedShard = { shard, timers, partition, leaderEpoch, isLoading: true };
    this.#shards.set(index, loaded);
    replayLog({
      log: partition.log,
      onRecord: (record) => {
        if (record.key === null) return;
        const decoded = decodeCoordinatorRecord(record.key, record.value);
        if (decoded !== undefined) shard.replay(decoded);
      },
      done: (errorCode, error) => {
        if (this.#shards.get(index) !== loaded) return;
        if (errorCode !== 0) {
          log.error({ index, errorCode, error }, 'a group shard could not be loaded');
          return this.unload(index);
        }
        loaded.isLoading = false;
        this.#apply(index, loaded, shard.onLoaded(this.#options.clock.wallMs()));
      },
    });
    return loaded;
  }

  #apply(index: number, loaded: LoadedShard, result: OperationResult): void {
    const { records } = result;
    if (records.length === 0) {
      result.onCommitted?.();
      return;
    }
    const { appended, clock, log } = this.#options;
    const { leaderEpoch, partition, shard } = loaded;
    const nowMs = clock.wallMs();
    const batch = encodeBatch(records, leaderEpoch, nowMs);
    const outcome = partition.log.append(batch, { leaderEpoch, nowMs, origin: 'coordinator' });
    if (!outcome.ok) {
      log.warn({ index, errorCode: outcome.errorCode }, 'a group shard could not append');
      result.onFailed?.(outcome.errorCode);
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

function encodeBatch(
  records: readonly CoordinatorRecord[],
  leaderEpoch: number,
  nowMs: number,
): Buffer {
  return buildBatch({
    leaderEpoch,
    records: records.map((record) => {
      const { key, value } = encodeCoordinatorRecord(record);
      return { key, value, timestamp: nowMs };
    }),
  });
}
