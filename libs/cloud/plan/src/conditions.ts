import { unreachable } from '@weirhouse/shared-kernel';
import { driftOf, isLeftAlone } from './drift.ts';
import { DIFFERENCES_SHOWN_MAX, FAILED_AFTER_EXITS } from './limits.ts';
import type {
  BrokerState,
  Condition,
  ConditionType,
  DesiredCluster,
  ObservedBroker,
  ObservedCluster,
  Phase,
} from './world.ts';

interface Verdict {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

interface ConditionsInput {
  readonly desired: DesiredCluster;
  readonly observed: ObservedCluster;
  readonly nowMs: number;
  /** Nothing to do and nothing to wait for. */
  readonly settled: boolean;
  readonly stable: boolean;
  /** A restart waits for the maintenance window. */
  readonly isWaitingForWindow: boolean;
}

/** True when every wanted broker serves and what it holds could be read. */
export function isReady(desired: DesiredCluster, observed: ObservedCluster): boolean {
  return readiness(desired, observed).status === 'True';
}

/**
 * The conditions in a fixed order. A transition time moves only when the status moves, so that
 * saying the same thing twice writes nothing.
 */
export function conditionsOf(input: ConditionsInput): readonly Condition[] {
  const { desired, observed } = input;
  return [
    condition(input, 'Ready', readiness(desired, observed)),
    condition(input, 'Progressing', progress(input)),
    condition(input, 'Degraded', degradation(desired, observed)),
    condition(input, 'ObservationLost', lostObservation(observed)),
    condition(input, 'Paused', pause(desired)),
    condition(input, 'Drifted', drift(desired, observed)),
    condition(input, 'Stable', stability(input)),
  ];
}

/**
 * Once provisioned a cluster stays provisioned: a crash shows in the conditions. One that never
 * worked is FAILED after several exits in a row and comes back by itself when a start succeeds.
 */
export function phaseOf(desired: DesiredCluster, observed: ObservedCluster): Phase {
  if (observed.phase === 'PROVISIONED' || desired.deletionRequested) return observed.phase;
  if (isReady(desired, observed)) return 'PROVISIONED';
  const failed = observed.brokers.some(
    ({ state }) => state.kind === 'crashed' && state.restartCount >= FAILED_AFTER_EXITS,
  );
  return failed ? 'FAILED' : observed.phase;
}

function condition(input: ConditionsInput, type: ConditionType, verdict: Verdict): Condition {
  const before = input.observed.conditions.find((candidate) => candidate.type === type);
  const unchanged = before?.status === verdict.status;
  return {
    type,
    ...verdict,
    lastTransitionAtMs: unchanged ? before.lastTransitionAtMs : input.nowMs,
    observedGeneration: input.desired.generation,
  };
}

function readiness(desired: DesiredCluster, observed: ObservedCluster): Verdict {
  if (desired.deletionRequested)
    return { status: 'False', reason: 'Deleting', message: 'The cluster is being deleted.' };
  for (const { nodeId } of desired.brokers) {
    const broker = observed.brokers.find((candidate) => candidate.nodeId === nodeId);
    const verdict = brokerReadiness(nodeId, broker?.state ?? { kind: 'absent' });
    if (verdict) return verdict;
  }
  if (observed.contents.kind === 'unknown')
    return {
      status: 'Unknown',
      reason: 'ContentsUnknown',
      message: `The brokers run, but could not be asked: ${observed.contents.reason}.`,
    };
  return { status: 'True', reason: 'BrokersReady', message: 'Every broker serves.' };
}

function brokerReadiness(nodeId: number, state: BrokerState): Verdict | undefined {
  switch (state.kind) {
    case 'ready':
      return undefined;
    case 'absent':
      return { status: 'False', reason: 'BrokerAbsent', message: `Broker ${nodeId} does not run.` };
    case 'starting':
      return {
        status: 'False',
        reason: 'BrokerStarting',
        message: `Broker ${nodeId} is starting.`,
      };
    case 'crashed':
      return { status: 'False', reason: 'BrokerCrashed', message: crashMessage(nodeId, state) };
    case 'unresponsive':
      return {
        status: 'Unknown',
        reason: 'BrokerUnresponsive',
        message: `Broker ${nodeId} runs but does not answer; it is left alone.`,
      };
    case 'unknown':
      return { status: 'Unknown', reason: 'ObservationLost', message: `${state.reason}.` };
    default:
      return unreachable(state);
  }
}

function crashMessage(nodeId: number, state: BrokerState & { kind: 'crashed' }): string {
  const code = state.exitCode === undefined ? 'without an exit code' : `with ${state.exitCode}`;
  const meaning = EXIT_MEANINGS.get(state.exitCode ?? -1);
  return `Broker ${nodeId} exited ${code}${meaning ? ` (${meaning})` : ''}; it is restarted.`;
}

/** The broker's exit codes. */
const EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [2, 'bad configuration'],
  [3, 'its data folder is in use'],
  [4, 'storage failed'],
]);

