import { clusterRbacCrn, newId } from '@weirhouse/cloud-contract';
import { isAppError } from '@weirhouse/shared-kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChangeSignal } from '../audit/change-signal.ts';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { QuotaGate } from '../service-quotas/quota-gate.ts';
import { systemContext } from '../auth/op-context.ts';
import type { Cluster } from '../clusters/clusters.repository.ts';
import { systemClock, systemRandom } from '../ports.ts';
import { TEST_MASTER_KEY } from '../testing/test-app.ts';
import type { OpenDatabase, Transaction } from './database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './migrations.ts';
import { openPostgres, parseDatabaseUrl } from './postgres-database.ts';
import { findPostgres, startPostgres, type TestPostgres } from './postgres-testing.ts';
import { Repositories } from './repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from './testing.ts';

const NOW_MS = Date.UTC(2026, 6, 1, 12, 0, 0, 123);

const found = await findPostgres();
if ('why' in found) {
  if (process.env['CI'] === 'true') throw new Error(`${found.why}, and CI=true asks for it`);
  process.stderr.write(`Skipping the Postgres half of the repository tests: ${found.why}.\n`);
}

let server: TestPostgres | undefined;

beforeAll(async () => {
  if ('bin' in found) server = await startPostgres(found.bin);
}, SETUP_MAX_MS);

afterAll(() => server?.stop(), SETUP_MAX_MS);

async function openOn(kind: 'pglite' | 'postgres'): Promise<OpenDatabase> {
  if (kind === 'pglite') return openTestDatabase();
  const url = (await server?.createDatabase()) ?? '';
  return openPostgres({ url, migrations: await readMigrations(MIGRATIONS_FOLDER) });
}

