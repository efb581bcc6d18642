import * as fc from 'fast-check';
import { unreachable } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { aclKey, type Acl } from './access/acl.ts';
import { plan, type Plan } from './plan.ts';
import {
  isDestructive,
  type Action,
  type BrokerState,
  type DesiredCluster,
  type ObservedBroker,
  type ObservedCluster,
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

const desiredCluster: fc.Arbitrary<DesiredCluster> = fc.record({
  generation: fc.integer({ min: 1, max: 9 }),
  deletionRequested: fc.boolean(),
  brokers: fc.constantFrom([{ nodeId: 1 }], [{ nodeId: 1 }, { nodeId: 2 }]),
  credentials: fc.uniqueArray(
    fc.record({
      apiKeyId: fc.constantFrom('K1', 'K2', 'K3', 'K4'),
      generation: fc.integer({ min: 1, max: 3 }),
      deletionRequested: fc.boolean(),
    }),
    { selector: (credential) => credential.apiKeyId },
  ),
  acls: fc.array(acl, { maxLength: 6 }),
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

function brokers(state: fc.Arbitrary<BrokerState>): fc.Arbitrary<readonly ObservedBroker[]> {
  return fc.uniqueArray(
    fc.record({
      nodeId: fc.constantFrom(1, 2),
      ports: fc.constantFrom('unallocated', 'allocated', 'taken'),
      dataPresent: fc.boolean(),
      state,
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
      }),
    ),
    conditions: fc.constant([]),
    phase: fc.constantFrom('PROVISIONING', 'PROVISIONED', 'FAILED'),
  });
}

/** A world that obeys: every action works at once and every start succeeds by the next pass. */
class SimulatedWorld {
  desired: DesiredCluster;
  #observed: ObservedCluster;
  nowMs = 200_000;
  forgotten = false;

  constructor(desired: DesiredCluster, observed: ObservedCluster) {
    this.desired = desired;
    this.#observed = observed;
  }

  pass(): Plan {
    const result = plan({ desired: this.desired, observed: this.#see(), nowMs: this.nowMs });
    for (const action of result.actions) this.#apply(action);
    this.#observed = {
      ...this.#observed,
      conditions: result.conditions,
      phase: result.phase,
      brokers: this.#observed.brokers.map((broker) =>
        broker.state.kind === 'starting' || broker.state.kind === 'unresponsive'
          ? { ...broker, state: { kind: 'ready', incarnationId: 'i' } }
          : broker,
      ),
    };
    this.nowMs += result.requeueAfterMs ?? 10_000;
    return result;
  }

  /** The contents become readable as soon as every broker is ready. */
  #see(): ObservedCluster {
    const { contents } = this.#observed;
    if (contents.kind === 'known') return this.#observed;
    const ready = this.desired.brokers.every(({ nodeId }) =>
      this.#observed.brokers.some(
        (broker) => broker.nodeId === nodeId && broker.state.kind === 'ready',
      ),
    );
    if (ready)
      this.#observed = {
        ...this.#observed,
        contents: { kind: 'known', credentials: new Map(), acls: [] },
      };
    return this.#observed;
  }

  #apply(action: Action): void {
    switch (action.kind) {
      case 'allocatePorts':
        return this.#setBroker(action.nodeId, { ports: 'allocated' });
      case 'startBroker':
        return this.#setBroker(action.nodeId, { state: { kind: 'starting' }, dataPresent: true });
      case 'stopBroker':
        return this.#setBroker(action.nodeId, { state: { kind: 'absent' } });
      case 'removeData':
        return this.#setBroker(action.nodeId, { dataPresent: false });
      case 'forget':
        this.forgotten = true;
        return undefined;
      case 'createTopic':
        this.desired = {
          ...this.desired,
          topics: this.desired.topics.filter((topic) => topic.name !== action.name),
        };
        return undefined;
      case 'applyAcls':
      case 'pushCredential':
      case 'removeCredential':
        return this.#applyInside(action);
      default:
        return unreachable(action);
    }
  }

  #applyInside(action: Action): void {
    const { contents } = this.#observed;
    if (contents.kind === 'unknown') throw new Error(`${action.kind} on unknown contents`);
    const credentials = new Map(contents.credentials);
    let acls = contents.acls;
    if (action.kind === 'pushCredential') credentials.set(action.apiKeyId, action.generation);
    if (action.kind === 'removeCredential') {
      credentials.delete(action.apiKeyId);
      this.desired = {
        ...this.desired,
        credentials: this.desired.credentials.filter(
          (credential) => credential.apiKeyId !== action.apiKeyId,
        ),
      };
    }
    if (action.kind === 'applyAcls') {
      const removed = new Set(action.remove.map(aclKey));
      acls = [...acls.filter((present) => !removed.has(aclKey(present))), ...action.create];
    }
    this.#observed = { ...this.#observed, contents: { kind: 'known', credentials, acls } };
  }

  #setBroker(nodeId: number, change: Partial<ObservedBroker>): void {
    const before = this.#observed.brokers.find((broker) => broker.nodeId === nodeId) ?? {
      nodeId,
      ports: 'unallocated',
      dataPresent: false,
      state: { kind: 'absent' },
    };
    const others = this.#observed.brokers.filter((broker) => broker.nodeId !== nodeId);
    this.#observed = { ...this.#observed, brokers: [...others, { ...before, ...change }] };
  }
}

const PASSES_MAX = 30;

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

  it('never ends a process or removes anything of a cluster that nobody asked to delete', () => {
    fc.assert(
      fc.property(
        desiredCluster,
        observedCluster(fc.oneof(sureState, unknownState)),
        (desired, observed) => {
          const wanted = { ...desired, deletionRequested: false };
          const result = plan({ desired: wanted, observed, nowMs: 50_000 });
          expect(result.actions.filter(isDestructive)).toEqual([]);
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
          if (action.kind !== 'removeData') continue;
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
