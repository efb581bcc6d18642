import {
  defaultGroupShardOptions,
  type GroupShard,
  type GroupShardOptions,
  type OperationResult,
} from '@weirhouse/broker-coordination';
import type { ConfigResolver, MetadataImage, TopicImage } from '@weirhouse/broker-metadata';
import { coordinatorPartition, KafkaError } from '@weirhouse/kafka-protocol';

import { CoordinatorRuntime } from './coordinator-runtime.ts';
import { OFFSETS_TOPIC } from './internal-topics.ts';
import { OFFSETS_EXPIRY_INTERVAL_MS } from './limits.ts';
import type { MetadataWriter } from './metadata-writer.ts';
import type { Partitions } from './partitions.ts';
import type { BrokerPorts } from './ports.ts';
import type { TimingWheel } from './timing-wheel.ts';
import { autoCreateTopics } from './topic-creation.ts';

/** What the service needs of the broker. */
export interface GroupServiceOptions {
  readonly ports: BrokerPorts;
  readonly wheel: TimingWheel;
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly partitions: Partitions;
  readonly metadata: MetadataWriter;
  readonly appended: () => void;
}

/** Where a group lives: the broker that coordinates it, or why there is none. */
export type CoordinatorLookup =
  | { readonly ok: true; readonly nodeId: number; readonly index: number }
  | { readonly ok: false; readonly errorCode: number };

const MINUTE_MS = 60_000;

/** The groups of this broker: finds the shard of a group id and runs work on it. */
export class GroupService {
  readonly #options: GroupServiceOptions;
  readonly #runtime: CoordinatorRuntime;

  constructor(options: GroupServiceOptions) {
    this.#options = options;
    const { appended, configs, ports, wheel } = options;
    this.#runtime = new CoordinatorRuntime({
      clock: ports.clock,
      random: ports.random,
      log: ports.log,
      wheel,
      appended,
      shardOptions: shardOptionsOf(configs),
      find: (index) => this.#findPartition(index),
    });
    this.#expireLater();
  }

  /** True while shards are being loaded. */
  get isLoading(): boolean {
    return this.#runtime.isLoading;
  }

  /** How many groups the loaded shards hold. */
  get groupCount(): number {
    let groups = 0;
    for (const shard of this.#runtime.activeShards) groups += shard.groupCount;
    return groups;
  }

  /** Loads every shard this broker leads, so that groups need not wait for it. */
  loadAll(): void {
    const topic = this.#topic();
    for (const { index } of topic?.partitions ?? []) this.#runtime.ensure(index);
  }

  /**
   * The coordinator of a group. The topic of the offsets is created when it does not exist yet; `done`
   * runs after that.
   */
  findCoordinator(groupId: string, done: (lookup: CoordinatorLookup) => void): void {
    if (this.#topic() !== undefined) return done(this.#lookUp(groupId));
    autoCreateTopics(this.#options, [OFFSETS_TOPIC], (errorCode) => {
      if (errorCode === 0) return done(this.#lookUp(groupId));
      this.#options.ports.log.warn({ errorCode }, 'the offsets topic could not be created');
      done({ ok: false, errorCode: KafkaError.COORDINATOR_NOT_AVAILABLE });
    });
  }

  /** Runs `work` on the group's shard, or calls `unavailable` with 14, 15 or 16. */
  run(
    groupId: string,
    work: (shard: GroupShard, nowMs: number) => OperationResult,
    unavailable: (errorCode: number) => void,
  ): void {
    const index = this.#indexOf(groupId);
    if (index === undefined) return unavailable(KafkaError.NOT_COORDINATOR);
    this.#runtime.run(index, work, unavailable);
  }

  /** Reads from the group's shard; answered after what was seen is committed. */
  read<Result>(
    groupId: string,
    read: (shard: GroupShard, nowMs: number) => Result,
    to: { done: (result: Result) => void; unavailable: (errorCode: number) => void },
  ): void {
    const index = this.#indexOf(groupId);
    if (index === undefined) return to.unavailable(KafkaError.NOT_COORDINATOR);
    this.#runtime.read(index, read, to);
  }

  /** Reads from every shard of this broker; 14 while one is loading. */
  readAll<Result>(
    read: (shard: GroupShard) => Result,
    to: { done: (results: Result[]) => void; unavailable: (errorCode: number) => void },
  ): void {
    const indexes = (this.#topic()?.partitions ?? [])
      .filter(({ leader }) => leader === this.#options.configs.brokerId)
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

  /** Takes the offsets of deleted topics out of all groups. */
  onTopicsDeleted(topics: readonly TopicImage[]): void {
    if (topics.some(({ name }) => name === OFFSETS_TOPIC)) this.#runtime.unloadAll();
    this.#runtime.runOnAll((shard, nowMs) => shard.onTopicsDeleted(topics, nowMs));
  }

  /** Ends all shards. */
  close(): void {
    this.#runtime.unloadAll();
  }

  #expireLater(): void {
    const onExpired = () => {
      this.#runtime.runOnAll((shard, nowMs) => shard.expireOffsets(nowMs));
      this.#expireLater();
    };
    this.#options.wheel.schedule(OFFSETS_EXPIRY_INTERVAL_MS, { onExpired });
  }

  #topic(): TopicImage | undefined {
    return this.#options.image.topics.find(OFFSETS_TOPIC);
  }

  #indexOf(groupId: string): number | undefined {
    const topic = this.#topic();
    return topic === undefined ? undefined : coordinatorPartition(groupId, topic.partitions.length);
  }

  #lookUp(groupId: string): CoordinatorLookup {
    const index = this.#indexOf(groupId) ?? -1;
    const partition = this.#topic()?.partitions[index];
    if (partition === undefined || partition.leader < 0)
      return { ok: false, errorCode: KafkaError.COORDINATOR_NOT_AVAILABLE };
    // Loading starts now, so that the client's first request finds the shard ready.
    if (partition.leader === this.#options.configs.brokerId) this.#runtime.ensure(index);
    return { ok: true, nodeId: partition.leader, index };
  }

  #findPartition(index: number) {
    const topic = this.#topic();
    if (topic === undefined) return KafkaError.NOT_COORDINATOR;
    const found = this.#options.partitions.lookUp(topic, index);
    if (!found.ok) return KafkaError.NOT_COORDINATOR;
    return { partition: found.partition, leaderEpoch: found.image.leaderEpoch };
  }
}

function shardOptionsOf(configs: ConfigResolver): GroupShardOptions {
  return {
    ...defaultGroupShardOptions,
    groupSizeMax: configs.brokerNumber('group.max.size'),
    sessionTimeoutMinMs: configs.brokerNumber('group.min.session.timeout.ms'),
    sessionTimeoutMaxMs: configs.brokerNumber('group.max.session.timeout.ms'),
    initialRebalanceDelayMs: configs.brokerNumber('group.initial.rebalance.delay.ms'),
    offsetMetadataLengthMax: configs.brokerNumber('offset.metadata.max.bytes'),
    offsetsRetentionMs: configs.brokerNumber('offsets.retention.minutes') * MINUTE_MS,
    batchBytesMax: configs.topicConfig(OFFSETS_TOPIC).maxMessageBytes,
  };
}
