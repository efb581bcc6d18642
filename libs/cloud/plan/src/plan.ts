import { unreachable } from '@weirhouse/shared-kernel';
import { aclChanges } from './access/acl.ts';
import { conditionsOf, phaseOf, isReady } from './conditions.ts';
import {
  ACTIONS_PER_PASS_MAX,
  OBSERVATION_RETRY_MS,
  READY_POLL_MS,
  RESTART_BACKOFF_FIRST_MS,
  RESTART_BACKOFF_MAX_MS,
} from './limits.ts';
import type {
  Action,
  Condition,
  DesiredCluster,
  ObservedBroker,
  ObservedCluster,
  Phase,
  Wait,
} from './world.ts';

/** Both sides and the time, read together. */
export interface PlanInput {
  readonly desired: DesiredCluster;
  readonly observed: ObservedCluster;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** What to do now, and what to say about the cluster before it is done. */
export interface Plan {
  /** In the order in which they must be done; the first failure ends the pass. */
  readonly actions: readonly Action[];
  readonly waits: readonly Wait[];
  readonly conditions: readonly Condition[];
  readonly phase: Phase;
  /** This generation is reached, nothing is in progress, and the cluster is ready. */
  readonly stable: boolean;
  /** When to look again by the clock; undefined = at the next event or resync. */
  readonly requeueAfterMs: number | undefined;
}

interface Work {
  readonly actions: readonly Action[];
  readonly waits: readonly Wait[];
}

/**
 * The next steps from what is there to what is wanted (architecture.md, section 5).
 * While any broker's state is unknown nothing is done at all; at most one destructive step is
 * given per pass, and only when the cluster's deletion was requested. A converged cluster gets
 * an empty plan.
 */
export function plan(input: PlanInput): Plan {
  const { desired, observed, nowMs } = input;
  const work = workOf(input);
  const actions = work.actions.slice(0, ACTIONS_PER_PASS_MAX);
  const settled = actions.length === 0 && work.waits.length === 0;
  const stable = settled && !desired.deletionRequested && isReady(desired, observed);
  const phase = phaseOf(desired, observed);
  return {
    actions,
    waits: work.waits,
    conditions: conditionsOf({ desired, observed, nowMs, settled, stable }),
    phase,
    stable,
    requeueAfterMs: requeueAfterMs({ actions, waits: work.waits }, nowMs),
  };
}

function workOf(input: PlanInput): Work {
  const { desired, observed } = input;
  const unknown = observed.brokers.find((broker) => broker.state.kind === 'unknown');
  if (unknown?.state.kind === 'unknown')
    return { actions: [], waits: [{ kind: 'observation', reason: unknown.state.reason }] };
  if (desired.deletionRequested) return { actions: [deletionStep(observed)], waits: [] };
  const brokers = brokersWork(input);
  const inside = contentsWork(input);
  return {
    actions: [...brokers.actions, ...inside.actions],
    waits: [...brokers.waits, ...inside.waits],
  };
}

/** One step of taking a cluster away: processes first, then their data, then the rows. */
function deletionStep(observed: ObservedCluster): Action {
  const running = observed.brokers.find((broker) => hasProcess(broker));
  if (running) return { kind: 'stopBroker', nodeId: running.nodeId };
  const stored = observed.brokers.find((broker) => broker.dataPresent);
  if (stored) return { kind: 'removeData', nodeId: stored.nodeId };
  return { kind: 'forget' };
}

function hasProcess(broker: ObservedBroker): boolean {
  const { kind } = broker.state;
  return kind === 'starting' || kind === 'ready' || kind === 'unresponsive';
}

function brokersWork({ desired, observed, nowMs }: PlanInput): Work {
  const actions: Action[] = [];
  const waits: Wait[] = [];
  for (const { nodeId } of desired.brokers) {
    const broker = observed.brokers.find((candidate) => candidate.nodeId === nodeId);
    const work = brokerWork(broker ?? absentBroker(nodeId), nowMs);
    actions.push(...work.actions);
    waits.push(...work.waits);
  }
  return { actions, waits };
}

function absentBroker(nodeId: number): ObservedBroker {
  return { nodeId, ports: 'unallocated', dataPresent: false, state: { kind: 'absent' } };
}

function brokerWork(broker: ObservedBroker, nowMs: number): Work {
  const { nodeId, state } = broker;
  switch (state.kind) {
    case 'ready':
      return { actions: [], waits: [] };
    case 'starting':
      return { actions: [], waits: [{ kind: 'brokerReady', nodeId }] };
    case 'unresponsive':
      return {
        actions: [],
        waits: [{ kind: 'observation', reason: `broker ${nodeId} does not answer` }],
      };
    case 'unknown':
      return { actions: [], waits: [{ kind: 'observation', reason: state.reason }] };
    case 'crashed': {
      const untilMs = state.lastExitMs + restartBackoffMs(state.restartCount);
      if (nowMs < untilMs)
        return { actions: [], waits: [{ kind: 'restartBackoff', nodeId, untilMs }] };
      return { actions: startActions(broker), waits: [] };
    }
    case 'absent':
      return { actions: startActions(broker), waits: [] };
    default:
      return unreachable(state);
  }
}

function startActions(broker: ObservedBroker): readonly Action[] {
  const { nodeId } = broker;
  const start: Action = { kind: 'startBroker', nodeId };
  return broker.ports === 'allocated' ? [start] : [{ kind: 'allocatePorts', nodeId }, start];
}

/** The pause before the restart after the `restartCount`-th exit in a row: doubling, capped. */
export function restartBackoffMs(restartCount: number): number {
  const doublings = Math.max(0, restartCount - 1);
  return Math.min(RESTART_BACKOFF_MAX_MS, RESTART_BACKOFF_FIRST_MS * 2 ** doublings);
}

/** Credentials, ACLs and topics: told to the cluster once every broker serves. */
function contentsWork({ desired, observed }: PlanInput): Work {
  if (!isServing(desired, observed)) return { actions: [], waits: [] };
  const { contents } = observed;
  if (contents.kind === 'unknown')
    return { actions: [], waits: [{ kind: 'observation', reason: contents.reason }] };
  const removals = desired.credentials
    .filter((credential) => credential.deletionRequested)
    .map(({ apiKeyId }): Action => ({ kind: 'removeCredential', apiKeyId }));
  const pushes = desired.credentials
    .filter(
      ({ apiKeyId, generation, deletionRequested }) =>
        !deletionRequested && contents.credentials.get(apiKeyId) !== generation,
    )
    .map(({ apiKeyId, generation }): Action => ({ kind: 'pushCredential', apiKeyId, generation }));
  const { create, remove } = aclChanges(desired.acls, contents.acls);
  const acls: readonly Action[] =
    create.length + remove.length === 0 ? [] : [{ kind: 'applyAcls', create, remove }];
  const topics = desired.topics.map(({ name, partitions }): Action => ({
    kind: 'createTopic',
    name,
    partitions,
  }));
  // A key that is gone must stop working first; a new one must find its rights in place.
  return { actions: [...removals, ...acls, ...pushes, ...topics], waits: [] };
}

function isServing(desired: DesiredCluster, observed: ObservedCluster): boolean {
  return desired.brokers.every(({ nodeId }) =>
    observed.brokers.some((broker) => broker.nodeId === nodeId && broker.state.kind === 'ready'),
  );
}

function requeueAfterMs(work: Work, nowMs: number): number | undefined {
  if (work.actions.length > 0) return 0;
  const delays = work.waits.map((wait) => {
    switch (wait.kind) {
      case 'brokerReady':
        return READY_POLL_MS;
      case 'restartBackoff':
        return Math.max(1, wait.untilMs - nowMs);
      case 'observation':
        return OBSERVATION_RETRY_MS;
      default:
        return unreachable(wait);
    }
  });
  return delays.length === 0 ? undefined : Math.min(...delays);
}
