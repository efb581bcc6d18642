import { KafkaError } from '@weirhouse/kafka-protocol';

import type { Respond } from '../messages.ts';
import { FENCED_SINCE, fencingError } from './fencing.ts';
import { withProducerId } from './producer-id.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import type {
  InitProducerIdInput,
  ProducerIdAnswer,
  TransactionContext,
} from './transaction-messages.ts';
import type { TransactionOperation } from './transaction-operation.ts';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from './transaction-record.ts';
import { isPending } from './transaction-shard-state.ts';
import { outcomeInPreparation } from './transaction-state.ts';
import { moveTo } from './transition.ts';
import {
  created,
  fenced,
  initialized,
  isEpochExhausted,
  type ProducerIdentity,
} from './transaction-values.ts';

interface Call {
  readonly request: InitProducerIdInput;
  readonly context: TransactionContext;
  readonly respond: Respond<ProducerIdAnswer>;
}

/** What the producer says it holds (KIP-360); undefined for one that just started. */
type Held = ProducerIdentity | undefined;

/** InitProducerId with a transactional id: fences whoever had the id and ends what it left open. */
export function initProducerId(operation: TransactionOperation, call: Call): void {
  const errorCode = requestError(operation, call.request);
  if (errorCode === KafkaError.NONE) attempt(operation, call, undefined);
  else refuse(call, errorCode);
}

function requestError(operation: TransactionOperation, request: InitProducerIdInput): number {
  const { producerEpoch, producerId, transactionalId, transactionTimeoutMs } = request;
  const hasId = producerId !== NO_PRODUCER_ID;
  if (transactionalId === '' || hasId !== (producerEpoch !== NO_PRODUCER_EPOCH))
    return KafkaError.INVALID_REQUEST;
  const isInRange =
    transactionTimeoutMs > 0 && transactionTimeoutMs <= operation.shard.options.timeoutMaxMs;
  return isInRange ? KafkaError.NONE : KafkaError.INVALID_TRANSACTION_TIMEOUT;
}

function attempt(operation: TransactionOperation, call: Call, givenId: number | undefined): void {
  const { shard } = operation;
  const { transactionalId } = call.request;
  if (isPending(shard, transactionalId)) return refuse(call, KafkaError.CONCURRENT_TRANSACTIONS);
  const entry = shard.entries.get(transactionalId);
  if (entry === undefined) return create(operation, call, givenId);
  if (outcomeInPreparation(entry.value.state) !== undefined)
    return refuse(call, KafkaError.CONCURRENT_TRANSACTIONS);
  const held = heldBy(call.request);
  if (held !== undefined && !isKnown(entry, held)) return fence(call);
  if (entry.value.state === 'Ongoing') abortOngoing(operation, call, entry);
  else take(operation, call, { entry, givenId });
}

function create(operation: TransactionOperation, call: Call, givenId: number | undefined): void {
  const { options, entries } = operation.shard;
  if (entries.size >= options.transactionalIdsMax)
    return refuse(call, KafkaError.COORDINATOR_NOT_AVAILABLE);
  if (givenId === undefined) return again(operation, call);
  const { transactionalId, transactionTimeoutMs } = call.request;
  const value = created(givenId, transactionTimeoutMs, operation.nowMs);
  operation.append(transactionalId, value, answering(call, value));
}

/**
 * A producer that says what it holds must hold what is current, or ask again with what it held
 * before its own last step. (Kafka looks at the epoch only once nothing is open, so there an old
 * producer can abort its successor's transaction.)
 */
function isKnown({ retryEpoch, value }: TransactionEntry, held: ProducerIdentity): boolean {
  const isSameId = held.producerId === value.producerId;
  if (isSameId && held.producerEpoch === value.producerEpoch) return true;
  if (value.state === 'Ongoing' || held.producerEpoch !== retryEpoch) return false;
  const isBeforeRotation =
    held.producerId === value.previousProducerId && isEpochExhausted(held.producerEpoch);
  return isSameId || isBeforeRotation;
}

/** The epoch that shuts the owner out is never given to anybody: the retry raises it once more. */
function abortOngoing(operation: TransactionOperation, call: Call, entry: TransactionEntry): void {
  const isOwner = heldBy(call.request) !== undefined;
  entry.retryEpoch = isOwner ? entry.value.producerEpoch : NO_PRODUCER_EPOCH;
  moveTo(operation, entry, fenced(entry.value, operation.nowMs), {
    committed: () => refuse(call, KafkaError.CONCURRENT_TRANSACTIONS),
    refused: (errorCode) => refuse(call, errorCode),
  });
}

function take(
  operation: TransactionOperation,
  call: Call,
  { entry, givenId }: { readonly entry: TransactionEntry; readonly givenId: number | undefined },
): void {
  const { producerEpoch, producerId } = entry.value;
  const held = heldBy(call.request);
  const isRetry = held !== undefined && held.producerEpoch !== producerEpoch;
  if (isRetry) return give(operation, call, { entry, identity: { producerId, producerEpoch } });
  const isRotating = isEpochExhausted(producerEpoch);
  if (isRotating && givenId === undefined) return again(operation, call);
  const identity =
    isRotating && givenId !== undefined
      ? { producerId: givenId, producerEpoch: 0 }
      : { producerId, producerEpoch: producerEpoch + 1 };
  entry.retryEpoch = held === undefined ? NO_PRODUCER_EPOCH : producerEpoch;
  give(operation, call, { entry, identity });
}

function give(
  operation: TransactionOperation,
  call: Call,
  { entry, identity }: { readonly entry: TransactionEntry; readonly identity: ProducerIdentity },
): void {
  const { transactionTimeoutMs } = call.request;
  const value = initialized(entry.value, identity, transactionTimeoutMs, operation.nowMs);
  moveTo(operation, entry, value, answering(call, identity));
}

function again(operation: TransactionOperation, call: Call): void {
  withProducerId(
    operation,
    (errorCode) => refuse(call, errorCode),
    (next, producerId) => attempt(next, call, producerId),
  );
}

function answering(call: Call, { producerEpoch, producerId }: ProducerIdentity) {
  return {
    committed: () => call.respond({ errorCode: KafkaError.NONE, producerId, producerEpoch }),
    refused: (errorCode: number) => refuse(call, errorCode),
  };
}

function heldBy({ producerEpoch, producerId }: InitProducerIdInput): Held {
  return producerId === NO_PRODUCER_ID ? undefined : { producerId, producerEpoch };
}

function fence(call: Call): void {
  refuse(call, fencingError(call.context.apiVersion, FENCED_SINCE.initProducerId));
}

function refuse({ respond }: Call, errorCode: number): void {
  respond({ errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH });
}
