import type { CLUSTER_PHASES } from '@weirhouse/cloud-contract';
import type { Acl } from './access/acl.ts';
import type { PrincipalQuota, QuotaChanges } from './client-quotas.ts';
import type { ChangedSetting } from './platform-settings.ts';
import type { MaintenanceWindow } from './maintenance-window.ts';

/** What people asked for, read from the database in one transaction. */
export interface DesiredCluster {
  /** Grows with every change of the cluster's row; what `stable` refers to. */
  readonly generation: number;
  /** The last generation that was wholly in effect; 0 = none yet. */
  readonly settledGeneration: number;
  readonly deletionRequested: boolean;
  readonly brokers: readonly DesiredBroker[];
  /** Brokers that are to go, one at a time; any other that is not wanted is left alone. */
  readonly retired: readonly number[];
  /** True = brokers are neither started, restarted nor removed until somebody resumes. */
  readonly paused: boolean;
  /** When running brokers may be restarted; undefined = at any time. */
  readonly maintenance: MaintenanceWindow | undefined;
  /** What to do about what changed by itself. */
  readonly driftPolicy: 'correct' | 'report';
  readonly credentials: readonly DesiredCredential[];
  /** Everything the role bindings compile to; nothing else of this origin may exist. */
  readonly acls: readonly Acl[];
  /** What principals may send to and take from each broker. */
  readonly quotas: readonly PrincipalQuota[];
  /** Topics to create once; one that was created before is not listed again. */
  readonly topics: readonly DesiredTopic[];
}

/** A broker that has to run. */
export interface DesiredBroker {
  readonly nodeId: number;
  /** Where it runs; a restart's order goes zone by zone. */
  readonly zone: string;
}

/** A cluster API key: a SCRAM user of the same name. */
export interface DesiredCredential {
  readonly apiKeyId: string;
  readonly generation: number;
  readonly deletionRequested: boolean;
}

/** A topic that the platform creates for the person. */
export interface DesiredTopic {
  readonly name: string;
  readonly partitions: number;
}

/** What is there, as far as it could be seen in this pass. */
export interface ObservedCluster {
  readonly brokers: readonly ObservedBroker[];
  readonly contents: ObservedContents;
  /** What the last pass wrote; keeps transition times and the phase steady. */
  readonly conditions: readonly Condition[];
  readonly phase: Phase;
  /** Why the last step that was tried did not work, in words safe to show; undefined = it did. */
  readonly lastFailure?: string | undefined;
}

/** One broker: its ports, its folder and its process. */
export interface ObservedBroker {
  readonly nodeId: number;
  /** `taken` = allocated, but a process that is not this broker listens there. */
  readonly ports: 'unallocated' | 'allocated' | 'taken';
  /** True while the broker's folder exists. */
  readonly dataPresent: boolean;
  readonly state: BrokerState;
  /** `outdated` = its process was started with other settings than are wanted now. */
  readonly settings: 'current' | 'outdated';
  readonly limits: ObservedLimits;
}

/**
 * | limits   | meaning                                                       |
 * |----------|---------------------------------------------------------------|
 * | current  | what is wanted is in effect                                   |
 * | pending  | the broker was told and has not taken them yet                |
 * | outdated | the broker was told something else                            |
 * | unknown  | the broker does not run, or does not say                      |
 */
export type ObservedLimits =
  | { readonly kind: 'current' }
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'outdated';
      /** Phrases such as `connections is 5, wanted 1000`. */
      readonly differences: readonly string[];
    }
  | { readonly kind: 'unknown' };

/**
 * | state        | meaning                                                             |
 * |--------------|---------------------------------------------------------------------|
 * | absent       | surely no process, and none was lost                                |
 * | starting     | the process is ours and has not become ready yet                    |
 * | ready        | it answers, and its identity is the one on record                   |
 * | unresponsive | the process is surely ours and alive, but does not answer           |
 * | crashed      | it went away without being told to                                  |
 * | unknown      | nothing can be said: the observation itself failed                  |
 */
