import { assert } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { partitionsOf } from '../assignors/assignment.ts';
import { eachHeld } from '../consumer/held-partitions.ts';
import type { GroupShard } from '../group-shard.ts';
import { ShardWorld } from '../testing/shard-world.ts';
import { SimClassic } from '../testing/sim-classic.ts';
import { SimConsumer } from '../testing/sim-consumer.ts';
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
import { readMemberAssignment } from './consumer-assignment.ts';

type OwnStep = { readonly kind: 'act' | 'leave' | 'die'; readonly member: number };

type Step = OwnStep | WorldStep;

const GROUP = 'g';

const member = fc.nat({ max: 6 });
const ofMember = <Kind extends string>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), member });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: ofMember('act') },
  { weight: 4, arbitrary: ofMember('leave') },
  { weight: 3, arbitrary: ofMember('die') },
  { weight: 15, arbitrary: advances(1, 500, 1_000, 3_000, 9_999, 45_000) },
  { weight: 8, arbitrary: settles },
  { weight: 5, arbitrary: troubles('reload', 'fail', 'slow-log', 'fast-log') },
);

/** Members of both protocols in one group; the last two of each kind share an instance id. */
class Simulation {
  readonly world: ShardWorld;
  readonly consumers: readonly SimConsumer[];
  readonly classics: readonly SimClassic[];
  readonly #replays: ReplayCheck<GroupShard>;

  constructor(seed: number) {
    this.world = new ShardWorld({ initialRebalanceDelayMs: 500 }, seed);
    this.#replays = new ReplayCheck(this.world);
    this.world.settings = { ...this.world.settings, assignmentIntervalMs: 1_000 };
    this.world.topics.put('clicks', 4);
    this.world.topics.put('views', 3);
    const { world } = this;
    this.consumers = [
      new SimConsumer(world, { memberId: 'a' }, GROUP),
      new SimConsumer(world, { memberId: 'b', topicNames: ['clicks', 'views'] }, GROUP),
      new SimConsumer(world, { memberId: 'c', instanceId: 'i' }, GROUP),
    ];
    this.classics = [
      new SimClassic(world, { clientId: 'p' }, GROUP),
      new SimClassic(world, { clientId: 'q', topics: ['views'] }, GROUP),
      new SimClassic(world, { clientId: 'r', topics: ['clicks', 'views'] }, GROUP),
      new SimClassic(world, { clientId: 's', instanceId: 'i' }, GROUP),
    ];
  }

  run(next: Step): void {
    if (isWorldStep(next)) disturb(this.world, next);
    else this.#run(next);
    this.#check();
  }

  #run(next: OwnStep): void {
    switch (next.kind) {
      case 'act':
        this.act(next.member);
        break;
      case 'leave':
        this.consumers[next.member]?.sendLeave(-1);
        this.classics[next.member - this.consumers.length]?.sendLeave();
        break;
      case 'die':
        this.consumers[next.member]?.die();
        this.classics[next.member - this.consumers.length]?.die();
        break;
    }
  }

  act(index: number): void {
    this.consumers[index]?.step(true);
    this.classics[index - this.consumers.length]?.step();
  }

  /** These act on, and nobody else, until nothing changes any more. */
  calmDown(lively: readonly number[]): void {
    const { world } = this;
    settleForGood(world);
    world.advance(60_000);
    for (let round = 0; round < 80; round += 1) {
      for (const index of lively) this.act(index);
      world.advance(1_000);
      this.#check();
    }
  }

  /** Everybody falls silent; afterwards nothing may wait and no timer may be left. */
  drain(): void {
    const { world } = this;
    settleForGood(world);
    for (let round = 0; round < 20; round += 1) world.advance(60_000);
    this.#replays.now();
    for (const { unanswered } of [...this.consumers, ...this.classics])
      assert(unanswered === 0, `${unanswered} requests were never answered`);
    assert(world.timerKeys.length === 0, `timers go on: ${world.timerKeys.join()}`);
  }

  /** Who the log says has each partition, and the epoch or generation of each member. */
  #truth() {
    const owners = new Map<string, string>();
    const epochs = new Map<string, number>();
    const own = (place: string, memberId: string): void => {
      assert(!owners.has(place), `${place} belongs to ${owners.get(place)} and ${memberId}`);
      owners.set(place, memberId);
    };
    for (const record of this.world.shard.snapshotRecords()) {
      if (record.kind === 'consumer-current' && record.value !== null) {
        epochs.set(record.memberId, record.value.epoch);
        for (const held of [record.value.assigned, record.value.revoking])
          for (const { partition, topicId } of eachHeld(held))
            own(`${topicId}/${partition}`, record.memberId);
      }
      if (record.kind !== 'classic-group' || record.value === null) continue;
      for (const { assignment, memberId } of record.value.members) {
        epochs.set(memberId, record.value.generation);
        const held = readMemberAssignment(this.world.topics, assignment) ?? new Map();
        for (const { partition, topicId } of partitionsOf(held))
          own(`${topicId}/${partition}`, memberId);
      }
    }
    return { owners, epochs };
  }

  /** No partition has two owners, and nobody works on what was given to another. */
  #check(): void {
    const { epochs, owners } = this.#truth();
    const clients = [
      ...this.consumers.map(({ epoch, memberId, owns }) => ({ epoch, memberId, owns })),
      ...this.classics.map(({ generation, memberId, owns }) => {
        return { epoch: generation, memberId, owns };
      }),
    ];
    for (const { epoch, memberId, owns } of clients) {
      if (epochs.get(memberId) !== epoch) continue;
      for (const place of owns) {
        const owner = owners.get(place);
        assert(owner === memberId, `${memberId} works on ${place}, which belongs to ${owner}`);
      }
    }
    this.#replays.afterStep();
  }
}

const steps = histories(step);

test(
  'whatever members of both protocols do, no partition has two owners',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(steps, fc.nat(), (all, seed) => {
      const simulation = new Simulation(seed);
      for (const next of all) simulation.run(next);
      simulation.drain();
    });
    expect(() => fc.assert(property, { seed: 848_101, numRuns: 60 })).not.toThrow();
  },
);

test.each([
  ['both protocols', [0, 1, 3, 4, 5, 6]],
  ['the consumer protocol', [0, 1, 2]],
  ['the classic protocol', [3, 4, 5, 6]],
])(
  'whatever happened before, members of %s come to share everything',
  { timeout: TEST_TIMEOUT_MS },
  (_, lively) => {
    const property = fc.property(steps, fc.nat(), (all, seed) => {
      const simulation = new Simulation(seed);
      for (const next of all) simulation.run(next);
      simulation.calmDown(lively);
      const owned = [...simulation.consumers, ...simulation.classics].flatMap(({ owns }, index) =>
        lively.includes(index) ? [...owns] : [],
      );
      expect(new Set(owned).size).toBe(owned.length);
      const hasViews = lively.some((index) => [1, 4, 5].includes(index));
      expect(owned).toHaveLength(hasViews ? 7 : 4);
    });
    fc.assert(property, { seed: 848_102, numRuns: 15 });
  },
);
