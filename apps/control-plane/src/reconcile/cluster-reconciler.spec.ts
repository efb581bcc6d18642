import type { Condition } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { FakeProvisioner } from '../provisioner/fake/fake-provisioner.ts';
import { BLIND, NO_FAULTS } from '../provisioner/fake/faults.ts';
import { ClusterReconciler } from './cluster-reconciler.ts';
import { ClusterStateRepository } from './cluster-state.repository.ts';
import { LeaseRepository, type Fence } from './lease.repository.ts';
import { OperationsRepository } from './operations.repository.ts';
import { NO_PROBE } from './probe.ts';
import {
  FakeClusterAdmin,
  insertApiKey,
  masterKey,
  quietLog,
  seedCluster,
  testRandom,
} from './testing.ts';
import { VirtualTime } from './virtual-time.ts';

const PASSES_MAX = 30;
const HOUR_MS = 3_600_000;

let open: OpenDatabase;
let provisioner: FakeProvisioner;
let inside: FakeClusterAdmin;
let time: VirtualTime;
let clusterId: string;
let apiKeyId: string;

/** A control plane process: its reconciler, its proof of leadership, and whether it was killed. */
interface Process {
  readonly reconciler: ClusterReconciler;
  readonly fence: { -readonly [Field in keyof Fence]: Fence[Field] };
  readonly points: string[];
}

/** Starts a process that takes the lease over; it dies at the `crashAt`-th point it comes to. */
async function startProcess(crashAt = Number.POSITIVE_INFINITY): Promise<Process> {
  const fence = await new LeaseRepository(open.prisma).acquire({
    name: 'reconciler',
    holder: `process-${Math.random()}`,
    durationMs: HOUR_MS,
    takeOver: true,
  });
  if (!fence) throw new Error('the lease was not free');
  const points: string[] = [];
  const process: Process = {
    fence: { ...fence },
    points,
    reconciler: new ClusterReconciler({
      states: new ClusterStateRepository(open.prisma, masterKey),
      operations: new OperationsRepository(open.prisma),
      provisioner,
      dataPlaneId: 'dp-1',
      openAdmin: () => inside,
      clock: time,
      random: testRandom,
      log: quietLog,
      probe: NO_PROBE,
      onPoint: (point) => {
        points.push(point);
        if (points.length < crashAt) return;
        // From here on the dead process can write nothing, not even that it failed.
        process.fence.token = -1n;
        throw new Error(`killed at ${point}`);
      },
    }),
  };
  return process;
}

/** Passes until nothing is to be done; false when the process died before that. */
async function runToRest({ reconciler, fence }: Process): Promise<boolean> {
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    try {
      const { exists, requeueAfterMs } = await reconciler.reconcile(clusterId, fence);
      if (!exists || requeueAfterMs === undefined) return true;
      await time.advance(requeueAfterMs);
    } catch (error) {
      if (fence.token === -1n) return false;
      throw error;
    }
  }
  throw new Error('no rest');
}

async function getCluster() {
  const row = await open.prisma.kafkaCluster.findUniqueOrThrow({ where: { id: clusterId } });
  const conditions = row.conditions as unknown as readonly Condition[];
  const statusOf = (type: string): string | undefined =>
    conditions.find((condition) => condition.type === type)?.status;
  return { row, conditions, statusOf };
}

async function requestDeletion(): Promise<void> {
  await open.prisma.kafkaCluster.update({
    where: { id: clusterId },
    data: { deletionRequestedAt: new Date(), generation: { increment: 1 } },
  });
}

