import { AppError, type Uuid } from '@weirhouse/shared-kernel';
import type { PartitionChangeRecord } from '@weirhouse/kafka-protocol/messages/partition-change-record';
import type { PartitionRecord } from '@weirhouse/kafka-protocol/messages/partition-record';

/** No broker leads the partition. */
export const NO_LEADER = -1;
/** In PartitionChangeRecord: the leader stays. */
const LEADER_UNCHANGED = -2;
const RECOVERY_UNCHANGED = -1;

const NONE: readonly never[] = [];

/** The state of one partition. Immutable: a change makes a new one. */
export interface PartitionImage {
  readonly index: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly addingReplicas: readonly number[];
  /** Eligible leader replicas and the last known ones (KIP-966). */
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  /** Log directory of each replica, in the order of `replicas`; the zero uuid = not assigned. */
  readonly directories: readonly Uuid[];
  /** Broker id, or NO_LEADER. */
  readonly leader: number;
  /** 0 recovered, 1 recovering after an unclean election. */
  readonly leaderRecoveryState: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

/** A topic and its partitions, which are numbered without gaps from 0. */
export interface TopicImage {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: readonly PartitionImage[];
}

interface MutableTopic extends TopicImage {
  readonly partitions: PartitionImage[];
}

/** All topics, by name and by id. Changed only by `MetadataImage.replay`. */
export class TopicsImage {
  readonly #byName = new Map<string, MutableTopic>();
  readonly #byId = new Map<Uuid, MutableTopic>();
  /** Names by what they become in metric names, where '.' and '_' are the same. */
  readonly #byCollisionKey = new Map<string, Set<string>>();
  #partitionCount = 0;
  #version = 0;

  /** Grows whenever a topic is made, grows, goes or moves; not when only leaders change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Partitions of all topics. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Topics in the order they were created. */
  values(): IterableIterator<TopicImage> {
    return this.#byName.values();
  }

  find(name: string): TopicImage | undefined {
    return this.#byName.get(name);
  }

  findById(topicId: Uuid): TopicImage | undefined {
    return this.#byId.get(topicId);
  }

  findPartition(topicId: Uuid, index: number): PartitionImage | undefined {
    return this.#byId.get(topicId)?.partitions[index];
  }

  /** An existing topic whose name differs from `name` only by '.' against '_'. */
  findCollision(name: string): string | undefined {
    const names = this.#byCollisionKey.get(collisionKey(name)) ?? [];
    for (const other of names) if (other !== name) return other;
    return undefined;
  }

  add(name: string, topicId: Uuid): void {
    if (this.#byName.has(name) || this.#byId.has(topicId)) {
      throw new AppError('corrupt', `The metadata log creates topic ${name} twice.`);
    }
    this.#version += 1;
    const topic = { name, topicId, partitions: [] };
    this.#byName.set(name, topic);
    this.#byId.set(topicId, topic);
    const key = collisionKey(name);
    const names = this.#byCollisionKey.get(key) ?? new Set();
    this.#byCollisionKey.set(key, names.add(name));
  }

  /** Removes a topic and answers its name. */
  remove(topicId: Uuid): string {
    const topic = this.#get(topicId);
    this.#version += 1;
    this.#byId.delete(topicId);
    this.#byName.delete(topic.name);
    const key = collisionKey(topic.name);
    const names = this.#byCollisionKey.get(key);
    names?.delete(topic.name);
    if (names?.size === 0) this.#byCollisionKey.delete(key);
    this.#partitionCount -= topic.partitions.length;
    return topic.name;
  }

  /** Adds a partition, or replaces it whole when it exists. */
  putPartition(record: PartitionRecord): void {
    const { partitions, name } = this.#get(record.topicId);
    const index = record.partitionId;
    if (index > partitions.length || index < 0) {
      throw new AppError('corrupt', `The metadata log skips a partition of ${name} at ${index}.`);
    }
    this.#version += 1;
    if (index === partitions.length) this.#partitionCount += 1;
    const near = partitions[index - 1];
    const replicas = alike(record.replicas, near?.replicas);
    partitions[index] = {
      index,
      replicas,
      isr: alike(record.isr, replicas),
      removingReplicas: alike(record.removingReplicas),
      addingReplicas: alike(record.addingReplicas),
      elr: alike(record.eligibleLeaderReplicas ?? NONE),
      lastKnownElr: alike(record.lastKnownElr ?? NONE),
      directories: alike(record.directories, near?.directories),
      leader: record.leader,
      leaderRecoveryState: record.leaderRecoveryState,
      leaderEpoch: record.leaderEpoch,
      partitionEpoch: record.partitionEpoch,
    };
  }

  /**
   * Changes a partition: what the record leaves out stays. The partition epoch always grows, the
   * leader epoch when the record names a leader, even the same one, or drops a replica.
   */
  changePartition(record: PartitionChangeRecord): void {
    const { partitions, name } = this.#get(record.topicId);
    const old = partitions[record.partitionId];
    if (old === undefined) {
      throw new AppError('corrupt', `The metadata log changes ${name}-${record.partitionId}.`);
    }
    if (record.replicas !== null) this.#version += 1;
    const leads = record.leader !== LEADER_UNCHANGED;
    const recovers = record.leaderRecoveryState !== RECOVERY_UNCHANGED;
    partitions[old.index] = {
      index: old.index,
      replicas: record.replicas ?? old.replicas,
      isr: record.isr ?? old.isr,
      removingReplicas: record.removingReplicas ?? old.removingReplicas,
      addingReplicas: record.addingReplicas ?? old.addingReplicas,
      elr: record.eligibleLeaderReplicas ?? old.elr,
      lastKnownElr: record.lastKnownElr ?? old.lastKnownElr,
      directories: record.directories ?? old.directories,
      leader: leads ? record.leader : old.leader,
      leaderRecoveryState: recovers ? record.leaderRecoveryState : old.leaderRecoveryState,
      leaderEpoch: old.leaderEpoch + (leads ? 1 : 0),
      partitionEpoch: old.partitionEpoch + 1,
    };
  }

  #get(topicId: Uuid): MutableTopic {
    const topic = this.#byId.get(topicId);
    if (topic !== undefined) return topic;
    throw new AppError('corrupt', `The metadata log names topic id ${topicId}, which is unknown.`);
  }
}

/** The form of a topic name in metric names, where '.' and '_' cannot be told apart. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}

/** One list for all partitions that say the same: there may be very many, and most do. */
function alike<Value>(values: readonly Value[], known: readonly Value[] = NONE): readonly Value[] {
  if (values.length === 0) return NONE;
  const isKnown =
    values.length === known.length && values.every((value, place) => value === known[place]);
  return isKnown ? known : values.slice();
}
