import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from '@weirhouse/shared-observability';
import type { Log } from '@weirhouse/shared-kernel';
import { pino } from 'pino';
import { ApiKeysService } from './api-keys/api-keys.service.ts';
import { UnitOfWork } from './audit/unit-of-work.ts';
import { ClustersService } from './clusters/clusters.service.ts';
import type { Config } from './config.ts';
import { Repositories } from './database/repositories.ts';
import { EnvironmentsService } from './environments/environments.service.ts';
import { findScope } from './observability/op-scope.ts';
import { PORTS, systemClock, systemTimers, type ServicePorts } from './ports.ts';
import { awaitCluster, READY_MAX_MS } from './quickstart/await-cluster.ts';
import { isListening } from './quickstart/is-listening.ts';
import {
  quickstartPath,
  writeQuickstartFile,
  type QuickstartFile,
} from './quickstart/quickstart-file.ts';
import { firstStartLines, laterStartLines } from './quickstart/quickstart-lines.ts';
import { Quickstart } from './quickstart/quickstart.ts';
import { ServiceAccountsService } from './service-accounts/service-accounts.service.ts';
import { startControlPlane, type ControlPlane } from './start-control-plane.ts';

/** A log file larger than this is put aside at the start, in bytes; one older one is kept. */
const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** How long the whole end may take, in milliseconds: requests, steps in hand, brokers and the database in turn. */
const STOP_MAX_MS = 60_000;

/** Runs the control plane until it is told to stop. */
export async function serve(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const stopping = new AbortController();
  const controlPlane = await startControlPlane({
    config,
    openLog: () => openLog(config),
    environment,
  });
  stopOnSignals(controlPlane, stopping);
  try {
    await introduce(controlPlane, config, stopping.signal);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

/** Makes the first start's gifts, waits until they work and says how to use them. */
async function introduce(
  controlPlane: ControlPlane,
  config: Config,
  signal: AbortSignal,
): Promise<void> {
  const { app } = controlPlane;
  const folder = controlPlane.stateFolder.path;
  const quickstart = new Quickstart({
    repositories: app.get(Repositories),
    environments: app.get(EnvironmentsService),
    clusters: app.get(ClustersService),
    accounts: app.get(ServiceAccountsService),
    apiKeys: app.get(ApiKeysService),
    unit: app.get(UnitOfWork),
    ports: app.get<ServicePorts>(PORTS),
  });
  const apiUrl = config.WEIRHOUSE_PUBLIC_URL ?? controlPlane.url;
  const { file, isFirst } = await quickstart.ensure(folder, apiUrl);
  const cluster = await quickstart.findCluster(file);
  let known = file;
  if (cluster !== undefined) {
    const ready = await awaitCluster({
      repositories: app.get(Repositories),
      cluster,
      apiKeyId: isFirst ? file.clusterApiKey : undefined,
      isListening,
      clock: systemClock,
      timers: systemTimers,
      onStep: (step) => say(`Cluster ${cluster.displayName} (${cluster.id}): ${step} ...`),
      signal,
    });
    if (signal.aborted) return;
    if (ready === undefined) {
      say(
        `Cluster ${cluster.id} is not ready after ${READY_MAX_MS / 1000} s; see the logs in ${folder}.`,
      );
    }
    known = { ...file, bootstrap: ready?.bootstrapEndpoint ?? file.bootstrap ?? '' };
    await writeQuickstartFile(folder, known);
  }
  const path = quickstartPath(folder);
  for (const line of isFirst && isWhole(known)
    ? firstStartLines(known, path)
    : laterStartLines(known, path))
    say(line);
  say('ready');
}

function isWhole(file: Partial<QuickstartFile>): file is QuickstartFile {
  return (
    file.bootstrap !== undefined &&
    file.bootstrap !== '' &&
    file.clusterApiSecret !== undefined &&
    file.userPassword !== undefined
  );
}

/** The first signal ends everything in order; a second one ends the process. */
function stopOnSignals(controlPlane: ControlPlane, stopping: AbortController): void {
  const { log } = controlPlane;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
    log.info({ signal }, 'stopping');
    say('Stopping ...');
    setTimeout(() => {
      log.error(
        { maxMs: STOP_MAX_MS },
        'did not stop in time; the next start takes up what is left',
      );
      process.exit(1);
    }, STOP_MAX_MS).unref();
    controlPlane.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not stop in order');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

function openLog(config: Config): Log {
  const level = config.WEIRHOUSE_LOG_LEVEL;
  if (config.WEIRHOUSE_LOG === 'stderr')
    return createLog({ component: 'control-plane', level, fields: () => ({ ...findScope() }) });
  const path = join(config.WEIRHOUSE_HOME, 'control-plane.log');
  putAside(path);
  const destination = pino.destination({
    dest: path,
    append: true,
    mkdir: true,
    sync: true,
    mode: 0o600,
  });
  return createLog({
    component: 'control-plane',
    level,
    destination,
    fields: () => ({ ...findScope() }),
  });
}

function putAside(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
}

/** Standard output is for people. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
