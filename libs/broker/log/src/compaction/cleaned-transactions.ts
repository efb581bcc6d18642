import type { BatchView } from '@weirhouse/kafka-protocol';
import { readMarker } from '../producers/marker.ts';
import type { AbortedTransaction } from '../segment/aborted-index.ts';

interface OngoingAbort {
  readonly aborted: AbortedTransaction;
  hasBatches: boolean;
}

/**
 * Which batches of a log, seen in order from its start, belong to aborted transactions, and which
 * markers end transactions that have no batches left.
 *
 * | transaction | means                                          | next |
 * |-------------|------------------------------------------------|------|
 * | unseen      | its first offset lies ahead                    | ongoing, by a batch at or after that offset |
 * | ongoing     | its marker lies ahead                          | ended by its marker |
 * | ended       | `kept` when a batch of it was seen, else gone  | |
 */
export class CleanedTransactions {
  /** The entries of `.txnindex` that still count, in order of their markers. */
  readonly kept: AbortedTransaction[] = [];
  /** By first offset, falling. */
  readonly #unseen: AbortedTransaction[];
  readonly #aborting = new Map<number, OngoingAbort>();
  readonly #committing = new Set<number>();

  /** `aborted` are all aborted transactions of the log, in any order. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#unseen = aborted.toSorted((one, other) => other.firstOffset - one.firstOffset);
  }

  /** Takes the next batch, which is no marker; true when its records are void. */
  takeData(batch: BatchView): boolean {
    this.#begin(batch.lastOffset);
    if (!batch.isTransactional) return false;
    const abort = this.#aborting.get(batch.producerId);
    if (abort === undefined) {
      this.#committing.add(batch.producerId);
      return false;
    }
    abort.hasBatches = true;
    return true;
  }

  /** Takes the next batch, a control batch; true when it decides nothing that is still in the log. */
  takeMarker(batch: BatchView): boolean {
    this.#begin(batch.lastOffset);
    // Emptied by an earlier round: kept for its producer's sake only.
    if (batch.recordsCount === 0) return true;
    const marker = readMarker(batch);
    if (marker === undefined) return false;
    const { producerId } = batch;
    if (marker.isCommit) return !this.#committing.delete(producerId);
    const abort = this.#aborting.get(producerId);
    this.#aborting.delete(producerId);
    if (abort?.hasBatches !== true) return true;
    this.kept.push(abort.aborted);
    return false;
  }

  /** Takes the next batch, whatever it is; always true. */
  skip(batch: BatchView): true {
    if (batch.isControl) this.takeMarker(batch);
    else this.takeData(batch);
    return true;
  }

  #begin(lastOffset: number): void {
    for (let next = this.#unseen.at(-1); next !== undefined; next = this.#unseen.at(-1)) {
      if (next.firstOffset > lastOffset) return;
      this.#unseen.pop();
      this.#aborting.set(next.producerId, { aborted: next, hasBatches: false });
    }
  }
}
