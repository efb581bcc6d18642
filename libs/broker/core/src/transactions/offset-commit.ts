import type { TxnOffsetCommitAnswer, TxnOffsetCommitInput } from '@weirhouse/broker-coordination';
import type { VerificationGuard } from '@weirhouse/broker-log';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { RequestContext } from '../handler.ts';
import { verifyTransaction, type TransactionSupport } from './verification.ts';

const ABORTABLE_SINCE = 4;
const ADDS_PARTITION_SINCE = 5;
const NO_SEQUENCE = -1;

/** The error code of a partition of the request. */
type ErrorOf = (topic: string, partition: number) => number;

/** TxnOffsetCommit for topics that exist and may be read. */
export interface TransactionalCommit extends TxnOffsetCommitInput {
  readonly transactionalId: string;
}

/**
 * Commits offsets in a producer's transaction: the transaction must hold the group's partition of the
 * offsets topic, which is asked of its coordinator unless it is open there already.
 */
export function commitInTransaction(
  context: RequestContext,
  request: TransactionalCommit,
  done: (errorOf: ErrorOf) => void,
): void {
  const { groups } = context.services;
  const { groupId, producerEpoch, producerId, transactionalId } = request;
  const partition = groups.partitionOf(groupId);
  if (typeof partition === 'number') return done(() => partition);
  const support = supportOf(context.version);
  const places = [{ partition, baseSequence: NO_SEQUENCE }];
  const question = { transactionalId, producerId, producerEpoch, support, places };
  verifyTransaction(context.services, question, ([verdict]) => {
    const { errorCode = 0, guard } = verdict ?? {};
    if (errorCode === KafkaError.NONE) commit(context, request, { guard, done });
    else done(() => errorCode);
  });
}

function commit(
  { services }: RequestContext,
  request: TransactionalCommit,
  {
    done,
    guard,
  }: {
    readonly guard: VerificationGuard | undefined;
    readonly done: (errorOf: ErrorOf) => void;
  },
): void {
  services.groups.run(
    request.groupId,
    (shard, nowMs) => shard.txnOffsetCommit(request, { nowMs }, (answer) => done(errorsOf(answer))),
    (errorCode) => done(() => errorCode),
    guard,
  );
}

function errorsOf({ topics }: TxnOffsetCommitAnswer): ErrorOf {
  const codes = new Map<string, number>();
  for (const { name, partitions } of topics) {
    for (const { errorCode, partitionIndex } of partitions)
      codes.set(`${name}/${partitionIndex}`, errorCode);
  }
  return (topic, partition) => codes.get(`${topic}/${partition}`) ?? KafkaError.NONE;
}

function supportOf(version: number): TransactionSupport {
  if (version >= ADDS_PARTITION_SINCE) return 'adds-partition';
  return version >= ABORTABLE_SINCE ? 'abortable' : 'plain';
}
