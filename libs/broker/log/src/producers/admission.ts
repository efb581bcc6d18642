import { addSequence, type BatchView, KafkaError } from '@weirhouse/kafka-protocol';
import type { ProducerBatch, ProducerState, ProducerStates } from './producer-states.ts';
import type { Verification, VerificationGuard, Verifications } from './verifications.ts';

/** What becomes of a batch with a producer id. */
export type Admission =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly kind: 'refuse'; readonly errorCode: number; readonly message: string };

/** What a batch is judged by. */
export interface AdmissionContext {
  readonly producers: ProducerStates;
  readonly verifications: Verifications;
  /** Sequences are the clients' matter: coordinators number nothing. */
  readonly origin: 'client' | 'coordinator';
  /** True when a transaction begins here only with a current guard. */
  readonly needsVerification: boolean;
  readonly guard: VerificationGuard | undefined;
}

const APPEND: Admission = { kind: 'append' };

/** Decides on a batch of a leader's writer without changing anything, in Kafka's order of checks. */
export function admitBatch(batch: BatchView, context: AdmissionContext): Admission {
  const { guard, needsVerification, origin, producers, verifications } = context;
  const { isTransactional, producerEpoch, producerId } = batch;
  if (producerId < 0 || batch.isControl) return APPEND;
  if (origin === 'client') {
    const duplicate = producers.findDuplicate(batch);
    if (duplicate !== undefined) return { kind: 'duplicate', batch: duplicate };
  }
  const state = producers.find(producerId);
  if (producers.isFenced(producerId, producerEpoch))
    return refuse(
      KafkaError.INVALID_PRODUCER_EPOCH,
      `producer ${producerId} has epoch ${state?.producerEpoch}, the batch has ${producerEpoch}`,
    );
  const isUnproven =
    isTransactional &&
    needsVerification &&
    !producers.hasOpenTransaction(producerId, producerEpoch) &&
    !verifications.isCurrent(producerId, guard);
  if (isUnproven)
    return refuse(
      KafkaError.INVALID_TXN_STATE,
      `producer ${producerId} has no transaction that holds this partition`,
    );
  const refusal =
    origin === 'client' ? refuseSequence(batch, state, verifications.find(producerId)) : undefined;
  if (refusal !== undefined) return refusal;
  if (!isTransactional && state !== undefined && state.transactionStart >= 0)
    return refuse(KafkaError.INVALID_TXN_STATE, 'the producer has an open transaction here');
  return APPEND;
}

function refuseSequence(
  batch: BatchView,
  state: ProducerState | undefined,
  verification: Verification | undefined,
): Admission | undefined {
  const { baseSequence } = batch;
  const last = state?.batches.at(-1);
  // With an epoch per transaction nothing that came before can be missing: it begins at 0.
  if (verification?.supportsEpochBump === true && last === undefined && baseSequence !== 0)
    return outOfOrder(batch, 0);
  // A batch that overtook the one whose verification is under way: the lower one must come first.
  if (verification !== undefined && baseSequence > verification.lowestSequence)
    return outOfOrder(batch, verification.lowestSequence);
  // Of an unknown producer any sequence is taken: retention may have removed what came before.
  if (state === undefined) return undefined;
  const isNewEpoch = batch.producerEpoch !== state.producerEpoch;
  const expected = isNewEpoch || last === undefined ? 0 : addSequence(last.lastSequence, 1);
  return baseSequence === expected ? undefined : outOfOrder(batch, expected);
}

function refuse(errorCode: number, message: string): Admission {
  return { kind: 'refuse', errorCode, message };
}

function outOfOrder(batch: BatchView, expected: number): Admission {
  return refuse(
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${batch.producerId} sent sequence ${batch.baseSequence}, ${expected} comes next`,
  );
}