describe.each(['pglite', ...('bin' in found ? ['postgres'] : [])] as const)('on %s', (kind) => {
  let database: OpenDatabase;
  let repositories: Repositories;
  let unit: UnitOfWork;
  let organizationId: string;

  beforeAll(async () => {
    database = await openOn(kind as 'pglite' | 'postgres');
    repositories = new Repositories(database.prisma);
    const ports = { clock: systemClock, random: systemRandom, masterKey: TEST_MASTER_KEY };
    const gate = new QuotaGate(new Repositories(database.prisma), ports);
    unit = new UnitOfWork(database.prisma, ports, new ChangeSignal(), gate);
  }, SETUP_MAX_MS);

  afterAll(() => database.close(), SETUP_MAX_MS);

  beforeEach(async () => {
    organizationId = newId('op', systemRandom);
    await run((tx) =>
      repositories.organizations.ensure(tx, {
        id: organizationId,
        displayName: 'o',
        createdAtMs: NOW_MS,
      }),
    );
  });

  function run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return unit.run(systemContext(organizationId, 'test'), (tx) => work(tx));
  }

  async function insertEnvironment(displayName: string, atMs = NOW_MS): Promise<string> {
    const id = newId('env', systemRandom);
    const times = { createdAtMs: atMs, updatedAtMs: atMs };
    await run((tx) =>
      repositories.environments.insert(tx, { id, organizationId, displayName, ...times }),
    );
    return id;
  }

  async function insertCluster(environmentId: string): Promise<Cluster> {
    const cluster: Cluster = {
      id: newId('lkc', systemRandom),
      organizationId,
      environmentId,
      displayName: 'c',
      availability: 'LOW',
      cloud: 'AWS',
      region: 'local',
      kind: 'Basic',
      maxEcku: 3,
      cku: undefined,
      zones: [],
      releasePriority: undefined,
      deletionProtection: false,
      observedCku: undefined,
      generation: 1,
      observedGeneration: 0,
      isDeleting: false,
      isStable: false,
      phase: 'PROVISIONING',
      bootstrapEndpoint: undefined,
      httpEndpoint: undefined,
      createdAtMs: NOW_MS,
      updatedAtMs: NOW_MS,
    };
    const credential = { username: 'control', secretEncrypted: Buffer.from([0, 1, 255]) };
    await run((tx) => repositories.clusters.insert(tx, cluster, credential));
    return cluster;
  }

  test('what was inserted is found again, to the millisecond', async () => {
    const id = await insertEnvironment('prod');
    expect(await repositories.environments.find(organizationId, id)).toEqual({
      id,
      organizationId,
      displayName: 'prod',
      createdAtMs: NOW_MS,
      updatedAtMs: NOW_MS,
    });
    expect(await repositories.environments.find('another', id)).toBeUndefined();
    const cluster = await insertCluster(id);
    expect(await repositories.clusters.find(organizationId, cluster.id)).toEqual(cluster);
    const credential = await database.prisma.clusterCredential.findUniqueOrThrow({
      where: { clusterId: cluster.id },
    });
    expect([...credential.secretEncrypted]).toEqual([0, 1, 255]);
  });

  test('a taken name and a taken id are told apart', async () => {
    const id = await insertEnvironment('prod');
    await expect(insertEnvironment('prod')).rejects.toMatchObject({
      code: 'already_exists',
      field: '/display_name',
    });
    const times = { createdAtMs: NOW_MS, updatedAtMs: NOW_MS };
    const twin = { id, organizationId, displayName: 'other', ...times };
    await expect(run((tx) => repositories.environments.insert(tx, twin))).rejects.toMatchObject({
      code: 'already_exists',
      field: 'id',
    });
  });

  test('an environment with clusters cannot be deleted; a cluster needs its environment', async () => {
    const id = await insertEnvironment('prod');
    await insertCluster(id);
    await expect(
      run((tx) => repositories.environments.delete(tx, organizationId, id)),
    ).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(insertCluster('env-none')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('pages follow creation time, then id, and never show a row twice', async () => {
    const made: { readonly id: string; readonly atMs: number }[] = [];
    for (let index = 0; index < 9; index += 1) {
      const atMs = NOW_MS + Math.floor(index / 3);
      made.push({ id: await insertEnvironment(`e${index}`, atMs), atMs });
    }
    const seen: string[] = [];
    let last: { createdAtMs: number; id: string } | undefined;
    do {
      const wanted = { pageSize: 2, after: last };
      const page = await repositories.environments.list(organizationId, wanted, 'all');
      seen.push(...page.rows.map((row) => row.id));
      last = page.nextToken === undefined ? undefined : page.rows.at(-1);
    } while (last !== undefined);
    const sorted = made.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
    expect(seen).toEqual(sorted.map(({ id }) => id));
  });

  test('a failing unit of work leaves neither row nor audit record nor outbox entry', async () => {
    const id = await insertEnvironment('prod');
    const cluster = await insertCluster(id);
    const ctx = systemContext(organizationId, 'failing');
    await expect(
      unit.run(ctx, async (tx, record) => {
        await repositories.clusters.requestDeletion(tx, cluster, NOW_MS);
        await record({ action: 'X', resourceCrn: 'crn', clusterIds: [cluster.id] });
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(await repositories.clusters.find(organizationId, cluster.id)).toEqual(cluster);
    expect(await database.prisma.auditRecord.count({ where: { requestId: 'failing' } })).toBe(0);
    expect(await database.prisma.outbox.count({ where: { resourceId: cluster.id } })).toBe(0);
  });

  test('a deleted cluster takes its keys and role bindings along', async () => {
    const cluster = await insertCluster(await insertEnvironment('prod'));
    const place = { clusterId: cluster.id, environmentId: cluster.environmentId };
    const times = { createdAtMs: NOW_MS, updatedAtMs: NOW_MS };
    const owner = { kind: 'ServiceAccount', id: 'sa-1' } as const;
    const key = {
      id: newId('u', systemRandom),
      organizationId,
      owner,
      resource: { kind: 'Cluster', ...place } as const,
      displayName: '',
      description: '',
      ...times,
    };
    const secrets = { secretHash: Buffer.alloc(32), scramEncrypted: Buffer.of(1) };
    await run(async (tx) => {
      await repositories.apiKeys.insert(tx, key, secrets);
      const binding = { principal: 'User:sa-1', roleName: 'CloudClusterAdmin' };
      const crnPattern = clusterRbacCrn({ organizationId, ...place });
      const bound = { organizationId, createdAtMs: NOW_MS, crnPattern, ...binding };
      await repositories.roleBindings.ensure(tx, { id: newId('rb', systemRandom), ...bound });
      await repositories.roleBindings.ensure(tx, { id: newId('rb', systemRandom), ...bound });
    });
    expect(await repositories.apiKeys.find(organizationId, key.id)).toEqual(key);
    expect(await database.prisma.roleBinding.count({ where: { organizationId } })).toBe(1);
    await database.prisma.kafkaCluster.delete({ where: { id: cluster.id } });
    expect(await database.prisma.apiKey.count({ where: { organizationId } })).toBe(0);
    expect(await database.prisma.roleBinding.count({ where: { organizationId } })).toBe(0);
  });

  test('of many who change one cluster as they all read it, one does and the others know', async () => {
    const cluster = await insertCluster(await insertEnvironment('prod'));
    const next = { ...cluster, generation: cluster.generation + 1 };
    const written = await Promise.all(
      [1, 2, 3, 4, 5].map((maxEcku) =>
        run((tx) => repositories.clusters.update(tx, { ...next, maxEcku })),
      ),
    );
    const after = await repositories.clusters.find(organizationId, cluster.id);
    expect(after).toMatchObject({ generation: 2, maxEcku: written.indexOf(true) + 1 });
    expect(written.filter(Boolean)).toHaveLength(1);
  });
});

describe.runIf('bin' in found)('Postgres', () => {
  test(
    'is migrated once by processes that start together, and then left alone',
    async () => {
      const url = (await server?.createDatabase()) ?? '';
      const migrations = await readMigrations(MIGRATIONS_FOLDER);
      const opened = await Promise.all([1, 2, 3].map(() => openPostgres({ url, migrations })));
      const rows = await opened[0]?.prisma.$queryRawUnsafe('SELECT * FROM "_prisma_migrations"');
      expect(rows).toHaveLength(migrations.length);
      await Promise.all(opened.map((one) => one.close()));
    },
    SETUP_MAX_MS,
  );

  test('that cannot be reached is named without its password', async () => {
    const url = 'postgres://someone:hunter2@127.0.0.1:1/nothing';
    const error: unknown = await openPostgres({ url, migrations: [] }).catch((cause) => cause);
    expect(isAppError(error) && error.message).toContain(
      'nothing at 127.0.0.1:1 cannot be reached',
    );
    expect(String(error)).not.toContain('hunter2');
  });
});

test.each(['', 'localhost', 'mysql://a/b', 'postgres://host', 'postgres://host/'])(
  'the malformed DATABASE_URL "%s" is refused without repeating it',
  (text) => {
    expect(() => parseDatabaseUrl(text)).toThrow('DATABASE_URL is malformed');
  },
);
