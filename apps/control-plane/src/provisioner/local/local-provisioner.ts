import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { BrokerLimits, BrokerState, ObservedBroker } from '@weirhouse/cloud-plan';
import { AppError, isAppError, type Clock, type Log, type Timers } from '@weirhouse/shared-kernel';
import type {
  BrokerPorts,
  BrokerRef,
  BrokerSpec,
  ExpectedBroker,
  Provisioner,
} from '../provisioner.ts';
import { intentOf, limitsState, settingsState } from './intent.ts';
import { boundLog, launchBroker, writeBrokerFiles, type BrokerProgram } from './launch.ts';
import {
  brokerFiles,
  clusterFolder,
  listClusterIds,
  listNodeIds,
  makeFolder,
  storageError,
  writeJson,
  type BrokerFiles,
} from './layout.ts';
import { choosePorts, isPortFree, type PortRange } from './ports.ts';
import { findProcess, isAlive, signalProcess, type ProcessIdentity } from './process-identity.ts';
import {
  findLiveProcess,
  readProcessRecord,
  readRunRecord,
  recordExit,
  recordLaunch,
  recordStart,
  recordStopRequest,
} from './process-record.ts';
import { probeReadiness } from './readiness.ts';

/** How often processes that are not our children are looked at: they send no exit event. */
const WATCH_INTERVAL_MS = 1_000;

/** How often a process that was told to end is looked at. */
const STOP_POLL_MS = 20;

/** A broker hands over and flushes in this time; after it the process is killed. */
const STOP_DEADLINE_MS = 20_000;

/** The kernel ends a killed process in this time unless its disk hangs. */
const KILL_DEADLINE_MS = 5_000;

export interface LocalProvisionerOptions {
  /** Brokers live in `<stateFolder>/clusters/<cluster>/<node>`. */
  readonly stateFolder: string;
  readonly portRange: PortRange;
  readonly program: BrokerProgram;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Loopback unless told otherwise. */
  readonly host?: string;
  /** How long a broker may take to end by itself. */
  readonly stopDeadlineMs?: number;
}

/** Brokers as detached child processes of this machine that outlive the control plane. */
export class LocalProvisioner implements Provisioner {
  readonly #options: LocalProvisionerOptions;
  readonly #host: string;
  readonly #listeners = new Set<(clusterId: string) => void>();
  readonly #children = new Map<number, ChildProcess>();
  #cancelWatch: (() => void) | undefined;
  #closed = false;

  constructor(options: LocalProvisionerOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.#scheduleWatch();
  }

