import { BatchView } from '@weirhouse/kafka-protocol';
import type { ActiveProducer, PartitionLog } from '../partition-log.ts';
import { readMarker } from '../producers/marker.ts';
import { ProducerStates } from '../producers/producer-states.ts';
import { type Found, PartitionModel, type Written } from './partition-model.ts';

/** A batch as it is stored, offset and epoch stamped: its bytes say everything. */
export interface StoredBatch extends Found {
  readonly bytes: Buffer;
}

/** Whole batches in stored bytes. */
export function storedBatchesOf(bytes: Buffer): StoredBatch[] {
  const found: StoredBatch[] = [];
  const view = new BatchView();
  for (let at = 0; at < bytes.length; at += view.sizeInBytes) {
    const { baseOffset, nextOffset, sizeInBytes } = view.reset(bytes, at);
    const stored = bytes.subarray(at, at + sizeInBytes);
    found.push({ baseOffset, endOffset: nextOffset, bytes: stored, body: stored.subarray(17) });
  }
  return found;
}

/** What a partition's transactions must be, by looking at all its batches each time. */
export class TransactionModel {
  readonly partition = new PartitionModel(0);

  get batches(): readonly Written[] {
    return this.partition.batches;
  }

  append(batch: StoredBatch): void {
    const { baseSequence, partitionLeaderEpoch, producerId } = new BatchView().reset(batch.bytes);
    this.partition.append({ ...batch, producerId, baseSequence, epoch: partitionLeaderEpoch });
  }

  /** The producers as all batches ever written say. */
  replayed(): ProducerStates {
    return replay(this.batches);
  }

  /** Its producers as a log lists them. */
  listProducers(): readonly ActiveProducer[] {
    return listOf(replay(this.batches));
  }

  /** After a start: the log must be one of the states it had, with the producers of that state. */
  adopt(log: PartitionLog, found: readonly Found[]): void {
    const known = JSON.stringify(inOrder(log.listProducers()));
    this.partition.adopt(
      found,
      log.endOffset,
      (batches) => JSON.stringify(listOf(replay(batches))) === known,
    );
  }

  isOpen(producerId: number): boolean {
    return (this.replayed().find(producerId)?.transactionStart ?? -1) >= 0;
  }

  /** The first offset whose transaction is not decided below the high watermark. */
  lastStableOffset(highWatermark: number, startOffset: number): number {
    for (const [place, { baseOffset, bytes }] of this.batches.entries()) {
      const view = new BatchView().reset(bytes);
      if (!view.isTransactional || view.isControl || baseOffset >= highWatermark) continue;
      const decision = this.#decisionAt(place);
      if (decision === undefined || decision.offset >= highWatermark)
        return Math.max(baseOffset, startOffset);
    }
    return highWatermark;
  }

  /** Base offsets of what a read_committed consumer must see from `startOffset` on. */
  visible(startOffset: number, lastStableOffset: number): number[] {
    const seen: number[] = [];
    for (const [place, { baseOffset, bytes, endOffset }] of this.batches.entries()) {
      const view = new BatchView().reset(bytes);
      if (view.isControl || endOffset <= startOffset || endOffset > lastStableOffset) continue;
      if (!view.isTransactional || this.#decisionAt(place)?.isCommit === true)
        seen.push(baseOffset);
    }
    return seen;
  }

  /** What a marker decided of the transaction that the batch at `place` is in; undefined: nothing. */
  #decisionAt(place: number): { readonly isCommit: boolean; readonly offset: number } | undefined {
    const { producerId } = this.batches[place] as Written;
    for (const { baseOffset, bytes } of this.batches.slice(place + 1)) {
      const view = new BatchView().reset(bytes);
      if (!view.isControl || view.producerId !== producerId) continue;
      return { isCommit: readMarker(view)?.isCommit === true, offset: baseOffset };
    }
    return undefined;
  }
}

/** By producer id: a log lists them in no order of their own. */
export function inOrder(producers: readonly ActiveProducer[]): readonly ActiveProducer[] {
  return producers.toSorted((one, other) => one.producerId - other.producerId);
}

function replay(batches: readonly Written[]): ProducerStates {
  const states = new ProducerStates();
  for (const { bytes } of batches) states.update(new BatchView().reset(bytes));
  return states;
}

function listOf(states: ProducerStates): readonly ActiveProducer[] {
  const listed = Array.from(states.entries(), ([producerId, state]) => ({
    producerId,
    producerEpoch: state.producerEpoch,
    lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: state.lastTimestamp,
    coordinatorEpoch: state.coordinatorEpoch,
    currentTxnStartOffset: state.transactionStart,
  }));
  return inOrder(listed);
}
