import type {
  OperationResult,
  TransactionCounts,
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
import type { ProducerIds } from '../produce/producer-ids.ts';
import type { MarkerWriter } from './marker-writer.ts';

const EXPIRY_INTERVAL = 'transaction.remove.expired.transaction.cleanup.interval.ms';
/** The counts of a broker that has not loaded anything. */
export const NO_TRANSACTIONS: TransactionCounts = { transactionalIds: 0, open: 0, ending: 0 };

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
  /** How long a request waits for the end of the transaction before its own. */
  readonly #settleMsMax: () => number;
  readonly #afterTurn: CoordinatorContext['ports']['afterTurn'];

  constructor({ context, markers, producerIds }: TransactionServiceOptions) {
    const { configs, ports, wheel } = context;
    const writeMarkers = markers.writeAll.bind(markers);
    const kind = transactionKind({ configs, producerIds, writeMarkers });
    this.coordinator = new CoordinatorService(context, TRANSACTIONS_TOPIC, kind);
    this.markers = markers;
    this.#wheel = wheel;
    this.#afterTurn = ports.afterTurn;
    this.#settleMsMax = () => configs.brokerNumber('add.partitions.to.txn.retry.backoff.max.ms');
    this.coordinator.runPeriodically(configs.brokerNumber(EXPIRY_INTERVAL), (shard, nowMs) =>
      shard.expireTransactionalIds(nowMs),
    );
  }

  /** Sums over the loaded shards, for metrics. */
  count(): TransactionCounts {
    let sum = NO_TRANSACTIONS;
    for (const shard of this.coordinator.activeShards) {
      const counts = shard.count();
      sum = {
        transactionalIds: sum.transactionalIds + counts.transactionalIds,
        open: sum.open + counts.open,
        ending: sum.ending + counts.ending,
      };
    }
    return sum;
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
    const deadline = this.#wheel.schedule(this.#settleMsMax(), { onExpired: finish });
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