async function expectStable(): Promise<void> {
  const { row, statusOf } = await getCluster();
  expect(statusOf('Stable')).toBe('True');
  expect(row.observedGeneration).toBe(row.generation);
  expect(row.phase).toBe('PROVISIONED');
  expect(row.bootstrapEndpoint).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(provisioner.processes.size).toBe(1);
  expect(provisioner.starts).toBe(1);
  expect(inside.credentials.get(apiKeyId)).toMatchObject({ principal: 'User:sa-1' });
  expect(inside.credentials.get(apiKeyId)?.verifiers).toHaveLength(2);
  expect(inside.acls.size).toBe(4);
  expect(inside.topicsCreated).toBe(1);
  const key = await open.prisma.apiKey.findUniqueOrThrow({ where: { id: apiKeyId } });
  expect(key.pushedGeneration).toBe(key.generation);
  expect(await open.prisma.operation.count({ where: { status: 'running' } })).toBe(0);
}

async function expectGone(): Promise<void> {
  expect(await open.prisma.kafkaCluster.count()).toBe(0);
  expect(await open.prisma.apiKey.count()).toBe(0);
  expect(await open.prisma.clusterBroker.count()).toBe(0);
  expect(provisioner.processes.size).toBe(0);
  expect(provisioner.data.size).toBe(0);
  expect(await open.prisma.operation.count({ where: { status: 'running' } })).toBe(0);
}

beforeAll(async () => {
  open = await openTestDatabase();
}, 60_000);

afterAll(() => open.close());

beforeEach(async () => {
  provisioner = new FakeProvisioner();
  provisioner.guardRemoval = async (id) => {
    const row = await open.prisma.kafkaCluster.findUnique({ where: { id } });
    if (!row?.deletionRequestedAt) throw new Error('data removed of a cluster that is wanted');
  };
  inside = new FakeClusterAdmin();
  time = new VirtualTime();
  ({ clusterId, apiKeyId } = await seedCluster(open.prisma));
});

afterEach(async () => {
  await open.prisma.kafkaCluster.deleteMany();
  await open.prisma.roleBinding.deleteMany();
  await open.prisma.operation.deleteMany();
});

