import { ZERO_UUID, type Uuid } from '@weirhouse/shared-kernel';

/** What a client asks of one partition; the same for one-off and for session fetches. */
export interface FetchTarget {
  /** Empty in requests that name topics by id. */
  readonly topicName: string;
  /** ZERO_UUID in requests that name topics by name. */
  readonly topicId: Uuid;
  readonly index: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
  readonly maxBytes: number;
}

/** The part of a partition's answer that decides whether an incremental response mentions it. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly bytes: number;
  readonly diverging: boolean;
}

/** A partition of a session: the target and what the client was told last. */
interface SessionPartition {
  target: FetchTarget;
  highWatermark: number;
  logStartOffset: number;
}

/** A topic as requests name it: by id when they have one, otherwise by name. */
export function fetchKey(topic: { topicName: string; topicId: Uuid }, index: number): string {
  return topic.topicId === ZERO_UUID ? `${topic.topicName}:${index}` : `${topic.topicId}/${index}`;
}

/** The epoch after `epoch`: 0 and -1 have a meaning of their own, so it wraps to 1 (KIP-227). */
export function nextSessionEpoch(epoch: number): number {
  return epoch >= 0x7fffffff ? 1 : epoch + 1;
}

/**
 * One incremental fetch session (KIP-227). Holds the wanted partitions in the order in which they are
 * served: a partition that returned records moves to the end, so that none starves.
 */
export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  /** The epoch the next request must carry. */
  epoch = 1;
  lastUsedMs: number;
  readonly #partitions = new Map<string, SessionPartition>();

  constructor(options: { id: number; usesTopicIds: boolean; nowMs: number }) {
    this.id = options.id;
    this.usesTopicIds = options.usesTopicIds;
    this.createdMs = options.nowMs;
    this.lastUsedMs = options.nowMs;
  }

  /** How many partitions the session watches. */
  get size(): number {
    return this.#partitions.size;
  }

  /** The wanted partitions, in serving order. */
  targets(): FetchTarget[] {
    return Array.from(this.#partitions.values(), (partition) => partition.target);
  }

  /** Applies a request: adds or changes `targets`, takes out `forgotten` keys. */
  update(targets: readonly FetchTarget[], forgotten: readonly string[]): void {
    for (const target of targets) {
      const key = fetchKey(target, target.index);
      const known = this.#partitions.get(key);
      if (known === undefined) this.#add(key, target);
      else known.target = target;
    }
    for (const key of forgotten) this.#partitions.delete(key);
  }

  /**
   * Remembers what the client is told about a partition and says whether an incremental response must
   * mention it: records, an error, a diverging epoch, or a changed high watermark or log start.
   * A partition answered with an error is mentioned again next time.
   */
  remember(target: FetchTarget, answer: FetchAnswer): boolean {
    const key = fetchKey(target, target.index);
    const partition = this.#partitions.get(key);
    if (partition === undefined) return true;
    const changed =
      answer.highWatermark !== partition.highWatermark ||
      answer.logStartOffset !== partition.logStartOffset;
    partition.highWatermark = answer.errorCode === 0 ? answer.highWatermark : -1;
    partition.logStartOffset = answer.logStartOffset;
    if (answer.bytes > 0) {
      this.#partitions.delete(key);
      this.#partitions.set(key, partition);
    }
    return changed || answer.bytes > 0 || answer.errorCode !== 0 || answer.diverging;
  }

  #add(key: string, target: FetchTarget): void {
    this.#partitions.set(key, { target, highWatermark: -1, logStartOffset: -1 });
  }
}
