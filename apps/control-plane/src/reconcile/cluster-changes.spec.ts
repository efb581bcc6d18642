import type { Condition } from '@weirhouse/cloud-plan';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { FakeProvisioner } from '../provisioner/fake/fake-provisioner.ts';
import { NO_FAULTS, RandomFaults } from '../provisioner/fake/faults.ts';
import { systemTimers } from '../ports.ts';
import { ClusterReconciler } from './cluster-reconciler.ts';
import { ClusterStateRepository } from './cluster-state.repository.ts';
import { LeaseRepository, type Fence } from './lease.repository.ts';
import { OperationsRepository } from './operations.repository.ts';
import { NO_PROBE } from './probe.ts';
import { FakeClusterAdmin, masterKey, quietLog, seedCluster, testRandom } from './testing.ts';
import { VirtualTime } from './virtual-time.ts';

const PASSES_MAX = 30;
const UNRULY_PASSES = 40;

let open: OpenDatabase;
let provisioner: FakeProvisioner;
let reconciler: ClusterReconciler;
let fence: Fence;
let time: VirtualTime;
let clusterId: string;

beforeAll(async () => {
  open = await openTestDatabase();
}, 60_000);

afterAll(() => open.close());

beforeEach(async () => {
  await open.prisma.kafkaCluster.deleteMany();
  await open.prisma.roleBinding.deleteMany();
  await open.prisma.operation.deleteMany();
  const acquired = await new LeaseRepository(open.prisma).acquire({
    name: 'spec',
    holder: 'spec',
    durationMs: 3_600_000,
    takeOver: true,
  });
  if (!acquired) throw new Error('the lease was not free');
  fence = acquired;
  time = new VirtualTime();
  provisioner = new FakeProvisioner();
  const inside = new FakeClusterAdmin();
  reconciler = new ClusterReconciler({
    states: new ClusterStateRepository(open.prisma, masterKey),
    operations: new OperationsRepository(open.prisma),
    provisioner,
    dataPlaneId: 'dp-1',
    openAdmin: () => inside,
    clock: time,
    random: testRandom,
    log: quietLog,
    probe: NO_PROBE,
    onPoint: () => undefined,
  });
  ({ clusterId } = await seedCluster(open.prisma));
  await toRest();
}, 60_000);

async function toRest(): Promise<void> {
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const { requeueAfterMs } = await reconciler.reconcile(clusterId, fence);
    if (requeueAfterMs === undefined) return;
    await time.advance(requeueAfterMs);
  }
  throw new Error('the cluster does not come to rest');
}

async function change(data: object): Promise<void> {
  await open.prisma.kafkaCluster.update({
    where: { id: clusterId },
    data: { ...data, generation: { increment: 1 } },
  });
}

async function condition(type: Condition['type']): Promise<Condition> {
  const row = await open.prisma.kafkaCluster.findUniqueOrThrow({ where: { id: clusterId } });
  const conditions = row.conditions as unknown as readonly Condition[];
  const found = conditions.find((candidate) => candidate.type === type);
  if (!found) throw new Error(`no condition ${type}`);
  return found;
}

async function operations(): Promise<readonly string[]> {
  const rows = await open.prisma.operation.findMany({ orderBy: { createdAt: 'asc' } });
  return rows.map(({ kind, status }) => `${kind} ${status}`);
}

async function observedCku(): Promise<number | null> {
  const row = await open.prisma.kafkaCluster.findUniqueOrThrow({ where: { id: clusterId } });
  return row.observedCku;
}

const key = (): string => `${clusterId}/1`;

