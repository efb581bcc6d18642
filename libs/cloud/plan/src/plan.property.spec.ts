import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Acl } from './access/acl.ts';
import { plan, type Plan } from './plan.ts';
import { afterAction, afterWaiting, type SimulatedCluster } from './simulation.ts';
import {
  isDestructive,
  type BrokerState,
  type DesiredCluster,
  type ObservedBroker,
  type ObservedCluster,
  type ObservedLimits,
} from './world.ts';

const SEED = 20_260_101;

const acl: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom('topic', 'group'),
  resourceName: fc.constantFrom('*', 'a', 'b'),
  patternType: fc.constant('literal'),
  principal: fc.constantFrom('User:sa-1', 'User:sa-2'),
  host: fc.constant('*'),
  operation: fc.constantFrom('all', 'read'),
  permission: fc.constant('allow'),
});

const quotas = fc.uniqueArray(
  fc.record({
    user: fc.constantFrom('sa-1', 'sa-2', undefined),
    producerBytesPerSecond: fc.integer({ min: 1, max: 2 }),
    consumerBytesPerSecond: fc.constant(1),
  }),
  { selector: ({ user }) => user },
);

const desiredCluster: fc.Arbitrary<DesiredCluster> = fc.record({
  generation: fc.integer({ min: 1, max: 9 }),
  settledGeneration: fc.integer({ min: 0, max: 9 }),
  deletionRequested: fc.boolean(),
  brokers: fc.subarray(
    [
      { nodeId: 1, zone: 'b' },
      { nodeId: 2, zone: 'a' },
      { nodeId: 3, zone: 'b' },
    ],
    { minLength: 1 },
  ),
  retired: fc.subarray([1, 2, 3, 4]),
  paused: fc.constant(false),
  maintenance: fc.option(
    fc.record({
      days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
      startMinute: fc.integer({ min: 0, max: 1439 }),
      durationMinutes: fc.integer({ min: 30, max: 1440 }),
    }),
    { nil: undefined },
  ),
  driftPolicy: fc.constantFrom('correct', 'report'),
  credentials: fc.uniqueArray(
    fc.record({
      apiKeyId: fc.constantFrom('K1', 'K2', 'K3', 'K4'),
      generation: fc.integer({ min: 1, max: 3 }),
      deletionRequested: fc.boolean(),
    }),
    { selector: (credential) => credential.apiKeyId },
  ),
  acls: fc.array(acl, { maxLength: 6 }),
  quotas,
  topics: fc.uniqueArray(
    fc.record({ name: fc.constantFrom('x', 'y'), partitions: fc.integer({ min: 1, max: 6 }) }),
    { selector: (topic) => topic.name },
  ),
});

const sureState: fc.Arbitrary<BrokerState> = fc.oneof(
  fc.constant<BrokerState>({ kind: 'absent' }),
  fc.constant<BrokerState>({ kind: 'starting' }),
  fc.constant<BrokerState>({ kind: 'ready', incarnationId: 'i' }),
  fc.constant<BrokerState>({ kind: 'unresponsive' }),
  fc.record({
    kind: fc.constant('crashed' as const),
    restartCount: fc.integer({ min: 1, max: 20 }),
    lastExitMs: fc.integer({ min: 0, max: 100_000 }),
    exitCode: fc.constantFrom(undefined, 0, 1, 2, 3, 4),
  }),
);

const unknownState = fc.constant<BrokerState>({ kind: 'unknown', reason: 'no answer' });

const limits: fc.Arbitrary<ObservedLimits> = fc.constantFrom<ObservedLimits>(
  { kind: 'current' },
  { kind: 'pending' },
  { kind: 'unknown' },
  { kind: 'outdated', differences: ['connections is 5, wanted 1000'] },
);

function brokers(state: fc.Arbitrary<BrokerState>): fc.Arbitrary<readonly ObservedBroker[]> {
  return fc.uniqueArray(
    fc.record({
      nodeId: fc.constantFrom(1, 2, 3, 4),
      ports: fc.constantFrom('unallocated', 'allocated', 'taken'),
      dataPresent: fc.boolean(),
      state,
      settings: fc.constantFrom('current', 'outdated'),
      limits,
    }),
    { selector: (broker) => broker.nodeId },
  );
}