function progress(input: ConditionsInput): Verdict {
  if (input.settled)
    return { status: 'False', reason: 'Settled', message: 'There is nothing left to do.' };
  const failure = input.observed.lastFailure;
  if (failure !== undefined)
    return { status: 'True', reason: 'StepFailed', message: `${failure} It is tried again.` };
  if (input.isWaitingForWindow)
    return {
      status: 'True',
      reason: 'AwaitingWindow',
      message: 'A broker is restarted in the next maintenance window.',
    };
  if (input.desired.deletionRequested)
    return { status: 'True', reason: 'Deleting', message: 'The cluster is being deleted.' };
  return { status: 'True', reason: 'Reconciling', message: 'Changes are being carried out.' };
}

function degradation(desired: DesiredCluster, observed: ObservedCluster): Verdict {
  const unplanned = observed.brokers.find((broker) => !isPlanned(desired, broker));
  const troubled = observed.brokers.find(
    ({ state }) => state.kind === 'crashed' || state.kind === 'unresponsive',
  );
  if (troubled) {
    const verdict = brokerReadiness(troubled.nodeId, troubled.state);
    if (verdict) return { ...verdict, status: 'True' };
  }
  if (unplanned)
    return {
      status: 'True',
      reason: 'UnplannedBroker',
      message: `Broker ${unplanned.nodeId} exists but is not wanted; it is left alone.`,
    };
  return { status: 'False', reason: 'AsExpected', message: 'No broker is in trouble.' };
}

function isPlanned(desired: DesiredCluster, broker: ObservedBroker): boolean {
  return (
    desired.retired.includes(broker.nodeId) ||
    desired.brokers.some(({ nodeId }) => nodeId === broker.nodeId)
  );
}

function lostObservation(observed: ObservedCluster): Verdict {
  const broker = observed.brokers.find(({ state }) => state.kind === 'unknown');
  if (broker?.state.kind === 'unknown')
    return { status: 'True', reason: 'BrokerUnknown', message: `${broker.state.reason}.` };
  return { status: 'False', reason: 'Observed', message: 'Everything could be observed.' };
}

function pause(desired: DesiredCluster): Verdict {
  if (desired.paused)
    return {
      status: 'True',
      reason: 'Paused',
      message: 'Brokers are left alone until the cluster is resumed; keys and rights still follow.',
    };
  return { status: 'False', reason: 'NotPaused', message: 'The cluster is looked after.' };
}

function drift(desired: DesiredCluster, observed: ObservedCluster): Verdict {
  const differences = driftOf(desired, observed);
  if (differences.length === 0)
    return { status: 'False', reason: 'AsWanted', message: 'Nothing changed by itself.' };
  const listed = differences.slice(0, DIFFERENCES_SHOWN_MAX).join('; ');
  const left = isLeftAlone(desired);
  return {
    status: 'True',
    reason: left ? 'Reported' : 'Correcting',
    message: `Changed by nobody here: ${listed}. ${left ? 'It is left so' : 'It is put back'}.`,
  };
}

function stability(input: ConditionsInput): Verdict {
  if (input.stable)
    return { status: 'True', reason: 'Stable', message: 'The latest change is in effect.' };
  if (input.desired.paused)
    return { status: 'False', reason: 'Paused', message: 'The cluster is paused.' };
  if (!isReady(input.desired, input.observed))
    return { status: 'False', reason: 'NotReady', message: 'The cluster is not ready.' };
  return { status: 'False', reason: 'Progressing', message: 'Changes are being carried out.' };
}
