import type { AddPartitionsAnswer, TopicPartitions } from '@weirhouse/broker-coordination';
import type { VerificationGuard } from '@weirhouse/broker-log';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { Partition } from '../partitions.ts';
import type { BrokerServices } from '../services.ts';

/*
 * What a client understands (KIP-890), by the versions of its Produce and TxnOffsetCommit:
 *
 * | support          | Produce | TxnOffsetCommit | a partition that is not in the transaction |
 * |------------------|---------|-----------------|--------------------------------------------|
 * | `plain`          | 3-10    | 0-3             | INVALID_TXN_STATE                          |
 * | `abortable`      | 11      | 4               | TRANSACTION_ABORTABLE                      |
 * | `adds-partition` | 12+     | 5+              | is added to it                             |
 */
export type TransactionSupport = 'plain' | 'abortable' | 'adds-partition';

/** AddPartitionsToTxn between brokers, whose answers tell all errors (KIP-890). */
const BROKER_VERSION = 5;

/** A partition that a transaction would write to. */
export interface TransactionPlace {
  readonly partition: Partition;
  /** Of the batch that waits; -1 for a coordinator's records. */
  readonly baseSequence: number;
}

/** A producer's question whether its transaction holds these partitions. */
export interface TransactionQuestion {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly support: TransactionSupport;
  readonly places: readonly TransactionPlace[];
}

/** The answer for one partition. */
export interface TransactionVerdict {
  /** 0 when the partition is in the transaction, and that is durable. */
  readonly errorCode: number;
  /** To be handed to the append; undefined where the transaction is open already. */
  readonly guard: VerificationGuard | undefined;
}

type Services = Pick<BrokerServices, 'ports' | 'transactions'>;

/**
 * Asks the transaction's coordinator before the first append of a transaction to a partition, so that
 * no late batch can open one that nobody ends. Clients that raise their epoch with each transaction
 * have their partitions added on this way. `done` gets a verdict for each place, in order; at once
 * when nothing need be asked.
 */
export function verifyTransaction(
  services: Services,
  question: TransactionQuestion,
  done: (verdicts: readonly TransactionVerdict[]) => void,
): void {
  ask(services, question, (verdicts) => {
    const isBusy = verdicts.some(
      ({ errorCode }) => errorCode === KafkaError.CONCURRENT_TRANSACTIONS,
    );
    if (!isBusy) return done(verdicts);
    // A marker in between may void the guards, so everything is begun anew.
    services.transactions.whenSettled(question.transactionalId, () =>
      ask(services, question, done),
    );
  });
}

function ask(
  services: Services,
  question: TransactionQuestion,
  done: (verdicts: readonly TransactionVerdict[]) => void,
): void {
  const { places, producerEpoch, producerId, support, transactionalId } = question;
  const supportsEpochBump = support === 'adds-partition';
  const nowMs = services.ports.clock.wallMs();
  const guards = places.map(({ baseSequence, partition }) =>
    partition.log.beginVerification({
      producerId,
      producerEpoch,
      baseSequence,
      supportsEpochBump,
      nowMs,
    }),
  );
  const finish = (errorOf: (partition: Partition) => number): void =>
    done(
      places.map(({ partition }, position) => {
        const guard = guards[position];
        return { guard, errorCode: guard === undefined ? 0 : errorOf(partition) };
      }),
    );
  const asked = places.filter((_, position) => guards[position] !== undefined);
  if (asked.length === 0) return finish(() => 0);
  const input = { ...question, verifyOnly: !supportsEpochBump, topics: topicsOf(asked) };
  services.transactions.coordinator.run(
    transactionalId,
    (shard, at) =>
      shard.addPartitions(input, { nowMs: at, apiVersion: BROKER_VERSION }, (answer) => {
        const codes = codesOf(answer);
        finish(({ index, topicName }) => errorFor(support, codes.get(`${topicName}/${index}`)));
      }),
    (errorCode) => finish(() => errorCode),
  );
}

function topicsOf(places: readonly TransactionPlace[]): readonly TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { partition } of places) {
    const indexes = topics.get(partition.topicName) ?? [];
    indexes.push(partition.index);
    topics.set(partition.topicName, indexes);
  }
  return Array.from(topics, ([name, partitions]) => ({ name, partitions }));
}

function codesOf({ topicResults }: AddPartitionsAnswer): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (const { name, resultsByPartition } of topicResults) {
    for (const { partitionErrorCode, partitionIndex } of resultsByPartition)
      codes.set(`${name}/${partitionIndex}`, partitionErrorCode);
  }
  return codes;
}

/** Producers know a fenced epoch by the older code, and older ones nothing of the newer code. */
function errorFor(support: TransactionSupport, errorCode = 0): number {
  if (errorCode === KafkaError.PRODUCER_FENCED) return KafkaError.INVALID_PRODUCER_EPOCH;
  const isUnknown = errorCode === KafkaError.TRANSACTION_ABORTABLE && support === 'plain';
  return isUnknown ? KafkaError.INVALID_TXN_STATE : errorCode;
}
