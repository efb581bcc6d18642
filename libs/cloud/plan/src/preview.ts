import { unreachable } from '@weirhouse/shared-kernel';
import {
  brokersOf,
  isMultiZone,
  limitsOf,
  type ClusterForm,
  type ClusterLimits,
} from './cluster-form.ts';
import { plan } from './plan.ts';
import { afterAction, afterWaiting, type SimulatedCluster } from './simulation.ts';
import {
  isDestructive,
  type Action,
  type DesiredCluster,
  type ObservedBroker,
  type ObservedCluster,
} from './world.ts';

/** A cluster as far as a preview looks at it. */
export interface PreviewedCluster {
  readonly displayName: string;
  readonly form: ClusterForm;
}

/** What a call would change; both sides are undefined where there is no cluster then. */
interface PreviewInput {
  readonly before: PreviewedCluster | undefined;
  readonly after: PreviewedCluster | undefined;
}

/** One value that would be another. */
interface PreviewedChange {
  readonly field: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** One step that the reconciler would do, in words. */
interface PreviewedStep {
  readonly action: Action['kind'];
  readonly why: string;
  readonly destructive: boolean;
}

/** What could go wrong for those who use the cluster. */
interface PreviewedRisk {
  readonly level: 'low' | 'medium' | 'high';
  readonly detail: string;
}

/** What a call would do, without doing it. */
export interface ClusterPreview {
  readonly changes: readonly PreviewedChange[];
  readonly steps: readonly PreviewedStep[];
  readonly before: ClusterLimits | undefined;
  readonly after: ClusterLimits | undefined;
  readonly risks: readonly PreviewedRisk[];
}

/** More passes than any change needs; a bound against a plan that never comes to rest. */
const PASSES_MAX = 50;
/** A generation that was in effect, and the one that a change makes. */
const SETTLED = 1;
const CHANGED = 2;

/**
 * What would change, why, and at which risk. The steps are those of `plan()`, done on a cluster that
 * is as it was asked for and obeys; nothing is looked at and nothing happens.
 */
export function previewCluster(input: PreviewInput): ClusterPreview {
  const { after, before } = input;
  const steps = actionsOf(input).map((action) => ({
    action: action.kind,
    why: reasonOf(action),
    destructive: isDestructive(action),
  }));
  return {
    changes: changesOf(input),
    steps,
    before: before && limitsOf(before.form),
    after: after && limitsOf(after.form),
    risks: risksOf(input),
  };
}

function actionsOf({ after, before }: PreviewInput): readonly Action[] {
  const form = after?.form ?? before?.form;
  if (form === undefined) return [];
  let cluster: SimulatedCluster = {
    desired: desiredOf(form, { deletionRequested: after === undefined, isNew: !before }),
    observed: before === undefined ? NOTHING_THERE : observedOf(before.form, form),
    forgotten: false,
  };
  const actions: Action[] = [];
  for (let pass = 0; pass < PASSES_MAX && !cluster.forgotten; pass += 1) {
    const { desired, observed } = cluster;
    const result = plan({ desired, observed, nowMs: 0 });
    if (result.actions.length === 0 && result.waits.length === 0) break;
    actions.push(...result.actions);
    for (const action of result.actions) cluster = afterAction(cluster, action);
    cluster = afterWaiting(cluster);
  }
  return actions;
}

const NOTHING_THERE: ObservedCluster = {
  brokers: [],
  contents: { kind: 'unknown', reason: 'there is no cluster yet' },
  conditions: [],
  phase: 'PROVISIONING',
};

function desiredOf(
  form: ClusterForm,
  what: { readonly deletionRequested: boolean; readonly isNew: boolean },
): DesiredCluster {
  return {
    generation: what.isNew ? SETTLED : CHANGED,
    settledGeneration: what.isNew ? 0 : SETTLED,
    deletionRequested: what.deletionRequested,
    brokers: brokersOf(form),
    retired: [],
    paused: false,
    maintenance: undefined,
    driftPolicy: 'correct',
    credentials: [],
    acls: [],
    quotas: [],
    topics: [],
  };
}

/** A cluster that is wholly as one form wants it, seen by somebody who wants another. */
function observedOf(form: ClusterForm, wanted: ClusterForm): ObservedCluster {
  const hasSameLimits = limitChanges(form, wanted).length === 0;
  const zones = new Map(brokersOf(wanted).map(({ nodeId, zone }) => [nodeId, zone]));
  return {
    brokers: brokersOf(form).map(({ nodeId, zone }): ObservedBroker => ({
      nodeId,
      ports: 'allocated',
      dataPresent: true,
      state: { kind: 'ready', incarnationId: 'simulated' },
      settings: zones.get(nodeId) === zone ? 'current' : 'outdated',
      limits: hasSameLimits ? { kind: 'current' } : { kind: 'outdated', differences: [] },
    })),
    contents: { kind: 'known', credentials: new Map(), acls: [], quotas: [], changedSettings: [] },
    conditions: [],
    phase: 'PROVISIONED',
  };
}

function reasonOf(action: Action): string {
  switch (action.kind) {
    case 'allocatePorts':
      return `Broker ${action.nodeId} needs ports of its own.`;
    case 'startBroker':
      return `Broker ${action.nodeId} has to run.`;
    case 'applyLimits':
      return `Broker ${action.nodeId} holds itself to the limits of the new size, without a restart.`;
    case 'stopBroker':
      return action.why === 'roll'
        ? `Broker ${action.nodeId} has to be restarted to get its new settings.`
        : `Broker ${action.nodeId} is not wanted any more.`;
    case 'removeData':
      return `The records of broker ${action.nodeId} are deleted for good.`;
    case 'releaseBroker':
      return `The ports of broker ${action.nodeId} become free.`;
    case 'forget':
      return 'The cluster, its keys and its topics are forgotten.';
    case 'createTopic':
      return `Topic ${action.name} was asked for.`;
    case 'resetSettings':
      return 'Settings that belong to the platform are put back.';
    case 'applyAcls':
    case 'applyQuotas':
    case 'pushCredential':
    case 'removeCredential':
      return 'The brokers follow keys and role bindings.';
    default:
      return unreachable(action);
  }
}

function changesOf({ after, before }: PreviewInput): readonly PreviewedChange[] {
  const was = fieldsOf(before);
  const will = fieldsOf(after);
  const names = [...new Set([...was.keys(), ...will.keys()])];
  const fields = names.map((field) => ({ field, from: was.get(field), to: will.get(field) }));
  const size = before && after ? limitChanges(before.form, after.form) : [];
  return [...fields, ...size].filter(({ from, to }) => from !== to);
}

function fieldsOf(cluster: PreviewedCluster | undefined): ReadonlyMap<string, string | undefined> {
  if (cluster === undefined) return new Map();
  const { availability, cku, deletionProtection, kind, maxEcku, releasePriority, zones } =
    cluster.form;
  const values: Readonly<Record<string, string | number | boolean | undefined>> = {
    'spec.display_name': cluster.displayName,
    'spec.availability': availability,
    'spec.config.kind': kind,
    'spec.config.max_ecku': maxEcku,
    'spec.config.cku': cku,
    'spec.config.zones': zones.length === 0 ? undefined : zones.join(','),
    'spec.config.release_priority': releasePriority,
    'spec.deletion_protection': deletionProtection,
  };
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      value === undefined ? undefined : String(value),
    ]),
  );
}

