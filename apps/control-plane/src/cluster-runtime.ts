import { join } from 'node:path';
import type { Log } from '@weirhouse/shared-kernel';
import type { Registry } from 'prom-client';
import type { ChangeSignal } from './audit/change-signal.ts';
import { AuditDeliveryRepository } from './audit-delivery/audit-delivery.repository.ts';
import { AuditDelivery } from './audit-delivery/audit-delivery.ts';
import { createDeliveryProbe } from './audit-delivery/delivery-probe.ts';
import { KafkaAuditTopic } from './audit-delivery/kafka-audit-topic.ts';
import { CONTROL_USER } from './clusters/control-user.ts';
import type { OpenDatabase } from './database/database.ts';
import { readBrokerUsage } from './metering/broker-usage.ts';
import { createMeteringProbe } from './metering/metering-probe.ts';
import { UsageRepository } from './metering/usage.repository.ts';
import { UsageSampler } from './metering/usage-sampler.ts';
import { systemTimers, type ServicePorts } from './ports.ts';
import { KafkaAccessRepository } from './kafka-rest/kafka-access.repository.ts';
import { LocalProvisioner } from './provisioner/local/local-provisioner.ts';
import type { Provisioner } from './provisioner/provisioner.ts';
import { STALL_MAX_MS } from './reconcile/limits.ts';
import { loadDataPlaneId } from './state/data-plane.ts';
import { createReconcileProbe } from './reconcile/probe.ts';
import { Reconciler } from './reconcile/reconciler.ts';

/** The checkout's apps folder, from src as well as from dist. */
const APPS = join(import.meta.dirname, '..', '..');

/** What keeps clusters as people want them. */
export interface ClusterRuntime {
  /** Begins to reconcile; adopts brokers that are still running. */
  start(): Promise<void>;
  /** What keeps it from doing its work; undefined = nothing. */
  findProblem(): string | undefined;
  /** Ends the work in hand and, when it was started, every broker. */
  stop(): Promise<void>;
}

export interface ClusterRuntimeOptions {
  readonly database: OpenDatabase;
  readonly ports: ServicePorts;
  readonly signal: ChangeSignal;
  readonly metrics: Registry;
  readonly log: Log;
  readonly stateFolder: string;
  readonly portRange: { readonly from: number; readonly to: number };
  /** The process's environment, of which brokers get the few harmless names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Child processes of this machine when absent. */
  readonly provisioner?: Provisioner;
  /** How long one look at a cluster may take before something is wrong. */
  readonly stallMaxMs?: number;
  /** How long the end waits for the steps in hand. */
  readonly stopMaxMs?: number;
}

interface Running {
  readonly reconciler: Reconciler;
  readonly provisioner: Provisioner;
  readonly delivery: AuditDelivery;
  readonly unsubscribe: () => void;
  readonly sampler: UsageSampler;
}

/** The reconciler with brokers as child processes of this machine. Nothing runs before `start`. */
export function createClusterRuntime(options: ClusterRuntimeOptions): ClusterRuntime {
  const { clock, masterKey, random } = options.ports;
  const { database, log, signal } = options;
  let running: Running | undefined;
  return {
    start: async (): Promise<void> => {
      const provisioner = options.provisioner ?? localProvisioner(options);
      const dataPlaneId = await loadDataPlaneId(options.stateFolder, random);
      const reconciler = new Reconciler({
        database: database.prisma,
        masterKey,
        provisioner,
        dataPlaneId,
        clock,
        timers: systemTimers,
        random,
        log,
        // The state folder's lock says that nobody else has the embedded database.
        takeOver: database.kind === 'pglite',
        onCommit: (listener) => signal.onChange(listener),
        probe: createReconcileProbe(options.metrics),
      });
      const parts = { dataPlaneId, reconciler };
      const delivery = createAuditDelivery(options, parts);
      const sampler = createSampler(options, parts);
      const unsubscribe = signal.onChange(() => delivery.wake());
      running = { reconciler, provisioner, delivery, sampler, unsubscribe };
      await reconciler.start();
      delivery.wake();
      sampler.start();
    },
    findProblem: (): string | undefined => {
      const { stallMaxMs = STALL_MAX_MS } = options;
      const stalledMs = running?.reconciler.stalledMs ?? 0;
      if (stalledMs <= stallMaxMs) return undefined;
      return `has been at one cluster for ${Math.round(stalledMs / 1_000)} s; its log lines name the step`;
    },
    stop: async (): Promise<void> => {
      const ended = running;
      running = undefined;
      if (ended === undefined) return;
      ended.unsubscribe();
      await ended.delivery.stop();
      await ended.sampler.stop();
      const { areOthersAlive } = await ended.reconciler.stop(options.stopMaxMs);
      // Brokers that another process looks after go on serving.
      if (!areOthersAlive) await ended.provisioner.stopAll();
      ended.provisioner.close();
    },
  };
}

interface RuntimeParts {
  readonly dataPlaneId: string;
  readonly reconciler: Reconciler;
}

/** Meters the clusters that this process's reconciler works on. */
function createSampler(
  { database, log, metrics, ports }: ClusterRuntimeOptions,
  { dataPlaneId, reconciler }: RuntimeParts,
): UsageSampler {
  return new UsageSampler({
    usage: new UsageRepository(database.prisma),
    read: readBrokerUsage,
    fenceOf: (clusterId) => reconciler.fenceOf(clusterId),
    dataPlaneId,
    platformUser: CONTROL_USER,
    clock: ports.clock,
    timers: systemTimers,
    log,
    probe: createMeteringProbe(metrics),
  });
}

/** Audit events go to the clusters that this process's reconciler works on. */
function createAuditDelivery(
  { database, log, metrics, ports }: ClusterRuntimeOptions,
  { dataPlaneId, reconciler }: RuntimeParts,
): AuditDelivery {
  const { clock, random } = ports;
  const access = new KafkaAccessRepository(database.prisma, ports);
  return new AuditDelivery({
    repository: new AuditDeliveryRepository(database.prisma),
    dataPlaneId,
    fenceOf: (clusterId) => reconciler.fenceOf(clusterId),
    findAccess: ({ clusterId, organizationId }) => access.find(organizationId, clusterId),
    openTopic: (place) => new KafkaAuditTopic(place, clock),
    clock,
    timers: systemTimers,
    random,
    log,
    probe: createDeliveryProbe(metrics, database.prisma),
  });
}

function localProvisioner(options: ClusterRuntimeOptions): LocalProvisioner {
  return new LocalProvisioner({
    stateFolder: options.stateFolder,
    portRange: options.portRange,
    program: brokerProgram(options.environment),
    clock: options.ports.clock,
    timers: systemTimers,
    log: options.log,
  });
}

/** Half of a broker's young generation, in MiB: V8 would let it grow to 64, and it holds little that lives. */
const SEMI_SPACE_MIB = 8;

/** Built brokers for a built control plane, sources for sources. */
function brokerProgram(environment: ClusterRuntimeOptions['environment']): {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: ClusterRuntimeOptions['environment'];
} {
  const main = import.meta.filename.endsWith('.ts')
    ? ['-C', 'source', join(APPS, 'broker/src/main.ts')]
    : [join(APPS, 'broker/dist/main.cjs')];
  const args = [`--max-semi-space-size=${SEMI_SPACE_MIB}`, ...main];
  return { command: process.execPath, args, environment };
}