  choosePorts(used: ReadonlySet<number>): Promise<BrokerPorts> {
    return choosePorts(this.#host, this.#options.portRange, used);
  }

  async ensureBroker(spec: BrokerSpec): Promise<void> {
    const files = this.#files(spec);
    makeFolder(files.data);
    writeBrokerFiles(files, spec);
    if (findLiveProcess(files)) return;
    await this.#requireFreePorts(spec.ports);
    recordLaunch(files, intentOf(spec.ports, spec.zone));
    const child = launchBroker(this.#options.program, files);
    const identity = requireIdentity(child);
    recordStart(files, identity, this.#options.clock.wallMs());
    this.#adoptChild(spec, child, identity.pid);
    this.#options.log.info(
      { clusterId: spec.clusterId, nodeId: spec.nodeId, pid: identity.pid },
      'broker started',
    );
  }

  applyLimits(ref: BrokerRef, limits: BrokerLimits): Promise<void> {
    const files = this.#files(ref);
    if (fs.existsSync(files.folder)) writeJson(files.limits, limits);
    return Promise.resolve();
  }

  async observe(
    clusterId: string,
    expected: readonly ExpectedBroker[],
  ): Promise<readonly ObservedBroker[]> {
    const byId = new Map(expected.map((broker) => [broker.nodeId, broker]));
    let found: readonly number[] = [];
    let failure: string | undefined;
    try {
      found = listNodeIds(this.#options.stateFolder, clusterId);
    } catch (error) {
      failure = describeFailure(error);
    }
    const nodeIds = [...new Set([...byId.keys(), ...found])].toSorted((a, b) => a - b);
    return Promise.all(
      nodeIds.map(async (nodeId) => {
        const broker = byId.get(nodeId) ?? { nodeId, ports: undefined, wanted: undefined };
        if (failure !== undefined) return unknownBroker(broker, failure);
        return this.#observeBroker(clusterId, broker);
      }),
    );
  }

  async stop(ref: BrokerRef): Promise<void> {
    const files = this.#files(ref);
    const identity = findLiveProcess(files);
    if (!identity) return;
    recordStopRequest(files, identity);
    signalProcess(identity.pid, 'SIGTERM');
    const deadlineMs = this.#options.stopDeadlineMs ?? STOP_DEADLINE_MS;
    if (await this.#waitForEnd(identity, deadlineMs)) return;
    this.#options.log.warn({ ...ref, pid: identity.pid, deadlineMs }, 'broker killed');
    // The whole group: the broker leads it, and nothing else is in it.
    signalProcess(-identity.pid, 'SIGKILL');
    signalProcess(identity.pid, 'SIGKILL');
    if (await this.#waitForEnd(identity, KILL_DEADLINE_MS)) return;
    throw new AppError('timeout', `broker ${ref.nodeId} does not end`, {
      detail: `pid ${identity.pid} survived SIGKILL for ${KILL_DEADLINE_MS} ms`,
    });
  }

  async remove(ref: BrokerRef): Promise<void> {
    const files = this.#files(ref);
    if (findLiveProcess(files))
      throw new AppError('failed_precondition', `broker ${ref.nodeId} still runs; stop it first`);
    try {
      await fs.promises.rm(files.folder, { recursive: true, force: true });
    } catch (error) {
      throw storageError(files.folder, error);
    }
    this.#options.log.info({ ...ref }, 'broker data removed');
  }

  async removeCluster(clusterId: string): Promise<void> {
    const { stateFolder } = this.#options;
    const [nodeId] = listNodeIds(stateFolder, clusterId);
    if (nodeId !== undefined)
      throw new AppError('failed_precondition', `broker ${nodeId} of the cluster is still there`);
    const folder = clusterFolder(stateFolder, clusterId);
    try {
      await fs.promises.rm(folder, { recursive: true, force: true });
    } catch (error) {
      throw storageError(folder, error);
    }
  }

  async stopAll(): Promise<void> {
    const { stateFolder } = this.#options;
    const brokers = listClusterIds(stateFolder).flatMap((clusterId) =>
      listNodeIds(stateFolder, clusterId).map((nodeId) => ({ clusterId, nodeId })),
    );
    await Promise.all(brokers.map((ref) => this.stop(ref)));
  }

  onChange(listener: (clusterId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#cancelWatch?.();
    for (const child of this.#children.values()) child.removeAllListeners('exit');
    this.#children.clear();
    this.#listeners.clear();
  }

  async #observeBroker(clusterId: string, expected: ExpectedBroker): Promise<ObservedBroker> {
    const { nodeId, ports } = expected;
    try {
      const files = this.#files({ clusterId, nodeId });
      const { limits, state } = await this.#observeProcess(files);
      const running = state.kind !== 'absent' && state.kind !== 'crashed';
      return {
        nodeId,
        ports: await this.#portState(ports, running),
        dataPresent: fs.existsSync(files.folder),
        state,
        settings: running ? settingsState(files, expected) : 'current',
        limits: limitsState(files, expected, limits),
      };
    } catch (error) {
      return unknownBroker(expected, describeFailure(error));
    }
  }

  async #observeProcess(
    files: BrokerFiles,
  ): Promise<{ readonly state: BrokerState; readonly limits?: unknown }> {
    const identity = findLiveProcess(files);
    if (!identity) return { state: this.#observeEnd(files) };
    this.#noteAdoption(files, identity);
    const run = readRunRecord(files);
    const isItsOwn = run?.pid === identity.pid && run.processStartTicks === identity.startTicks;
    if (!isItsOwn) return { state: { kind: 'starting' } };
    const { limits, state } = await probeReadiness(run);
    if (state === 'ready')
      return { state: { kind: 'ready', incarnationId: run.incarnationId }, limits };
    if (state === 'starting') return { state: { kind: 'starting' } };
    return { state: isAlive(identity) ? { kind: 'unresponsive' } : this.#observeEnd(files) };
  }

  /** A process that was started but never noted counts from now on, so that its end is a crash. */
  #noteAdoption(files: BrokerFiles, identity: ProcessIdentity): void {
    const record = readProcessRecord(files);
    if (record && record.state !== 'launching') return;
    recordStart(files, identity, this.#options.clock.wallMs());
    this.#options.log.info({ pid: identity.pid }, 'broker adopted');
  }

  #observeEnd(files: BrokerFiles): BrokerState {
    const before = readProcessRecord(files);
    if (!before) return { kind: 'absent' };
    // Our own child: its exit event follows and knows the exit code.
    if (before.state === 'running' && this.#children.has(before.pid)) return { kind: 'starting' };
    const nowMs = this.#options.clock.wallMs();
    const record = recordExit(files, { pid: before.pid, code: null, nowMs });
    if (record?.state !== 'exited') return { kind: 'absent' };
    return {
      kind: 'crashed',
      restartCount: record.exitCount,
      lastExitMs: record.lastExitMs,
      exitCode: record.lastExitCode ?? undefined,
    };
  }

  async #portState(
    ports: BrokerPorts | undefined,
    running: boolean,
  ): Promise<ObservedBroker['ports']> {
    if (!ports) return 'unallocated';
    if (running) return 'allocated';
    return (await this.#findTakenPort(ports)) === undefined ? 'allocated' : 'taken';
  }

  async #requireFreePorts(ports: BrokerPorts): Promise<void> {
    const taken = await this.#findTakenPort(ports);
    if (taken !== undefined)
      throw new AppError('failed_precondition', `port ${taken} is used by another process`);
  }

  async #findTakenPort(ports: BrokerPorts): Promise<number | undefined> {
    for (const port of [ports.clientPort, ports.adminPort])
      if (!(await isPortFree(ports.host, port))) return port;
    return undefined;
  }

  #adoptChild(ref: BrokerRef, child: ChildProcess, pid: number): void {
    this.#children.set(pid, child);
    child.once('exit', (code) => {
      this.#children.delete(pid);
      this.#noteExit(ref, pid, code);
    });
  }

  #noteExit(ref: BrokerRef, pid: number, code: number | null): void {
    const { clock, log } = this.#options;
    try {
      const files = this.#files(ref);
      // A removed folder must not come back with a record in it.
      if (!fs.existsSync(files.folder)) return;
      const record = recordExit(files, { pid, code, nowMs: clock.wallMs() });
      if (record?.state === 'exited' && record.pid === pid)
        log.warn({ ...ref, pid, code, exits: record.exitCount }, 'broker exited');
    } catch (error) {
      log.error({ ...ref, pid, error }, 'exit of a broker could not be recorded');
    }
    this.#emit(ref.clusterId);
  }

  async #waitForEnd(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
    const { clock, timers } = this.#options;
    const endMs = clock.monotonicMs() + deadlineMs;
    while (isAlive(identity)) {
      if (clock.monotonicMs() >= endMs) return false;
      await new Promise<void>((resolve) => {
        timers.after(STOP_POLL_MS, resolve);
      });
    }
    return true;
  }

  #scheduleWatch(): void {
    if (this.#closed) return;
    this.#cancelWatch = this.#options.timers.after(WATCH_INTERVAL_MS, () => {
      this.#watch();
      this.#scheduleWatch();
    });
  }

