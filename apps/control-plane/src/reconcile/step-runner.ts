import { brokerLimitsOf, brokersOf, type Action, type StopReason } from '@weirhouse/cloud-plan';
import { AppError, isAppError, unreachable } from '@weirhouse/shared-kernel';
import { traced } from '../observability/spans.ts';
import type { BrokerRef, Provisioner } from '../provisioner/provisioner.ts';
import type { ClusterAdmin } from './cluster-admin.ts';
import type { ClusterStateRepository } from './cluster-state.repository.ts';
import { desiredOf } from './cluster-state.ts';
import type { CrashHook } from './crash-points.ts';
import type { Fence } from './lease.repository.ts';
import type { OperationsRepository } from './operations.repository.ts';
import type { ReconcileProbe } from './probe.ts';
import { UsedPorts } from './used-ports.ts';

export interface StepRunnerOptions {
  readonly states: ClusterStateRepository;
  readonly operations: OperationsRepository;
  readonly provisioner: Provisioner;
  readonly onPoint: CrashHook;
  readonly probe: ReconcileProbe;
}

/** What a step is done on and under which proof of leadership. */
export interface StepContext {
  readonly fence: Fence;
  readonly clusterId: string;
  readonly operationId: string;
  /** Throws when no broker of the cluster can be reached. */
  readonly admin: () => ClusterAdmin;
}

/**
 * Does the plan's actions. Each is noted before and after; each may be done again after a crash at
 * any point, because nothing here is decided by what was noted.
 */
export class StepRunner {
  readonly #options: StepRunnerOptions;
  readonly #ports: UsedPorts;
  /** Port allocations follow each other: two must not see the same port as free. */
  #allocating: Promise<unknown> = Promise.resolve();

  constructor(options: StepRunnerOptions) {
    this.#options = options;
    this.#ports = new UsedPorts(options.states);
  }

  /** Does one action; rejects with its failure after noting it. */
  async run(action: Action, context: StepContext): Promise<void> {
    const { operations, onPoint, probe } = this.#options;
    const { fence, operationId } = context;
    const step = stepName(action);
    await operations.beginStep(fence, operationId, step);
    onPoint(`${action.kind}:begun`);
    try {
      const span = { name: `step ${action.kind}`, kind: 'internal' } as const;
      await traced(span, () => this.#do(action, context));
    } catch (error) {
      probe.onStep(action.kind, 'failed');
      const message = isAppError(error) ? error.message : 'An internal error.';
      await operations.failStep(fence, operationId, { step, message });
      throw error;
    }
    probe.onStep(action.kind, 'done');
    onPoint(`${action.kind}:done`);
    // The operation ended together with the rows.
    if (action.kind === 'forget') return;
    await operations.endStep(fence, operationId, step);
    onPoint(`${action.kind}:recorded`);
  }

  async #do(action: Action, context: StepContext): Promise<void> {
    const { states, provisioner } = this.#options;
    const { fence, clusterId } = context;
    switch (action.kind) {
      case 'allocatePorts':
        return this.#allocatePorts(fence, { clusterId, nodeId: action.nodeId });
      case 'startBroker':
        return this.#startBroker({ clusterId, nodeId: action.nodeId });
      case 'applyLimits':
        return this.#applyLimits({ clusterId, nodeId: action.nodeId });
      case 'pushCredential':
        return this.#pushCredential(action.apiKeyId, context);
      case 'removeCredential':
        await context.admin().removeCredential(action.apiKeyId);
        this.#options.onPoint('removeCredential:removed');
        return states.deleteApiKey(fence, action.apiKeyId);
      case 'applyAcls':
        return context.admin().applyAcls(action);
      case 'applyQuotas':
        return context.admin().applyQuotas(action);
      case 'resetSettings':
        return context.admin().resetSettings(action.settings);
      case 'createTopic':
        await context.admin().createTopic(action);
        this.#options.onPoint('createTopic:created');
        return states.markTopicApplied(fence, clusterId, action.name);
      case 'stopBroker':
        await this.#requireReason(action, context);
        return provisioner.stop({ clusterId, nodeId: action.nodeId });
      case 'releaseBroker':
        await this.#requireReason({ nodeId: action.nodeId, why: 'retirement' }, context);
        return states.releaseBroker(fence, clusterId, action.nodeId);
      case 'removeData':
        await this.#requireReason(action, context);
        return provisioner.remove({ clusterId, nodeId: action.nodeId });
      case 'forget':
        await states.requireDeletionRequested(fence, clusterId);
        await provisioner.removeCluster(clusterId);
        this.#options.onPoint('forget:removed');
        return states.forget(fence, clusterId);
      default:
        return unreachable(action);
    }
  }

