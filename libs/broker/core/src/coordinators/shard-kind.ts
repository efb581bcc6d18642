import type {
  EncodedRecord,
  OperationResult,
  ShardTimers,
  TransactionEnd,
} from '@weirhouse/broker-coordination';
import type { TopicImage } from '@weirhouse/broker-metadata';
import type { BatchView, RecordCursor } from '@weirhouse/kafka-protocol';

/** What the runtime needs of any coordinator's shard. */
export interface CoordinatorShard<LogRecord> {
  replay(record: LogRecord): void;
  onLoaded(nowMs: number): OperationResult<LogRecord>;
  onUnloaded(): void;
}

/** The world of one shard, valid until it is unloaded. */
export interface ShardHost<LogRecord> {
  /** The leader epoch of the shard's partition. */
  readonly leaderEpoch: number;
  readonly timers: ShardTimers<LogRecord>;
  /** Runs an operation on the shard after the present turn; nothing once the shard is unloaded. */
  readonly later: (operation: (nowMs: number) => OperationResult<LogRecord>) => void;
}

/** One kind of coordinator: how its shards are made and how its records lie in the log. */
export interface ShardKind<Shard, LogRecord> {
  /** For the log: `group`, `transaction`. */
  readonly name: string;
  /** Largest batch that its topic takes, in bytes. */
  readonly batchBytesMax: () => number;
  create(host: ShardHost<LogRecord>): Shard;
  encode(record: LogRecord): EncodedRecord;
  /** Takes in a record of the log at load; unknown kinds are skipped. Buffers are borrowed. */
  replay(shard: Shard, record: RecordCursor, batch: BatchView): void;
  /** Takes in the end of a producer's transaction on the shard's partition, once it is appended. */
  readonly endTransaction?: (shard: Shard, end: TransactionEnd) => void;
  /** What a shard does when topics were deleted. */
  readonly onTopicsDeleted?: (
    shard: Shard,
    topics: readonly TopicImage[],
    nowMs: number,
  ) => OperationResult<LogRecord>;
}