  /** Notices the end of adopted processes and keeps the logs bounded. */
  #watch(): void {
    const { stateFolder, log } = this.#options;
    try {
      for (const clusterId of listClusterIds(stateFolder))
        for (const nodeId of listNodeIds(stateFolder, clusterId))
          this.#watchBroker({ clusterId, nodeId });
    } catch (error) {
      log.warn({ error }, 'brokers could not be watched');
    }
  }

  #watchBroker(ref: BrokerRef): void {
    const files = this.#files(ref);
    boundLog(files);
    const record = readProcessRecord(files);
    if (record?.state !== 'running' || this.#children.has(record.pid) || isAlive(record)) return;
    // Who looks after the cluster notes the end when it looks; this may be another process.
    this.#emit(ref.clusterId);
  }

  #emit(clusterId: string): void {
    for (const listener of this.#listeners) listener(clusterId);
  }

  #files(ref: BrokerRef): BrokerFiles {
    return brokerFiles(path.resolve(this.#options.stateFolder), ref);
  }
}

function requireIdentity(child: ChildProcess): ProcessIdentity {
  const pid = child.pid ?? 0;
  // A child that is already gone is a zombie until its exit event: its start time does not matter.
  return findProcess(pid) ?? { pid, startTicks: 0 };
}

function unknownBroker({ nodeId, ports }: ExpectedBroker, reason: string): ObservedBroker {
  return {
    nodeId,
    ports: ports ? 'allocated' : 'unallocated',
    dataPresent: true,
    state: { kind: 'unknown', reason: `broker ${nodeId} cannot be observed: ${reason}` },
    settings: 'current',
    limits: { kind: 'unknown' },
  };
}

function describeFailure(error: unknown): string {
  return isAppError(error) ? error.message : 'the state folder cannot be read';
}