describe('ClusterReconciler', () => {
  it('brings a new cluster to rest and writes nothing more after that', async () => {
    const process = await startProcess();
    await runToRest(process);
    await expectStable();
    const [operation] = await open.prisma.operation.findMany();
    expect(operation).toMatchObject({ kind: 'create', status: 'succeeded', error: null });
    const before = await getCluster();
    const pointsBefore = process.points.length;
    await runToRest(process);
    expect((await getCluster()).row).toEqual(before.row);
    expect(process.points.slice(pointsBefore)).toEqual(['status:recorded']);
    expect(await open.prisma.operation.count()).toBe(1);
  });

  it('lets a deleted key go: first in the brokers, then its row', async () => {
    const process = await startProcess();
    await runToRest(process);
    await open.prisma.apiKey.update({
      where: { id: apiKeyId },
      data: { deletionRequestedAt: new Date(), generation: { increment: 1 } },
    });
    await runToRest(process);
    expect(inside.credentials.size).toBe(0);
    expect(await open.prisma.apiKey.count()).toBe(0);
  });

  it('pushes a key again that the brokers lost, and rights that somebody removed', async () => {
    const process = await startProcess();
    await runToRest(process);
    inside.credentials.clear();
    inside.acls.clear();
    await runToRest(process);
    await expectStable();
    const kinds = await open.prisma.operation.findMany({ orderBy: { createdAt: 'asc' } });
    expect(kinds.map(({ kind }) => kind)).toEqual(['create', 'repair']);
  });

  it('takes rights away with the role binding', async () => {
    const process = await startProcess();
    await runToRest(process);
    await open.prisma.roleBinding.deleteMany();
    await runToRest(process);
    expect(inside.acls.size).toBe(0);
  });

  it('does not bring back a topic that a person deleted', async () => {
    const process = await startProcess();
    await runToRest(process);
    inside.topics.clear();
    await runToRest(process);
    expect(inside.topics.size).toBe(0);
  });

  it('moves a broker to another port when its port was taken while it was down', async () => {
    const process = await startProcess();
    await runToRest(process);
    const before = await getCluster();
    provisioner.processes.clear();
    provisioner.takenPorts.add(Number(before.row.bootstrapEndpoint?.split(':')[1]));
    await runToRest(process);
    const after = await getCluster();
    expect(after.row.bootstrapEndpoint).not.toBe(before.row.bootstrapEndpoint);
    expect(after.statusOf('Stable')).toBe('True');
  });

  it('gives two clusters different ports', async () => {
    await seedCluster(open.prisma, 'lkc-second');
    const { reconciler, fence } = await startProcess();
    await Promise.all([clusterId, 'lkc-second'].map((id) => reconciler.reconcile(id, fence)));
    const rows = await open.prisma.clusterBroker.findMany();
    const ports = rows.flatMap((row) => [row.clientPort, row.adminPort]);
    expect(new Set(ports).size).toBe(4);
  });

  it('says in the conditions and the operation why a step fails, and clears that after it worked', async () => {
    const { reconciler, fence } = await startProcess();
    const choosePorts = provisioner.choosePorts.bind(provisioner);
    provisioner.choosePorts = () =>
      Promise.reject(new AppError('quota_exceeded', 'No port is free.'));
    await expect(reconciler.reconcile(clusterId, fence)).rejects.toThrow('No port is free.');
    await expect(reconciler.reconcile(clusterId, fence)).rejects.toThrow('No port is free.');
    const stuck = await getCluster();
    expect(stuck.conditions.find(({ type }) => type === 'Progressing')).toMatchObject({
      reason: 'StepFailed',
      message: expect.stringContaining('No port is free.'),
    });
    const [operation] = await open.prisma.operation.findMany();
    expect(operation).toMatchObject({ attempts: 2, status: 'running' });
    provisioner.choosePorts = choosePorts;
    await runToRest(await startProcess());
    await expectStable();
  });

  it('freezes while the brokers cannot be observed, even when the cluster is to go', async () => {
    const process = await startProcess();
    await runToRest(process);
    provisioner.faults = BLIND;
    await requestDeletion();
    const { requeueAfterMs } = await process.reconciler.reconcile(clusterId, process.fence);
    expect(requeueAfterMs).toBeGreaterThan(0);
    expect(provisioner.processes.size).toBe(1);
    expect((await getCluster()).statusOf('ObservationLost')).toBe('True');
    provisioner.faults = NO_FAULTS;
    await runToRest(process);
    await expectGone();
  });

  it('does nothing inside a cluster that does not answer, and goes on when it does', async () => {
    const process = await startProcess();
    await runToRest(process);
    inside.failure = new AppError('unavailable', 'no connection');
    await insertApiKey(open.prisma, { id: 'KEY2', organizationId: 'org-1', clusterId });
    await process.reconciler.reconcile(clusterId, process.fence);
    expect(inside.credentials.has('KEY2')).toBe(false);
    expect((await getCluster()).statusOf('Ready')).toBe('Unknown');
    inside.failure = undefined;
    await runToRest(process);
    expect(inside.credentials.has('KEY2')).toBe(true);
    await expectStable();
  });

  it('ends the creation of a cluster that is deleted before it was ready', async () => {
    const process = await startProcess();
    await process.reconciler.reconcile(clusterId, process.fence);
    await requestDeletion();
    await runToRest(process);
    await expectGone();
    const operations = await open.prisma.operation.findMany({ orderBy: { createdAt: 'asc' } });
    expect(operations.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'create cancelled',
      'delete succeeded',
    ]);
  });

  it('deletes one thing per pass: process, data, rows', async () => {
    const { reconciler, fence } = await startProcess();
    await runToRest({ reconciler, fence, points: [] });
    await requestDeletion();
    await reconciler.reconcile(clusterId, fence);
    expect([provisioner.processes.size, provisioner.data.size]).toEqual([0, 1]);
    await reconciler.reconcile(clusterId, fence);
    expect([provisioner.data.size, await open.prisma.kafkaCluster.count()]).toEqual([0, 1]);
    await reconciler.reconcile(clusterId, fence);
    await expectGone();
    expect(await reconciler.reconcile(clusterId, fence)).toEqual({
      exists: false,
      requeueAfterMs: undefined,
    });
  });
});

