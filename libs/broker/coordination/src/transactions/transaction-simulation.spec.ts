import { KafkaError } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  advances,
  disturb,
  histories,
  isWorldStep,
  ReplayCheck,
  settleForGood,
  settles,
  TEST_TIMEOUT_MS,
  troubles,
  type WorldStep,
} from '../testing/sim-steps.ts';
import { SimPartitions } from './testing/sim-partitions.ts';
import { SimProducer } from './testing/sim-producer.ts';
import { SimWitness } from './testing/sim-witness.ts';
import { type SentMarkers, TransactionWorld } from './testing/transaction-world.ts';
import type { TransactionRecord } from './transaction-record.ts';
import { created } from './transaction-values.ts';

type OwnStep =
  | { readonly kind: 'act'; readonly producer: number; readonly choices: readonly number[] }
  | { readonly kind: 'forget' | 'die'; readonly producer: number }
  | { readonly kind: 'end-again'; readonly producer: number; readonly which: number }
  | {
      readonly kind: 'mark';
      readonly which: number;
      readonly reached: number;
      readonly fate: 'reported' | 'lost' | 'twice';
    }
  | { readonly kind: 'id' | 'no-id' };

type Step = OwnStep | WorldStep;

const PRODUCERS = [
  { transactionalId: 'new', isBumping: true },
  { transactionalId: 'new', isBumping: true },
  { transactionalId: 'high', isBumping: true },
  { transactionalId: 'high', isBumping: true },
  { transactionalId: 'old', isBumping: false },
  { transactionalId: 'old', isBumping: false },
  { transactionalId: 'old-high', isBumping: false },
  { transactionalId: 'mixed', isBumping: false },
  { transactionalId: 'mixed', isBumping: true },
];
const IDS = [...new Set(PRODUCERS.map(({ transactionalId }) => transactionalId))];

/** Ids that are about to run out of epochs, so that every run sees new producer ids. */
const START: readonly TransactionRecord[] = ['high', 'old-high'].map((transactionalId, index) => ({
  transactionalId,
  value: { ...created(500 + index, 20_000, 1_735_689_600_000), producerEpoch: 32_763 },
}));

const producer = fc.nat({ max: PRODUCERS.length - 1 });
/** A producer takes a few steps in a row, or its rivals would always be in its way. */
const choices = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 8, size: 'max' });
const which = fc.nat({ max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant('act' as const), producer, choices }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('forget' as const, 'die' as const), producer }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('end-again' as const), producer, which }) },
  { weight: 8, arbitrary: advances(1, 20, 100, 5_000, 20_000, 31_000) },
  { weight: 10, arbitrary: settles },
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('mark' as const),
      which,
      reached: fc.nat({ max: 7 }),
      fate: fc.constantFrom(
        'reported' as const,
        'reported' as const,
        'lost' as const,
        'twice' as const,
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('id' as const, 'id' as const, 'id' as const, 'no-id' as const),
    }),
  },
  { weight: 6, arbitrary: troubles('reload', 'fail', 'slow-log', 'fast-log', 'expire') },
);

class Simulation {
  readonly world = new TransactionWorld({}, START);
  readonly witness = new SimWitness(this.world);
  readonly partitions = new SimPartitions();
  readonly producers = PRODUCERS.map((names) => new SimProducer(this, names));
  /** With true, markers are written in good time, so that producers get far. */
  readonly #isHelpful: boolean;
  readonly #replays = new ReplayCheck(this.world);

  constructor(isHelpful: boolean) {
    this.#isHelpful = isHelpful;
    this.world.givesIdsAtOnce = isHelpful;
    this.world.marksAtOnce = false;
  }

  run(next: Step): void {
    if (isWorldStep(next)) disturb(this.world, next);
    else this.#run(next);
    this.#replays.afterStep();
  }

  #run(next: OwnStep): void {
    const { world } = this;
    switch (next.kind) {
      case 'act':
        for (const choice of next.choices) {
          this.producers[next.producer]?.act(choice);
          if (this.#isHelpful) this.#markAll();
        }
        break;
      case 'forget':
        this.producers[next.producer]?.forget();
        break;
      case 'die':
        this.producers[next.producer]?.die();
        break;
      case 'end-again':
        this.#endAgain(next.producer, next.which);
        break;
      case 'mark':
        this.#mark(next);
        break;
      case 'id':
        world.giveId();
        break;
      case 'no-id':
        world.refuseId(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
        break;
    }
  }

  /** All trouble ends and everybody falls silent: what was begun must end, everywhere alike. */
  drain(): void {
    const { partitions, witness, world } = this;
    this.#replays.now();
    world.givesIdsAtOnce = true;
    settleForGood(world);
    for (let round = 0; round < 100 && world.timerKeys.length > 0; round += 1) {
      this.#markAll();
      world.advance(5_000);
    }
    assert(witness.unanswered === 0, `${witness.unanswered} requests were never answered`);
    assert(world.timerKeys.length === 0, `timers go on: ${world.timerKeys.join()}`);
    assert(partitions.openTransactions.length === 0, partitions.openTransactions.join());
    for (const { value } of world.shard.snapshotRecords())
      assert(value?.partitions.size === 0, `an id is stuck in ${value?.state}`);
    witness.checkEnds(partitions, IDS);
    this.#replays.now();
  }

  #endAgain(index: number, back: number): void {
    const again = this.producers[index];
    const end = again?.sentEnds.at(-1 - back);
    if (end !== undefined) again?.sendAgain(end);
  }

  /** Markers reach some partitions, once or twice, and the coordinator hears of it or not. */
  #mark(next: Extract<OwnStep, { kind: 'mark' }>): void {
    const { partitions, world } = this;
    const sent = world.sent.at(-1 - next.which);
    if (sent === undefined) return;
    const { request } = sent;
    // Before KIP-890 nothing tells the marker of one transaction from that of the next.
    if (request.transactionVersion === 0 && !this.#isCurrent(sent)) return;
    const results = partitions.mark(request, (index) => (next.reached & (1 << (index % 3))) !== 0);
    if (next.fate !== 'lost') world.report(sent, results);
    if (next.fate === 'twice') world.report(sent, partitions.mark(request));
  }

  /** True for the newest markers of an id, while what they say is the last durable word. */
  #isCurrent(sent: SentMarkers): boolean {
    const { transactionalId } = sent.request;
    const newest = this.world.newestMarkers(transactionalId);
    return newest === sent && this.witness.decisionOf(transactionalId) !== undefined;
  }

  #markAll(): void {
    for (const transactionalId of IDS) {
      const sent = this.world.newestMarkers(transactionalId);
      if (sent !== undefined && this.#isCurrent(sent))
        this.world.report(sent, this.partitions.mark(sent.request));
    }
  }
}

test(
  'whatever producers, time, the log and the network do, every transaction ends whole and as told',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(histories(step), fc.boolean(), (steps, isHelpful) => {
      const simulation = new Simulation(isHelpful);
      for (const next of steps) simulation.run(next);
      simulation.drain();
    });
    const check = (): void =>
      fc.assert(property, { includeErrorInReport: true, seed: 20_250_201, numRuns: 300 });
    expect(check).not.toThrow();
  },
);
