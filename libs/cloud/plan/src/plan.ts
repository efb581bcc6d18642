import { unreachable } from '@weirhouse/shared-kernel';
import { aclChanges } from './access/acl.ts';
import { brokersWork, deletionStep, isServing, type PlanInput, type Work } from './brokers-work.ts';
import { quotaChanges } from './client-quotas.ts';
import { conditionsOf, phaseOf, isReady } from './conditions.ts';
import { isLeftAlone } from './drift.ts';
import {
  ACTIONS_PER_PASS_MAX,
  LIMITS_POLL_MS,
  OBSERVATION_RETRY_MS,
  READY_POLL_MS,
} from './limits.ts';
import {
  isDestructive,
  type Action,
  type Condition,
  type DesiredCluster,
  type ObservedCluster,
  type Phase,
  type Wait,
} from './world.ts';

/** What to do now, and what to say about the cluster before it is done. */
export interface Plan {
  /** In the order in which they must be done; the first failure ends the pass. */
  readonly actions: readonly Action[];
  readonly waits: readonly Wait[];
  readonly conditions: readonly Condition[];
  readonly phase: Phase;
  /** This generation is reached, nothing is in progress, and the cluster is ready. */
  readonly stable: boolean;
  /** Every wanted broker serves, and none is known to have other limits than it should. */
  readonly limitsInEffect: boolean;
  /** When to look again by the clock; undefined = at the next event or resync. */
  readonly requeueAfterMs: number | undefined;
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
  const stable =
    settled && !desired.paused && !desired.deletionRequested && isReady(desired, observed);
  const phase = phaseOf(desired, observed);
  return {
    actions,
    waits: work.waits,
    conditions: conditionsOf({
      desired,
      observed,
      nowMs,
      settled,
      stable,
      isWaitingForWindow: work.waits.some(({ kind }) => kind === 'maintenanceWindow'),
    }),
    phase,
    stable,
    limitsInEffect: areLimitsInEffect(desired, observed),
    requeueAfterMs: requeueAfterMs({ actions, waits: work.waits }, nowMs),
  };
}

function workOf(input: PlanInput): Work {
  const { desired, observed } = input;
  const unknown = observed.brokers.find((broker) => broker.state.kind === 'unknown');
  if (unknown?.state.kind === 'unknown')
    return { actions: [], waits: [{ kind: 'observation', reason: unknown.state.reason }] };
  if (desired.deletionRequested) {
    if (desired.paused) return { actions: [], waits: [{ kind: 'resume' }] };
    return { actions: [deletionStep(observed)], waits: [] };
  }
  const brokers = brokersWork(input);
  // What ends a process stands alone: the next look decides whether anything else may follow.
  if (brokers.actions.some(isDestructive)) return brokers;
  const inside = contentsWork(input);
  return {
    actions: [...brokers.actions, ...inside.actions],
    waits: [...brokers.waits, ...inside.waits],
  };
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
  const quotaDifference = quotaChanges(desired.quotas, contents.quotas);
  const quotas: readonly Action[] =
    quotaDifference.set.length + quotaDifference.remove.length === 0
      ? []
      : [{ kind: 'applyQuotas', ...quotaDifference }];
  const { changedSettings } = contents;
  const settings: readonly Action[] =
    changedSettings.length === 0 || isLeftAlone(desired)
      ? []
      : [{ kind: 'resetSettings', settings: changedSettings }];
  const topics = desired.topics.map(({ name, partitions }): Action => ({
    kind: 'createTopic',
    name,
    partitions,
  }));
  // A key that is gone must stop working first; a new one must find its rights in place.
  return {
    actions: [...removals, ...settings, ...acls, ...quotas, ...pushes, ...topics],
    waits: [],
  };
}

function requeueAfterMs(work: Work, nowMs: number): number | undefined {
  if (work.actions.length > 0) return 0;
  const delays = work.waits.map((wait): number | undefined => {
    switch (wait.kind) {
      case 'brokerReady':
        return READY_POLL_MS;
      case 'restartBackoff':
        return Math.max(1, wait.untilMs - nowMs);
      case 'limits':
        return LIMITS_POLL_MS;
      case 'maintenanceWindow':
        return Math.max(1, wait.untilMs - nowMs);
      case 'resume':
        return undefined;
      case 'observation':
        return OBSERVATION_RETRY_MS;
      default:
        return unreachable(wait);
    }
  });
  const timed = delays.filter((delayMs) => delayMs !== undefined);
  return timed.length === 0 ? undefined : Math.min(...timed);
}

function areLimitsInEffect(desired: DesiredCluster, observed: ObservedCluster): boolean {
  return (
    isServing(desired, observed) &&
    observed.brokers.every(({ limits }) => limits.kind !== 'outdated' && limits.kind !== 'pending')
  );
}
