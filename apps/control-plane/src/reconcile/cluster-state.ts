import {
  auditTopicAcls,
  brokerLimitsOf,
  brokersOf,
  compileRoleBindings,
  type ClusterForm,
  type MaintenanceWindow,
  type Condition,
  type DesiredCluster,
  type ObservedBroker,
  type Phase,
  quotasPerBroker,
  type PrincipalQuota,
} from '@weirhouse/cloud-plan';
import type { BrokerPorts, ExpectedBroker } from '../provisioner/provisioner.ts';
import type { RunningOperation } from './operations.repository.ts';

/** A broker's row. */
interface BrokerRow {
  readonly nodeId: number;
  readonly ports: BrokerPorts;
}

/** A cluster's rows as the reconciler reads them, as of one moment. */
export interface ClusterState {
  readonly clusterId: string;
  readonly organizationId: string;
  readonly environmentId: string;
  /** Undefined = not placed yet. */
  readonly dataPlaneId: string | undefined;
  readonly form: ClusterForm;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly deletionRequested: boolean;
  readonly paused: boolean;
  readonly maintenance: MaintenanceWindow | undefined;
  readonly driftPolicy: 'correct' | 'report';
  readonly phase: Phase;
  /** Dedicated only: the size in effect. */
  readonly observedCku: number | undefined;
  readonly conditions: readonly Condition[];
  readonly brokers: readonly BrokerRow[];
  readonly apiKeys: readonly {
    readonly id: string;
    readonly generation: number;
    readonly pushedGeneration: number;
    readonly deletionRequested: boolean;
  }[];
  readonly roleBindings: readonly {
    readonly principal: string;
    readonly roleName: string;
    readonly crnPattern: string;
  }[];
  /** Whether it has, or is to have, the topic of audit events. */
  readonly hasAuditTopic: boolean;
  /** What principals may send to and take from the whole cluster. */
  readonly quotas: readonly PrincipalQuota[];
  /** Topics that were not created yet. */
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
  /** The operation that runs, with the message of its last failure. */
  readonly operation: RunningOperation | undefined;
  /** How the control plane itself logs in; sealed. */
  readonly credential: SealedControlUser | undefined;
}

/** The control plane's own user in a cluster, as it is stored. */
export interface SealedControlUser {
  readonly name: string;
  readonly passwordSealed: Uint8Array<ArrayBuffer>;
}

/** What people want of a cluster, in the plan's words. */
export function desiredOf(state: ClusterState): DesiredCluster {
  const wanted = brokersOf(state.form);
  return {
    generation: state.generation,
    deletionRequested: state.deletionRequested,
    settledGeneration: state.observedGeneration,
    brokers: wanted,
    retired: state.brokers
      .map(({ nodeId }) => nodeId)
      .filter((nodeId) => wanted.every((broker) => broker.nodeId !== nodeId)),
    paused: state.paused,
    maintenance: state.maintenance,
    driftPolicy: state.driftPolicy,
    credentials: state.apiKeys.map(({ id, generation, deletionRequested }) => ({
      apiKeyId: id,
      generation,
      deletionRequested,
    })),
    acls: [
      ...compileRoleBindings(state.roleBindings, state),
      ...(state.hasAuditTopic ? auditTopicAcls(state.organizationId) : []),
    ],
    quotas: quotasPerBroker(state.quotas, wanted.length),
    topics: state.topics,
  };
}

/** The brokers to look for: those that have rows, and how those that are wanted should run. */
export function expectedOf(state: ClusterState): readonly ExpectedBroker[] {
  const wanted = brokersOf(state.form);
  const limits = brokerLimitsOf(state.form);
  return state.brokers.map(({ nodeId, ports }) => {
    const broker = wanted.find((candidate) => candidate.nodeId === nodeId);
    return { nodeId, ports, wanted: broker && { zone: broker.zone, limits } };
  });
}

/** What a pass writes about a cluster. */
export interface ClusterStatus {
  readonly observedCku: number | undefined;
  readonly observedGeneration: number;
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  readonly brokers: readonly ObservedBroker[];
}
