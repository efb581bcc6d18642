import { isDeepStrictEqual } from 'node:util';
import {
  plan,
  type ObservedCluster,
  type ObservedContents,
  type Plan,
} from '@weirhouse/cloud-plan';
import { AppError, isAppError, type Clock, type Log, type Random } from '@weirhouse/shared-kernel';
import type { Provisioner } from '../provisioner/provisioner.ts';
import { ClusterAdmins, type ClusterAdmin, type OpenClusterAdmin } from './cluster-admin.ts';
import type { ClusterStateRepository } from './cluster-state.repository.ts';
import { desiredOf, expectedOf, type ClusterState } from './cluster-state.ts';
import type { CrashHook } from './crash-points.ts';
import type { Fence } from './lease.repository.ts';
import type {
  OperationKind,
  OperationsRepository,
  RunningOperation,
} from './operations.repository.ts';
import type { ReconcileProbe } from './probe.ts';
import { PASS_MAX_MS } from './limits.ts';
import { StepRunner } from './step-runner.ts';

export interface ClusterReconcilerOptions {
  readonly states: ClusterStateRepository;
  readonly operations: OperationsRepository;
  readonly provisioner: Provisioner;
  /** Names the place whose brokers the provisioner runs. */
  readonly dataPlaneId: string;
  readonly openAdmin: OpenClusterAdmin;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onPoint: CrashHook;
  readonly probe: ReconcileProbe;
  /** True = begin no further step. */
  readonly isStopping?: () => boolean;
}

/** What follows from a pass. */
export interface PassResult {
  /** False = the cluster is gone. */
  readonly exists: boolean;
  /** When to look again; undefined = at the next resync. */
  readonly requeueAfterMs: number | undefined;
}

/** Random bytes of an operation's id. */
const OPERATION_ID_BYTES = 12;

/** One pass over one cluster: read, observe, plan, write what was seen, do the steps. */
export class ClusterReconciler {
  readonly #options: ClusterReconcilerOptions;
  readonly #admins: ClusterAdmins;
  readonly #steps: StepRunner;

  constructor(options: ClusterReconcilerOptions) {
    this.#options = options;
    this.#admins = new ClusterAdmins(options.openAdmin);
    this.#steps = new StepRunner(options);
  }

