import type { Condition } from '@weirhouse/cloud-plan';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { systemClock, systemTimers } from '../ports.ts';
import { createReconcileProbe } from './probe.ts';
import { FakeProvisioner } from '../provisioner/fake/fake-provisioner.ts';
import { Reconciler } from './reconciler.ts';
import { FakeClusterAdmin, masterKey, quietLog, seedCluster, testRandom } from './testing.ts';

const WAIT = { timeout: 60_000, interval: 20 };

let open: OpenDatabase;
let provisioner: FakeProvisioner;
let inside: FakeClusterAdmin;
let registry: Registry;
let onCommit: (() => void) | undefined;
let started: Reconciler[];

async function start(): Promise<Reconciler> {
  registry = new Registry();
  const reconciler = new Reconciler({
    database: open.prisma,
    masterKey,
    provisioner,
    dataPlaneId: 'dp-1',
    clock: systemClock,
    timers: systemTimers,
    random: testRandom,
    log: quietLog,
    takeOver: false,
    leaseTimes: { leaseMs: 30_000, renewMs: 200, retryMs: 100 },
    openAdmin: () => inside,
    probe: createReconcileProbe(registry),
    onCommit: (listener) => {
      onCommit = listener;
      return () => undefined;
    },
  });
  started.push(reconciler);
  await reconciler.start();
  return reconciler;
}

async function isStable(clusterId: string): Promise<boolean> {
  const row = await open.prisma.kafkaCluster.findUnique({ where: { id: clusterId } });
  const conditions = (row?.conditions ?? []) as unknown as readonly Condition[];
  return conditions.some(({ type, status }) => type === 'Stable' && status === 'True');
}

beforeAll(async () => {
  open = await openTestDatabase();
}, 60_000);

afterAll(() => open.close());

beforeEach(() => {
  provisioner = new FakeProvisioner();
  inside = new FakeClusterAdmin();
  started = [];
});

afterEach(async () => {
  for (const reconciler of started) await reconciler.stop();
  await open.prisma.kafkaCluster.deleteMany();
  await open.prisma.roleBinding.deleteMany();
  await open.prisma.operation.deleteMany();
  await open.prisma.outbox.deleteMany();
});

describe('Reconciler', () => {
  it('looks at every cluster when it begins', async () => {
    const { clusterId } = await seedCluster(open.prisma);
    await start();
    await expect.poll(() => isStable(clusterId), WAIT).toBe(true);
    const metrics = await registry.metrics();
    expect(metrics).toContain('weirhouse_reconciler_shards 8');
    expect(metrics).toContain(
      'weirhouse_reconciler_steps_total{kind="startBroker",outcome="done"} 1',
    );
    expect(metrics).not.toContain(clusterId);
  });

  it('is woken by a commit, and takes the row out of the outbox', async () => {
    await start();
    const { clusterId } = await seedCluster(open.prisma);
    await open.prisma.outbox.create({ data: { resourceKind: 'Cluster', resourceId: clusterId } });
    onCommit?.();
    await expect.poll(() => isStable(clusterId), WAIT).toBe(true);
    expect(await open.prisma.outbox.count()).toBe(0);
  });

  it('reads the outbox also when no wake-up came', async () => {
    await start();
    const { clusterId } = await seedCluster(open.prisma);
    await open.prisma.outbox.create({ data: { resourceKind: 'Cluster', resourceId: clusterId } });
    await expect.poll(() => isStable(clusterId), WAIT).toBe(true);
  });

  it('is woken when a broker changes', async () => {
    const { clusterId } = await seedCluster(open.prisma);
    await start();
    await expect.poll(() => isStable(clusterId), WAIT).toBe(true);
    provisioner.processes.clear();
    provisioner.listener?.(clusterId);
    await expect.poll(() => provisioner.starts, WAIT).toBe(2);
    await expect.poll(() => isStable(clusterId), WAIT).toBe(true);
  });

  it('shares the clusters with another process, which gets them all when the first one stops', async () => {
    const ids = ['lkc-aaa', 'lkc-bbb', 'lkc-ccc', 'lkc-ddd', 'lkc-eee'];
    const first = await start();
    const second = await start();
    await expect.poll(() => [first.shardCount, second.shardCount], WAIT).toEqual([4, 4]);
    for (const id of ids) {
      await seedCluster(open.prisma, id);
      await open.prisma.outbox.create({ data: { resourceKind: 'Cluster', resourceId: id } });
    }
    for (const id of ids) await expect.poll(() => isStable(id), WAIT).toBe(true);
    expect([provisioner.starts, await open.prisma.outbox.count()]).toEqual([5, 0]);
    expect(await first.stop()).toEqual({ areOthersAlive: true });
    await expect.poll(() => second.shardCount, WAIT).toBe(8);
    expect(await second.stop()).toEqual({ areOthersAlive: false });
  }, 180_000);

  it('leaves the clusters of another place to the processes there', async () => {
    const { clusterId } = await seedCluster(open.prisma);
    await open.prisma.kafkaCluster.updateMany({ data: { dataPlaneId: 'dp-2' } });
    await open.prisma.outbox.create({ data: { resourceKind: 'Cluster', resourceId: clusterId } });
    await start();
    const { clusterId: ours } = await seedCluster(open.prisma, 'lkc-ours');
    await open.prisma.outbox.create({ data: { resourceKind: 'Cluster', resourceId: ours } });
    await expect.poll(() => isStable(ours), WAIT).toBe(true);
    expect(provisioner.starts).toBe(1);
    expect(await open.prisma.outbox.findMany()).toMatchObject([{ resourceId: clusterId }]);
  });

  it('leaves brokers running when it stops', async () => {
    const { clusterId } = await seedCluster(open.prisma);
    const reconciler = await start();
    await expect.poll(() => isStable(clusterId), WAIT).toBe(true);
    await reconciler.stop();
    expect(provisioner.processes.size).toBe(1);
    expect(await registry.metrics()).toContain('weirhouse_reconciler_shards 0');
  });
});
