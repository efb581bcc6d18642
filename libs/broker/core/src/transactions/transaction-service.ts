import type {
  OperationResult,
  TransactionRecord,
  TransactionShard,
} from '@weirhouse/broker-coordination';
import { KafkaError } from '@weirhouse/kafka-protocol';

import {
  CoordinatorService,
  type CoordinatorContext,
} from '../coordinators/coordinator-service.ts';
import { transactionKind } from '../coordinators/transaction-kind.ts';
import { TRANSACTIONS_TOPIC } from '../internal-topics.ts';
import { TRANSACTION_SETTLE_MS_MAX, TRANSACTIONAL_ID_EXPIRY_INTERVAL_MS } from '../limits.ts';
import type { ProducerIds } from '../produce/producer-ids.ts';
import type { MarkerWriter } from './marker-writer.ts';

type Coordinator = CoordinatorService<TransactionShard, TransactionRecord>;

/** What the service needs beside what every coordinator needs. */
export interface TransactionServiceOptions {
  readonly context: CoordinatorContext;
  readonly producerIds: ProducerIds;
  readonly markers: MarkerWriter;
}

/** One operation on a transactional id, which may be tried more than once. */
export interface TransactionAttempt<Answer> {
  readonly transactionalId: string;
  readonly run: (
    shard: TransactionShard,
    nowMs: number,
    respond: (answer: Answer) => void,
  ) => OperationResult<TransactionRecord>;
  /** The error code of an answer that counts for all of it. */
  readonly errorOf: (answer: Answer) => number;
  readonly done: (answer: Answer) => void;
  /** No shard: 14, 15 or 16. */
  readonly unavailable: (errorCode: number) => void;
}

/** The transactions of this broker: finds the shard of a transactional id and runs work on it. */
export class TransactionService {
  readonly coordinator: Coordinator;
  readonly markers: MarkerWriter;
  readonly #wheel: CoordinatorContext['wheel'];
  readonly #afterTurn: CoordinatorContext['ports']['afterTurn'];

  constructor({ context, markers, producerIds }: TransactionServiceOptions) {
    const { configs, ports, wheel } = context;
    const writeMarkers = markers.writeAll.bind(markers);
    const kind = transactionKind({ configs, producerIds, writeMarkers });
    this.coordinator = new CoordinatorService(context, TRANSACTIONS_TOPIC, kind);
    this.markers = markers;
    this.#wheel = wheel;
    this.#afterTurn = ports.afterTurn;
    this.coordinator.runPeriodically(TRANSACTIONAL_ID_EXPIRY_INTERVAL_MS, (shard, nowMs) =>
      shard.expireTransactionalIds(nowMs),
    );
  }

  /** How many transactional ids the loaded shards hold. */
  get transactionalIdCount(): number {
    let count = 0;
    for (const shard of this.coordinator.activeShards) count += shard.transactionalIdCount;
    return count;
  }

  /**
   * Runs an operation. When the transaction before it is still being ended, it waits for that a
   * little and tries once more: markers take a few milliseconds, and a client that is told
   * CONCURRENT_TRANSACTIONS sleeps for 20 to 100.
   */
  attempt<Answer>(attempt: TransactionAttempt<Answer>): void {
    this.#try(attempt, (answer) => {
      if (attempt.errorOf(answer) !== KafkaError.CONCURRENT_TRANSACTIONS) attempt.done(answer);
      else this.whenSettled(attempt.transactionalId, () => this.#try(attempt, attempt.done));
    });
  }

  /**
   * Calls `then` once when nothing of the id is on its way any more, or it was long enough, or this
   * broker does not coordinate it (any more).
   */
  whenSettled(transactionalId: string, then: () => void): void {
    let isOver = false;
    let stopWaiting: (() => void) | undefined;
    const finish = (): void => {
      if (isOver) return;
      isOver = true;
      this.#wheel.cancel(deadline);
      stopWaiting?.();
      this.#afterTurn(then);
    };
    const deadline = this.#wheel.schedule(TRANSACTION_SETTLE_MS_MAX, { onExpired: finish });
    this.coordinator.run(
      transactionalId,
      (shard) => {
        stopWaiting = shard.whenSettled(transactionalId, finish);
        return { records: [] };
      },
      finish,
    );
  }

  #try<Answer>(
    { run, transactionalId, unavailable }: TransactionAttempt<Answer>,
    done: (answer: Answer) => void,
  ): void {
    this.coordinator.run(transactionalId, (shard, nowMs) => run(shard, nowMs, done), unavailable);
  }
}
