import { GroupShard } from '../group-shard.ts';
import { defaultGroupShardOptions, type GroupShardOptions } from '../options.ts';
import type { ConsumerGroupSettings, OperationResult, ShardPorts } from '../ports.ts';
import type { CoordinatorRecord } from '../records/coordinator-record.ts';
import type { EncodedRecord } from '../records/framing.ts';
import { decodeCoordinatorRecord, encodeCoordinatorRecord } from '../records/record-codec.ts';
import { PendingWrites } from './pending-writes.ts';
import { TestTopics } from './test-topics.ts';
import { VirtualTime } from './virtual-time.ts';

/**
 * A runtime for one shard in tests: a virtual clock, a log in memory and writes that become
 * durable when the test says so. It obeys the contract of OperationResult to the letter.
 */
export class ShardWorld {
  readonly options: GroupShardOptions;
  /** With false, writes wait for `commit`. */
  commitsAtOnce = true;
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
  readonly #time = new VirtualTime<CoordinatorRecord>();
  readonly #writes = new PendingWrites<CoordinatorRecord>();
  readonly #ports: ShardPorts;
  #randomState: number;

  constructor(options: Partial<GroupShardOptions> = {}, seed = 1) {
    this.options = { ...defaultGroupShardOptions, ...options };
    this.#randomState = seed;
    this.#ports = {
      topics: this.topics,
      settingsOf: () => this.settings,
      random: { bytes: (length) => this.#randomBytes(length) },
      timers: this.#time.timers,
    };
    this.shard = this.#load();
  }

  get pendingWrites(): number {
    return this.#writes.size;
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }

  get timerKeys(): readonly string[] {
    return this.#time.timerKeys;
  }

  /** Appends, replays and, when writes commit at once, confirms. */
  run(result: OperationResult): void {
    if (result.records.length === 0) return;
    for (const record of result.records) {
      this.log.push(encodeCoordinatorRecord(record));
      this.shard.replay(record);
    }
    this.#writes.add(result);
    if (this.commitsAtOnce) this.commit();
  }

  /** Makes all writes, or the oldest `count`, durable. */
  commit(count = Number.POSITIVE_INFINITY): void {
    this.#writes.commit(count);
  }

  /** The log refuses what is pending: the writes are lost and the shard is loaded again. */
  failWrites(errorCode: number): void {
    this.log.length = this.#writes.durableCount;
    this.#moveAway(errorCode);
    this.shard = this.#load();
  }

  /** The partition moves away and back; what was pending survives in the log unanswered. */
  reload(errorCode: number): void {
    this.#moveAway(errorCode);
    this.#writes.durableCount = this.log.length;
    this.shard = this.#load();
  }

  /** Lets time pass, firing timers in order. */
  advance(durationMs: number): void {
    this.#time.advance(durationMs, (result) => this.run(result));
  }

  /** Offsets that nobody needs any more go. */
  expire(): void {
    this.run(this.shard.expireOffsets(this.nowMs));
  }

  /** The replicated state as sorted text, to compare shards by. */
  replicatedState(shard: GroupShard = this.shard): readonly string[] {
    return shard
      .snapshotRecords()
      .map(encodeCoordinatorRecord)
      .map(({ key, value }) => `${key.toString('hex')}=${value?.toString('hex') ?? ''}`)
      .toSorted();
  }

  /** A shard that has replayed the log, or another one, and nothing else; it has no timers. */
  replayed(log: readonly EncodedRecord[] = this.log): GroupShard {
    const timers = { schedule: (): void => {}, cancel: (): void => {} };
    return this.#replayInto(new GroupShard(this.options, { ...this.#ports, timers }), log);
  }

  #replayInto(shard: GroupShard, log: readonly EncodedRecord[] = this.log): GroupShard {
    for (const { key, value } of log) {
      const record = decodeCoordinatorRecord(key, value);
      if (record !== undefined) shard.replay(record);
    }
    return shard;
  }

  #moveAway(errorCode: number): void {
    this.#writes.fail(errorCode);
    this.shard.onUnloaded();
  }

  #load(): GroupShard {
    const shard = this.#replayInto(new GroupShard(this.options, this.#ports));
    this.shard = shard;
    this.run(shard.onLoaded(this.nowMs));
    return shard;
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