describe('a reconciler that lost the lease', () => {
  it('cannot write, and does nothing to the cluster', async () => {
    const old = await startProcess();
    const present = await startProcess();
    await expect(old.reconciler.reconcile(clusterId, old.fence)).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    expect((await getCluster()).row.conditions).toEqual([]);
    expect(provisioner.starts).toBe(0);
    await runToRest(present);
    await expectStable();
    await requestDeletion();
    await expect(old.reconciler.reconcile(clusterId, old.fence)).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    expect(provisioner.processes.size).toBe(1);
    expect(await open.prisma.kafkaCluster.count()).toBe(1);
  });

  it('cannot note the result of a step that it was in the middle of', async () => {
    const old = await startProcess();
    const states = new ClusterStateRepository(open.prisma, masterKey);
    const operations = new OperationsRepository(open.prisma);
    const operation = {
      newId: 'op-1',
      clusterId,
      organizationId: 'org-1',
      environmentId: 'env-a',
      kind: 'create',
      generation: 1,
    } as const;
    const id = await operations.ensure(old.fence, operation, undefined);
    await startProcess();
    const refusal = { code: 'failed_precondition' };
    await expect(operations.endStep(old.fence, id, 'x')).rejects.toMatchObject(refusal);
    await expect(operations.succeed(old.fence, id)).rejects.toMatchObject(refusal);
    await expect(states.markPushed(old.fence, apiKeyId, 1)).rejects.toMatchObject(refusal);
    await expect(states.forget(old.fence, clusterId)).rejects.toMatchObject(refusal);
    const ports = { host: '127.0.0.1', clientPort: 1, adminPort: 2 };
    await expect(
      states.savePorts(old.fence, { clusterId, nodeId: 1 }, ports),
    ).rejects.toMatchObject(refusal);
    expect(await open.prisma.clusterBroker.count()).toBe(0);
  });
});

/** How many points one undisturbed run comes to. */
async function countPoints(): Promise<number> {
  const process = await startProcess();
  await runToRest(process);
  return process.points.length;
}

describe('a process killed at any point', () => {
  it('of a creation leaves work that the next one finishes', async () => {
    const count = await countPoints();
    expect(count).toBeGreaterThan(20);
    for (let crashAt = 1; crashAt <= count; crashAt++) {
      await open.prisma.kafkaCluster.deleteMany();
      await open.prisma.operation.deleteMany();
      provisioner = new FakeProvisioner();
      inside = new FakeClusterAdmin();
      await open.prisma.roleBinding.deleteMany();
      await seedCluster(open.prisma);
      expect(await runToRest(await startProcess(crashAt))).toBe(false);
      await runToRest(await startProcess());
      await expectStable();
    }
  }, 120_000);

  it('of a deletion leaves work that the next one finishes', async () => {
    await runToRest(await startProcess());
    await requestDeletion();
    const count = await countPoints();
    await expectGone();
    expect(count).toBeGreaterThan(8);
    for (let crashAt = 1; crashAt <= count; crashAt++) {
      await open.prisma.operation.deleteMany();
      await seedCluster(open.prisma);
      await runToRest(await startProcess());
      await requestDeletion();
      expect(await runToRest(await startProcess(crashAt))).toBe(false);
      await runToRest(await startProcess());
      await expectGone();
    }
  }, 120_000);

  it('again and again at the next point still gets there', async () => {
    let crashAt = 1;
    while (!(await runToRest(await startProcess(crashAt)))) crashAt += 1;
    expect(crashAt).toBeGreaterThan(2);
    await expectStable();
  }, 60_000);
});
