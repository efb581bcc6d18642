import { assert } from '@weirhouse/shared-kernel';

import type { MarkerRequest, MarkerResult } from '../transaction-ports.ts';
import { EPOCH_BUMPING_VERSION } from '../transaction-record.ts';
import type { ProducerIdentity } from '../transaction-values.ts';
import { resultsOf } from './transaction-world.ts';

/** What one partition knows of one producer id. */
interface ProducerOnPartition {
  epoch: number;
  /** The open transaction, by the number of its first record in the coordinator's log. */
  open: number | undefined;
}

/**
 * The partitions of a simulation as far as transactions concern them: they take data and markers
 * by Kafka's rules for epochs, and fail the test when an outcome is contradicted.
 */
export class SimPartitions {
  readonly #producers = new Map<string, ProducerOnPartition>();
  /** Transaction and partition to how it ended there. */
  readonly #ends = new Map<string, boolean>();
  /** Partition, producer id and marker epoch to the outcome, for clients of KIP-890. */
  readonly #marked = new Map<string, boolean>();

  /** Data of a transaction; true when the partition takes it. */
  append(partition: string, { producerEpoch, producerId }: ProducerIdentity, txn: number): boolean {
    const known = this.#of(partition, producerId);
    if (producerEpoch < known.epoch) return false;
    assert(known.open === undefined || known.open === txn, `${partition}: two transactions mix`);
    known.epoch = producerEpoch;
    known.open = txn;
    return true;
  }

  /** Writes markers to the partitions of a request that `isReached`; the results tell how. */
  mark(
    request: MarkerRequest,
    isReached: (index: number) => boolean = () => true,
  ): readonly MarkerResult[] {
    return resultsOf(request).map(({ partition, topic }, index) => {
      const isWritten = isReached(index) && this.#mark(`${topic}-${partition}`, request);
      return { topic, partition, outcome: isWritten ? 'written' : 'failed' };
    });
  }

  /** Transactions that have data somewhere without an end. */
  get openTransactions(): readonly string[] {
    return Array.from(this.#producers)
      .filter(([, { open }]) => open !== undefined)
      .map(([place, { open }]) => `${place}: ${open}`);
  }

  /** How each transaction ended, partition by partition. */
  *ends(): Iterable<{ readonly txn: number; readonly committed: boolean }> {
    for (const [place, committed] of this.#ends)
      yield { txn: Number.parseInt(place, 10), committed };
  }

  #mark(partition: string, request: MarkerRequest): boolean {
    const { producerEpoch, producerId, transactionResult, transactionVersion } = request;
    const known = this.#of(partition, producerId);
    const isBumping = transactionVersion >= EPOCH_BUMPING_VERSION;
    const mustRise = isBumping && known.open !== undefined;
    if (mustRise ? producerEpoch <= known.epoch : producerEpoch < known.epoch) return false;
    if (isBumping)
      this.#checkEpoch(`${partition} ${producerId}@${producerEpoch}`, transactionResult);
    known.epoch = producerEpoch;
    if (known.open !== undefined) this.#ends.set(`${known.open} ${partition}`, transactionResult);
    known.open = undefined;
    return true;
  }

  #checkEpoch(place: string, committed: boolean): void {
    const before = this.#marked.get(place) ?? committed;
    assert(before === committed, `${place} was both committed and aborted`);
    this.#marked.set(place, committed);
  }

  #of(partition: string, producerId: number): ProducerOnPartition {
    const place = `${partition} ${producerId}`;
    const known = this.#producers.get(place) ?? { epoch: -1, open: undefined };
    this.#producers.set(place, known);
    return known;
  }
}
