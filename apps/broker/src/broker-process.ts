import { randomBytes } from 'node:crypto';
import { Broker, type BrokerPorts } from '@weirhouse/broker-core';
import { installNativeCrc32c } from '@weirhouse/kafka-codecs';
import { uuidFromBytes, type AppError, type Log } from '@weirhouse/shared-kernel';
import { createLog, createRegistry, startAdminServer } from '@weirhouse/shared-observability';
import { brokerOptions } from './broker-options.ts';
import { numberOf, parseHostPort, queuedBytesOf, type BrokerConfig } from './config.ts';
import { readBootstrapCredentials } from './credentials.ts';
import { type DataFolder, openDataFolder, prepareDataFolder } from './data-folder.ts';
import { lockFolder } from './folder-lock.ts';
import { SettingSource } from './listener-settings.ts';
import { descriptorBudget, descriptorLimit } from './descriptor-budget.ts';
import { Draining } from './draining.ts';
import { LimitsFile } from './limits-file.ts';
import { openListeners, type ListeningParts, type OpenListener } from './listening.ts';
import type { Listener } from './net/listener.ts';
import { availableMemory, memoryBudget } from './memory-budget.ts';
import { processGate, type ProcessGate } from './net/process-gate.ts';
import { clock, processPorts } from './ports.ts';
import { collectLosses, collectStatus, collectWalMode, createProbe } from './probe.ts';
import { probeWalMode, type WalMode } from './storage/wal-file.ts';
import { removeRunFile, writeRunFile } from './run-file.ts';
import { startWithin } from './start-within.ts';
import { SlowRequests } from './slow-requests.ts';

/** Time for clients to take the answers that say that the volume failed. */
const LAST_ANSWERS_MS_MAX = 1000;
/** How long a stopping broker may take to write what it holds before the process ends anyway. */
const STOP_MS_MAX = 10_000;

export interface RunningBroker {
  readonly clusterId: string;
  /** `PROTOCOL://host:port` of each listener, with the real ports. */
  readonly addresses: readonly string[];
  readonly adminUrl: string;
  /** Stops in order: no new clients, what is in work answered, connections ended, everything written. */
  stop(): Promise<void>;
  /** Ends the time in which a stopping broker answers. */
  cut(): void;
}

