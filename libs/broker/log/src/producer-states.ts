import { addSequence, type BatchView, KafkaError } from '@weirhouse/kafka-protocol';

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
  coordinatorEpoch: number;
  /** First offset of its open transaction; -1 when it has none. */
  transactionStart: number;
  /** When it last appended, in ms. */
  lastTimestamp: number;
  /** Its newest batches, oldest first; none after a marker that raised the epoch. */
  readonly batches: ProducerBatch[];
}

/** What becomes of a batch with a producer id. */
export type SequenceVerdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly kind: 'refuse'; readonly errorCode: number; readonly message: string };

const APPEND: SequenceVerdict = { kind: 'append' };

/**
 * Producer ids of one partition: what makes a retried batch land once, in order (KIP-98). A pure
 * function of the batches in the log, except that producers which were silent too long are dropped.
 */
export class ProducerStates {
  #states = new Map<number, ProducerState>();
  /** Open transactions in order of their first offset. */
  readonly #open = new Map<number, number>();

  get size(): number {
    return this.#states.size;
  }

  /** The first offset of the oldest open transaction; undefined when none is open. */
  get firstOpenOffset(): number | undefined {
    for (const offset of this.#open.values()) return offset;
    return undefined;
  }

  entries(): IterableIterator<[number, ProducerState]> {
    return this.#states.entries();
  }

  find(producerId: number): ProducerState | undefined {
    return this.#states.get(producerId);
  }

  /** Puts back a producer from a snapshot. */
  restore(producerId: number, state: ProducerState): void {
    this.#states.set(producerId, state);
    if (state.transactionStart >= 0) this.#open.set(producerId, state.transactionStart);
  }

  clear(): void {
    this.#states.clear();
    this.#open.clear();
  }

  /** Decides on a client's batch without changing anything. */
  check(batch: BatchView): SequenceVerdict {
    const { producerId, producerEpoch, baseSequence } = batch;
    if (producerId < 0) return APPEND;
    const state = this.#states.get(producerId);
    if (state === undefined) return APPEND;
    if (producerEpoch < state.producerEpoch)
      return refuse(
        KafkaError.INVALID_PRODUCER_EPOCH,
        `producer ${producerId} has epoch ${state.producerEpoch}, the batch has ${producerEpoch}`,
      );
    if (producerEpoch > state.producerEpoch)
      return baseSequence === 0 ? APPEND : outOfOrder(batch, 0);
    const { batches } = state;
    for (let index = batches.length - 1; index >= 0; index -= 1) {
      const known = batches[index] as ProducerBatch;
      if (known.lastSequence === batch.lastSequence && known.offsetDelta === batch.lastOffsetDelta)
        return { kind: 'duplicate', batch: known };
    }
    if (!batch.isTransactional && state.transactionStart >= 0)
      return refuse(KafkaError.INVALID_TXN_STATE, 'the producer has an open transaction here');
    const last = batches.at(-1);
    // Nothing is known of an epoch that only a marker brought: any start is taken, as Kafka does.
    if (last === undefined) return APPEND;
    const expected = addSequence(last.lastSequence, 1);
    return baseSequence === expected ? APPEND : outOfOrder(batch, expected);
  }

  /** Takes an appended batch into account; its offsets are final. */
  update(batch: BatchView, coordinatorEpoch = NONE): void {
    const { producerId } = batch;
    if (producerId < 0) return;
    let state = this.#states.get(producerId);
    if (state === undefined) {
      state = newState(batch.producerEpoch);
      this.#states.set(producerId, state);
    }
    if (batch.producerEpoch > state.producerEpoch) {
      state.producerEpoch = batch.producerEpoch;
      state.batches.length = 0;
    }
    state.lastTimestamp = batch.maxTimestamp;
    if (batch.isControl) {
      state.coordinatorEpoch = Math.max(state.coordinatorEpoch, coordinatorEpoch);
      state.transactionStart = NONE;
      this.#open.delete(producerId);
      return;
    }
    if (state.batches.length === PRODUCER_BATCHES_MAX) state.batches.shift();
    state.batches.push({
      lastSequence: batch.lastSequence,
      lastOffset: batch.lastOffset,
      offsetDelta: batch.lastOffsetDelta,
      timestamp: batch.maxTimestamp,
    });
    if (batch.isTransactional && state.transactionStart < 0) {
      state.transactionStart = batch.baseOffset;
      this.#open.set(producerId, batch.baseOffset);
    }
  }

  /** Drops producers silent since before `beforeMs`; those with an open transaction stay. */
  expire(beforeMs: number): number {
    let dropped = 0;
    for (const [producerId, state] of this.#states) {
      if (state.lastTimestamp >= beforeMs || state.transactionStart >= 0) continue;
      this.#states.delete(producerId);
      dropped += 1;
    }
    return dropped;
  }
}

function newState(producerEpoch: number): ProducerState {
  return {
    producerEpoch,
    coordinatorEpoch: NONE,
    transactionStart: NONE,
    lastTimestamp: NONE,
    batches: [],
  };
}

function refuse(errorCode: number, message: string): SequenceVerdict {
  return { kind: 'refuse', errorCode, message };
}

function outOfOrder(batch: BatchView, expected: number): SequenceVerdict {
  return refuse(
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${batch.producerId} sent sequence ${batch.baseSequence}, ${expected} comes next`,
  );
}