const COMPARED_LIMITS = [
  'partitions',
  'connections',
  'ingressBytesPerSecond',
  'egressBytesPerSecond',
  'storageBytes',
] as const;

function limitChanges(before: ClusterForm, after: ClusterForm): readonly PreviewedChange[] {
  const was = limitsOf(before);
  const will = limitsOf(after);
  return COMPARED_LIMITS.flatMap((name) =>
    was[name] === will[name]
      ? []
      : [{ field: `limits.${name}`, from: shown(was[name]), to: shown(will[name]) }],
  );
}

function shown(limit: number | undefined): string | undefined {
  return limit === undefined ? undefined : String(limit);
}

function risksOf({ after, before }: PreviewInput): readonly PreviewedRisk[] {
  if (after === undefined) {
    const isProtected = before?.form.deletionProtection === true;
    return [
      {
        level: 'high',
        detail: isProtected
          ? 'The call is refused: the cluster is protected against deletion.'
          : 'Every record, topic and key of the cluster is lost and cannot be brought back.',
      },
    ];
  }
  if (before === undefined) {
    return isMultiZone(after.form.availability)
      ? [{ level: 'medium', detail: 'One broker serves the cluster: losing its zone stops it.' }]
      : [];
  }
  const was = limitsOf(before.form);
  const will = limitsOf(after.form);
  if (!COMPARED_LIMITS.some((name) => (will[name] ?? Infinity) < (was[name] ?? Infinity)))
    return [];
  return [
    {
      level: 'medium',
      detail:
        'Clients beyond the smaller limits are held back or not let in; what is there already stays.',
    },
  ];
}