describe('a cluster that is changed', () => {
  it('is resized without a restart, and its size counts when the brokers have taken it', async () => {
    await change({ kind: 'Dedicated', cku: 2 });
    await reconciler.reconcile(clusterId, fence);
    expect([provisioner.told.get(key())?.connections, await observedCku()]).toEqual([36_000, null]);
    await toRest();
    expect([provisioner.starts, await observedCku()]).toEqual([1, 2]);
    expect(await operations()).toEqual(['create succeeded', 'update succeeded']);
    const steps = await open.prisma.operationStep.findMany({
      where: { operation: { kind: 'update' } },
    });
    expect(steps).toMatchObject([{ step: 'applyLimits 1', outcome: 'done', attempts: 1 }]);
  });

  it('goes back when it is changed back before it was done', async () => {
    await change({ kind: 'Dedicated', cku: 3 });
    await reconciler.reconcile(clusterId, fence);
    await change({ kind: 'Dedicated', cku: 1 });
    await toRest();
    expect([provisioner.told.get(key())?.connections, await observedCku()]).toEqual([18_000, 1]);
    expect(await operations()).toEqual([
      'create succeeded',
      'update cancelled',
      'update succeeded',
    ]);
  });

  it('restarts its broker when what it was started with is wanted no more', async () => {
    await change({ kind: 'Dedicated', cku: 1, zones: ['z'] });
    await toRest();
    expect(provisioner.processes.get(key())?.zone).toBe('z');
    expect([provisioner.starts, provisioner.removals.length]).toEqual([2, 0]);
  });

  it('is left alone while it is paused, and followed up when it is resumed', async () => {
    await change({ kind: 'Dedicated', cku: 2, pausedAt: new Date() });
    await toRest();
    expect(provisioner.told.get(key())?.connections).not.toBe(36_000);
    expect((await condition('Paused')).status).toBe('True');
    await open.prisma.kafkaCluster.update({ where: { id: clusterId }, data: { pausedAt: null } });
    await toRest();
    expect([provisioner.told.get(key())?.connections, (await condition('Stable')).status]).toEqual([
      36_000,
      'True',
    ]);
  });
});

describe('a provisioner that fails, lies, is slow and loses answers', () => {
  it('is got through: everything is done once, and nothing is taken away', async () => {
    provisioner.faults = new RandomFaults({
      random: testRandom,
      timers: systemTimers,
      oneIn: 4,
      slowMs: 1,
    });
    await change({ kind: 'Dedicated', cku: 4, zones: ['z'] });
    for (let pass = 0; pass < UNRULY_PASSES; pass += 1) {
      const left = await reconciler.reconcile(clusterId, fence).catch(() => undefined);
      await time.advance(left?.requeueAfterMs ?? 100);
    }
    provisioner.faults = NO_FAULTS;
    await toRest();
    expect([provisioner.told.get(key())?.connections, await observedCku()]).toEqual([72_000, 4]);
    expect([provisioner.starts, provisioner.processes.size]).toEqual([2, 1]);
    expect(provisioner.removals).toEqual([]);
    expect((await operations()).filter((text) => !text.includes('succeeded'))).toEqual([]);
  });
});

describe('a broker whose limits somebody else changed', () => {
  const tamper = (): void => {
    const told = provisioner.told.get(key());
    if (told) provisioner.told.set(key(), { ...told, connections: 5 });
  };

  it('gets its own back, and the difference is told meanwhile', async () => {
    tamper();
    await reconciler.reconcile(clusterId, fence);
    const drifted = await condition('Drifted');
    expect([drifted.status, drifted.message]).toEqual([
      'True',
      expect.stringContaining('connections is 5'),
    ]);
    await toRest();
    expect((await condition('Drifted')).status).toBe('False');
    expect(await operations()).toEqual(['create succeeded', 'repair succeeded']);
  });

  it('keeps them where drift is only to be reported', async () => {
    await open.prisma.kafkaCluster.update({
      where: { id: clusterId },
      data: { driftPolicy: 'report' },
    });
    tamper();
    await toRest();
    expect(await condition('Drifted')).toMatchObject({ status: 'True', reason: 'Reported' });
    expect(provisioner.told.get(key())?.connections).toBe(5);
  });
});