  /**
   * Brings the cluster nearer to what is wanted. Rejects with `failed_precondition` when the fence is
   * not the present one, and with the failure of a step.
   */
  async reconcile(clusterId: string, fence: Fence): Promise<PassResult> {
    const { clock, probe } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      const result = await this.#pass(clusterId, fence);
      probe.onPass(outcomeOf(result), clock.monotonicMs() - startedMs);
      return { exists: result !== undefined, requeueAfterMs: result?.requeueAfterMs };
    } catch (error) {
      probe.onPass('failed', clock.monotonicMs() - startedMs);
      throw error;
    }
  }

  close(): void {
    this.#admins.close();
  }

  async #pass(clusterId: string, fence: Fence): Promise<Plan | undefined> {
    const { states, clock, onPoint } = this.#options;
    const state = await states.find(clusterId);
    if (!state) {
      this.#admins.forget(clusterId);
      return undefined;
    }
    const desired = desiredOf(state);
    const observed = await this.#observe(state);
    if (!(await this.#isPlacedHere(state, fence, observed))) return undefined;
    const result = plan({ desired, observed, nowMs: clock.wallMs() });
    await this.#saveStatus(state, { fence, observed, result });
    onPoint('status:recorded');
    if (result.actions.length > 0) await this.#act(state, fence, result);
    else if (result.stable && state.operation) await this.#succeed(fence, state.operation);
    return result;
  }

  /**
   * Places a new cluster here. One from before there were places is taken only by who has its data:
   * brokers started elsewhere would be empty.
   */
  async #isPlacedHere(
    state: ClusterState,
    fence: Fence,
    observed: ObservedCluster,
  ): Promise<boolean> {
    const { dataPlaneId, states } = this.#options;
    if (state.dataPlaneId !== undefined) return state.dataPlaneId === dataPlaneId;
    const isNew = state.brokers.length === 0;
    if (!isNew && !observed.brokers.some(({ dataPresent }) => dataPresent)) return false;
    return states.place(fence, state.clusterId, dataPlaneId);
  }

  async #act(state: ClusterState, fence: Fence, result: Plan): Promise<void> {
    const startedMs = this.#options.clock.monotonicMs();
    const { clusterId, generation } = state;
    const { operations, random, onPoint, probe } = this.#options;
    const operation = {
      newId: `opn-${random.bytes(OPERATION_ID_BYTES).toString('hex')}`,
      clusterId,
      organizationId: state.organizationId,
      environmentId: state.environmentId,
      kind: operationKind(state),
      generation,
    };
    const operationId = await operations.ensure(fence, operation, state.operation);
    if (operationId === operation.newId) {
      if (state.operation) probe.onOperation(state.operation.kind, 'cancelled');
      probe.onOperation(operation.kind, 'begun');
    }
    onPoint('operation:recorded');
    const found = this.#findAdmin(state);
    const admin = (): ClusterAdmin => {
      if (found) return found;
      throw new AppError('internal', 'A step needs a cluster that has no address.');
    };
    for (const action of result.actions) {
      if (this.#options.isStopping?.() === true) return;
      // What is left follows at once, on a fresh observation and with others in between.
      if (this.#options.clock.monotonicMs() - startedMs > PASS_MAX_MS) return;
      await this.#steps.run(action, { fence, clusterId, operationId, admin });
      if (action.kind === 'forget') probe.onOperation(operation.kind, 'succeeded');
    }
  }

  async #observe(state: ClusterState): Promise<ObservedCluster> {
    const { provisioner } = this.#options;
    const brokers = await provisioner.observe(state.clusterId, expectedOf(state));
    const serves = brokers.length > 0 && brokers.every((broker) => broker.state.kind === 'ready');
    const contents: ObservedContents =
      serves && !state.deletionRequested
        ? await this.#observeContents(state)
        : { kind: 'unknown', reason: 'not every broker serves' };
    return {
      brokers,
      contents,
      conditions: state.conditions,
      phase: state.phase,
      lastFailure: state.operation?.error,
    };
  }

  async #observeContents(state: ClusterState): Promise<ObservedContents> {
    try {
      const admin = this.#findAdmin(state);
      if (!admin) return { kind: 'unknown', reason: 'the cluster has no address' };
      const known = await admin.listCredentials();
      const acls = await admin.listAcls(desiredOf(state).acls);
      const quotas = await admin.listQuotas();
      const nodeIds = state.brokers.map(({ nodeId }) => nodeId);
      const changedSettings = await admin.listChangedSettings(nodeIds);
      const pushed = state.apiKeys.filter(({ id }) => known.has(id));
      return {
        kind: 'known',
        acls,
        quotas,
        changedSettings,
        credentials: new Map(pushed.map(({ id, pushedGeneration }) => [id, pushedGeneration])),
      };
    } catch (error) {
      this.#options.log.warn({ clusterId: state.clusterId, error }, 'cluster could not be asked');
      return { kind: 'unknown', reason: isAppError(error) ? error.code : 'internal error' };
    }
  }

  #findAdmin(state: ClusterState): ClusterAdmin | undefined {
    const [broker] = state.brokers;
    if (!broker || state.deletionRequested) return undefined;
    const { name, password } = this.#options.states.openControlUser(state);
    return this.#admins.get(state.clusterId, {
      host: broker.ports.host,
      port: broker.ports.clientPort,
      username: name,
      password,
    });
  }

  async #succeed(fence: Fence, { id, kind }: RunningOperation): Promise<void> {
    await this.#options.operations.succeed(fence, id);
    this.#options.probe.onOperation(kind, 'succeeded');
  }

  /** Writes only what changed, so that a quiet cluster costs reads alone. */
  async #saveStatus(
    state: ClusterState,
    seen: { readonly fence: Fence; readonly observed: ObservedCluster; readonly result: Plan },
  ): Promise<void> {
    const { result, observed, fence } = seen;
    const observedGeneration = result.stable ? state.generation : state.observedGeneration;
    const observedCku = sizeInEffect(state, result);
    const unchanged =
      observedCku === state.observedCku &&
      observedGeneration === state.observedGeneration &&
      result.phase === state.phase &&
      isDeepStrictEqual(result.conditions, state.conditions);
    if (unchanged) return;
    const { phase, conditions } = result;
    await this.#options.states.saveStatus(fence, state.clusterId, {
      observedGeneration,
      observedCku,
      phase,
      conditions,
      brokers: observed.brokers,
    });
    this.#logTransitions(state, result);
  }

  #logTransitions(state: ClusterState, result: Plan): void {
    for (const { type, status, reason, message } of result.conditions) {
      const before = state.conditions.find((condition) => condition.type === type);
      if (before?.status === status) continue;
      const fields = { clusterId: state.clusterId, condition: type, status, reason };
      this.#options.log.info(fields, message);
    }
  }
}

/** A size counts once the brokers hold themselves to it. */
function sizeInEffect(state: ClusterState, result: Plan): number | undefined {
  return result.limitsInEffect ? state.form.cku : state.observedCku;
}

function operationKind(state: ClusterState): OperationKind {
  if (state.deletionRequested) return 'delete';
  if (state.observedGeneration === 0) return 'create';
  return state.generation > state.observedGeneration ? 'update' : 'repair';
}

function outcomeOf(result: Plan | undefined): 'settled' | 'progressed' | 'waiting' {
  if (!result) return 'settled';
  if (result.actions.length > 0) return 'progressed';
  return result.waits.length > 0 ? 'waiting' : 'settled';
}
