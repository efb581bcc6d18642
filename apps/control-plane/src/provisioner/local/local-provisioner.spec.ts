import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { plan, type BrokerState, type ObservedBroker } from '@weirhouse/cloud-plan';
import { Secret, type Log } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerPorts, BrokerSpec } from '../provisioner.ts';
import { LOG_BYTES_MAX } from './launch.ts';
import { describeProvisioner } from '../../testing/provisioner-contract.ts';
import { LocalProvisioner } from './local-provisioner.ts';

const FAKE_BROKER = fileURLToPath(new URL('./fake-broker.mjs', import.meta.url));
const REF = { clusterId: 'lkc-abc123', nodeId: 1 };
const LIMITS = {
  partitions: 10,
  connections: 20,
  ingressBytesPerSecond: 1_000,
  egressBytesPerSecond: 3_000,
  storageBytes: 5_000,
};
const PASSWORD = 'correct horse battery staple';
const WAIT_MS = 15_000;

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Wall time that a test moves; the rest of the clock and the timers are real. */
class MovableClock {
  offsetMs = 0;

  wallMs(): number {
    return Date.now() + this.offsetMs;
  }

  monotonicMs(): number {
    return performance.now();
  }
}

const timers = {
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

let stateFolder: string;
let clock: MovableClock;
let provisioner: LocalProvisioner;
let opened: LocalProvisioner[];

function openProvisioner(flags: readonly string[] = [], stopDeadlineMs = 10_000): LocalProvisioner {
  const created = new LocalProvisioner({
    stateFolder,
    portRange: { from: 29_500, to: 29_560 },
    program: {
      command: process.execPath,
      args: [FAKE_BROKER, ...flags],
      environment: { ...process.env, WEIRHOUSE_MASTER_KEY_FILE: 'secret' },
    },
    clock,
    timers,
    log: quiet,
    stopDeadlineMs,
  });
  opened.push(created);
  return created;
}

function spec(ports: BrokerPorts): BrokerSpec {
  return {
    ...REF,
    ports,
    zone: 'a',
    limits: LIMITS,
    controlUser: { name: 'weirhouse-control', password: new Secret(PASSWORD) },
  };
}

async function look(ports: BrokerPorts | undefined): Promise<ObservedBroker> {
  const [broker] = await provisioner.observe(REF.clusterId, [
    { nodeId: 1, ports, wanted: { zone: 'a', limits: LIMITS } },
  ]);
  if (!broker) throw new Error('the broker was not observed');
  return broker;
}

async function waitFor(ports: BrokerPorts, kind: BrokerState['kind']): Promise<ObservedBroker> {
  const endMs = Date.now() + WAIT_MS;
  for (;;) {
    const broker = await look(ports);
    if (broker.state.kind === kind) return broker;
    if (Date.now() > endMs) throw new Error(`still ${broker.state.kind}, not ${kind}`);
    await sleep(20);
  }
}

async function startReady(): Promise<BrokerPorts> {
  const ports = await provisioner.choosePorts(new Set());
  await provisioner.ensureBroker(spec(ports));
  await waitFor(ports, 'ready');
  return ports;
}

function file(name: string): string {
  return path.join(stateFolder, 'clusters', REF.clusterId, '1', name);
}

function starts(): readonly string[] {
  return fs.readFileSync(file('data/starts'), 'utf8').trim().split('\n');
}

function runningPid(): number {
  return Number(JSON.parse(fs.readFileSync(file('process.json'), 'utf8')).pid);
}

beforeEach(() => {
  stateFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'provisioner-'));
  clock = new MovableClock();
  opened = [];
  provisioner = openProvisioner();
});

afterEach(async () => {
  const last = openProvisioner([], 10);
  await last.stopAll();
  for (const created of opened) created.close();
  fs.rmSync(stateFolder, { recursive: true, force: true });
});

