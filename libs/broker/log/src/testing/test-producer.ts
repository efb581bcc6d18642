import type { AppendOutcome } from '../append-log.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { VerificationGuard } from '../producers/verifications.ts';
import { aBatch, NOW_MS } from './test-volume.ts';

/** A transactional producer of one partition, with what its coordinator does for it. */
export class TestProducer {
  readonly producerId: number;
  /** True when its epoch rises with every transaction. */
  readonly isTv2: boolean;
  epoch = 0;
  nextSequence = 0;
  coordinatorEpoch = 0;

  constructor(producerId: number, isTv2 = false) {
    this.producerId = producerId;
    this.isTv2 = isTv2;
  }

  /** What the coordinator's yes to its transaction is worth now. */
  verify(log: PartitionLog, baseSequence = this.nextSequence): VerificationGuard | undefined {
    return log.beginVerification({
      producerId: this.producerId,
      producerEpoch: this.epoch,
      baseSequence,
      supportsEpochBump: this.isTv2,
      nowMs: NOW_MS,
    });
  }

  /** Its next batch, as sent. */
  batch(values: readonly string[], isTransactional = true): Buffer {
    return aBatch(values, {
      producerId: this.producerId,
      producerEpoch: this.epoch,
      baseSequence: this.nextSequence,
      isTransactional,
    });
  }

  /** Sends the next batch of its transaction, verified; what was taken counts. */
  send(log: PartitionLog, values: readonly string[]): AppendOutcome {
    const outcome = log.append(this.batch(values), {
      leaderEpoch: 0,
      nowMs: NOW_MS,
      origin: 'client',
      verification: this.verify(log),
    });
    if (outcome.ok && !outcome.duplicate) this.nextSequence += values.length;
    return outcome;
  }

  /** Has its coordinator end the transaction; with TV2 the next one has a new epoch. */
  end(log: PartitionLog, commit: boolean, epoch = this.isTv2 ? this.epoch + 1 : this.epoch) {
    const outcome = log.appendMarker({
      producerId: this.producerId,
      producerEpoch: epoch,
      coordinatorEpoch: this.coordinatorEpoch,
      commit,
      leaderEpoch: 0,
      nowMs: NOW_MS,
      transactionVersion: this.isTv2 ? 2 : 1,
    });
    if (outcome.ok && this.epoch !== epoch) {
      this.epoch = epoch;
      this.nextSequence = 0;
    }
    return outcome;
  }
}
