import { GroupShard } from '../group-shard.ts';
import { defaultGroupShardOptions, type GroupShardOptions } from '../options.ts';
import type {
  ConsumerGroupSettings,
  OperationResult,
  ShardPorts,
  TimerOperation,
} from '../ports.ts';
import type { EncodedRecord } from '../records/framing.ts';
import { decodeCoordinatorRecord, encodeCoordinatorRecord } from '../records/record-codec.ts';
import { TestTopics } from './test-topics.ts';

interface PendingWrite {
  readonly recordCount: number;
  readonly result: OperationResult;
}

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly operation: TimerOperation;
}

/** 2025-01-01, so that a timestamp that was forgotten shows. */
const START_MS = 1_735_689_600_000;

/**
 * A runtime for one shard in tests: a virtual clock, a log in memory and writes that become
 * durable when the test says so. It obeys the contract of OperationResult to the letter.
 */
export class ShardWorld {
  readonly options: GroupShardOptions;
  /** With false, writes wait for `commit`. */
  commitsAtOnce = true;
  nowMs = START_MS;
  /** Topics that consumer groups can subscribe to. */
  readonly topics = new TestTopics();
  /** Settings of all consumer groups. */
  settings: ConsumerGroupSettings = {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5_000,
    assignmentIntervalMs: 0,
  };
  shard: GroupShard;
  readonly log: EncodedRecord[] = [];
  readonly #pending: PendingWrite[] = [];
  readonly #timers = new Map<string, Timer>();
  readonly #ports: ShardPorts;
  #durable = 0;
  #sequence = 0;
  #randomState: number;

  constructor(options: Partial<GroupShardOptions> = {}, seed = 1) {
    this.options = { ...defaultGroupShardOptions, ...options };
    this.#randomState = seed;
    this.#ports = {
      topics: this.topics,
      settingsOf: () => this.settings,
      random: { bytes: (length) => this.#randomBytes(length) },
      timers: {
        schedule: (key, delayMs, operation) => {
          const atMs = this.nowMs + delayMs;
          this.#timers.set(key, { atMs, sequence: (this.#sequence += 1), operation });
        },
        cancel: (key) => void this.#timers.delete(key),
      },
    };
    this.shard = this.#load();
  }

  get pendingWrites(): number {
    return this.#pending.length;
  }

  get timerKeys(): readonly string[] {
    return [...this.#timers.keys()];
  }

  /** Appends, replays and, when writes commit at once, confirms. */
  run(result: OperationResult): void {
    if (result.records.length === 0) return;
    for (const record of result.records) {
      this.log.push(encodeCoordinatorRecord(record));
      this.shard.replay(record);
    }
    this.#pending.push({ recordCount: result.records.length, result });
    if (this.commitsAtOnce) this.commit();
  }

  /** Makes all writes, or the oldest `count`, durable. */
  commit(count = Number.POSITIVE_INFINITY): void {
    for (let done = 0; done < count; done += 1) {
      const write = this.#pending.shift();
      if (write === undefined) return;
      this.#durable += write.recordCount;
      write.result.onCommitted?.();
    }
  }

  /** The log refuses what is pending: the writes are lost and the shard is loaded again. */
  failWrites(errorCode: number): void {
    this.log.length = this.#durable;
    this.#moveAway(errorCode);
    this.shard = this.#load();
  }

  /** The partition moves away and back; what was pending survives in the log unanswered. */
  reload(errorCode: number): void {
    this.#moveAway(errorCode);
    this.#durable = this.log.length;
    this.shard = this.#load();
  }

  /** Lets time pass, firing timers in order. */
  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let due = this.#nextTimer(endMs); due !== undefined; due = this.#nextTimer(endMs)) {
      const [key, timer] = due;
      this.#timers.delete(key);
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      this.run(timer.operation(this.nowMs));
    }
    this.nowMs = endMs;
  }

  /** The replicated state as sorted text, to compare shards by. */
  replicatedState(shard: GroupShard = this.shard): readonly string[] {
    return shard
      .snapshotRecords()
      .map(encodeCoordinatorRecord)
      .map(({ key, value }) => `${key.toString('hex')}=${value?.toString('hex') ?? ''}`)
      .toSorted();
  }

  /** A shard that has replayed the log and nothing else; it has no timers. */
  replayed(): GroupShard {
    const timers = { schedule: (): void => {}, cancel: (): void => {} };
    return this.#replayInto(new GroupShard(this.options, { ...this.#ports, timers }));
  }

  #replayInto(shard: GroupShard): GroupShard {
    for (const { key, value } of this.log) {
      const record = decodeCoordinatorRecord(key, value);
      if (record !== undefined) shard.replay(record);
    }
    return shard;
  }

  #moveAway(errorCode: number): void {
    for (const { result } of this.#pending.splice(0)) result.onFailed?.(errorCode);
    this.shard.onUnloaded();
  }

  #load(): GroupShard {
    const shard = this.#replayInto(new GroupShard(this.options, this.#ports));
    this.shard = shard;
    this.run(shard.onLoaded(this.nowMs));
    return shard;
  }

  #nextTimer(endMs: number): readonly [string, Timer] | undefined {
    let next: readonly [string, Timer] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].atMs > endMs) continue;
      if (next === undefined || isEarlier(entry[1], next[1])) next = entry;
    }
    return next;
  }

  /** A linear congruential generator: enough to make ids differ, and the same in every run. */
  #randomBytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) {
      this.#randomState = (Math.imul(this.#randomState, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[index] = this.#randomState >>> 24;
    }
    return bytes;
  }
}

function isEarlier(one: Timer, other: Timer): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  return one.sequence < other.sequence;
}
