import {
  type BatchView,
  ControlRecordType,
  KafkaError,
  readControlRecordType,
  readCoordinatorEpoch,
  RecordCursor,
} from '@weirhouse/kafka-protocol';
import type { BatchRefusal } from '../batch-validation.ts';
import type { ProducerState } from './producer-states.ts';

/** The largest producer epoch: it cannot rise any more, so the producer gets a new id after it. */
const PRODUCER_EPOCH_MAX = 32_767;
/** From this version on each transaction's marker raises its producer's epoch (KIP-890 part 2). */
const EPOCH_BUMP_FROM_VERSION = 2;

/** What a transaction coordinator has decided of one producer's transaction. */
export interface MarkerOptions {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly commit: boolean;
  readonly leaderEpoch: number;
  /** The wall clock: the marker's time. */
  readonly nowMs: number;
  /** Of the transaction (`transaction.version`): 0 to 2. */
  readonly transactionVersion: number;
}

/** The decision in a marker batch; undefined when there is none (left). */
export function readMarker(
  batch: BatchView,
): { readonly isCommit: boolean; readonly coordinatorEpoch: number } | undefined {
  const records = batch.buffer.subarray(batch.recordsStart, batch.end);
  const cursor = new RecordCursor().reset(batch, records);
  if (!cursor.next()) return undefined;
  const type = readControlRecordType(cursor.key);
  if (type !== ControlRecordType.COMMIT && type !== ControlRecordType.ABORT) return undefined;
  return {
    isCommit: type === ControlRecordType.COMMIT,
    coordinatorEpoch: readCoordinatorEpoch(cursor.value),
  };
}

/** Why a marker may not be appended by what is known of its producer here. */
export function refuseMarker(
  state: ProducerState | undefined,
  marker: MarkerOptions,
): BatchRefusal | undefined {
  if (state === undefined) return undefined;
  if (isFenced(state, marker))
    return {
      errorCode: KafkaError.INVALID_PRODUCER_EPOCH,
      message: `producer ${marker.producerId} has epoch ${state.producerEpoch}, its marker ${marker.producerEpoch}`,
    };
  if (marker.coordinatorEpoch < state.coordinatorEpoch)
    return {
      errorCode: KafkaError.TRANSACTION_COORDINATOR_FENCED,
      message: `coordinator epoch ${state.coordinatorEpoch} wrote here, the marker has ${marker.coordinatorEpoch}`,
    };
  return undefined;
}

/** A marker that raises the epoch must be above what is known, unless it repeats one. */
function isFenced({ producerEpoch, transactionStart }: ProducerState, marker: MarkerOptions) {
  if (marker.producerEpoch !== producerEpoch) return marker.producerEpoch < producerEpoch;
  if (marker.transactionVersion < EPOCH_BUMP_FROM_VERSION) return false;
  return transactionStart >= 0 && producerEpoch !== PRODUCER_EPOCH_MAX;
}
