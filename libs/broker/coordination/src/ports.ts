import type { Random, Uuid } from '@weirhouse/shared-kernel';

import type { CoordinatorRecord } from './records/coordinator-record.ts';

/** A producer whose open transaction the records of an operation belong to. */
export interface TransactionalProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/**
 * What an operation asks of the runtime. The runtime appends the records as one unit and at once,
 * before any other operation of the shard, calls `replay` for each, waits until they are durable
 * and calls exactly one of the callbacks. `errorCode` is the log's; the shard maps it. After a
 * failure the runtime calls `onUnloaded` and loads a new shard from the partition.
 */
export interface OperationResult<LogRecord = CoordinatorRecord> {
  readonly records: readonly LogRecord[];
  /**
   * Set: the records are a batch of this producer's transaction and count once it is committed. The
   * log may then refuse them for the producer's sake, which is no failure of the shard.
   */
  readonly producer?: TransactionalProducer;
  readonly onCommitted?: () => void;
  readonly onFailed?: (errorCode: number) => void;
}

/** Runs when a timer fires; its result is treated like that of a request. */
export type TimerOperation<LogRecord = CoordinatorRecord> = (
  nowMs: number,
) => OperationResult<LogRecord>;

/** One-shot timers by key; keys are unique within one shard. */
export interface ShardTimers<LogRecord = CoordinatorRecord> {
  /** Runs `operation` in `delayMs`; replaces a timer of the same key. */
  schedule(key: string, delayMs: number, operation: TimerOperation<LogRecord>): void;
  /** Forgets the timer; an unknown key is no error. */
  cancel(key: string): void;
}

/** A topic as groups see it. */
export interface CatalogTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitionCount: number;
  /** The racks of the brokers that hold a replica; empty when they have none. */
  readonly racksOf: (partition: number) => readonly string[];
}

/** The topics there are. */
export interface TopicCatalog {
  /** Grows whenever a topic is made, changes or goes. */
  readonly version: number;
  find(name: string): CatalogTopic | undefined;
  findById(topicId: Uuid): CatalogTopic | undefined;
  names(): Iterable<string>;
}

/** Settings that each consumer group can have of its own (KIP-848). */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Shortest time between two target assignments. */
  readonly assignmentIntervalMs: number;
}

/** The outer world of a shard. */
export interface ShardPorts {
  readonly random: Pick<Random, 'bytes'>;
  readonly timers: ShardTimers;
  readonly topics: TopicCatalog;
  readonly settingsOf: (groupId: string) => ConsumerGroupSettings;
}
