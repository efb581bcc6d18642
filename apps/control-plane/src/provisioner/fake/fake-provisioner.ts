import {
  limitDifferences,
  type BrokerLimits,
  type BrokerState,
  type ObservedBroker,
  type ObservedLimits,
} from '@weirhouse/cloud-plan';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type {
  BrokerPorts,
  BrokerRef,
  BrokerSpec,
  ExpectedBroker,
  Provisioner,
} from '../provisioner.ts';
import { NO_FAULTS, type FaultPlan } from './faults.ts';

interface FakeProcess {
  readonly ports: BrokerPorts;
  readonly zone: string;
  /** How often it was looked at; it is ready at the second look. */
  looks: number;
  /** What it has taken; it takes what it was told between two looks. */
  limits: BrokerLimits;
}

const PORTS = { from: 9_092, count: 400 } as const;

/** For specs: brokers in memory that outlive any reconciler, as real ones do, with faults on demand. */
export class FakeProvisioner implements Provisioner {
  readonly processes = new Map<string, FakeProcess>();
  readonly data = new Set<string>();
  /** What each broker was told to hold itself to. */
  readonly told = new Map<string, BrokerLimits>();
  readonly crashed = new Map<string, { readonly count: number; readonly atMs: number }>();
  readonly takenPorts = new Set<number>();
  readonly removals: string[] = [];
  starts = 0;
  faults: FaultPlan = NO_FAULTS;
  listener: ((clusterId: string) => void) | undefined;
  /** Runs before data is removed; rejects when that must not be. */
  guardRemoval: (clusterId: string) => Promise<void> = () => Promise.resolve();

  async choosePorts(used: ReadonlySet<number>): Promise<BrokerPorts> {
    await this.faults.before('choosePorts');
    const free = Array.from({ length: PORTS.count }, (_, index) => PORTS.from + index).filter(
      (port) => !used.has(port) && !this.takenPorts.has(port),
    );
    const [clientPort, adminPort] = free;
    if (clientPort === undefined || adminPort === undefined)
      throw new AppError('quota_exceeded', 'no two free ports are left');
    return { host: '127.0.0.1', clientPort, adminPort };
  }

  async ensureBroker(spec: BrokerSpec): Promise<void> {
    await this.faults.before('ensureBroker');
    const key = keyOf(spec);
    this.data.add(key);
    this.told.set(key, spec.limits);
    if (this.processes.has(key)) return;
    if (this.takenPorts.has(spec.ports.clientPort))
      throw new AppError('failed_precondition', `port ${spec.ports.clientPort} is in use`);
    this.starts += 1;
    this.crashed.delete(key);
    const { limits, ports, zone } = spec;
    this.processes.set(key, { ports, zone, limits, looks: 0 });
    await this.faults.after('ensureBroker');
  }

  async applyLimits(ref: BrokerRef, limits: BrokerLimits): Promise<void> {
    await this.faults.before('applyLimits');
    if (this.data.has(keyOf(ref))) this.told.set(keyOf(ref), limits);
    await this.faults.after('applyLimits');
  }

  async observe(
    clusterId: string,
    expected: readonly ExpectedBroker[],
  ): Promise<readonly ObservedBroker[]> {
    await this.faults.before('observe').catch(() => undefined);
    const byId = new Map(expected.map((broker) => [broker.nodeId, broker]));
    const found = [...this.data]
      .filter((key) => key.startsWith(`${clusterId}/`))
      .map((key) => Number(key.split('/')[1]));
    return [...new Set([...byId.keys(), ...found])].map((nodeId) =>
      this.#observe(clusterId, byId.get(nodeId) ?? { nodeId, ports: undefined, wanted: undefined }),
    );
  }

  async stop(ref: BrokerRef): Promise<void> {
    await this.faults.before('stop');
    this.processes.delete(keyOf(ref));
    await this.faults.after('stop');
  }

  async remove(ref: BrokerRef): Promise<void> {
    await this.faults.before('remove');
    const key = keyOf(ref);
    if (this.processes.has(key))
      throw new AppError('failed_precondition', `broker ${ref.nodeId} still runs; stop it first`);
    await this.guardRemoval(ref.clusterId);
    if (this.data.delete(key)) this.removals.push(key);
    this.told.delete(key);
    this.crashed.delete(key);
    await this.faults.after('remove');
  }

  async removeCluster(clusterId: string): Promise<void> {
    await this.faults.before('removeCluster');
    const broker = [...this.data.keys()].find((key) => key.startsWith(`${clusterId}/`));
    if (broker !== undefined)
      throw new AppError('failed_precondition', `broker ${broker} is still there`);
    await this.faults.after('removeCluster');
  }

  stopAll(): Promise<void> {
    this.processes.clear();
    return Promise.resolve();
  }

  onChange(listener: (clusterId: string) => void): () => void {
    this.listener = listener;
    return () => {
      this.listener = undefined;
    };
  }

  close(): void {
    this.listener = undefined;
  }

  /** Ends a process that nobody asked to end. */
  crash(ref: BrokerRef, atMs: number): void {
    const key = keyOf(ref);
    assert(this.processes.delete(key), 'only a running broker crashes');
    this.crashed.set(key, { count: (this.crashed.get(key)?.count ?? 0) + 1, atMs });
    this.listener?.(ref.clusterId);
  }

  #observe(clusterId: string, expected: ExpectedBroker): ObservedBroker {
    const { nodeId, ports, wanted } = expected;
    const key = keyOf({ clusterId, nodeId });
    const isTaken = ports && this.takenPorts.has(ports.clientPort);
    const process = this.processes.get(key);
    const broker = {
      nodeId,
      ports: ports ? (isTaken && !process ? 'taken' : 'allocated') : 'unallocated',
      dataPresent: this.data.has(key),
      settings: isOutdated(process, expected) ? 'outdated' : 'current',
    } as const;
    const unknown = { kind: 'unknown' } as const;
    if (this.faults.isBlind())
      return { ...broker, state: { kind: 'unknown', reason: 'no answer' }, limits: unknown };
    const state = this.#stateOf(key, process);
    const limits = state.kind === 'ready' && wanted ? this.#limitsOf(key, wanted.limits) : unknown;
    return { ...broker, state, limits };
  }

  #stateOf(key: string, process: FakeProcess | undefined): BrokerState {
    if (process === undefined) {
      const crash = this.crashed.get(key);
      if (crash === undefined) return { kind: 'absent' };
      const { atMs, count } = crash;
      return { kind: 'crashed', restartCount: count, lastExitMs: atMs, exitCode: undefined };
    }
    process.looks += 1;
    if (this.faults.isLying()) return { kind: 'starting' };
    return process.looks < 2
      ? { kind: 'starting' }
      : { kind: 'ready', incarnationId: `i-${key}-${this.starts}` };
  }

  #limitsOf(key: string, wanted: BrokerLimits): ObservedLimits {
    const process = this.processes.get(key);
    const told = this.told.get(key);
    assert(process !== undefined && told !== undefined, 'a ready broker was told its limits');
    const differences = limitDifferences(told, wanted);
    if (differences.length > 0) return { kind: 'outdated', differences };
    const isTaken = process.limits === told;
    process.limits = told;
    return { kind: isTaken ? 'current' : 'pending' };
  }
}

function isOutdated(process: FakeProcess | undefined, { ports, wanted }: ExpectedBroker): boolean {
  if (!process || !ports || !wanted) return false;
  return process.zone !== wanted.zone || process.ports.clientPort !== ports.clientPort;
}

function keyOf({ clusterId, nodeId }: BrokerRef): string {
  return `${clusterId}/${nodeId}`;
}
