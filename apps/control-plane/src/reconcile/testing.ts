import { randomInt } from 'node:crypto';
import { aclKey, type Acl, type ObservedBroker } from '@weirhouse/cloud-plan';
import { assert, type Log, type Random } from '@weirhouse/shared-kernel';
import type { Database } from '../database/database.ts';
import type {
  BrokerPorts,
  BrokerRef,
  BrokerSpec,
  ExpectedBroker,
  Provisioner,
} from '../provisioner/provisioner.ts';
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

interface FakeProcess {
  readonly ports: BrokerPorts;
  state: 'starting' | 'ready';
}

/** Brokers that exist in memory and outlive any reconciler, as real ones do. */
export class FakeProvisioner implements Provisioner {
  readonly processes = new Map<string, FakeProcess>();
  readonly data = new Set<string>();
  readonly takenPorts = new Set<number>();
  readonly removals: string[] = [];
  starts = 0;
  unknown = false;
  listener: ((clusterId: string) => void) | undefined;
  /** Runs before data is removed; rejects when that must not be. */
  guardRemoval: (clusterId: string) => Promise<void> = () => Promise.resolve();

  choosePorts(used: ReadonlySet<number>): Promise<BrokerPorts> {
    const free = Array.from({ length: 20 }, (_, index) => 9092 + index).filter(
      (port) => !used.has(port) && !this.takenPorts.has(port),
    );
    const [clientPort, adminPort] = free;
    assert(clientPort !== undefined && adminPort !== undefined, 'ports are left');
    return Promise.resolve({ host: '127.0.0.1', clientPort, adminPort });
  }

  ensureBroker(spec: BrokerSpec): Promise<void> {
    const key = keyOf(spec);
    this.data.add(key);
    if (this.processes.has(key)) return Promise.resolve();
    this.starts += 1;
    this.processes.set(key, { ports: spec.ports, state: 'starting' });
    return Promise.resolve();
  }

  observe(
    clusterId: string,
    expected: readonly ExpectedBroker[],
  ): Promise<readonly ObservedBroker[]> {
    const nodeIds = new Set([
      ...expected.map(({ nodeId }) => nodeId),
      ...[...this.data]
        .filter((key) => key.startsWith(`${clusterId}/`))
        .map((key) => Number(key.split('/')[1])),
    ]);
    return Promise.resolve(
      [...nodeIds].map((nodeId) => this.#observe(clusterId, nodeId, expected)),
    );
  }

  stop(ref: BrokerRef): Promise<void> {
    this.processes.delete(keyOf(ref));
    return Promise.resolve();
  }

  async remove(ref: BrokerRef): Promise<void> {
    const key = keyOf(ref);
    assert(!this.processes.has(key), 'data is removed after its process is gone');
    await this.guardRemoval(ref.clusterId);
    this.removals.push(key);
    this.data.delete(key);
  }

  stopAll(): Promise<void> {
    this.processes.clear();
    return Promise.resolve();
  }

  onChange(listener: (clusterId: string) => void): () => void {
    this.listener = listener;
    return () => {
      this.listener = undefined;
    };
  }

  close(): void {
    this.listener = undefined;
  }

  /** A starting broker is ready at the next look. */
  #observe(clusterId: string, nodeId: number, expected: readonly ExpectedBroker[]): ObservedBroker {
    const key = keyOf({ clusterId, nodeId });
    const ports = expected.find((broker) => broker.nodeId === nodeId)?.ports;
    const isTaken = ports && this.takenPorts.has(ports.clientPort);
    const portState = isTaken ? 'taken' : 'allocated';
    const broker = { nodeId, ports: ports ? portState : 'unallocated' } as const;
    const dataPresent = this.data.has(key);
    if (this.unknown)
      return { ...broker, dataPresent, state: { kind: 'unknown', reason: 'no answer' } };
    const process = this.processes.get(key);
    if (!process) return { ...broker, dataPresent, state: { kind: 'absent' } };
    const { state } = process;
    process.state = 'ready';
    if (state === 'starting') return { ...broker, dataPresent, state: { kind: 'starting' } };
    return { ...broker, dataPresent, state: { kind: 'ready', incarnationId: `i-${key}` } };
  }
}

/** The inside of a cluster in memory. */
export class FakeClusterAdmin implements ClusterAdmin {
  readonly credentials = new Map<string, PushedCredential>();
  readonly acls = new Map<string, Acl>();
  readonly topics = new Map<string, number>();
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

function keyOf({ clusterId, nodeId }: BrokerRef): string {
  return `${clusterId}/${nodeId}`;
}

function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(buffer);
}
