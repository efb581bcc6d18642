import { KafkaError } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ShardWorld } from './testing/shard-world.ts';
import { SimClient, Witness } from './testing/sim-client.ts';

type Step =
  | { readonly kind: 'act' | 'again' | 'leave' | 'die' | 'commit-offset'; readonly client: number }
  | { readonly kind: 'advance'; readonly durationMs: number }
  | { readonly kind: 'settle'; readonly count: number }
  | { readonly kind: 'reload' | 'fail' | 'slow-log' | 'fast-log' | 'expire' };

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

/** Replaying the whole log is the dearest check: it is done now and then, and at the end. */
const REPLAY_EVERY_STEPS = 10;

/** Far above what the runs take: machines that run tests are small and busy. */
const TEST_TIMEOUT_MS = 120_000;

const client = fc.nat({ max: CLIENTS.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('act' as const), client }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('again' as const), client }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave' as const), client }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('die' as const), client }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('commit-offset' as const), client }) },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      durationMs: fc.constantFrom(1, 1_000, 3_000, 5_000, 9_999, 20_000),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), count: fc.nat({ max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'reload' as const,
        'fail' as const,
        'slow-log' as const,
        'fast-log' as const,
        'expire' as const,
      ),
    }),
  },
);

class Simulation {
  readonly world: ShardWorld;
  readonly witness = new Witness();
  readonly clients: readonly SimClient[];
  /** Odd numbers speak JoinGroup v8 and lack `skip_assignment`. */
  readonly #versions: readonly number[];
  #steps = 0;

  constructor(seed: number) {
    this.world = new ShardWorld({ groupSizeMax: 5 }, seed);
    this.clients = CLIENTS.map((names) => new SimClient(this.world, this.witness, names));
    this.#versions = CLIENTS.map((_, index) => (index % 2 === 0 ? 9 : 8));
  }

  act(index: number): void {
    this.clients[index]?.step(this.#versions[index] ?? 9);
  }

  run(next: Step): void {
    const { world } = this;
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
      case 'advance':
        world.advance(next.durationMs);
        break;
      case 'settle':
        world.commit(next.count);
        break;
      case 'slow-log':
        world.commitsAtOnce = false;
        break;
      case 'fast-log':
        world.commitsAtOnce = true;
        world.commit();
        break;
      case 'reload':
        world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
        break;
      case 'fail':
        world.failWrites(KafkaError.NOT_ENOUGH_REPLICAS);
        break;
      case 'expire':
        world.run(world.shard.expireOffsets(world.nowMs));
        break;
    }
    this.#check();
  }

  /** Everybody falls silent; afterwards nothing may wait and no timer may be left. */
  drain(): void {
    const { world } = this;
    this.#checkReplay();
    world.commitsAtOnce = true;
    world.commit();
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

  #checkReplay(): void {
    const live = this.world.replicatedState();
    const replayed = this.world.replicatedState(this.world.replayed());
    assert(replayed.join() === live.join(), 'replay gives what the living shard has');
  }

  #check(): void {
    for (const each of this.clients) this.witness.checkOffsets(each);
    this.#steps += 1;
    if (this.#steps % REPLAY_EVERY_STEPS === 0) this.#checkReplay();
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
    const property = fc.property(
      fc.array(step, { minLength: 20, maxLength: 250, size: 'max' }),
      fc.nat(),
      (steps, seed) => {
        const simulation = new Simulation(seed);
        for (const next of steps) simulation.run(next);
        simulation.drain();
      },
    );
    const check = (): void => fc.assert(property, { seed: 20_250_101, numRuns: 300 });
    expect(check).not.toThrow();
  },
);

test(
  'whatever happened before, well-behaved clients find into one generation',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const property = fc.property(
      fc.array(step, { minLength: 10, maxLength: 150, size: 'max' }),
      fc.nat(),
      (steps, seed) => {
        const simulation = new Simulation(seed);
        for (const next of steps) simulation.run(next);
        simulation.world.commitsAtOnce = true;
        simulation.world.commit();
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