export type BrokerState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly incarnationId: string }
  | { readonly kind: 'unresponsive' }
  | {
      readonly kind: 'crashed';
      /** Exits in a row without a long enough healthy time between them. */
      readonly restartCount: number;
      /** Milliseconds since the Unix epoch. */
      readonly lastExitMs: number;
      /** Undefined when it was killed by a signal or died unseen. */
      readonly exitCode: number | undefined;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What the brokers say they hold. Unknown while none is ready or the question failed. */
export type ObservedContents =
  | { readonly kind: 'unknown'; readonly reason: string }
  | {
      readonly kind: 'known';
      /** The generation last pushed of each credential that the brokers still know. */
      readonly credentials: ReadonlyMap<string, number>;
      /** Those whose origin is a role binding; what people made is not listed. */
      readonly acls: readonly Acl[];
      /** Of the platform's principals; people's own users are not listed. */
      readonly quotas: readonly PrincipalQuota[];
      /** Settings of the platform that somebody changed at run time. */
      readonly changedSettings: readonly ChangedSetting[];
    };

/** The phase in the REST contract's words. */
export type Phase = (typeof CLUSTER_PHASES)[number];

export type ConditionType =
  | 'Ready'
  | 'Progressing'
  | 'Degraded'
  | 'ObservationLost'
  | 'Paused'
  | 'Drifted'
  | 'Stable';

/** One statement on a cluster, in the form Kubernetes made common. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One CamelCase word for machines. */
  readonly reason: string;
  /** One sentence for people; holds nothing that changes by itself, such as a time. */
  readonly message: string;
  /** When `status` last changed; milliseconds since the Unix epoch. */
  readonly lastTransitionAtMs: number;
  readonly observedGeneration: number;
}

/** Why data goes: the cluster goes, or the broker does. */
export type RemovalReason = 'deletion' | 'retirement';

/** Why a process ends; after `roll` it is started again with what is wanted. */
export type StopReason = RemovalReason | 'roll';

/** One thing to do. Each may be done again after a crash at any point and has the same end. */
export type Action =
  | { readonly kind: 'allocatePorts'; readonly nodeId: number }
  | { readonly kind: 'startBroker'; readonly nodeId: number }
  | { readonly kind: 'applyLimits'; readonly nodeId: number }
  | {
      readonly kind: 'pushCredential';
      readonly apiKeyId: string;
      readonly generation: number;
    }
  | { readonly kind: 'removeCredential'; readonly apiKeyId: string }
  | {
      readonly kind: 'applyAcls';
      readonly create: readonly Acl[];
      readonly remove: readonly Acl[];
    }
  | ({ readonly kind: 'applyQuotas' } & QuotaChanges)
  | { readonly kind: 'resetSettings'; readonly settings: readonly ChangedSetting[] }
  | { readonly kind: 'createTopic'; readonly name: string; readonly partitions: number }
  | { readonly kind: 'stopBroker'; readonly nodeId: number; readonly why: StopReason }
  | { readonly kind: 'removeData'; readonly nodeId: number; readonly why: RemovalReason }
  | { readonly kind: 'releaseBroker'; readonly nodeId: number }
  | { readonly kind: 'forget' };

/** Something that only time or somebody else can bring about. */
export type Wait =
  | { readonly kind: 'brokerReady'; readonly nodeId: number }
  | { readonly kind: 'restartBackoff'; readonly nodeId: number; readonly untilMs: number }
  | { readonly kind: 'limits'; readonly nodeId: number }
  | { readonly kind: 'maintenanceWindow'; readonly nodeId: number; readonly untilMs: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'observation'; readonly reason: string };

/** True for what cannot be taken back: it ends a process or removes something for good. */
export function isDestructive(action: Action): boolean {
  return DESTRUCTIVE.has(action.kind);
}

const DESTRUCTIVE: ReadonlySet<Action['kind']> = new Set([
  'stopBroker',
  'removeData',
  'releaseBroker',
  'forget',
]);
