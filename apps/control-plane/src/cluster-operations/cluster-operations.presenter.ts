import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import {
  isMultiZone,
  limitsOf,
  type ClusterLimits,
  type ClusterPreview,
} from '@weirhouse/cloud-plan';
import type { ApiAddress } from '../http/api-address.ts';
import type { Operation } from '../reconcile/operations.repository.ts';
import type { ClusterCare } from './cluster-care.repository.ts';
import type { LimitedCluster } from './cluster-operations.service.ts';

type Routes = typeof routes;

const HOURS_OF_A_DAY = 24;

/** An operation with its steps. */
export function presentOperation(
  operation: Operation,
  address: ApiAddress,
): RouteOutput<Routes['getClusterOperation']> {
  const { error, finishedAtMs } = operation;
  return {
    api_version: 'v1',
    kind: 'ClusterOperation',
    id: operation.id,
    metadata: {
      self: address.link(`/v1/operations/${operation.id}`),
      created_at: timeOf(operation.createdAtMs),
      updated_at: timeOf(operation.updatedAtMs),
    },
    cluster: { id: operation.clusterId },
    type: operation.kind,
    status: operation.status,
    generation: operation.generation,
    step: operation.step,
    ...(error === undefined ? {} : { error }),
    ...(finishedAtMs === undefined ? {} : { finished_at: timeOf(finishedAtMs) }),
    steps: operation.steps.map(
      ({ attempts, createdAtMs, message, outcome, step, updatedAtMs }) => ({
        step,
        outcome,
        attempts,
        ...(message === undefined ? {} : { message }),
        created_at: timeOf(createdAtMs),
        updated_at: timeOf(updatedAtMs),
      }),
    ),
  };
}

/** How a cluster is doing. */
export function presentState(care: ClusterCare): RouteOutput<Routes['getClusterState']> {
  const { maintenance, paused } = care;
  return {
    api_version: 'v1',
    kind: 'ClusterState',
    id: care.id,
    generation: care.generation,
    observed_generation: care.observedGeneration,
    stable:
      care.generation === care.observedGeneration &&
      care.conditions.some(({ status, type }) => type === 'Stable' && status === 'True'),
    conditions: care.conditions.map((condition) => ({
      type: condition.type,
      status: condition.status,
      reason: condition.reason,
      message: condition.message,
      last_transition_at: timeOf(condition.lastTransitionAtMs),
      observed_generation: condition.observedGeneration,
    })),
    ...(paused === undefined
      ? {}
      : { paused: { since: timeOf(paused.sinceMs), reason: paused.reason } }),
    ...(maintenance === undefined
      ? {}
      : {
          maintenance_window: {
            days: [...maintenance.days],
            start_minute: maintenance.startMinute,
            duration_minutes: maintenance.durationMinutes,
          },
        }),
    drift_policy: care.driftPolicy,
  };
}

const ENFORCED = [
  'partitions',
  'connections',
  'ingress_bytes_per_second',
  'egress_bytes_per_second',
] as const;

/** What a cluster may be used for, and what that does not mean. */
export function presentLimits({
  cluster,
  isInEffect,
}: LimitedCluster): RouteOutput<Routes['getClusterLimits']> {
  const notes = ['Limits are bounds, not promises: one broker serves the cluster.'];
  if (isMultiZone(cluster.availability))
    notes.push('Records are not replicated: losing the zone of the broker stops the cluster.');
  const limits = limitsOf(cluster);
  return {
    api_version: 'v1',
    kind: 'ClusterLimits',
    id: cluster.id,
    limits: presentNumbers(limits),
    in_effect: isInEffect,
    enforced: [...ENFORCED, ...(limits.storageBytes === undefined ? [] : ['storage_bytes'])],
    notes,
  };
}

/** What a call would do. */
export function presentPreview(preview: ClusterPreview): RouteOutput<Routes['planClusterChange']> {
  const { after, before } = preview;
  return {
    api_version: 'v1',
    kind: 'ClusterPlan',
    changes: preview.changes.map(({ field, from, to }) => ({
      field,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    })),
    steps: preview.steps.map(({ action, destructive, why }) => ({ action, why, destructive })),
    limits: {
      ...(before === undefined ? {} : { before: presentNumbers(before) }),
      ...(after === undefined ? {} : { after: presentNumbers(after) }),
    },
    unit_hours_per_day: {
      before: (before?.units ?? 0) * HOURS_OF_A_DAY,
      after: (after?.units ?? 0) * HOURS_OF_A_DAY,
    },
    risks: preview.risks.map(({ detail, level }) => ({ level, detail })),
  };
}

function presentNumbers(limits: ClusterLimits): RouteOutput<Routes['getClusterLimits']>['limits'] {
  const { storageBytes } = limits;
  return {
    units: limits.units,
    unit: limits.unit,
    partitions: limits.partitions,
    connections: limits.connections,
    ingress_bytes_per_second: limits.ingressBytesPerSecond,
    egress_bytes_per_second: limits.egressBytesPerSecond,
    ...(storageBytes === undefined ? {} : { storage_bytes: storageBytes }),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
