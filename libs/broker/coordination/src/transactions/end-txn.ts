import { KafkaError } from '@weirhouse/kafka-protocol';

import type { Respond } from '../messages.ts';
import { endOfBumping, endOfPlain, type Verdict } from './end-verdict.ts';
import { withProducerId } from './producer-id.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import type { EndTxnInput, ProducerIdAnswer, TransactionContext } from './transaction-messages.ts';
import type { TransactionOperation } from './transaction-operation.ts';
import {
  EPOCH_BUMPING_VERSION,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  type PersistedTransaction,
} from './transaction-record.ts';
import { isPending } from './transaction-shard-state.ts';
import { moveTo } from './transition.ts';
import {
  abortedEmpty,
  ended,
  identityAfterCompletion,
  isEpochExhausted,
  PLAIN_VERSION,
} from './transaction-values.ts';

/** From this version on clients follow KIP-890: the epoch rises with every transaction. */
const BUMPING_SINCE = 5;

interface Call {
  readonly request: EndTxnInput;
  readonly context: TransactionContext;
  readonly respond: Respond<ProducerIdAnswer>;
}

/**
 * EndTxn: answered when the decision is durable; the markers follow. From version 5 on the answer
 * says in which producer id and epoch the producer goes on.
 */
export function endTxn(operation: TransactionOperation, call: Call): void {
  if (call.request.transactionalId === '') answer(call, KafkaError.INVALID_REQUEST);
  else attempt(operation, call, undefined);
}

function attempt(operation: TransactionOperation, call: Call, givenId: number | undefined): void {
  const { shard } = operation;
  const { context, request } = call;
  const { transactionalId } = request;
  if (isPending(shard, transactionalId)) return answer(call, KafkaError.CONCURRENT_TRANSACTIONS);
  const entry = shard.entries.get(transactionalId);
  if (entry === undefined) return answer(call, KafkaError.INVALID_PRODUCER_ID_MAPPING);
  const isBumping = context.apiVersion >= BUMPING_SINCE;
  const { value } = entry;
  const verdict = isBumping
    ? endOfBumping(value, request, context.apiVersion)
    : endOfPlain(value, request, context.apiVersion);
  if (verdict.kind === 'answer') return answer(call, verdict.errorCode, value);
  const needsId = isBumping && isEpochExhausted(value.producerEpoch);
  if (needsId && givenId === undefined) {
    return withProducerId(
      operation,
      (errorCode) => answer(call, errorCode),
      (next, producerId) => attempt(next, call, producerId),
    );
  }
  const nextProducerId = needsId && givenId !== undefined ? givenId : NO_PRODUCER_ID;
  end(operation, call, { entry, verdict, nextProducerId });
}

function end(
  operation: TransactionOperation,
  call: Call,
  decision: {
    readonly entry: TransactionEntry;
    readonly verdict: Exclude<Verdict, { kind: 'answer' }>;
    readonly nextProducerId: number;
  },
): void {
  const { entry, nextProducerId, verdict } = decision;
  const { nowMs } = operation;
  const isBumping = call.context.apiVersion >= BUMPING_SINCE;
  const clientVersion = isBumping ? EPOCH_BUMPING_VERSION : PLAIN_VERSION;
  const value =
    verdict.kind === 'end'
      ? ended(entry.value, { outcome: verdict.outcome, clientVersion, nextProducerId }, nowMs)
      : abortedEmpty(entry.value, nextProducerId, nowMs);
  if (isBumping) entry.retryEpoch = entry.value.producerEpoch;
  moveTo(operation, entry, value, {
    committed: () => answer(call, KafkaError.NONE, value),
    refused: (errorCode) => answer(call, errorCode),
  });
}

function answer({ respond }: Call, errorCode: number, value?: PersistedTransaction): void {
  const identity =
    value === undefined || errorCode !== KafkaError.NONE
      ? { producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH }
      : identityAfterCompletion(value);
  respond({ errorCode, ...identity });
}
