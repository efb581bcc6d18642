import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Condition } from '@weirhouse/cloud-plan';
import { AdminClient, isKafkaError, type SaslCredentials } from '@weirhouse/kafka-client';
import { Secret } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { systemClock, systemRandom, systemTimers } from '../ports.ts';
import { LocalProvisioner } from '../provisioner/local/local-provisioner.ts';
import { Reconciler } from './reconciler.ts';
import { API_SECRET, insertApiKey, masterKey, quietLog, seedCluster } from './testing.ts';

const BROKER = path.join(import.meta.dirname, '../../../broker/src/main.ts');
const WAIT = { timeout: 60_000, interval: 50 };

let stateFolder: string;
let open: OpenDatabase;
let provisioner: LocalProvisioner;
let reconciler: Reconciler;
let clients: AdminClient[];
let wake: () => void;

beforeEach(async () => {
  stateFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'real-broker-'));
  open = await openTestDatabase();
  clients = [];
  provisioner = new LocalProvisioner({
    stateFolder,
    portRange: { from: 29_700, to: 29_760 },
    program: { command: process.execPath, args: ['-C', 'source', BROKER], environment: {} },
    clock: systemClock,
    timers: systemTimers,
    log: quietLog,
  });
  reconciler = new Reconciler({
    database: open.prisma,
    masterKey,
    provisioner,
    dataPlaneId: 'dp-1',
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: quietLog,
    takeOver: true,
    onCommit: (listener) => {
      wake = listener;
      return () => undefined;
    },
  });
}, 60_000);

afterEach(async () => {
  for (const client of clients) client.close();
  await reconciler.stop();
  await provisioner.stopAll();
  provisioner.close();
  await open.close();
  fs.rmSync(stateFolder, { recursive: true, force: true });
}, 60_000);

async function isStable(): Promise<boolean> {
  const row = await open.prisma.kafkaCluster.findFirst();
  const conditions = (row?.conditions ?? []) as unknown as readonly Condition[];
  return conditions.some(({ type, status }) => type === 'Stable' && status === 'True');
}

async function change(clusterId: string): Promise<void> {
  await open.prisma.outbox.create({ data: { resourceKind: 'Cluster', resourceId: clusterId } });
  wake();
}

async function connect(
  username: string,
  mechanism: SaslCredentials['mechanism'],
): Promise<AdminClient> {
  const row = await open.prisma.clusterBroker.findFirstOrThrow();
  const client = new AdminClient({
    bootstrap: [{ host: row.host, port: row.clientPort }],
    clientId: 'spec',
    sasl: { mechanism, username, password: new Secret(API_SECRET) },
  });
  clients.push(client);
  return client;
}

describe('an API key on a real broker', () => {
  it('logs in and acts as its service account, until it is deleted', async () => {
    const { clusterId, apiKeyId } = await seedCluster(open.prisma);
    await reconciler.start();
    await expect.poll(isStable, WAIT).toBe(true);

    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      const client = await connect(apiKeyId, mechanism);
      const { topics } = await client.metadata(['hello']);
      expect(topics[0]?.partitions).toHaveLength(3);
    }
    const client = await connect(apiKeyId, 'PLAIN');
    const [created] = await client.createTopics([{ name: 'mine', partitions: 1 }]);
    expect(created?.error).toBeUndefined();
    expect(await client.describeAcls({})).toEqual([]);

    await open.prisma.roleBinding.deleteMany();
    await change(clusterId);
    const isForbidden = async (): Promise<boolean> => {
      const [outcome] = await client.createTopics([{ name: 'other', partitions: 1 }]);
      return isKafkaError(
        outcome?.error,
        'TOPIC_AUTHORIZATION_FAILED',
        'CLUSTER_AUTHORIZATION_FAILED',
      );
    };
    await expect.poll(isForbidden, WAIT).toBe(true);

    await insertApiKey(open.prisma, { id: 'KEYNEW', organizationId: 'org-1', clusterId });
    await open.prisma.apiKey.update({
      where: { id: apiKeyId },
      data: { deletionRequestedAt: new Date(), generation: { increment: 1 } },
    });
    await change(clusterId);
    await expect.poll(() => open.prisma.apiKey.count(), WAIT).toBe(1);
    const late = await connect(apiKeyId, 'SCRAM-SHA-256');
    await expect(late.metadata()).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect.poll(isStable, WAIT).toBe(true);
    const next = await connect('KEYNEW', 'SCRAM-SHA-512');
    expect((await next.metadata()).clusterId).toBe(clusterId);

    await open.prisma.kafkaCluster.updateMany({ data: { deletionRequestedAt: new Date() } });
    await change(clusterId);
    await expect.poll(() => open.prisma.kafkaCluster.count(), WAIT).toBe(0);
    expect(fs.existsSync(path.join(stateFolder, 'clusters', clusterId))).toBe(false);
  }, 180_000);
});
