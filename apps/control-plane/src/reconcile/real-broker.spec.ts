import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { clusterCrn, environmentCrn, organizationCrn } from '@weirhouse/cloud-contract';
import type { Condition } from '@weirhouse/cloud-plan';
import { AdminClient, isKafkaError, type SaslCredentials } from '@weirhouse/kafka-client';
import { Secret } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChangeSignal } from '../audit/change-signal.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { systemClock, systemRandom, systemTimers } from '../ports.ts';
import { LocalProvisioner } from '../provisioner/local/local-provisioner.ts';
import { createTenant, createTestApp, type Tenant } from '../testing/test-app.ts';
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
  password = API_SECRET,
): Promise<AdminClient> {
  const row = await open.prisma.clusterBroker.findFirstOrThrow();
  const client = new AdminClient({
    bootstrap: [{ host: row.host, port: row.clientPort }],
    clientId: 'spec',
    sasl: { mechanism, username, password: new Secret(password) },
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

describe('a role on a real broker', () => {
  let app: NestFastifyApplication;
  let tenant: Tenant;

  beforeEach(async () => {
    app = await createTestApp(open.prisma);
    tenant = await createTenant(app);
    app.get(ChangeSignal).onChange(() => wake());
  });

  afterEach(() => app.close());

  async function created<T extends object>(url: string, body: object): Promise<T> {
    const answer = await tenant.call('POST', url, body);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body as T;
  }

  /** Creates topics as the client until that ends as wished; answers how long it took. */
  async function untilCreate(client: AdminClient, name: string, allowed: boolean): Promise<number> {
    const startedMs = performance.now();
    let tries = 0;
    const isAllowed = async (): Promise<boolean> => {
      tries += 1;
      const [outcome] = await client.createTopics([{ name: `${name}-${tries}`, partitions: 1 }]);
      if (outcome?.error === undefined) return true;
      expect(outcome.error.message).toContain('AUTHORIZATION_FAILED');
      return false;
    };
    await expect.poll(isAllowed, WAIT).toBe(allowed);
    return performance.now() - startedMs;
  }

  it('opens what it names and nothing else, and closes within five seconds', async () => {
    await reconciler.start();
    const environment = await created<{ id: string }>('/org/v2/environments', {
      display_name: 'prod',
    });
    const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
    const { id: clusterId } = await created<{ id: string }>('/cmk/v2/clusters', {
      spec: { display_name: 'c', ...place, config: { kind: 'Basic' }, environment },
    });
    const account = await created<{ id: string }>('/iam/v2/service-accounts', {
      display_name: 'app',
    });
    const key = await created<{ id: string; spec: { secret: string } }>('/iam/v2/api-keys', {
      spec: { owner: { id: account.id }, resource: { id: clusterId } },
    });
    const { organizationId } = tenant;
    const environmentId = environment.id;
    const bind = (role_name: string, crn_pattern: string): Promise<{ id: string }> =>
      created('/iam/v2/role-bindings', {
        principal: `User:${account.id}`,
        role_name,
        crn_pattern,
      });
    const kafka = clusterCrn({ organizationId, environmentId, clusterId });
    const manage = await bind('DeveloperManage', `${kafka}/topic=orders*`);
    await expect.poll(isStable, WAIT).toBe(true);

    const client = await connect(key.id, 'PLAIN', key.spec.secret);
    await untilCreate(client, 'orders', true);
    await untilCreate(client, 'other', false);
    expect((await client.metadata()).topics.map(({ name }) => name)).toEqual(['orders-1']);

    expect((await tenant.call('DELETE', `/iam/v2/role-bindings/${manage.id}`)).status).toBe(200);
    expect(await untilCreate(client, 'orders-late', false)).toBeLessThan(5_000);
    expect((await client.metadata()).topics).toEqual([]);

    const admin = await bind('EnvironmentAdmin', environmentCrn(organizationId, environmentId));
    expect(await untilCreate(client, 'any', true)).toBeLessThan(5_000);
    expect((await tenant.call('DELETE', `/iam/v2/role-bindings/${admin.id}`)).status).toBe(200);
    expect(await untilCreate(client, 'any-late', false)).toBeLessThan(5_000);

    await bind('OrganizationAdmin', organizationCrn(organizationId));
    expect(await untilCreate(client, 'whole', true)).toBeLessThan(5_000);
    await tenant.call('DELETE', `/iam/v2/service-accounts/${account.id}`);
    await expect.poll(() => open.prisma.apiKey.count({ where: { id: key.id } }), WAIT).toBe(0);
    const late = await connect(key.id, 'SCRAM-SHA-256', key.spec.secret);
    await expect(late.metadata()).rejects.toMatchObject({ code: 'unauthenticated' });
  }, 180_000);
});

describe('the limits of a real broker', () => {
  it('refuse what is too much, and change without a restart', async () => {
    const { clusterId, apiKeyId } = await seedCluster(open.prisma);
    await reconciler.start();
    await expect.poll(isStable, WAIT).toBe(true);
    const client = await connect(apiKeyId, 'SCRAM-SHA-256');
    const [refused] = await client.createTopics([{ name: 'huge', partitions: 4_097 }]);
    expect(isKafkaError(refused?.error, 'POLICY_VIOLATION')).toBe(true);
    const before = await open.prisma.clusterBroker.findFirstOrThrow();
    await open.prisma.kafkaCluster.updateMany({
      data: { kind: 'Dedicated', cku: 2, generation: { increment: 1 } },
    });
    await change(clusterId);
    const cku = async (): Promise<number | null> =>
      (await open.prisma.kafkaCluster.findFirstOrThrow()).observedCku;
    await expect.poll(cku, WAIT).toBe(2);
    const answer = await fetch(`http://${before.host}:${before.adminPort}/readyz`);
    expect(await answer.json()).toMatchObject({
      incarnationId: before.incarnationId,
      limits: { partitions: 9_000, connections: 36_000 },
    });
  }, 180_000);
});

describe('settings of the platform on a real broker', () => {
  it('are changed by nobody else, and put back when they are changed all the same', async () => {
    const { clusterId, apiKeyId } = await seedCluster(open.prisma);
    await reconciler.start();
    await expect.poll(isStable, WAIT).toBe(true);
    const allBrokers = { type: 'broker', name: '' } as const;
    const set = (client: AdminClient, name: string, value: string): Promise<void> =>
      client.alterConfigs(allBrokers, { changes: [{ name, value }], validateOnly: false });
    const tenant = await connect(apiKeyId, 'SCRAM-SHA-256');
    await expect(set(tenant, 'max.connections', '1')).rejects.toMatchObject({
      message: expect.stringContaining('belongs to the platform'),
    });
    await set(tenant, 'log.retention.ms', '1000000');
    const platform = await connect('weirhouse-control', 'SCRAM-SHA-512', 'password');
    await set(platform, 'max.connections', '500');
    await set(platform, 'listener.name.sasl_plaintext.max.connections', '400');
    await change(clusterId);
    const made = async (): Promise<readonly string[] | undefined> => {
      const [described] = await platform.describeConfigs([allBrokers]);
      return described?.configs.map(({ name }) => name);
    };
    await expect.poll(made, WAIT).toEqual(['log.retention.ms']);
  }, 180_000);
});
