import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiKeysService } from '../api-keys/api-keys.service.ts';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { ClustersService } from '../clusters/clusters.service.ts';
import type { OpenDatabase } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { GrantsReader } from '../auth/grants-reader.ts';
import { EnvironmentsService } from '../environments/environments.service.ts';
import { ApiAddress } from '../http/api-address.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { RegionCatalogue } from '../regions/region-catalogue.ts';
import { ServiceAccountsService } from '../service-accounts/service-accounts.service.ts';
import { basic, createTestApp, inject, TEST_URL } from '../testing/test-app.ts';
import { quickstartPath, readQuickstartFile } from './quickstart-file.ts';
import { firstStartLines } from './quickstart-lines.ts';
import { Quickstart } from './quickstart.ts';

let database: OpenDatabase;
let app: NestFastifyApplication;
let folder: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weirhouse-quickstart-'));
  await database.prisma.$executeRawUnsafe(
    'TRUNCATE organization, setting, outbox, audit_record CASCADE',
  );
});

afterEach(() => rm(folder, { recursive: true }));

/** A quickstart whose units of work after the first `until` fail, as if the process had died. */
function quickstart(until = Number.POSITIVE_INFINITY): Quickstart {
  let units = 0;
  const unit = app.get(UnitOfWork);
  const dying = Object.create(unit) as UnitOfWork;
  dying.run = async (ctx, work) => {
    units += 1;
    if (units > until) throw new Error('killed');
    return unit.run(ctx, work);
  };
  const repositories = app.get(Repositories);
  const ports = app.get<ServicePorts>(PORTS);
  const address = app.get(ApiAddress);
  return new Quickstart({
    repositories,
    environments: new EnvironmentsService(repositories, dying, address, ports),
    clusters: new ClustersService(repositories, dying, app.get(RegionCatalogue), ports),
    accounts: new ServiceAccountsService(repositories, dying, address, ports),
    apiKeys: new ApiKeysService(repositories, dying, app.get(GrantsReader), ports),
    unit: dying,
    ports,
  });
}

async function countAll(): Promise<object> {
  const { prisma } = database;
  const alive = { where: { deletionRequestedAt: null } };
  return {
    organizations: await prisma.organization.count(),
    users: await prisma.userAccount.count(),
    environments: await prisma.environment.count(),
    clusters: await prisma.kafkaCluster.count(),
    topics: await prisma.clusterTopic.count(),
    accounts: await prisma.serviceAccount.count(),
    bindings: await prisma.roleBinding.count(),
    keys: await prisma.apiKey.count(alive),
  };
}

const WHOLE = {
  organizations: 1,
  users: 1,
  environments: 1,
  clusters: 1,
  topics: 1,
  accounts: 1,
  bindings: 2,
  keys: 3,
};

test('the first start makes everything once, with a Cloud key that works', async () => {
  const { file, isFirst } = await quickstart().ensure(folder, TEST_URL);
  expect(isFirst).toBe(true);
  expect(await countAll()).toEqual(WHOLE);
  const authorization = basic(file.cloudApiKey ?? '', file.cloudApiSecret ?? '');
  const url = `/cmk/v2/clusters/${file.clusterId}?environment=${file.environmentId}`;
  const answer = await inject(app, { method: 'GET', url, headers: { authorization } });
  expect(answer).toMatchObject({ status: 200, body: { spec: { display_name: 'quickstart' } } });
  const credentials = { email: file.userEmail, password: file.userPassword };
  const signIn = await inject(app, {
    method: 'POST',
    url: '/api/sessions',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(credentials),
  });
  expect(signIn.status).toBe(200);
  expect((await stat(quickstartPath(folder))).mode & 0o777).toBe(0o600);
  expect(await readQuickstartFile(folder)).toEqual(file);
});

test('a later start makes nothing, also after people deleted what they were given', async () => {
  const first = await quickstart().ensure(folder, TEST_URL);
  await database.prisma.kafkaCluster.deleteMany();
  const later = await quickstart().ensure(folder, 'http://elsewhere');
  expect(later.isFirst).toBe(false);
  expect(later.file).toEqual({ ...first.file, apiUrl: 'http://elsewhere' });
  expect(await database.prisma.kafkaCluster.count()).toBe(0);
  expect(await quickstart().findCluster(later.file)).toBeUndefined();
});

describe.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('killed after %i of its transactions', (until) => {
  test('the next start finishes: everything once, every secret known', async () => {
    await expect(quickstart(until).ensure(folder, TEST_URL)).rejects.toThrow('killed');
    const { file } = await quickstart().ensure(folder, TEST_URL);
    expect(await countAll()).toEqual(WHOLE);
    const keys = await database.prisma.apiKey.findMany({ where: { deletionRequestedAt: null } });
    expect(new Set(keys.map(({ id }) => id))).toEqual(
      new Set([file.cloudApiKey, file.globalApiKey, file.clusterApiKey]),
    );
    expect(file.cloudApiSecret).toHaveLength(64);
    expect(file.globalApiSecret).toHaveLength(64);
    expect(file.clusterApiSecret).toHaveLength(64);
  });
});

test('a key whose secret was lost between the database and the file is replaced', async () => {
  await expect(quickstart(7).ensure(folder, TEST_URL)).rejects.toThrow('killed');
  await rm(quickstartPath(folder));
  await quickstart().ensure(folder, TEST_URL);
  expect(await countAll()).toEqual(WHOLE);
});

test('the lines to paste hold the address and the keys', () => {
  const file = {
    apiUrl: 'http://127.0.0.1:8080',
    organizationId: 'o',
    environmentId: 'env-1',
    clusterId: 'lkc-1',
    bootstrap: '127.0.0.1:9092',
    cloudApiKey: 'CLOUDKEY',
    cloudApiSecret: 'cloud/secret+=',
    globalApiKey: 'GLOBALKEY',
    globalApiSecret: 'global/secret+=',
    clusterApiKey: 'KAFKAKEY',
    clusterApiSecret: 'kafka/secret+=',
    userEmail: 'owner@localhost',
    userPassword: 'password',
  };
  const lines = firstStartLines(file, '/state/quickstart.json');
  const kcat = lines.find((line) => line.includes('kcat'));
  expect(kcat).toContain('-b 127.0.0.1:9092 -t hello');
  expect(kcat).toContain("sasl.username=KAFKAKEY -X sasl.password='kafka/secret+='");
  expect(lines).toContain(
    "curl -u CLOUDKEY:'cloud/secret+=' http://127.0.0.1:8080/org/v2/environments",
  );
});
