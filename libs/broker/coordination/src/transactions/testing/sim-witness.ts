import { assert } from '@weirhouse/shared-kernel';

import { Reply } from '../../testing/test-client.ts';
import type { MarkerRequest } from '../transaction-ports.ts';
import type { TransactionRecord } from '../transaction-record.ts';
import { outcomeInPreparation } from '../transaction-state.ts';
import type { SimPartitions } from './sim-partitions.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** A transaction as the log tells it. */
interface LoggedTransaction {
  /** The number of its first record. */
  readonly txn: number;
  /** Undefined while it is open. */
  readonly committed: boolean | undefined;
}

type Decision = Pick<MarkerRequest, 'producerId' | 'producerEpoch' | 'transactionResult'>;

/** Sees all of a simulation and holds it to the rules. */
export class SimWitness {
  readonly #world: TransactionWorld;
  readonly #replies: { readonly isAnswered: boolean }[] = [];
  /** Transactional id to the number of the InitProducerId that was answered last. */
  readonly #owners = new Map<string, number>();
  #serial = 0;

  constructor(world: TransactionWorld) {
    this.#world = world;
    world.onMarkers = (request) => this.#checkDecided(request);
  }

  get unanswered(): number {
    return this.#replies.filter((reply) => !reply.isAnswered).length;
  }

  watch<Answer>(): Reply<Answer> {
    const reply = new Reply<Answer>();
    this.#replies.push(reply);
    return reply;
  }

  /** A producer was told its id and epoch; from now on they are its own. */
  onInitialized(transactionalId: string): number {
    this.#serial += 1;
    this.#owners.set(transactionalId, this.#serial);
    return this.#serial;
  }

  /** Who owns the id now; 0 before anybody does. */
  ownerOf(transactionalId: string): number {
    return this.#owners.get(transactionalId) ?? 0;
  }

  /** The transaction that is open in the log, or was opened last. */
  transactionOf(transactionalId: string): LoggedTransaction | undefined {
    return this.transactionsOf(transactionalId).at(-1);
  }

  transactionsOf(transactionalId: string): readonly LoggedTransaction[] {
    const transactions: LoggedTransaction[] = [];
    let isOpen = false;
    for (const [index, value] of this.#valuesOf(transactionalId)) {
      if (value.state === 'Ongoing') {
        if (!isOpen) transactions.push({ txn: index, committed: undefined });
        isOpen = true;
        continue;
      }
      const outcome = outcomeInPreparation(value.state);
      const last = transactions.pop();
      if (last === undefined) continue;
      assert(!isOpen || outcome !== undefined, 'an open transaction is ended by a decision');
      transactions.push(isOpen ? { ...last, committed: outcome === 'commit' } : last);
      isOpen = false;
    }
    return transactions;
  }

  /** An EndTxn was granted: the log must have taken that direction last. */
  checkEnded(transactionalId: string, committed: boolean): void {
    const states = this.#valuesOf(transactionalId).map(([, value]) => value.state);
    const last = states.findLast((state) => state !== 'Empty' && state !== 'Ongoing') ?? '';
    const said = committed ? 'Commit' : 'Abort';
    assert(last.endsWith(said), `${transactionalId}: answered ${said}, the log says ${last}`);
  }

  /** Everything a partition saw agrees with what the log decided. */
  checkEnds(partitions: SimPartitions, transactionalIds: readonly string[]): void {
    const decided = new Map<number, boolean | undefined>();
    for (const transactionalId of transactionalIds) {
      for (const { committed, txn } of this.transactionsOf(transactionalId))
        decided.set(txn, committed);
    }
    for (const { committed, txn } of partitions.ends())
      assert(decided.get(txn) === committed, `transaction ${txn} ended against its decision`);
  }

  /** What is durably decided and not durably complete. */
  decisionOf(transactionalId: string): Decision | undefined {
    const value = this.#durableValueOf(transactionalId);
    const outcome = value == null ? undefined : outcomeInPreparation(value.state);
    if (value == null || outcome === undefined) return undefined;
    const { producerEpoch, producerId } = value;
    return { producerId, producerEpoch, transactionResult: outcome === 'commit' };
  }

  /** Markers leave only for what is durably decided, in the epoch of that decision. */
  #checkDecided(request: MarkerRequest): void {
    const decision = this.decisionOf(request.transactionalId);
    const isSame =
      decision?.producerId === request.producerId &&
      decision.producerEpoch === request.producerEpoch &&
      decision.transactionResult === request.transactionResult;
    assert(isSame, 'markers left without a durable decision');
  }

  #durableValueOf(transactionalId: string): TransactionRecord['value'] | undefined {
    for (let index = this.#world.durableCount - 1; index >= 0; index -= 1) {
      const record = this.#world.records[index];
      if (record?.transactionalId === transactionalId) return record.value;
    }
    return undefined;
  }

  #valuesOf(
    transactionalId: string,
  ): readonly (readonly [number, NonNullable<TransactionRecord['value']>])[] {
    return this.#world.records.flatMap((record, index) =>
      record.transactionalId === transactionalId && record.value !== null
        ? [[index, record.value] as const]
        : [],
    );
  }
}
