import { randomInt } from 'node:crypto';
import {
  aclKey,
  type Acl,
  type ChangedSetting,
  type PrincipalQuota,
  type QuotaChanges,
} from '@weirhouse/cloud-plan';
import type { Log, Random } from '@weirhouse/shared-kernel';
import type { Database } from '../database/database.ts';
import { sealSecret } from '../secrets/envelope.ts';
import { deriveMasterKey } from '../secrets/master-key.ts';
import { deriveScramVerifiers, sealScramVerifiers } from '../secrets/scram.ts';
import type { ClusterAdmin, PushedCredential } from './cluster-admin.ts';

/** For specs: a log that keeps silent. */
export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const masterKey = deriveMasterKey(Buffer.alloc(32, 7));

/** For specs: ids need to differ, nothing more. */
export const testRandom: Random = {
  bytes: (length) => Buffer.from(Array.from({ length }, () => randomInt(256))),
  below: (bound) => randomInt(Math.max(1, bound)),
};

/** The inside of a cluster in memory. */
export class FakeClusterAdmin implements ClusterAdmin {
  readonly credentials = new Map<string, PushedCredential>();
  readonly acls = new Map<string, Acl>();
  readonly quotas = new Map<string | undefined, PrincipalQuota>();
  readonly topics = new Map<string, number>();
  changedSettings: readonly ChangedSetting[] = [];
  topicsCreated = 0;
  failure: Error | undefined;

  listCredentials(): Promise<ReadonlySet<string>> {
    if (this.failure) return Promise.reject(this.failure);
    return Promise.resolve(new Set(this.credentials.keys()));
  }

  pushCredential(credential: PushedCredential): Promise<void> {
    this.credentials.set(credential.apiKeyId, credential);
    return Promise.resolve();
  }

  removeCredential(apiKeyId: string): Promise<void> {
    this.credentials.delete(apiKeyId);
    return Promise.resolve();
  }

  listAcls(): Promise<readonly Acl[]> {
    return Promise.resolve([...this.acls.values()]);
  }

  applyAcls(changes: { create: readonly Acl[]; remove: readonly Acl[] }): Promise<void> {
    for (const acl of changes.remove) this.acls.delete(aclKey(acl));
    for (const acl of changes.create) this.acls.set(aclKey(acl), acl);
    return Promise.resolve();
  }

  listQuotas(): Promise<readonly PrincipalQuota[]> {
    return Promise.resolve([...this.quotas.values()]);
  }

  applyQuotas({ set, remove }: QuotaChanges): Promise<void> {
    for (const user of remove) this.quotas.delete(user);
    for (const quota of set) this.quotas.set(quota.user, quota);
    return Promise.resolve();
  }

  listChangedSettings(): Promise<readonly ChangedSetting[]> {
    return Promise.resolve(this.changedSettings);
  }

  resetSettings(settings: readonly ChangedSetting[]): Promise<void> {
    this.changedSettings = this.changedSettings.filter((one) => !settings.includes(one));
    return Promise.resolve();
  }

  createTopic(topic: { name: string; partitions: number }): Promise<void> {
    if (!this.topics.has(topic.name)) this.topicsCreated += 1;
    this.topics.set(topic.name, topic.partitions);
    return Promise.resolve();
  }

  close(): void {
    // Nothing is held open.
  }
}

/** Writes what a person would get by REST: an organization and a cluster with a key and a role. */
export async function seedCluster(
  database: Database,
  clusterId = 'lkc-abc123',
): Promise<{ readonly clusterId: string; readonly apiKeyId: string }> {
  const organizationId = 'org-1';
  const environmentId = 'env-a';
  const apiKeyId = `KEY${clusterId.slice(4).toUpperCase()}`;
  const names = { organizationId, displayName: 'default' };
  await database.organization.createMany({
    data: [{ id: organizationId, displayName: 'o' }],
    skipDuplicates: true,
  });
  await database.environment.createMany({
    data: [{ id: environmentId, ...names }],
    skipDuplicates: true,
  });
  await database.kafkaCluster.create({
    data: {
      id: clusterId,
      environmentId,
      organizationId,
      displayName: 'c',
      availability: 'SINGLE_ZONE',
      cloud: 'AWS',
      region: 'local',
      kind: 'Basic',
      topics: { create: { name: 'hello', partitions: 3 } },
      credential: {
        create: {
          username: 'weirhouse-control',
          secretEncrypted: bytes(sealSecret(masterKey, Buffer.from('password'), clusterId)),
        },
      },
    },
  });
  const path = `organization=${organizationId}/environment=${environmentId}/cloud-cluster=${clusterId}`;
  await database.roleBinding.create({
    data: {
      id: `rb-${clusterId}`,
      organizationId,
      clusterId,
      principal: 'User:sa-1',
      roleName: 'CloudClusterAdmin',
      environmentId,
      crnPattern: `crn://w/${path}`,
      path,
    },
  });
  await insertApiKey(database, { id: apiKeyId, organizationId, clusterId });
  return { clusterId, apiKeyId };
}

/** The secret of every API key in these specs. */
export const API_SECRET = 'c2VjcmV0';

/** Writes a cluster API key of the service account sa-1. */
export async function insertApiKey(
  database: Database,
  key: { readonly id: string; readonly organizationId: string; readonly clusterId: string },
): Promise<void> {
  const verifiers = await deriveScramVerifiers(API_SECRET);
  await database.apiKey.create({
    data: {
      ...key,
      ownerKind: 'ServiceAccount',
      ownerId: 'sa-1',
      resourceKind: 'Cluster',
      secretHash: bytes(Buffer.from('hash')),
      scramEncrypted: bytes(sealScramVerifiers(masterKey, verifiers, key.id)),
    },
  });
}

function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(buffer);
}
