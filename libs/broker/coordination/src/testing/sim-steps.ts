import { KafkaError } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';

import type { EncodedRecord } from '../records/framing.ts';
import { compactions } from './compacted.ts';

/** Replaying the whole log is the dearest check: it is done now and then, and at the end. */
const REPLAY_EVERY_STEPS = 10;

/** Far above what the runs take: machines that run tests are small and busy. */
export const TEST_TIMEOUT_MS = 120_000;

/** What happens to the log of a shard, or to its old entries. */
export type Trouble = 'reload' | 'fail' | 'slow-log' | 'fast-log' | 'expire';

const WORLD_STEPS: readonly WorldStep['kind'][] = [
  'advance',
  'settle',
  'reload',
  'fail',
  'slow-log',
  'fast-log',
  'expire',
];

/** A step of a simulation that is no client's. */
export type WorldStep =
  | { readonly kind: 'advance'; readonly durationMs: number }
  | { readonly kind: 'settle'; readonly count: number }
  | { readonly kind: Trouble };

/** The world of a shard, as far as every simulation moves it. */
export interface SimWorld<Shard> {
  commitsAtOnce: boolean;
  advance(durationMs: number): void;
  commit(count?: number): void;
  reload(errorCode: number): void;
  failWrites(errorCode: number): void;
  expire(): void;
  replicatedState(shard?: Shard): readonly string[];
  readonly log: readonly EncodedRecord[];
  /** A shard that has replayed a log, its own when none is given, and nothing else. */
  replayed(log?: readonly EncodedRecord[]): Shard;
}

/** A list of such steps, long enough to get somewhere. */
export function histories<Step>(
  step: fc.Arbitrary<Step>,
  { minLength = 20, maxLength = 250 } = {},
): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength, maxLength, size: 'max' });
}

/** Time passes, by one of these. */
export function advances(...durationsMs: readonly number[]): fc.Arbitrary<WorldStep> {
  return fc.record({
    kind: fc.constant('advance' as const),
    durationMs: fc.constantFrom(...durationsMs),
  });
}

/** Some writes become durable. */
export const settles: fc.Arbitrary<WorldStep> = fc.record({
  kind: fc.constant('settle' as const),
  count: fc.nat({ max: 3 }),
});

/** One of these troubles. */
export function troubles(...kinds: readonly Trouble[]): fc.Arbitrary<WorldStep> {
  return fc.record({ kind: fc.constantFrom(...kinds) });
}

/** Tells the world's steps from those of clients. */
export function isWorldStep(step: { readonly kind: string }): step is WorldStep {
  return WORLD_STEPS.some((kind) => kind === step.kind);
}

/** Carries out a step that is no client's. */
export function disturb(world: SimWorld<unknown>, step: WorldStep): void {
  switch (step.kind) {
    case 'advance':
      return world.advance(step.durationMs);
    case 'settle':
      return world.commit(step.count);
    case 'slow-log':
      world.commitsAtOnce = false;
      return;
    case 'fast-log':
      return settleForGood(world);
    case 'reload':
      return world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
    case 'fail':
      return world.failWrites(KafkaError.NOT_ENOUGH_REPLICAS);
    case 'expire':
      return world.expire();
  }
}

/** What was appended and what will be is durable at once. */
export function settleForGood(world: Pick<SimWorld<unknown>, 'commitsAtOnce' | 'commit'>): void {
  world.commitsAtOnce = true;
  world.commit();
}

/** Checks now and then that a replay of the log, compacted or not, gives what the living shard has. */
export class ReplayCheck<Shard> {
  readonly #world: SimWorld<Shard>;
  #steps = 0;

  constructor(world: SimWorld<Shard>) {
    this.#world = world;
  }

  afterStep(): void {
    this.#steps += 1;
    if (this.#steps % REPLAY_EVERY_STEPS === 0) this.now();
  }

  now(): void {
    const live = this.#world.replicatedState();
    const replayed = this.#world.replicatedState(this.#world.replayed());
    assert(replayed.join() === live.join(), 'replay gives what the living shard has');
    for (const log of compactions(this.#world.log)) {
      const loaded = this.#world.replicatedState(this.#world.replayed(log));
      assert(loaded.join() === live.join(), 'so does the replay of what compaction leaves');
    }
  }
}
