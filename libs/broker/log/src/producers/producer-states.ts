import type { BatchView } from '@weirhouse/kafka-protocol';
import { readMarker } from './marker.ts';
import { type EndedTransaction, Transactions } from './transactions.ts';

/** Batches remembered per producer: as many as a producer may have in flight. */
export const PRODUCER_BATCHES_MAX = 5;
const NONE = -1;

/** One remembered batch of a producer. */
export interface ProducerBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** Last minus first, of sequences and of offsets. */
  readonly offsetDelta: number;
  readonly timestamp: number;
}

/** What is known of one producer id on one partition. */
export interface ProducerState {
  producerEpoch: number;
  /** Of the coordinator that wrote the last marker; -1 when there was none. */
  coordinatorEpoch: number;
  /** First offset of its open transaction; -1 when it has none. */
  transactionStart: number;
  /** When it last appended, in ms. */
  lastTimestamp: number;
  /** Its newest batches, oldest first; none after a marker that raised the epoch. */
  readonly batches: ProducerBatch[];
}

const NO_STATES: ReadonlyMap<number, ProducerState> = new Map();

/**
 * Producer ids of one partition: what makes a retried batch land once, in order, and transactions end
 * (KIP-98). A pure function of the batches in the log, except that producers which were silent too
 * long are dropped.
 */
export class ProducerStates {
  readonly transactions = new Transactions();
  /** Undefined until the first: most partitions have none, and an empty Map is 180 bytes. */
  #states: Map<number, ProducerState> | undefined;

  /** `entries` are producers of a snapshot, in any order. */
  constructor(entries: readonly (readonly [number, ProducerState])[] = []) {
    if (entries.length === 0) return;
    this.#states = new Map(entries);
    const open = entries.filter(([, state]) => state.transactionStart >= 0);
    open.sort(([, one], [, other]) => one.transactionStart - other.transactionStart);
    for (const [producerId, state] of open)
      this.transactions.begin(producerId, state.transactionStart);
  }

  get size(): number {
    return this.#states?.size ?? 0;
  }

  entries(): Iterable<readonly [number, ProducerState]> {
    return this.#states ?? NO_STATES;
  }

  find(producerId: number): ProducerState | undefined {
    return this.#states?.get(producerId);
  }

  /** The remembered batch that a batch repeats. */
  findDuplicate(batch: BatchView): ProducerBatch | undefined {
    const state = this.#states?.get(batch.producerId);
    if (state?.producerEpoch !== batch.producerEpoch) return undefined;
    return state.batches.find(
      (known) =>
        known.lastSequence === batch.lastSequence && known.offsetDelta === batch.lastOffsetDelta,
    );
  }

  /** True when the producer has written or was ended here in a higher epoch. */
  isFenced(producerId: number, producerEpoch: number): boolean {
    const state = this.#states?.get(producerId);
    return state !== undefined && producerEpoch < state.producerEpoch;
  }

  /** True when the producer has a transaction open here that it began or went on with in this epoch. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const state = this.#states?.get(producerId);
    return state?.producerEpoch === producerEpoch && state.transactionStart >= 0;
  }

  /** Takes an appended batch into account; its offsets are final. Returns what a marker ended. */
  update(batch: BatchView): EndedTransaction | undefined {
    if (batch.producerId < 0) return undefined;
    if (batch.isControl) return this.#updateByMarker(batch);
    const { producerId } = batch;
    const state = this.#enter(producerId, batch);
    if (state.batches.length === PRODUCER_BATCHES_MAX) state.batches.shift();
    state.batches.push({
      lastSequence: batch.lastSequence,
      lastOffset: batch.lastOffset,
      offsetDelta: batch.lastOffsetDelta,
      timestamp: batch.maxTimestamp,
    });
    if (batch.isTransactional && state.transactionStart < 0) {
      state.transactionStart = batch.baseOffset;
      this.transactions.begin(producerId, batch.baseOffset);
    }
    return undefined;
  }

  /** Drops producers silent since before `beforeMs`; those with an open transaction stay. */
  expire(beforeMs: number): number {
    let dropped = 0;
    const states = this.#states;
    for (const [producerId, state] of states ?? NO_STATES) {
      if (state.lastTimestamp >= beforeMs || state.transactionStart >= 0) continue;
      states?.delete(producerId);
      dropped += 1;
    }
    return dropped;
  }

  #updateByMarker(batch: BatchView): EndedTransaction | undefined {
    const marker = readMarker(batch);
    // Compaction leaves an empty batch of a marker that no record needs any more.
    if (marker === undefined) return undefined;
    const { producerId, baseOffset } = batch;
    const state = this.#enter(producerId, batch);
    const firstOffset = state.transactionStart;
    state.coordinatorEpoch = marker.coordinatorEpoch;
    state.transactionStart = NONE;
    if (firstOffset < 0) return undefined;
    this.transactions.end(producerId, baseOffset);
    return { producerId, firstOffset, lastOffset: baseOffset, isAborted: !marker.isCommit };
  }

  /** The batch's producer, new or known, in the batch's epoch. */
  #enter(producerId: number, batch: BatchView): ProducerState {
    const { maxTimestamp, producerEpoch } = batch;
    let state = this.#states?.get(producerId);
    if (state === undefined) {
      state = {
        producerEpoch,
        coordinatorEpoch: NONE,
        transactionStart: NONE,
        lastTimestamp: NONE,
        batches: [],
      };
      this.#states ??= new Map();
      this.#states.set(producerId, state);
    }
    if (producerEpoch !== state.producerEpoch) {
      state.producerEpoch = producerEpoch;
      state.batches.length = 0;
    }
    state.lastTimestamp = maxTimestamp;
    return state;
  }
}
