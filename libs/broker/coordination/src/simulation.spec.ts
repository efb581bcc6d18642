import { assert } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { GroupShard } from './group-shard.ts';
import { ShardWorld } from './testing/shard-world.ts';
import { SimClient, Witness } from './testing/sim-client.ts';
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
} from './testing/sim-steps.ts';

type OwnStep = {
  readonly kind: 'act' | 'again' | 'leave' | 'die' | 'commit-offset';
  readonly client: number;
};

type Step = OwnStep | WorldStep;

const CLIENTS = [
  { clientId: 'a', groupId: 'g' },
  { clientId: 'b', groupId: 'g' },
  { clientId: 'c', groupId: 'g' },
  { clientId: 'd', groupId: 'g', instanceId: 'i1' },
  { clientId: 'e', groupId: 'g', instanceId: 'i2' },
  { clientId: 'f', groupId: 'g', instanceId: 'i2' },
  { clientId: 'x', groupId: 'h' },
  { clientId: 'y', groupId: 'h', instanceId: 'i1' },
];

const client = fc.nat({ max: CLIENTS.length - 1 });
const ofClient = <Kind extends string>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), client });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: ofClient('act') },
  { weight: 4, arbitrary: ofClient('again') },
  { weight: 3, arbitrary: ofClient('leave') },
  { weight: 3, arbitrary: ofClient('die') },
  { weight: 8, arbitrary: ofClient('commit-offset') },
  { weight: 20, arbitrary: advances(1, 1_000, 3_000, 5_000, 9_999, 20_000) },
  { weight: 10, arbitrary: settles },
  { weight: 6, arbitrary: troubles('reload', 'fail', 'slow-log', 'fast-log', 'expire') },
);

class Simulation {
  readonly world: ShardWorld;
  readonly witness = new Witness();
  readonly clients: readonly SimClient[];
  /** Odd numbers speak JoinGroup v8 and lack `skipAssignment`. */
  readonly #versions: readonly number[];
  readonly #replays: ReplayCheck<GroupShard>;

  constructor(seed: number) {
    this.world = new ShardWorld({ groupSizeMax: 5 }, seed);
    this.#replays = new ReplayCheck(this.world);
    this.clients = CLIENTS.map((names) => new SimClient(this.world, this.witness, names));
    this.#versions = CLIENTS.map((_, index) => (index % 2 === 0 ? 9 : 8));
  }

  act(index: number): void {
    this.clients[index]?.step(this.#versions[index] ?? 9);
  }

  run(next: Step): void {
    if (isWorldStep(next)) disturb(this.world, next);
    else this.#run(next);
    this.#check();
  }

  #run(next: OwnStep): void {
    switch (next.kind) {
      case 'act':
        this.act(next.client);
        break;
      case 'again':
        this.#sendAgain(next.client);
        break;
      case 'leave':
        this.clients[next.client]?.sendLeave();
        break;
      case 'die':
        this.clients[next.client]?.die();
        break;
      case 'commit-offset':
        this.clients[next.client]?.sendCommit();
        break;
    }
  }

  /** Everybody falls silent; afterwards nothing may wait and no timer may be left. */
  drain(): void {
    const { world } = this;
    this.#replays.now();
    settleForGood(world);
    for (let round = 0; round < 100 && world.timerKeys.length > 0; round += 1)
      world.advance(60_000);
    const { unanswered } = this.witness;
    assert(unanswered === 0, `${unanswered} requests were never answered`);
    assert(world.timerKeys.length === 0, `timers go on: ${world.timerKeys.join()}`);
    for (const group of world.shard.listGroups({ statesFilter: [], typesFilter: [] }))
      assert(group.groupState === 'Empty', `${group.groupId} is stuck in ${group.groupState}`);
  }

  /** A request again, without waiting for the answer of the last: a client that timed out. */
  #sendAgain(index: number): void {
    const again = this.clients[index];
    if (again?.phase === 'joined') again.sendSync();
    else again?.sendJoin(9);
  }

  #check(): void {
    for (const each of this.clients) this.witness.checkOffsets(each);
    this.#replays.afterStep();
    const known = new Set(this.world.shard.snapshotRecords().map((record) => record.groupId));
    for (const { groupId } of CLIENTS) {
      if (!known.has(groupId)) this.witness.forgetGenerations(groupId);
    }
  }
}

test(
  'whatever clients, time and the log do, every answer is single, right and comes',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(histories(step), fc.nat(), (steps, seed) => {
      const simulation = new Simulation(seed);
      for (const next of steps) simulation.run(next);
      simulation.drain();
    });
    const check = (): void => fc.assert(property, { seed: 20_250_101, numRuns: 300 });
    expect(check).not.toThrow();
  },
);

test(
  'whatever happened before, well-behaved clients find into one generation',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(
      histories(step, { minLength: 10, maxLength: 150 }),
      fc.nat(),
      (steps, seed) => {
        const simulation = new Simulation(seed);
        for (const next of steps) simulation.run(next);
        settleForGood(simulation.world);
        // One of those that share an instance id rests, or they would fence each other for ever.
        const lively = [0, 1, 2, 3, 4];
        for (let round = 0; round < 60; round += 1) {
          for (const index of lively) simulation.act(index);
          simulation.world.advance(1_000);
        }
        const members = lively.map((index) => simulation.clients[index]);
        expect(members.map((member) => member?.phase)).toEqual(lively.map(() => 'member'));
        expect(new Set(members.map((member) => member?.generation)).size).toBe(1);
      },
    );
    fc.assert(property, { seed: 20_250_102, numRuns: 150 });
  },
);
