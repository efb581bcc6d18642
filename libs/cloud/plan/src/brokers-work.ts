import { unreachable } from '@weirhouse/shared-kernel';
import { isLeftAlone } from './drift.ts';
import { RESTART_BACKOFF_FIRST_MS, RESTART_BACKOFF_MAX_MS } from './limits.ts';
import { windowAt } from './maintenance-window.ts';
import type {
  Action,
  DesiredBroker,
  DesiredCluster,
  ObservedBroker,
  ObservedCluster,
  Wait,
} from './world.ts';

/** Both sides and the time, read together. */
export interface PlanInput {
  readonly desired: DesiredCluster;
  readonly observed: ObservedCluster;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** Steps in order, and what has to happen by itself. */
export interface Work {
  readonly actions: readonly Action[];
  readonly waits: readonly Wait[];
}

const NOTHING: Work = { actions: [], waits: [] };

/** One step of taking a cluster away: processes first, then their data, then the rows. */
export function deletionStep(observed: ObservedCluster): Action {
  const why = 'deletion';
  const running = observed.brokers.find((broker) => hasProcess(broker));
  if (running) return { kind: 'stopBroker', nodeId: running.nodeId, why };
  const stored = observed.brokers.find((broker) => broker.dataPresent);
  if (stored) return { kind: 'removeData', nodeId: stored.nodeId, why };
  return { kind: 'forget' };
}

/** Everything about processes: starts, limits, and at most one step that ends one. */
export function brokersWork(input: PlanInput): Work {
  const { desired, observed, nowMs } = input;
  if (desired.paused) return { actions: [], waits: pausedWaits(input) };
  const works = desired.brokers.flatMap(({ nodeId }) => {
    const broker = findBroker(observed, nodeId) ?? absentBroker(nodeId);
    return [brokerWork(broker, nowMs), limitsWork(desired, broker)];
  });
  const actions = works.flatMap((work) => work.actions);
  const waits = works.flatMap((work) => work.waits);
  if (actions.length > 0 || waits.length > 0) return { actions, waits };
  // Only while all the others serve, and by a fresh look, is one of them taken away.
  const roll = rollWork(input);
  return roll.actions.length > 0 || roll.waits.length > 0 ? roll : retirementWork(input);
}

/** True when every wanted broker serves. */
export function isServing(desired: DesiredCluster, observed: ObservedCluster): boolean {
  return desired.brokers.every(
    ({ nodeId }) => findBroker(observed, nodeId)?.state.kind === 'ready',
  );
}

/** The pause before the restart after the `restartCount`-th exit in a row: doubling, capped. */
export function restartBackoffMs(restartCount: number): number {
  const doublings = Math.max(0, restartCount - 1);
  return Math.min(RESTART_BACKOFF_MAX_MS, RESTART_BACKOFF_FIRST_MS * 2 ** doublings);
}

function findBroker(observed: ObservedCluster, nodeId: number): ObservedBroker | undefined {
  return observed.brokers.find((broker) => broker.nodeId === nodeId);
}

function absentBroker(nodeId: number): ObservedBroker {
  return {
    nodeId,
    ports: 'unallocated',
    dataPresent: false,
    state: { kind: 'absent' },
    settings: 'current',
    limits: { kind: 'unknown' },
  };
}

function hasProcess(broker: ObservedBroker): boolean {
  const { kind } = broker.state;
  return kind === 'starting' || kind === 'ready' || kind === 'unresponsive';
}

function pausedWaits({ desired, observed }: PlanInput): readonly Wait[] {
  return isServing(desired, observed) ? [] : [{ kind: 'resume' }];
}

function brokerWork(broker: ObservedBroker, nowMs: number): Work {
  const { nodeId, state } = broker;
  switch (state.kind) {
    case 'ready':
      return NOTHING;
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

/** A start brings its limits along; only who runs has to be told. */
function limitsWork(desired: DesiredCluster, { limits, nodeId, state }: ObservedBroker): Work {
  if (state.kind !== 'ready') return NOTHING;
  if (limits.kind === 'pending') return { actions: [], waits: [{ kind: 'limits', nodeId }] };
  if (limits.kind !== 'outdated' || isLeftAlone(desired)) return NOTHING;
  return { actions: [{ kind: 'applyLimits', nodeId }], waits: [] };
}

/** The next broker that has to be restarted to get its settings, zone by zone. */
function rollWork({ desired, observed, nowMs }: PlanInput): Work {
  if (isLeftAlone(desired)) return NOTHING;
  const next = desired.brokers
    .toSorted(byZone)
    .find(({ nodeId }) => findBroker(observed, nodeId)?.settings === 'outdated');
  if (next === undefined) return NOTHING;
  const { nodeId } = next;
  const window = windowAt(desired.maintenance, nowMs);
  if (window.isOpen) return { actions: [{ kind: 'stopBroker', nodeId, why: 'roll' }], waits: [] };
  return {
    actions: [],
    waits: [{ kind: 'maintenanceWindow', nodeId, untilMs: window.opensAtMs }],
  };
}

function byZone(a: DesiredBroker, b: DesiredBroker): number {
  if (a.zone === b.zone) return a.nodeId - b.nodeId;
  return a.zone < b.zone ? -1 : 1;
}

/** One step of taking one broker away from a cluster that stays. */
function retirementWork({ desired, observed }: PlanInput): Work {
  const why = 'retirement';
  const nodeId = desired.retired.find((id) => desired.brokers.every((kept) => kept.nodeId !== id));
  if (nodeId === undefined) return NOTHING;
  const broker = findBroker(observed, nodeId);
  if (broker && hasProcess(broker))
    return { actions: [{ kind: 'stopBroker', nodeId, why }], waits: [] };
  if (broker?.dataPresent) return { actions: [{ kind: 'removeData', nodeId, why }], waits: [] };
  return { actions: [{ kind: 'releaseBroker', nodeId }], waits: [] };
}
