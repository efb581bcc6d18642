import { assert } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { GroupShard } from '../group-shard.ts';
import type { CurrentAssignmentRecord } from '../records/consumer-record.ts';
import { ShardWorld } from '../testing/shard-world.ts';
import { SimConsumer, type SimConsumerTraits } from '../testing/sim-consumer.ts';
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
import { eachHeld } from './held-partitions.ts';

type OwnStep =
  | { readonly kind: 'beat' | 'slow-beat' | 'time-out' | 'leave' | 'die'; readonly member: number }
  | { readonly kind: 'subscribe'; readonly member: number; readonly topics: number }
  | { readonly kind: 'topic'; readonly name: string; readonly partitions: number };

type Step = OwnStep | WorldStep;

const GROUP = 'g';
const TOPICS = ['clicks', 'views', 'orders'];

const MEMBERS: readonly SimConsumerTraits[] = [
  { memberId: 'a' },
  { memberId: 'b' },
  { memberId: 'c', topicNames: ['clicks', 'views'] },
  { memberId: 'd', topicNames: ['views'] },
  { memberId: 'e', instanceId: 'i1' },
  { memberId: 'f', instanceId: 'i2', topicNames: TOPICS },
  { memberId: 'g', instanceId: 'i2' },
  { memberId: 'h', pattern: '(clicks|orders)' },
];

/** Those that can be in the group together: two that share an instance id fence each other. */
const LIVELY = [0, 1, 2, 3, 4, 5, 7];

const member = fc.nat({ max: MEMBERS.length - 1 });
const ofMember = <Kind extends string>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), member });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: ofMember('beat') },
  { weight: 12, arbitrary: ofMember('slow-beat') },
  { weight: 5, arbitrary: ofMember('time-out') },
  { weight: 4, arbitrary: ofMember('leave') },
  { weight: 3, arbitrary: ofMember('die') },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      member,
      topics: fc.nat({ max: 7 }),
    }),
  },
  { weight: 15, arbitrary: advances(1, 500, 1_000, 5_000, 19_999, 45_000) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('topic' as const),
      name: fc.constantFrom(...TOPICS),
      partitions: fc.nat({ max: 6 }),
    }),
  },
  { weight: 10, arbitrary: settles },
  { weight: 6, arbitrary: troubles('reload', 'fail', 'slow-log', 'fast-log', 'expire') },
);

class Simulation {
  readonly world: ShardWorld;
  readonly members: readonly SimConsumer[];
  readonly #replays: ReplayCheck<GroupShard>;

  constructor(seed: number) {
    this.world = new ShardWorld({ consumerGroupSizeMax: 6 }, seed);
    this.#replays = new ReplayCheck(this.world);
    this.world.settings = { ...this.world.settings, assignmentIntervalMs: 1_000 };
    this.world.topics.put('clicks', 4);
    this.world.topics.put('views', 3);
    this.members = MEMBERS.map((traits) => new SimConsumer(this.world, traits, GROUP));
  }

  run(next: Step): void {
    if (isWorldStep(next)) disturb(this.world, next);
    else this.#run(next);
    this.#check();
  }

  #run(next: OwnStep): void {
    switch (next.kind) {
      case 'beat':
      case 'slow-beat':
        this.#memberAt(next.member).step(next.kind === 'beat');
        break;
      case 'time-out':
        this.#memberAt(next.member).timeOut();
        break;
      case 'leave':
        this.#memberAt(next.member).sendLeave(MEMBERS[next.member]?.instanceId === 'i1' ? -2 : -1);
        break;
      case 'die':
        this.#memberAt(next.member).die();
        break;
      case 'subscribe':
        this.#memberAt(next.member).subscribe(
          TOPICS.filter((_, index) => (next.topics & (1 << index)) !== 0),
        );
        break;
      case 'topic':
        this.#changeTopic(next.name, next.partitions);
        break;
    }
  }

  /** Members beat on and let go at once, until nothing changes any more. */
  calmDown(): void {
    const { world } = this;
    settleForGood(world);
    this.#memberAt(6).die();
    world.advance(60_000);
    for (let round = 0; round < 60; round += 1) {
      for (const index of LIVELY) this.#memberAt(index).step(true);
      world.advance(1_000);
      this.#check();
    }
  }

  /** Everybody falls silent; afterwards nothing may wait and no timer may be left. */
  drain(): void {
    const { world } = this;
    settleForGood(world);
    world.advance(200_000);
    this.#replays.now();
    for (const { memberId, unanswered } of this.members)
      assert(unanswered === 0, `${memberId} was not answered ${unanswered} times`);
    assert(world.timerKeys.length === 0, `timers go on: ${world.timerKeys.join()}`);
  }

  #memberAt(index: number): SimConsumer {
    const found = this.members[index];
    assert(found !== undefined, 'the member exists');
    return found;
  }

  #changeTopic(name: string, partitions: number): void {
    const { topics } = this.world;
    const count = topics.find(name)?.partitionCount ?? 0;
    if (partitions > count) topics.put(name, partitions);
    else if (partitions === 0) topics.remove(name);
  }

  /** No partition has two owners, and nobody works on what the coordinator gave to another. */
  #check(): void {
    const owners = new Map<string, string>();
    const currents = this.world.shard
      .snapshotRecords()
      .filter((record): record is CurrentAssignmentRecord => record.kind === 'consumer-current');
    for (const { memberId, value } of currents) {
      for (const held of [value?.assigned, value?.revoking]) {
        for (const { partition, topicId } of eachHeld(held ?? new Map())) {
          const place = `${topicId}/${partition}`;
          assert(!owners.has(place), `${place} belongs to ${owners.get(place)} and ${memberId}`);
          owners.set(place, memberId);
        }
      }
    }
    const epochs = new Map(currents.map(({ memberId, value }) => [memberId, value?.epoch]));
    for (const { epoch, memberId, owns } of this.members) {
      if (epoch === 0 || epochs.get(memberId) !== epoch) continue;
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
  'whatever members, time, topics and the log do, no partition has two owners',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(steps, fc.nat(), (all, seed) => {
      const simulation = new Simulation(seed);
      for (const next of all) simulation.run(next);
      simulation.drain();
    });
    expect(() => fc.assert(property, { seed: 848_001, numRuns: 120 })).not.toThrow();
  },
);

test(
  'whatever happened before, members that beat on come to share everything',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(steps, fc.nat(), (all, seed) => {
      const simulation = new Simulation(seed);
      for (const next of all) simulation.run(next);
      simulation.calmDown();
      const { world } = simulation;
      const described = world.shard.describeConsumerGroup(GROUP);
      expect(described.groupState).toBe('Stable');
      const wanted = new Set(described.members.flatMap((each) => each.subscribedTopicNames));
      const counts = TOPICS.map((name) => world.topics.find(name)?.partitionCount ?? 0);
      const owned = simulation.members.flatMap(({ owns }) => [...owns]);
      expect(new Set(owned).size).toBe(owned.length);
      const isPatternThere = described.members.some(({ memberId }) => memberId === 'h');
      if (isPatternThere) for (const name of ['clicks', 'orders']) wanted.add(name);
      const total = TOPICS.reduce(
        (sum, name, index) => sum + (wanted.has(name) ? (counts[index] ?? 0) : 0),
        0,
      );
      expect(owned).toHaveLength(total);
    });
    fc.assert(property, { seed: 848_002, numRuns: 60 });
  },
);
