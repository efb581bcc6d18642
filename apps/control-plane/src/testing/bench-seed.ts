import { newId, newOrganizationId } from '@weirhouse/cloud-contract';
import type { Database } from '../database/database.ts';
import { systemRandom } from '../ports.ts';
import { hashApiSecret } from '../secrets/api-secret.ts';
import { sealSecret } from '../secrets/envelope.ts';
import { TEST_MASTER_KEY } from './test-app.ts';

/** How much the bench's database holds. */
export interface SeedSize {
  readonly clusters: number;
  readonly keys: number;
}

/** What the loader asks for. */
export interface Seeded {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterIds: readonly string[];
  /** Owners of the keys. */
  readonly accountIds: readonly string[];
  /** Accounts that may administrate one cluster each: their key, and the cluster. */
  readonly clusterAdmins: readonly {
    readonly keyId: string;
    readonly secret: string;
    readonly clusterId: string;
  }[];
}

/** Accounts with a role on one cluster each: more than the caches of logins and roles keep. */
const CLUSTER_ADMINS = 3_000;
/** Keys of one account: half of what its service quota allows, so that there is room for new ones. */
const KEYS_OF_ACCOUNT = 50;
/** Rows that one INSERT of Prisma takes. */
const CHUNK_ROWS = 1_000;

/** Fills an organization by SQL: clusters of one environment, and keys of many accounts spread over them. */
export async function seedOrganization(
  database: Database,
  organizationId: string,
  size: SeedSize,
): Promise<Seeded> {
  const environmentId = newId('env', systemRandom);
  const run = (sql: string, ...parameters: readonly unknown[]): Promise<number> =>
    database.$executeRawUnsafe(sql, ...parameters);
  await run(
    `INSERT INTO environment (id, organization_id, display_name) VALUES ($1, $2, 'bench')`,
    environmentId,
    organizationId,
  );
  const accountIds = Array.from(
    { length: Math.ceil(size.keys / KEYS_OF_ACCOUNT) },
    (_, index) => `sa-${String(index).padStart(6, '0')}`,
  );
  await run(
    `INSERT INTO service_account (id, organization_id, display_name)
     SELECT id, $1, id FROM unnest($2::text[]) AS id`,
    organizationId,
    accountIds,
  );
  await run(
    `INSERT INTO kafka_cluster (id, organization_id, environment_id, display_name, availability, cloud, region, kind, created_at)
     SELECT 'lkc-' || lpad(n::text, 6, '0'), $1, $2, 'cluster ' || n, 'LOW', 'AWS', 'local', 'Basic',
            timestamptz '2026-01-01Z' + n * interval '1 second'
       FROM generate_series(1, $3::int) AS n`,
    organizationId,
    environmentId,
    size.clusters,
  );
  await run(
    `INSERT INTO api_key (id, organization_id, owner_kind, owner_id, resource_kind, cluster_id, secret_hash, created_at)
     SELECT 'KEY' || lpad(n::text, 13, '0'), $1, 'ServiceAccount', ($2::text[])[1 + n % cardinality($2::text[])], 'Cluster',
            'lkc-' || lpad((1 + n % $4::int)::text, 6, '0'), sha256(n::text::bytea),
            timestamptz '2026-01-01Z' + n * interval '1 millisecond'
       FROM generate_series(1, $3::int) AS n`,
    organizationId,
    accountIds,
    size.keys,
    size.clusters,
  );
  const clusterIds = Array.from({ length: size.clusters }, (_, index) => clusterIdAt(index));
  const clusterAdmins = await seedClusterAdmins(database, {
    organizationId,
    environmentId,
    clusterIds,
  });
  await run('ANALYZE');
  return { organizationId, environmentId, accountIds, clusterIds, clusterAdmins };
}

async function seedClusterAdmins(
  database: Database,
  of: Pick<Seeded, 'organizationId' | 'environmentId' | 'clusterIds'>,
): Promise<Seeded['clusterAdmins']> {
  const { organizationId, environmentId, clusterIds } = of;
  const admins = Array.from({ length: Math.min(CLUSTER_ADMINS, clusterIds.length) }, (_, index) => {
    const keyId = `ADM${String(index).padStart(13, '0')}`;
    const clusterId = clusterIdAt(index);
    return { keyId, secret: `secret of ${index}`, clusterId, ownerId: newId('sa', systemRandom) };
  });
  for (const chunk of chunksOf(admins)) {
    await database.serviceAccount.createMany({
      data: chunk.map(({ ownerId }) => ({ id: ownerId, organizationId, displayName: ownerId })),
    });
    await database.apiKey.createMany({
      data: chunk.map(({ keyId, secret, ownerId }) => ({
        id: keyId,
        organizationId,
        ownerKind: 'ServiceAccount',
        ownerId,
        resourceKind: 'Cloud',
        secretHash: Uint8Array.from(hashApiSecret(TEST_MASTER_KEY, keyId, secret)),
      })),
    });
    await database.roleBinding.createMany({
      data: chunk.map(({ ownerId, clusterId }) => {
        const path = `organization=${organizationId}/environment=${environmentId}/cloud-cluster=${clusterId}`;
        return {
          id: newId('rb', systemRandom),
          organizationId,
          environmentId,
          clusterId,
          principal: `User:${ownerId}`,
          roleName: 'CloudClusterAdmin',
          crnPattern: `crn://weirhouse/${path}`,
          path,
        };
      }),
    });
  }
  return admins.map(({ keyId, secret, clusterId }) => ({ keyId, secret, clusterId }));
}

/** Gives every cluster what the reconciler logs in with. */
export async function seedControlUsers(
  database: Database,
  clusterIds: readonly string[],
): Promise<void> {
  for (const chunk of chunksOf(clusterIds)) {
    await database.clusterCredential.createMany({
      data: chunk.map((clusterId) => ({
        clusterId,
        username: 'weirhouse-control',
        secretEncrypted: Uint8Array.from(
          sealSecret(TEST_MASTER_KEY, Buffer.from('password'), clusterId),
        ),
      })),
    });
  }
}

/** An organization without anybody in it. */
export async function seedEmptyOrganization(database: Database): Promise<string> {
  const id = newOrganizationId(systemRandom);
  await database.organization.create({ data: { id, displayName: 'bench' } });
  return id;
}

function clusterIdAt(index: number): string {
  return `lkc-${String(index + 1).padStart(6, '0')}`;
}

function chunksOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / CHUNK_ROWS) }, (_, index) =>
    items.slice(index * CHUNK_ROWS, (index + 1) * CHUNK_ROWS),
  );
}