describeProvisioner('the local machine', () => ({
  provisioner,
  reopen: () => {
    provisioner.close();
    provisioner = openProvisioner();
    return provisioner;
  },
  close: () => Promise.resolve(),
}));

describe('LocalProvisioner', () => {
  it('starts a broker that becomes ready, and a second call starts no second one', async () => {
    const ports = await provisioner.choosePorts(new Set());
    expect(await look(undefined)).toMatchObject({
      ports: 'unallocated',
      dataPresent: false,
      state: { kind: 'absent' },
    });
    await provisioner.ensureBroker(spec(ports));
    await provisioner.ensureBroker(spec(ports));
    const broker = await waitFor(ports, 'ready');
    expect(broker).toMatchObject({ ports: 'allocated', dataPresent: true });
    await provisioner.ensureBroker(spec(ports));
    expect(starts()).toHaveLength(1);
  });

  it('gives the password by a private file, never by argument or environment', async () => {
    await startReady();
    expect(fs.statSync(file('credentials.json')).mode & 0o777).toBe(0o600);
    expect(fs.statSync(file('broker.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(fs.readFileSync(file('credentials.json'), 'utf8'))).toEqual({
      users: [{ name: 'weirhouse-control', password: PASSWORD }],
    });
    const pid = runningPid();
    const commandLine = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    expect(commandLine.slice(2)).toEqual(['--config', file('broker.json'), '']);
    const environment = fs.readFileSync(`/proc/${pid}/environ`, 'latin1');
    expect(environment).not.toContain('WEIRHOUSE_MASTER_KEY_FILE');
    expect(fs.readFileSync(file('broker.json'), 'utf8')).not.toContain(PASSWORD);
  });

  it('puts the broker in a process group of its own', async () => {
    await startReady();
    const pid = runningPid();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const processGroup = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
    expect(Number(processGroup)).toBe(pid);
  });

  it('adopts the running broker after the control plane was replaced', async () => {
    const ports = await startReady();
    const before = await look(ports);
    provisioner.close();
    provisioner = openProvisioner();
    expect(await look(ports)).toEqual(before);
    await provisioner.ensureBroker(spec(ports));
    expect(starts()).toHaveLength(1);
  });

  it('adopts by the broker’s own word when the control plane died before it took a note', async () => {
    const ports = await startReady();
    fs.rmSync(file('process.json'));
    provisioner.close();
    provisioner = openProvisioner();
    expect((await look(ports)).state.kind).toBe('ready');
    await provisioner.ensureBroker(spec(ports));
    await provisioner.stop(REF);
    expect((await look(ports)).state.kind).toBe('absent');
    expect(starts()).toHaveLength(1);
  });

  it('finds a broker that it had started but not noted when it died', async () => {
    const ports = await startReady();
    const pid = runningPid();
    const record = JSON.parse(fs.readFileSync(file('process.json'), 'utf8'));
    const launching = { ...record, state: 'launching', pid: 0, startTicks: 0 };
    fs.writeFileSync(file('process.json'), JSON.stringify(launching));
    const run = fs.readFileSync(file('run.json'));
    fs.rmSync(file('run.json'));
    provisioner.close();
    provisioner = openProvisioner();
    expect(await look(ports)).toMatchObject({ ports: 'allocated', state: { kind: 'starting' } });
    await provisioner.ensureBroker(spec(ports));
    expect(starts()).toEqual([String(pid)]);
    fs.writeFileSync(file('run.json'), run);
    await waitFor(ports, 'ready');
    process.kill(pid, 'SIGKILL');
    await waitFor(ports, 'crashed');
  });

  it('does not take another process with the same pid for the broker', async () => {
    const ports = await startReady();
    await provisioner.stop(REF);
    const stranger = { pid: process.pid, startTicks: 1, processStartTicks: 1, state: 'running' };
    for (const name of ['process.json', 'run.json']) {
      const record = fs.existsSync(file(name))
        ? JSON.parse(fs.readFileSync(file(name), 'utf8'))
        : {};
      fs.writeFileSync(file(name), JSON.stringify({ ...record, ...stranger }));
    }
    expect((await look(ports)).state.kind).toBe('crashed');
    await provisioner.remove(REF);
    expect(fs.existsSync(file('.'))).toBe(false);
  });

  it('notices a killed broker, tells the reconciler, and has the plan restart it after a pause', async () => {
    const ports = await startReady();
    const changed = new Promise<string>((resolve) => {
      provisioner.onChange(resolve);
    });
    process.kill(runningPid(), 'SIGKILL');
    expect(await changed).toBe(REF.clusterId);
    const crashed = await waitFor(ports, 'crashed');
    expect(crashed.state).toMatchObject({ restartCount: 1, exitCode: undefined });
    const desired = {
      generation: 1,
      settledGeneration: 1,
      deletionRequested: false,
      brokers: [{ nodeId: 1, zone: 'a' }],
      retired: [],
      paused: false,
      maintenance: undefined,
      driftPolicy: 'correct' as const,
      credentials: [],
      acls: [],
      quotas: [],
      topics: [],
    };
    const observed = {
      brokers: [crashed],
      contents: { kind: 'unknown', reason: 'down' },
      conditions: [],
      phase: 'PROVISIONED',
    } as const;
    const early = plan({ desired, observed, nowMs: clock.wallMs() - 400 });
    expect(early.actions).toEqual([]);
    const late = plan({ desired, observed, nowMs: clock.wallMs() + 500 });
    expect(late.actions).toEqual([{ kind: 'startBroker', nodeId: 1 }]);
    await provisioner.ensureBroker(spec(ports));
    await waitFor(ports, 'ready');
    expect(starts()).toHaveLength(2);
  });

  it('notices the end of an adopted broker, which is no child of ours', async () => {
    const ports = await startReady();
    provisioner.close();
    provisioner = openProvisioner();
    const changed = new Promise<string>((resolve) => {
      provisioner.onChange(resolve);
    });
    process.kill(runningPid(), 'SIGKILL');
    expect(await changed).toBe(REF.clusterId);
    expect((await look(ports)).state).toMatchObject({ kind: 'crashed', restartCount: 1 });
  });

  it('counts exits in a row with their code, also over a new control plane', async () => {
    const ports = await provisioner.choosePorts(new Set());
    for (const expected of [1, 2, 3]) {
      provisioner.close();
      provisioner = openProvisioner(['--exit=4']);
      await provisioner.ensureBroker(spec(ports));
      const crashed = await waitFor(ports, 'crashed');
      expect(crashed.state).toMatchObject({ restartCount: expected, exitCode: 4 });
    }
  });

  it('starts the count again after a healthy time', async () => {
    provisioner.close();
    provisioner = openProvisioner(['--exit=1']);
    const ports = await provisioner.choosePorts(new Set());
    await provisioner.ensureBroker(spec(ports));
    await waitFor(ports, 'crashed');
    provisioner.close();
    provisioner = openProvisioner();
    await provisioner.ensureBroker(spec(ports));
    await waitFor(ports, 'ready');
    clock.offsetMs += 60_000;
    process.kill(runningPid(), 'SIGKILL');
    expect((await waitFor(ports, 'crashed')).state).toMatchObject({ restartCount: 1 });
  });

  it('does not call an asked-for end a crash', async () => {
    const ports = await startReady();
    await provisioner.stop(REF);
    expect(await look(ports)).toMatchObject({ dataPresent: true, state: { kind: 'absent' } });
    await provisioner.stop(REF);
  });

  it('kills a broker that ignores the request to end', async () => {
    provisioner.close();
    provisioner = openProvisioner(['--ignore-sigterm'], 50);
    const ports = await startReady();
    await provisioner.stop(REF);
    expect((await look(ports)).state.kind).toBe('absent');
  });

  it('calls a broker starting until its readiness says so', async () => {
    provisioner.close();
    provisioner = openProvisioner(['--never-ready']);
    const ports = await provisioner.choosePorts(new Set());
    await provisioner.ensureBroker(spec(ports));
    const endMs = Date.now() + WAIT_MS;
    while (!fs.existsSync(file('run.json')) && Date.now() < endMs) await sleep(20);
    expect((await look(ports)).state.kind).toBe('starting');
  });

  it('calls a live broker that does not answer unresponsive, and still stops it', async () => {
    provisioner.close();
    provisioner = openProvisioner([], 50);
    const ports = await startReady();
    process.kill(runningPid(), 'SIGSTOP');
    expect((await look(ports)).state.kind).toBe('unresponsive');
    await provisioner.stop(REF);
    expect((await look(ports)).state.kind).toBe('absent');
  });

  it('reports a port that somebody else took, and offers the next one', async () => {
    const ports = await provisioner.choosePorts(new Set());
    const stranger = net.createServer();
    await new Promise<void>((resolve) => {
      stranger.listen(ports.clientPort, '127.0.0.1', resolve);
    });
    try {
      expect((await look(ports)).ports).toBe('taken');
      await expect(provisioner.ensureBroker(spec(ports))).rejects.toMatchObject({
        code: 'failed_precondition',
      });
      const next = await provisioner.choosePorts(new Set());
      expect(next.clientPort).not.toBe(ports.clientPort);
      const unused = await provisioner.choosePorts(new Set([next.clientPort, next.adminPort]));
      expect([unused.clientPort, unused.adminPort]).not.toContain(next.clientPort);
      expect(unused.adminPort).not.toBe(next.adminPort);
    } finally {
      stranger.close();
    }
  });

  it('says so when the range is used up', async () => {
    const used = new Set(Array.from({ length: 60 }, (_, index) => 29_500 + index));
    await expect(provisioner.choosePorts(used)).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  it('removes data only after the process is gone, and can do so again', async () => {
    const ports = await startReady();
    await expect(provisioner.remove(REF)).rejects.toMatchObject({ code: 'failed_precondition' });
    expect(fs.existsSync(file('data/starts'))).toBe(true);
    await provisioner.stop(REF);
    await provisioner.remove(REF);
    await provisioner.remove(REF);
    expect(await look(ports)).toMatchObject({ dataPresent: false, state: { kind: 'absent' } });
    await provisioner.removeCluster(REF.clusterId);
    await provisioner.removeCluster(REF.clusterId);
    expect(fs.existsSync(path.join(stateFolder, 'clusters', REF.clusterId))).toBe(false);
  });

  it('says unknown when the folder cannot be read', async () => {
    const ports = await provisioner.choosePorts(new Set());
    fs.mkdirSync(path.join(stateFolder, 'clusters'));
    fs.writeFileSync(path.join(stateFolder, 'clusters', REF.clusterId), 'not a folder');
    expect((await look(ports)).state.kind).toBe('unknown');
    fs.rmSync(path.join(stateFolder, 'clusters', REF.clusterId));
  });

  it('refuses a cluster id that leads out of the state folder', async () => {
    await expect(provisioner.remove({ clusterId: 'lkc-../../x', nodeId: 1 })).rejects.toMatchObject(
      {
        code: 'internal',
      },
    );
  });

  it('moves a log that grew too big aside at the next start', async () => {
    const ports = await startReady();
    await provisioner.stop(REF);
    fs.truncateSync(file('broker.log'), LOG_BYTES_MAX + 1);
    await provisioner.ensureBroker(spec(ports));
    await waitFor(ports, 'ready');
    expect(fs.statSync(file('broker.log')).size).toBeLessThan(10_000);
    expect(fs.statSync(file('broker.log.1')).size).toBe(LOG_BYTES_MAX + 1);
  });

  it('stops everything on record for an orderly shutdown', async () => {
    const ports = await startReady();
    await provisioner.stopAll();
    expect((await look(ports)).state.kind).toBe('absent');
  });
});
