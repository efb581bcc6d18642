import { KafkaError } from '@weirhouse/kafka-protocol';

import { FENCED_SINCE, fencingError } from './fencing.ts';
import { PRODUCER_EPOCH_MAX } from './transaction-limits.ts';
import type { EndTxnInput } from './transaction-messages.ts';
import { EPOCH_BUMPING_VERSION, type PersistedTransaction } from './transaction-record.ts';
import { outcomeInPreparation, type TransactionOutcome } from './transaction-state.ts';
import { identityAfterCompletion, isEpochExhausted } from './transaction-values.ts';

/*
 * What an EndTxn means to a transactional id on which nothing is pending. "Same" is the direction
 * that is being or was taken.
 *
 * | state     | version 0-4, same epoch  | version 5+, epoch of before (a retry) | 5+, present epoch |
 * |-----------|--------------------------|---------------------------------------|-------------------|
 * | Ongoing   | ends it                  | fenced                                | ends it           |
 * | Prepare*  | same 51, else 48         | same 51, else 48                      | 51                |
 * | Complete* | same 0, else 48          | same 0 and the identity, else 48      | abort ends, or 48 |
 * | Empty     | 48                       | fenced                                | abort ends, or 48 |
 */
export type Verdict =
  | { readonly kind: 'answer'; readonly errorCode: number }
  | { readonly kind: 'end'; readonly outcome: TransactionOutcome }
  | { readonly kind: 'abort-nothing' };

/** Version 0-4: the epoch stays, so a late request may be taken for the next transaction's. */
export function endOfPlain(
  value: PersistedTransaction,
  request: EndTxnInput,
  apiVersion: number,
): Verdict {
  if (request.producerId !== value.producerId || request.producerEpoch !== value.producerEpoch)
    return foreign(value, request, apiVersion);
  if (value.state === 'Ongoing') return { kind: 'end', outcome: outcomeOf(request) };
  return repeated(value, request);
}

/** Version 5 and later: the epoch tells a retry from the end of the next transaction (KIP-890). */
export function endOfBumping(
  value: PersistedTransaction,
  request: EndTxnInput,
  apiVersion: number,
): Verdict {
  const isEnding = outcomeInPreparation(value.state) !== undefined;
  const present = identityAfterCompletion(value);
  const isPresent =
    request.producerId === present.producerId && request.producerEpoch === present.producerEpoch;
  if (isEnding && isPresent) return answer(KafkaError.CONCURRENT_TRANSACTIONS);
  if (isRetry(value, request)) return repeated(value, request);
  if (!isPresent || request.producerEpoch >= PRODUCER_EPOCH_MAX)
    return foreign(value, request, apiVersion);
  if (value.state === 'Ongoing') return { kind: 'end', outcome: outcomeOf(request) };
  return request.committed ? answer(KafkaError.INVALID_TXN_STATE) : { kind: 'abort-nothing' };
}

/**
 * True when the present epoch came from ending the very transaction that the request wants to end.
 * A client without KIP-890 raises no epoch, so what it ended is nobody's retry.
 */
function isRetry(value: PersistedTransaction, request: EndTxnInput): boolean {
  const { clientVersion, previousProducerId, producerEpoch, producerId, state } = value;
  if (state === 'Ongoing' || state === 'Empty' || clientVersion < EPOCH_BUMPING_VERSION)
    return false;
  if (request.producerId === producerId) return request.producerEpoch + 1 === producerEpoch;
  const isBeforeRotation =
    request.producerId === previousProducerId && isEpochExhausted(request.producerEpoch);
  return isBeforeRotation && producerEpoch === 0;
}

function repeated({ state }: PersistedTransaction, { committed }: EndTxnInput): Verdict {
  const isSame = state.endsWith(committed ? 'Commit' : 'Abort');
  if (!isSame) return answer(KafkaError.INVALID_TXN_STATE);
  const isEnding = outcomeInPreparation(state) !== undefined;
  return answer(isEnding ? KafkaError.CONCURRENT_TRANSACTIONS : KafkaError.NONE);
}

function foreign(value: PersistedTransaction, request: EndTxnInput, apiVersion: number): Verdict {
  const isSameId = request.producerId === value.producerId;
  return answer(
    isSameId
      ? fencingError(apiVersion, FENCED_SINCE.others)
      : KafkaError.INVALID_PRODUCER_ID_MAPPING,
  );
}

function outcomeOf({ committed }: EndTxnInput): TransactionOutcome {
  return committed ? 'commit' : 'abort';
}

function answer(errorCode: number): Verdict {
  return { kind: 'answer', errorCode };
}
