import type { VerificationGuard } from '@weirhouse/broker-log';
import type { ConfigResolver, MetadataImage, TopicImage } from '@weirhouse/broker-metadata';
import { coordinatorPartition, KafkaError } from '@weirhouse/kafka-protocol';

import type { MetadataWriter } from '../metadata-writer.ts';
import type { Partition, Partitions } from '../partitions.ts';
import type { BrokerPorts } from '../ports.ts';
import type { TimingWheel } from '../timing-wheel.ts';
import { autoCreateTopics } from '../topic-creation.ts';
import {
  CoordinatorRuntime,
  type ReadListener,
  type ShardWork,
  type TransactionMarker,
} from './coordinator-runtime.ts';
import type { CoordinatorShard, ShardKind } from './shard-kind.ts';

/** What a coordinator needs of the broker. */
export interface CoordinatorContext {
  readonly ports: BrokerPorts;
  readonly wheel: TimingWheel;
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly partitions: Partitions;
  readonly metadata: MetadataWriter;
  readonly appended: () => void;
}

/** Where an id lives: the broker that coordinates it, or why there is none. */
export type CoordinatorLookup =
  | { readonly ok: true; readonly nodeId: number; readonly index: number }
  | { readonly ok: false; readonly errorCode: number };

/**
 * One kind of coordinator over its internal topic: finds the shard of an id and runs work on it. The
 * topic is created when the first coordinator is asked for.
 */
export class CoordinatorService<Shard extends CoordinatorShard<LogRecord>, LogRecord> {
  readonly #context: CoordinatorContext;
  readonly #topicName: string;
  readonly #kind: ShardKind<Shard, LogRecord>;
  readonly #runtime: CoordinatorRuntime<Shard, LogRecord>;

  constructor(context: CoordinatorContext, topicName: string, kind: ShardKind<Shard, LogRecord>) {
    this.#context = context;
    this.#topicName = topicName;
    this.#kind = kind;
    const { appended, ports, wheel } = context;
    const { afterTurn, clock, log } = ports;
    this.#runtime = new CoordinatorRuntime({
      clock,
      log,
      wheel,
      kind,
      appended,
      afterTurn,
      find: (index) => this.#findPartition(index),
    });
  }

  /** True while shards are being loaded. */
  get isLoading(): boolean {
    return this.#runtime.isLoading;
  }

  /** The shards that serve now. */
  get activeShards(): readonly Shard[] {
    return this.#runtime.activeShards;
  }

  /** Loads every shard this broker leads, so that nobody need wait for it. */
  loadAll(): void {
    for (const { index } of this.#topic()?.partitions ?? []) this.#runtime.ensure(index);
  }

  /** The coordinator of an id; `done` runs after its topic was created, when there was none. */
  findCoordinator(id: string, done: (lookup: CoordinatorLookup) => void): void {
    if (this.#topic() !== undefined) return done(this.#lookUp(id));
    autoCreateTopics(this.#context, [this.#topicName], (errorCode) => {
      if (errorCode === 0) return done(this.#lookUp(id));
      const topic = this.#topicName;
      this.#context.ports.log.warn({ topic, errorCode }, 'an internal topic could not be created');
      done({ ok: false, errorCode: KafkaError.COORDINATOR_NOT_AVAILABLE });
    });
  }

  /** Runs `work` on the shard of an id, or calls `unavailable` with 14, 15 or 16. */
  run(
    id: string,
    work: ShardWork<Shard, LogRecord>,
    unavailable: (errorCode: number) => void,
    verification?: VerificationGuard,
  ): void {
    const index = this.#indexOf(id);
    if (index === undefined) return unavailable(KafkaError.NOT_COORDINATOR);
    this.#runtime.run(index, work, unavailable, verification);
  }

  /** The partition that holds an id, when this broker coordinates it; else 16. */
  partitionOf(id: string): Partition | number {
    const index = this.#indexOf(id);
    if (index === undefined) return KafkaError.NOT_COORDINATOR;
    const found = this.#findPartition(index);
    return typeof found === 'number' ? found : found.partition;
  }

  /** Ends a producer's transaction on one partition of the topic; `done` gets 0 when it is durable. */
  appendMarker(index: number, marker: TransactionMarker, done: (errorCode: number) => void): void {
    this.#runtime.appendMarker(index, marker, done);
  }

  /** Reads from the shard of an id; answered after what was seen is committed. */
  read<Result>(
    id: string,
    read: (shard: Shard, nowMs: number) => Result,
    to: ReadListener<Result>,
  ): void {
    const index = this.#indexOf(id);
    if (index === undefined) return to.unavailable(KafkaError.NOT_COORDINATOR);
    this.#runtime.read(index, read, to);
  }

  /** Reads from every shard of this broker; 14 while one is loading. */
  readAll<Result>(read: (shard: Shard, nowMs: number) => Result, to: ReadListener<Result[]>): void {
    const indexes = (this.#topic()?.partitions ?? [])
      .filter(({ leader }) => leader === this.#context.configs.brokerId)
      .map(({ index }) => index);
    const results: Result[] = [];
    const next = (position: number): void => {
      const index = indexes[position];
      if (index === undefined) return to.done(results);
      this.#runtime.read(index, read, {
        done: (result) => {
          results.push(result);
          next(position + 1);
        },
        unavailable: to.unavailable,
      });
    };
    next(0);
  }

  /** Runs `work` on every shard that serves now. */
  runOnAll(work: ShardWork<Shard, LogRecord>): void {
    this.#runtime.runOnAll(work);
  }

  /** Runs `work` on every shard again and again. */
  runPeriodically(intervalMs: number, work: ShardWork<Shard, LogRecord>): void {
    const onExpired = () => {
      this.#runtime.runOnAll(work);
      this.runPeriodically(intervalMs, work);
    };
    this.#context.wheel.schedule(intervalMs, { onExpired });
  }

  /** Tells the shards which topics are gone; when it is their own, forgets them. */
  onTopicsDeleted(topics: readonly TopicImage[]): void {
    if (topics.some(({ name }) => name === this.#topicName)) this.#runtime.unloadAll();
    const { onTopicsDeleted } = this.#kind;
    if (onTopicsDeleted !== undefined)
      this.#runtime.runOnAll((shard, nowMs) => onTopicsDeleted(shard, topics, nowMs));
  }

  /** Ends all shards; what is asked of them afterwards gets 15. */
  close(): void {
    this.#runtime.close();
  }

  #topic(): TopicImage | undefined {
    return this.#context.image.topics.find(this.#topicName);
  }

  #indexOf(id: string): number | undefined {
    const topic = this.#topic();
    return topic === undefined ? undefined : coordinatorPartition(id, topic.partitions.length);
  }

  #lookUp(id: string): CoordinatorLookup {
    const index = this.#indexOf(id) ?? -1;
    const partition = this.#topic()?.partitions[index];
    if (partition === undefined || partition.leader < 0)
      return { ok: false, errorCode: KafkaError.COORDINATOR_NOT_AVAILABLE };
    // Loading starts now, so that the client's first request finds the shard ready.
    if (partition.leader === this.#context.configs.brokerId) this.#runtime.ensure(index);
    return { ok: true, nodeId: partition.leader, index };
  }

  #findPartition(index: number) {
    const topic = this.#topic();
    if (topic === undefined) return KafkaError.NOT_COORDINATOR;
    const found = this.#context.partitions.lookUp(topic, index);
    if (!found.ok) return KafkaError.NOT_COORDINATOR;
    return { partition: found.partition, leaderEpoch: found.image.leaderEpoch };
  }
}
