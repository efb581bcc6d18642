import { join } from 'node:path';
import type { Log } from '@weirhouse/shared-kernel';
import type { Registry } from 'prom-client';
import type { ChangeSignal } from './audit/change-signal.ts';
import type { OpenDatabase } from './database/database.ts';
import { systemTimers, type ServicePorts } from './ports.ts';
import { LocalProvisioner } from './provisioner/local/local-provisioner.ts';
import { loadDataPlaneId } from './state/data-plane.ts';
import { createReconcileProbe } from './reconcile/probe.ts';
import { Reconciler } from './reconcile/reconciler.ts';

/** The checkout's apps folder, from src as well as from dist. */
const APPS = join(import.meta.dirname, '..', '..');

/** What keeps clusters as people want them. */
export interface ClusterRuntime {
  /** Begins to reconcile; adopts brokers that are still running. */
  start(): Promise<void>;
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
}

/** The reconciler with brokers as child processes of this machine. Nothing runs before `start`. */
export function createClusterRuntime(options: ClusterRuntimeOptions): ClusterRuntime {
  const { clock, masterKey, random } = options.ports;
  const { database, log, signal } = options;
  let running: { reconciler: Reconciler; provisioner: LocalProvisioner } | undefined;
  return {
    start: async (): Promise<void> => {
      const provisioner = new LocalProvisioner({
        stateFolder: options.stateFolder,
        portRange: options.portRange,
        program: brokerProgram(options.environment),
        clock,
        timers: systemTimers,
        log,
      });
      const reconciler = new Reconciler({
        database: database.prisma,
        masterKey,
        provisioner,
        dataPlaneId: await loadDataPlaneId(options.stateFolder, random),
        clock,
        timers: systemTimers,
        random,
        log,
        // The state folder's lock says that nobody else has the embedded database.
        takeOver: database.kind === 'pglite',
        onCommit: (listener) => signal.onChange(listener),
        probe: createReconcileProbe(options.metrics),
      });
      running = { reconciler, provisioner };
      await reconciler.start();
    },
    stop: async (): Promise<void> => {
      const ended = running;
      running = undefined;
      if (ended === undefined) return;
      const { areOthersAlive } = await ended.reconciler.stop();
      // Brokers that another process looks after go on serving.
      if (!areOthersAlive) await ended.provisioner.stopAll();
      ended.provisioner.close();
    },
  };
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
