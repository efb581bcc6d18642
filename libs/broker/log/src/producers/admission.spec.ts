import { BatchView, buildEndTxnMarker, KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { aBatch, NOW_MS } from '../testing/test-volume.ts';
import { type Admission, type AdmissionContext, admitBatch } from './admission.ts';
import { ProducerStates } from './producer-states.ts';
import { Verifications } from './verifications.ts';

const PRODUCER = 7;

interface SentBatch {
  readonly sequence: number;
  readonly count?: number;
  readonly epoch?: number;
  readonly offset?: number;
  readonly isTransactional?: boolean;
}

function batch(sent: SentBatch): BatchView {
  const values = Array.from({ length: sent.count ?? 1 }, (_, index) => `${index}`);
  const bytes = aBatch(values, {
    producerId: PRODUCER,
    producerEpoch: sent.epoch ?? 0,
    baseSequence: sent.sequence,
    baseOffset: sent.offset ?? 0,
    isTransactional: sent.isTransactional ?? false,
  });
  return new BatchView().reset(bytes, 0);
}

function marker(producerEpoch: number, baseOffset = 100): BatchView {
  const bytes = buildEndTxnMarker({
    baseOffset,
    leaderEpoch: 0,
    timestamp: NOW_MS,
    producerId: PRODUCER,
    producerEpoch,
    commit: true,
    coordinatorEpoch: 0,
  });
  return new BatchView().reset(bytes, 0);
}

/** What becomes of batches after those that are in the log. */
class Desk {
  readonly producers = new ProducerStates();
  readonly verifications = new Verifications();
  readonly #options: Partial<AdmissionContext>;

  constructor(written: readonly BatchView[] = [], options: Partial<AdmissionContext> = {}) {
    for (const view of written) this.producers.update(view);
    this.#options = options;
  }

  admit(sent: SentBatch, options: Partial<AdmissionContext> = {}): Admission {
    const { producers, verifications } = this;
    const context = { producers, verifications, origin: 'client', guard: undefined } as const;
    const more = { needsVerification: false, ...this.#options, ...options };
    return admitBatch(batch(sent), { ...context, ...more });
  }

  /** `append`, `duplicate` or the error code. */
  verdict(sent: SentBatch, options: Partial<AdmissionContext> = {}): string | number {
    const admission = this.admit(sent, options);
    return admission.kind === 'refuse' ? admission.errorCode : admission.kind;
  }

  verify(baseSequence: number, more: { epoch?: number; isTv2?: boolean } = {}) {
    return this.verifications.begin({
      producerId: PRODUCER,
      producerEpoch: more.epoch ?? 0,
      baseSequence,
      supportsEpochBump: more.isTv2 ?? false,
      nowMs: NOW_MS,
    });
  }
}

describe('a batch with a producer id', () => {
  it('may begin anywhere when its producer is unknown and then only goes on', () => {
    expect(new Desk().verdict({ sequence: 44 })).toBe('append');
    const desk = new Desk([batch({ sequence: 44, count: 2 })]);
    expect(desk.verdict({ sequence: 46 })).toBe('append');
    for (const sequence of [43, 45, 47])
      expect(desk.verdict({ sequence })).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  it('is known again when it is one of the last five and not when it is older', () => {
    const sent = [0, 1, 2, 3, 4, 5].map((sequence) => batch({ sequence, offset: 100 + sequence }));
    const desk = new Desk(sent);
    for (const sequence of [1, 2, 3, 4, 5])
      expect(desk.admit({ sequence })).toMatchObject({
        kind: 'duplicate',
        batch: { lastOffset: 100 + sequence },
      });
    expect(desk.verdict({ sequence: 0 })).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  it('is no duplicate of one that only ends alike', () => {
    const desk = new Desk([batch({ sequence: 0, count: 3 })]);
    expect(desk.verdict({ sequence: 1, count: 2 })).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  it('goes on at 0 after 2147483647', () => {
    const desk = new Desk([batch({ sequence: 2_147_483_646, count: 2 })]);
    expect(desk.verdict({ sequence: 0 })).toBe('append');
    const over = new Desk([batch({ sequence: 2_147_483_647, count: 3 })]);
    expect(over.verdict({ sequence: 2 })).toBe('append');
    expect(over.verdict({ sequence: 2_147_483_647, count: 3 })).toBe('duplicate');
  });

  it('starts at 0 in a new epoch and is refused in an old one', () => {
    const desk = new Desk([batch({ sequence: 9, epoch: 3 })]);
    expect(desk.verdict({ sequence: 0, epoch: 4 })).toBe('append');
    expect(desk.verdict({ sequence: 10, epoch: 4 })).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(desk.verdict({ sequence: 10, epoch: 2 })).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
  });

  it('starts at 0 in an epoch that only a marker brought', () => {
    const desk = new Desk([batch({ sequence: 9, epoch: 3 }), marker(4)]);
    expect(desk.verdict({ sequence: 10, epoch: 4 })).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(desk.verdict({ sequence: 0, epoch: 4 })).toBe('append');
  });

  it('goes on after a marker of its own epoch', () => {
    const desk = new Desk([batch({ sequence: 9, epoch: 3, isTransactional: true }), marker(3)]);
    expect(desk.verdict({ sequence: 10, epoch: 3, isTransactional: true })).toBe('append');
    expect(desk.verdict({ sequence: 9, epoch: 3, isTransactional: true })).toBe('duplicate');
  });

  it('must be transactional while its producer has a transaction open', () => {
    const desk = new Desk([batch({ sequence: 0, isTransactional: true, offset: 5 })]);
    expect(desk.verdict({ sequence: 1 })).toBe(KafkaError.INVALID_TXN_STATE);
    expect(desk.verdict({ sequence: 1, isTransactional: true })).toBe('append');
  });

  it('of a coordinator has no sequence, and an epoch that is not old', () => {
    const desk = new Desk([marker(2)], { origin: 'coordinator' });
    expect(desk.verdict({ sequence: -1, epoch: 2, isTransactional: true })).toBe('append');
    expect(desk.verdict({ sequence: -1, epoch: 1, isTransactional: true })).toBe(
      KafkaError.INVALID_PRODUCER_EPOCH,
    );
  });
});

describe('a transactional batch', () => {
  const strict = { needsVerification: true };
  const first = { sequence: 0, isTransactional: true };

  it('begins its transaction only with the guard of its present verification', () => {
    const desk = new Desk([], strict);
    expect(desk.verdict(first)).toBe(KafkaError.INVALID_TXN_STATE);
    const guard = desk.verify(0);
    expect(desk.verdict(first)).toBe(KafkaError.INVALID_TXN_STATE);
    expect(desk.verdict(first, { guard: { producerId: PRODUCER } })).toBe(
      KafkaError.INVALID_TXN_STATE,
    );
    expect(desk.verdict(first, { guard })).toBe('append');
    expect(desk.verdict(first, { guard, origin: 'coordinator' })).toBe('append');
    desk.verifications.onMarker(PRODUCER, 0);
    expect(desk.verdict(first, { guard })).toBe(KafkaError.INVALID_TXN_STATE);
  });

  it('needs none while the transaction is open in its epoch', () => {
    const desk = new Desk([batch({ ...first, epoch: 1 })], strict);
    expect(desk.verdict({ sequence: 1, isTransactional: true, epoch: 1 })).toBe('append');
    expect(desk.verdict({ ...first, epoch: 2 })).toBe(KafkaError.INVALID_TXN_STATE);
  });

  it('is told to be a duplicate before it is asked for a guard', () => {
    const desk = new Desk([batch(first), marker(0)], strict);
    expect(desk.verdict(first)).toBe('duplicate');
  });

  it('may not overtake the one whose verification is under way', () => {
    const desk = new Desk([], strict);
    const guard = desk.verify(3);
    expect(desk.verdict({ sequence: 4, isTransactional: true }, { guard })).toBe(
      KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
    expect(desk.verify(2)).toBe(guard);
    expect(desk.verdict({ sequence: 3, isTransactional: true }, { guard })).toBe(
      KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
    expect(desk.verdict({ sequence: 2, isTransactional: true }, { guard })).toBe('append');
  });

  it('starts at 0 when its epoch rises with each transaction and nothing is known of it', () => {
    const desk = new Desk([], strict);
    const guard = desk.verify(5, { isTv2: true });
    expect(desk.verdict({ sequence: 5, isTransactional: true }, { guard })).toBe(
      KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
    expect(desk.verify(0, { isTv2: true })).toBe(guard);
    expect(desk.verdict(first, { guard })).toBe('append');
    const older = new Desk([], strict);
    const olderGuard = older.verify(5);
    expect(older.verdict({ sequence: 5, isTransactional: true }, { guard: olderGuard })).toBe(
      'append',
    );
  });
});

describe('a verification', () => {
  it('of a transaction that has an epoch of its own outlives a late marker of the one before', () => {
    const desk = new Desk();
    const guard = desk.verify(0, { epoch: 4, isTv2: true });
    desk.verifications.onMarker(PRODUCER, 4);
    expect(desk.verifications.isCurrent(PRODUCER, guard)).toBe(true);
    desk.verifications.onMarker(PRODUCER, 5);
    expect(desk.verifications.isCurrent(PRODUCER, guard)).toBe(false);
  });

  it('of a higher epoch forgets the sequences of the lower one', () => {
    const desk = new Desk();
    const guard = desk.verify(3, { epoch: 1 });
    expect(desk.verify(9, { epoch: 2 })).toBe(guard);
    expect(desk.verifications.find(PRODUCER)?.lowestSequence).toBe(9);
    desk.verify(0, { epoch: 1 });
    expect(desk.verifications.find(PRODUCER)?.lowestSequence).toBe(9);
  });

  it('ends when it gets as old as a producer may be silent', () => {
    const desk = new Desk();
    desk.verify(0);
    desk.verifications.expire(NOW_MS);
    expect(desk.verifications.find(PRODUCER)).toBeDefined();
    desk.verifications.expire(NOW_MS + 1);
    expect(desk.verifications.find(PRODUCER)).toBeUndefined();
  });
});