function observedCluster(state: fc.Arbitrary<BrokerState>): fc.Arbitrary<ObservedCluster> {
  return fc.record({
    brokers: brokers(state),
    contents: fc.oneof(
      fc.constant({ kind: 'unknown' as const, reason: 'timeout' }),
      fc.record({
        kind: fc.constant('known' as const),
        credentials: fc
          .dictionary(fc.constantFrom('K1', 'K2', 'K9'), fc.integer({ min: 0, max: 3 }))
          .map((entries) => new Map(Object.entries(entries))),
        acls: fc.array(acl, { maxLength: 6 }),
        quotas,
        changedSettings: fc.array(
          fc.record({
            broker: fc.constantFrom('', '1'),
            name: fc.constantFrom('listeners', 'max.connections'),
          }),
          { maxLength: 2 },
        ),
      }),
    ),
    conditions: fc.constant([]),
    phase: fc.constantFrom('PROVISIONING', 'PROVISIONED', 'FAILED'),
  });
}

/** A world that obeys: every action works at once and every start succeeds by the next pass. */
class SimulatedWorld {
  #cluster: SimulatedCluster;
  nowMs = 200_000;

  constructor(desired: DesiredCluster, observed: ObservedCluster) {
    this.#cluster = { desired, observed, forgotten: false };
  }

  get forgotten(): boolean {
    return this.#cluster.forgotten;
  }

  pass(): Plan {
    const { desired, observed } = this.#cluster;
    const result = plan({ desired, observed, nowMs: this.nowMs });
    for (const action of result.actions) this.#cluster = afterAction(this.#cluster, action);
    const after = afterWaiting(this.#cluster);
    const { conditions, phase } = result;
    const settledGeneration = result.stable ? desired.generation : desired.settledGeneration;
    this.#cluster = {
      ...after,
      desired: { ...after.desired, settledGeneration },
      observed: { ...after.observed, conditions, phase },
    };
    this.nowMs += result.requeueAfterMs ?? 10_000;
    return result;
  }
}

const PASSES_MAX = 60;

describe('plan, over generated worlds', () => {
  it('converges, and at the fixpoint plans nothing again', () => {
    fc.assert(
      fc.property(desiredCluster, observedCluster(sureState), (desired, observed) => {
        const world = new SimulatedWorld(desired, observed);
        let passes = 0;
        let last = world.pass();
        while (passes++ < PASSES_MAX && !last.stable && !world.forgotten) last = world.pass();
        expect({ stable: last.stable, forgotten: world.forgotten }).toEqual({
          stable: !desired.deletionRequested,
          forgotten: desired.deletionRequested,
        });
        if (desired.deletionRequested) return;
        const again = world.pass();
        expect(again).toMatchObject({ actions: [], waits: [], stable: true });
        expect(again.conditions).toEqual(last.conditions);
        expect(again.phase).toBe('PROVISIONED');
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('ends what nobody asked to delete only to restart or retire it, while all others serve', () => {
    fc.assert(
      fc.property(
        desiredCluster,
        observedCluster(fc.oneof(sureState, unknownState)),
        fc.boolean(),
        (desired, observed, paused) => {
          const wanted = { ...desired, deletionRequested: false, paused };
          const result = plan({ desired: wanted, observed, nowMs: 50_000 });
          const allowed = result.actions.filter(isDestructive).filter((action) => {
            if (paused || !('nodeId' in action)) return false;
            const isWanted = wanted.brokers.some(({ nodeId }) => nodeId === action.nodeId);
            const isRoll = action.kind === 'stopBroker' && action.why === 'roll';
            return isRoll ? isWanted : !isWanted && wanted.retired.includes(action.nodeId);
          });
          expect(result.actions.filter(isDestructive)).toEqual(allowed);
          const serving = wanted.brokers.every(({ nodeId }) =>
            observed.brokers.some(
              (broker) => broker.nodeId === nodeId && broker.state.kind === 'ready',
            ),
          );
          expect(allowed.length === 0 || serving).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('does nothing at all while a broker is unknown', () => {
    fc.assert(
      fc.property(
        desiredCluster,
        observedCluster(fc.oneof(sureState, unknownState)),
        (desired, observed) => {
          fc.pre(observed.brokers.some((broker) => broker.state.kind === 'unknown'));
          const result = plan({ desired, observed, nowMs: 50_000 });
          expect(result.actions).toEqual([]);
          expect(result.stable).toBe(false);
          expect(result.requeueAfterMs).toBeGreaterThan(0);
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('gives at most one destructive step, never data before its process, and is a function', () => {
    fc.assert(
      fc.property(desiredCluster, observedCluster(sureState), (desired, observed) => {
        const input = { desired, observed, nowMs: 50_000 };
        const result = plan(input);
        expect(result.actions.filter(isDestructive).length).toBeLessThanOrEqual(1);
        for (const action of result.actions) {
          if (action.kind !== 'removeData' || action.why !== 'deletion') continue;
          const running = observed.brokers.filter((broker) =>
            ['starting', 'ready', 'unresponsive'].includes(broker.state.kind),
          );
          expect(running).toEqual([]);
        }
        expect(plan(input)).toEqual(result);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
