import type { LogConfig, LogStore, PartitionLog } from '@weirhouse/broker-log';
import type { MetadataImage, PartitionImage, TopicImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import { type AppError, isAppError, type Uuid } from '@weirhouse/shared-kernel';

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
  #watchers: Set<PartitionWatcher> | undefined;
  /** True once the topic was deleted. */
  isGone = false;

  constructor(ref: { topicId: Uuid; topicName: string; index: number }, log: PartitionLog) {
    this.topicId = ref.topicId;
    this.topicName = ref.topicName;
    this.index = ref.index;
    this.log = log;
    this.commits = new DurableQueue(log);
  }

  /** Parks a fetch until there may be more for it. */
  watch(watcher: PartitionWatcher): void {
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#watchers?.delete(watcher);
    // Most partitions have no reader: no memory for those.
    if (this.#watchers?.size === 0) this.#watchers = undefined;
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
    if (this.#watchers === undefined) return;
    for (const watcher of Array.from(this.#watchers)) watcher.onAdvanced(this);
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
  /** A log's files are damaged: the partition answers KAFKA_STORAGE_ERROR until a restart finds them mended. */
  readonly onDamaged: (topic: TopicImage, index: number, error: AppError) => void;
}

/** The partitions of this broker that are in use. Logs are opened when they are first asked for. */
export class Partitions {
  readonly #options: PartitionsOptions;
  readonly #byTopic = new Map<Uuid, Map<number, Partition>>();
  readonly #byLog = new Map<PartitionLog, Partition>();
  #deletions = 0;
  /** Partitions whose logs cannot be opened, as `topicId-index`. */
  readonly #damaged = new Set<string>();

  constructor(options: PartitionsOptions) {
    this.#options = options;
  }

  /** How many are open. */
  get openCount(): number {
    return this.#byLog.size;
  }

  /** Bytes of all logs that are open. */
  get sizeBytes(): number {
    let sum = 0;
    for (const log of this.#byLog.keys()) sum += log.sizeBytes;
    return sum;
  }

  /** How many cannot be used because their files are damaged. */
  get damagedCount(): number {
    return this.#damaged.size;
  }

  /** The partition when this broker leads it: else 3 (no such index), 6 (led elsewhere) or 56 (no log). */
  lookUp(topic: TopicImage, index: number): PartitionLookup {
    const image = topic.partitions[index];
    if (image === undefined) {
      const errorCode = KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
      return { ok: false, errorCode, image: undefined };
    }
    if (image.leader !== this.#options.nodeId)
      return { ok: false, errorCode: KafkaError.NOT_LEADER_OR_FOLLOWER, image };
    const known = this.#byTopic.get(topic.topicId)?.get(index);
    const partition = known ?? this.#tryOpen(topic, index);
    if (partition !== undefined) return { ok: true, partition, image };
    return { ok: false, errorCode: KafkaError.KAFKA_STORAGE_ERROR, image };
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
      log.highWatermark = log.safeEndOffset;
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
      this.#damaged.delete(`${topic.topicId}-${index}`);
      const partition = this.#byTopic.get(topic.topicId)?.get(index);
      if (partition !== undefined) {
        this.#byLog.delete(partition.log);
        partition.onRemoved();
      }
      this.#deleteFiles(topic.topicId, index, onError);
    }
    this.#byTopic.delete(topic.topicId);
  }

  /** Finishes deletions that a crash interrupted: of these topics some files may be left. */
  removeLeftovers(topics: ReadonlySet<Uuid>, onError: (error: Error) => void): void {
    if (topics.size === 0) return;
    for (const { index, topicId } of this.#options.store.listPartitions())
      if (topics.has(topicId)) this.#deleteFiles(topicId, index, onError);
  }

  /** True while files of deleted topics are being removed. */
  get isDeleting(): boolean {
    return this.#deletions > 0;
  }

  #deleteFiles(topicId: Uuid, index: number, onError: (error: Error) => void): void {
    this.#deletions += 1;
    this.#options.store.deletePartition(topicId, index, (error) => {
      this.#deletions -= 1;
      if (error !== undefined) onError(error);
    });
  }

  /** The volume failed: nothing that waits will be committed. */
  onFailed(): void {
    for (const partition of this.#byLog.values())
      partition.commits.fail(KafkaError.KAFKA_STORAGE_ERROR);
  }

  /** Undefined when the disk is full, or for good when the files are damaged: the others serve on. */
  #tryOpen(topic: TopicImage, index: number): Partition | undefined {
    const key = `${topic.topicId}-${index}`;
    if (this.#damaged.has(key)) return undefined;
    try {
      return this.#open(topic, index);
    } catch (error) {
      if (!isAppError(error) || (error.code !== 'storage' && error.code !== 'corrupt')) throw error;
      if (error.code === 'corrupt') {
        this.#damaged.add(key);
        this.#options.onDamaged(topic, index, error);
      }
      return undefined;
    }
  }

  #open(topic: TopicImage, index: number): Partition {
    const ref = { topicId: topic.topicId, topicName: topic.name, index };
    return this.#add(ref, this.#options.store.partition(ref, this.#configOf(topic)));
  }

  /** One object for all logs of a topic: those that are open have its present settings. */
  #configOf({ name, topicId }: TopicImage): LogConfig {
    for (const { log } of this.#byTopic.get(topicId)?.values() ?? []) return log.config;
    return this.#options.configOf(name);
  }

  #add(ref: { topicId: Uuid; topicName: string; index: number }, log: PartitionLog): Partition {
    log.highWatermark = log.safeEndOffset;
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