  async #allocatePorts(fence: Fence, broker: BrokerRef): Promise<void> {
    const before = this.#allocating;
    const allocation = (async (): Promise<void> => {
      await before;
      const { states, provisioner, onPoint } = this.#options;
      const ports = await this.#ports.choose(provisioner);
      onPoint('allocatePorts:chosen');
      try {
        await states.savePorts(fence, broker, ports);
      } catch (error) {
        this.#ports.forget();
        throw error;
      }
      this.#ports.took(ports);
    })();
    this.#allocating = allocation.catch(() => undefined);
    return allocation;
  }

  /** Reads afresh, under the fence, whether what ends a process or data is still wanted. */
  async #requireReason(
    step: { readonly nodeId: number; readonly why: StopReason },
    { clusterId, fence }: StepContext,
  ): Promise<void> {
    const { states } = this.#options;
    if (step.why === 'deletion') return states.requireDeletionRequested(fence, clusterId);
    const state = await states.findFenced(fence, clusterId);
    const desired = state && desiredOf(state);
    const isRetired = desired?.retired.includes(step.nodeId) ?? false;
    if (!desired || desired.paused || isRetired !== (step.why === 'retirement'))
      throw new AppError('failed_precondition', `Broker ${step.nodeId} is to stay as it is.`);
  }

  async #applyLimits(broker: BrokerRef): Promise<void> {
    const state = await this.#options.states.find(broker.clusterId);
    if (!state) return;
    await this.#options.provisioner.applyLimits(broker, brokerLimitsOf(state.form));
  }

  async #startBroker(broker: BrokerRef): Promise<void> {
    const { states, provisioner } = this.#options;
    const state = await states.find(broker.clusterId);
    const row = state?.brokers.find(({ nodeId }) => nodeId === broker.nodeId);
    // Deleted meanwhile, or ports lost: the next pass plans anew.
    if (!state || state.deletionRequested || !row) return;
    const controlUser = states.openControlUser(state);
    const wanted = brokersOf(state.form).find(({ nodeId }) => nodeId === broker.nodeId);
    if (!wanted || state.paused) return;
    await provisioner.ensureBroker({
      ...broker,
      ports: row.ports,
      zone: wanted.zone,
      limits: brokerLimitsOf(state.form),
      controlUser,
    });
  }

  async #pushCredential(apiKeyId: string, context: StepContext): Promise<void> {
    const { states, onPoint } = this.#options;
    const secrets = await states.findCredentialSecrets(apiKeyId);
    if (!secrets) return;
    const { principal, verifiers, generation } = secrets;
    await context.admin().pushCredential({ apiKeyId, principal, verifiers });
    onPoint('pushCredential:pushed');
    await states.markPushed(context.fence, apiKeyId, generation);
  }
}

function stepName(action: Action): string {
  switch (action.kind) {
    case 'allocatePorts':
    case 'startBroker':
    case 'applyLimits':
    case 'releaseBroker':
      return `${action.kind} ${action.nodeId}`;
    case 'stopBroker':
    case 'removeData':
      return `${action.kind} ${action.nodeId} (${action.why})`;
    case 'pushCredential':
    case 'removeCredential':
      return `${action.kind} ${action.apiKeyId}`;
    case 'createTopic':
      return `${action.kind} ${action.name}`;
    case 'applyAcls':
    case 'applyQuotas':
    case 'resetSettings':
    case 'forget':
      return action.kind;
    default:
      return unreachable(action);
  }
}
