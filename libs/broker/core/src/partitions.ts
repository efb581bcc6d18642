import type { LogConfig, LogStore, PartitionLog } from '@weirhouse/broker-log';
import type { MetadataImage, PartitionImage, TopicImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import type { Uuid } from '@weirhouse/shared-kernel';

import { DurableQueue } from './durable-queue.ts';

/** Something that is woken when a partition may have more for readers, or is gone. */
export interface PartitionWatcher {
  onAdvanced(partition: Partition): void;
}

/** A partition this broker leads: its log and who waits for it. */
export class Partition {
  readonly topicId: Uuid;
  readonly topicName: string;
  readonly index: number;
  readonly log: PartitionLog;
  /** Produce requests and coordinator writes that wait for the high watermark. */
  readonly commits: DurableQueue;
  /** Parked fetches. */
  readonly watchers = new Set<PartitionWatcher>();
  /** True once the topic was deleted. */
  isGone = false;

  constructor(ref: { topicId: Uuid; topicName: string; index: number }, log: PartitionLog) {
    this.topicId = ref.topicId;
    this.topicName = ref.topicName;
    this.index = ref.index;
    this.log = log;
    this.commits = new DurableQueue(log);
  }

  /** Tells everyone who waits that the high watermark moved; once per completed WAL write. */
  onAdvanced(): void {
    this.commits.complete();
    this.#wake();
  }

  /** The topic is gone: writers learn it as an error, readers when they look again. */
  onRemoved(): void {
    this.isGone = true;
    this.commits.fail(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
    this.#wake();
  }

  #wake(): void {
    if (this.watchers.size === 0) return;
    for (const watcher of Array.from(this.watchers)) watcher.onAdvanced(this);
  }
}

/** A partition, or why it cannot be had here, with what the image knows of its leader. */
export type PartitionLookup =
  | { readonly ok: true; readonly partition: Partition; readonly image: PartitionImage }
  | {
      readonly ok: false;
      readonly errorCode: number;
      readonly image: PartitionImage | undefined;
    };

/** Construction of the table. `configOf` gives the settings of a topic's logs. */
export interface PartitionsOptions {
  readonly nodeId: number;
  readonly image: MetadataImage;
  readonly store: LogStore;
  readonly configOf: (topicName: string) => LogConfig;
}

/** The partitions of this broker that are in use. Logs are opened when they are first asked for. */
export class Partitions {
  readonly #options: PartitionsOptions;
  readonly #byTopic = new Map<Uuid, Map<number, Partition>>();
  readonly #byLog = new Map<PartitionLog, Partition>();

  constructor(options: PartitionsOptions) {
    this.#options = options;
  }

  /** How many are open. */
  get openCount(): number {
    return this.#byLog.size;
  }

  /** The partition when this broker leads it: else 3 (no such index) or 6 (led elsewhere). */
  lookUp(topic: TopicImage, index: number): PartitionLookup {
    const image = topic.partitions[index];
    if (image === undefined) {
      const errorCode = KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
      return { ok: false, errorCode, image: undefined };
    }
    if (image.leader !== this.#options.nodeId)
      return { ok: false, errorCode: KafkaError.NOT_LEADER_OR_FOLLOWER, image };
    const known = this.#byTopic.get(topic.topicId)?.get(index);
    return { ok: true, partition: known ?? this.#open(topic, index), image };
  }

  /** Bytes of a partition's log; 0 when nothing has asked for it yet. */
  sizeOf(topicId: Uuid, index: number): number {
    return this.#byTopic.get(topicId)?.get(index)?.log.sizeBytes ?? 0;
  }

  /** A log outside the image, such as the metadata log itself. */
  openInternal(
    ref: { topicId: Uuid; topicName: string; index: number },
    config: LogConfig,
  ): Partition {
    return this.#add(ref, this.#options.store.partition(ref, config));
  }

  /** The logs whose durable end moved; single-node, so the high watermark follows at once. */
  onDurable(logs: readonly PartitionLog[]): void {
    for (const log of logs) {
      log.highWatermark = log.durableEndOffset;
      this.#byLog.get(log)?.onAdvanced();
    }
  }

  /** Gives every open log its topic's present settings; broker settings are their defaults. */
  onConfigsChanged(): void {
    for (const [topicId, partitions] of this.#byTopic) {
      const topic = this.#options.image.topics.findById(topicId);
      if (topic === undefined) continue;
      const config = this.#options.configOf(topic.name);
      for (const { log } of partitions.values()) log.config = config;
    }
  }

  /** Removes the partitions of a deleted topic and their files. */
  onTopicRemoved(topic: TopicImage, onError: (error: Error) => void): void {
    for (const index of topic.partitions.keys()) {
      const partition = this.#byTopic.get(topic.topicId)?.get(index);
      if (partition !== undefined) {
        this.#byLog.delete(partition.log);
        partition.onRemoved();
      }
      this.#options.store.deletePartition(topic.topicId, index, (error) => {
        if (error !== undefined) onError(error);
      });
    }
    this.#byTopic.delete(topic.topicId);
  }

  /** The volume failed: nothing that waits will be committed. */
  onFailed(): void {
    for (const partition of this.#byLog.values())
      partition.commits.fail(KafkaError.KAFKA_STORAGE_ERROR);
  }

  #open(topic: TopicImage, index: number): Partition {
    const ref = { topicId: topic.topicId, topicName: topic.name, index };
    return this.#add(ref, this.#options.store.partition(ref, this.#options.configOf(topic.name)));
  }

  #add(ref: { topicId: Uuid; topicName: string; index: number }, log: PartitionLog): Partition {
    log.highWatermark = log.durableEndOffset;
    const partition = new Partition(ref, log);
    let partitions = this.#byTopic.get(ref.topicId);
    if (partitions === undefined) {
      partitions = new Map();
      this.#byTopic.set(ref.topicId, partitions);
    }
    partitions.set(ref.index, partition);
    this.#byLog.set(log, partition);
    return partition;
  }
}