/** What was opened so far, closed in reverse when the start fails or the broker stops. */
class Opened {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

/**
 * Starts a broker: ports first, then the folder's lock, then the data, so that what cannot be had is thrown
 * as one AppError before anything of the cluster is touched. `onFailure` is called once if a serving broker
 * loses its volume.
 */
export async function startBrokerProcess(
  config: BrokerConfig,
  onFailure: (error: AppError) => void,
): Promise<RunningBroker> {
  const opened = new Opened();
  try {
    return await start(config, opened, onFailure);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function start(
  config: BrokerConfig,
  opened: Opened,
  onFailure: (error: AppError) => void,
): Promise<RunningBroker> {
  const settings = config.process;
  const credentialsFile = settings['bootstrap.credentials.file'];
  const credentials =
    credentialsFile === undefined ? [] : readBootstrapCredentials(credentialsFile);
  const { log, ports, registry } = reportsOf(settings);
  const memory = availableMemory();
  const budget = memoryBudget(memory, queuedBytesOf(config));
  const descriptors = descriptorBudget(descriptorLimit());

  const reports = { log, registry, budget };
  const { entrance, open, source } = await listen(config, opened, { ...reports, descriptors });
  const listeners = open.map(({ listener }) => listener);
  const addresses = open.map(({ address }) => address);

  const folder = await takeDataFolder(settings, opened);
  if (!installNativeCrc32c()) log.warn({}, 'native CRC32C is missing: checksums take longer');

  const walMode = probeWalMode(folder.path);
  log.info({ memory, ...budget }, 'what memory is used for at most');
  log.info(descriptors, 'how many files and connections may be open');
  log.info({ mode: walMode, durability: settings.durability }, 'how records are made durable');
  const limits = openLimits(settings['limits.file'], log, opened);
  const broker = new Broker(
    brokerOptions({
      config,
      listeners: open,
      folder,
      credentials,
      ports,
      walMode,
      budget,
      limits: () => limits.current,
      openFilesMax: descriptors.openFiles,
      onFailure: (error) => sendLastAnswers(listeners, () => onFailure(error)),
    }),
  );
  entrance.limitBy(broker);
  await startWithin(broker, numberOf(config, 'server.max.startup.time.ms'));
  opened.add(() => shutDown(broker, log));
  source.follow(broker.services.configs);
  collect(registry, { broker, listeners, walMode });

  const incarnationId = uuidFromBytes(randomBytes(16));
  const identity = { clusterId: folder.clusterId, nodeId: folder.nodeId, incarnationId };
  const admin = await startAdminServer({
    ...parseHostPort(settings['admin.listener'], 'admin.listener'),
    registry,
    readiness: () => ({ ...readinessOf(broker, identity), walMode, limits: limits.current }),
    reports: { '/usage': () => ({ ...identity, load: eventLoopLoad(), ...broker.usageReport() }) },
  });
  opened.add(() => admin.close());
  for (const listener of listeners) listener.serve(broker);
  publishRunFile(settings['run.file'], opened, {
    ...identity,
    listeners: Object.fromEntries(
      addresses.map(({ name, host, port }) => [name, `${host}:${port}`]),
    ),
    adminUrl: admin.url,
  });
  const draining = new Draining(broker, { log, timeoutMs: settings['shutdown.drain.ms'] });
  return {
    clusterId: folder.clusterId,
    addresses: addresses.map(({ name, host, port }) => `${name}://${host}:${port}`),
    adminUrl: admin.url,
    stop: () => stop(listeners, draining, opened),
    cut: () => draining.cut(),
  };
}

/** Milliseconds since the start that the event loop worked and that it waited. */
function eventLoopLoad(): { readonly busyMs: number; readonly idleMs: number } {
  const { active, idle } = performance.eventLoopUtilization();
  return { busyMs: Math.round(active), idleMs: Math.round(idle) };
}

function collect(
  registry: ReturnType<typeof createRegistry>,
  from: { broker: Broker; listeners: readonly Listener[]; walMode: WalMode },
): void {
  collectStatus(registry, () => from.broker.status());
  collectWalMode(registry, from.walMode);
  collectLosses(registry, from.listeners);
}

function openLimits(path: string | undefined, log: Log, opened: Opened): LimitsFile {
  const limits = new LimitsFile(path, log);
  opened.add(() => limits.close());
  return limits;
}

async function stop(
  listeners: readonly Listener[],
  draining: Draining,
  opened: Opened,
): Promise<void> {
  for (const listener of listeners) listener.stopAccepting();
  await draining.run();
  await opened.close();
}

/** Makes or takes the data folder, for this process alone. */
async function takeDataFolder(
  settings: BrokerConfig['process'],
  opened: Opened,
): Promise<DataFolder> {
  const path = settings['log.dir'];
  prepareDataFolder(path);
  const lock = await lockFolder(path, 'broker');
  opened.add(() => lock.release());
  return openDataFolder({
    path,
    nodeId: settings['node.id'],
    clusterId: settings['cluster.id'],
  });
}

/** Log and metrics, and the ports that write them. */
function reportsOf(settings: BrokerConfig['process']): {
  readonly log: ReturnType<typeof createLog>;
  readonly registry: ReturnType<typeof createRegistry>;
  readonly ports: BrokerPorts;
} {
  const log = createLog({ component: 'broker', level: settings['log.level'] });
  const registry = createRegistry('broker');
  const slow = new SlowRequests({
    log,
    thresholdMs: settings['slow.request.log.ms'],
    nowMs: () => clock.monotonicMs(),
  });
  return { log, registry, ports: processPorts(log, createProbe(registry, slow)) };
}

async function listen(
  config: BrokerConfig,
  opened: Opened,
  reports: Pick<ListeningParts, 'log' | 'registry' | 'budget' | 'descriptors'>,
): Promise<{ entrance: ProcessGate; source: SettingSource; open: readonly OpenListener[] }> {
  const entrance = processGate(config, reports.descriptors.connections);
  const source = new SettingSource(config.listeners);
  const parts = { ...reports, source, gate: entrance.gate };
  const open = await openListeners(config, parts, ({ close }) => opened.add(close));
  return { entrance, open, source };
}

/** Lets what was answered reach its clients, so that they learn of a failed volume from it. */
function sendLastAnswers(listeners: readonly Listener[], done: () => void): void {
  for (const listener of listeners) listener.stopAccepting();
  const endMs = performance.now() + LAST_ANSWERS_MS_MAX;
  const timer = setInterval(() => {
    const isUnsent = listeners.some(({ unsentBytes }) => unsentBytes > 0);
    if (isUnsent && performance.now() < endMs) return;
    clearInterval(timer);
    done();
  }, LAST_ANSWERS_MS_MAX / 50);
}

function readinessOf(
  broker: Broker,
  identity: object,
): { ready: boolean } & Record<string, unknown> {
  const { state, failure, isProducePaused, diskSpace, leaderEpoch } = broker.status();
  return {
    ready: state === 'running',
    state,
    ...identity,
    leaderEpoch,
    isProducePaused,
    diskSpace,
    ...(failure !== undefined && { failure: failure.message }),
  };
}

function publishRunFile(
  path: string | undefined,
  opened: Opened,
  state: Parameters<typeof writeRunFile>[1],
): void {
  if (path === undefined) return;
  writeRunFile(path, state);
  opened.add(() => removeRunFile(path));
}

function shutDown(broker: Broker, log: Log): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      log.warn({ afterMs: STOP_MS_MAX }, 'not all is written to segments: the next start does it');
      resolve();
    }, STOP_MS_MAX);
    broker.shutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
