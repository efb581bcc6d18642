import path from 'node:path';
import type { Database } from '../database/database.ts';
import { systemClock, systemRandom, systemTimers } from '../ports.ts';
import { LocalProvisioner } from '../provisioner/local/local-provisioner.ts';
import type { PortRange } from '../provisioner/local/ports.ts';
import type { CrashHook } from './crash-points.ts';
import { FileAdmin } from './file-admin.ts';
import { Reconciler } from './reconciler.ts';
import type { LeaseTimes } from './shard-leases.ts';
import { masterKey, quietLog } from './testing.ts';

export interface TestControlPlaneOptions {
  readonly database: Database;
  readonly stateFolder: string;
  readonly portRange: PortRange;
  readonly takeOver: boolean;
  readonly leaseTimes?: LeaseTimes;
  readonly onPoint: CrashHook;
}

/** For tests in processes of their own: a reconciler whose brokers are real processes that serve nothing. */
export function createTestControlPlane(options: TestControlPlaneOptions): {
  start(): Promise<void>;
  stop(): Promise<void>;
} {
  const { portRange, stateFolder } = options;
  const provisioner = new LocalProvisioner({
    stateFolder,
    portRange,
    program: {
      command: process.execPath,
      args: [path.join(import.meta.dirname, '../provisioner/local/fake-broker.mjs')],
      environment: {},
    },
    clock: systemClock,
    timers: systemTimers,
    log: quietLog,
  });
  const reconciler = new Reconciler({
    ...options,
    masterKey,
    provisioner,
    dataPlaneId: 'dp-1',
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: quietLog,
    openAdmin: ({ port }) => new FileAdmin(stateFolder, port),
  });
  return {
    start: () => reconciler.start(),
    stop: async () => {
      await reconciler.stop();
      provisioner.close();
    },
  };
}
