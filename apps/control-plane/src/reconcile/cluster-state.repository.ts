import { DEFAULT_PRINCIPAL } from '@weirhouse/cloud-contract';
import type { Condition, MaintenanceWindow, Phase, PrincipalQuota } from '@weirhouse/cloud-plan';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import { toNumber } from '../database/values.ts';
import { formOfRow } from '../clusters/clusters.repository.ts';
import type { BrokerPorts } from '../provisioner/provisioner.ts';
import { openSecret } from '../secrets/envelope.ts';
import type { MasterKey } from '../secrets/master-key.ts';
import { openScramVerifiers, type ScramVerifier } from '../secrets/scram.ts';
import type { ClusterState, ClusterStatus } from './cluster-state.ts';
import { requireFence, type Fence } from './lease.repository.ts';

/** A cluster API key with what the brokers need of it. */
export interface CredentialSecrets {
  readonly generation: number;
  readonly principal: string;
  readonly verifiers: readonly ScramVerifier[];
}

/**
 * The rows that the reconciler reads and writes. Every write is one transaction that fails with
 * `failed_precondition` unless the fence is still the present one.
 */
export class ClusterStateRepository {
  readonly #database: Database;
  readonly #masterKey: MasterKey;

  constructor(database: Database, masterKey: MasterKey) {
    this.#database = database;
    this.#masterKey = masterKey;
  }

  /** Ids of the clusters of a data plane, and of those that have none yet. */
  async listIds(dataPlaneId: string): Promise<readonly string[]> {
    const rows = await this.#database.kafkaCluster.findMany({
      where: { OR: [{ dataPlaneId }, { dataPlaneId: null }] },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  /** All that a pass needs, or undefined when the cluster is gone. */
  find(clusterId: string): Promise<ClusterState | undefined> {
    return this.#database.$transaction((tx) => findState(tx, clusterId), {
      isolationLevel: 'RepeatableRead',
    });
  }

  /** The control plane's own user in a cluster. Throws `not_found` or `corrupt`. */
  async getControlUser(
    clusterId: string,
  ): Promise<{ readonly name: string; readonly password: Secret }> {
    const row = await this.#database.clusterCredential.findUnique({ where: { clusterId } });
    if (!row) throw new AppError('not_found', `Cluster ${clusterId} has no control credential.`);
    const password = openSecret(this.#masterKey, row.secretEncrypted, clusterId);
    return { name: row.username, password: new Secret(password.toString('utf8')) };
  }

  /** Undefined when the key is gone or is to go. */
  async findCredentialSecrets(apiKeyId: string): Promise<CredentialSecrets | undefined> {
    const row = await this.#database.apiKey.findUnique({ where: { id: apiKeyId } });
    if (!row?.scramEncrypted || row.deletionRequestedAt) return undefined;
    return {
      generation: toNumber(row.generation),
      principal: `User:${row.ownerId}`,
      verifiers: openScramVerifiers(this.#masterKey, row.scramEncrypted, apiKeyId),
    };
  }

  /** Every port that belongs to a broker. */
  async listUsedPorts(): Promise<ReadonlySet<number>> {
    const rows = await this.#database.clusterBroker.findMany({
      select: { clientPort: true, adminPort: true },
    });
    return new Set(rows.flatMap(({ clientPort, adminPort }) => [clientPort, adminPort]));
  }

  /** Gives a broker its ports, and the cluster the address that people use. */
  async savePorts(
    fence: Fence,
    broker: { readonly clusterId: string; readonly nodeId: number },
    ports: BrokerPorts,
  ): Promise<void> {
    const { clusterId, nodeId } = broker;
    await this.#write(fence, async (tx) => {
      await tx.clusterBroker.upsert({
        where: { clusterId_nodeId: { clusterId, nodeId } },
        create: { clusterId, nodeId, ...ports },
        update: { ...ports, updatedAt: new Date() },
      });
      await saveBootstrap(tx, clusterId);
    });
  }

  /** Notes that the brokers know this generation of a key. */
  async markPushed(fence: Fence, apiKeyId: string, generation: number): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.apiKey.updateMany({
        where: { id: apiKeyId },
        data: { pushedGeneration: BigInt(generation) },
      });
    });
  }

  /** Removes the row of a key that the brokers have forgotten. */
  async deleteApiKey(fence: Fence, apiKeyId: string): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.apiKey.deleteMany({
        where: { id: apiKeyId, deletionRequestedAt: { not: null } },
      });
    });
  }

  /** Notes that a topic was created, so that it never is again. */
  async markTopicApplied(fence: Fence, clusterId: string, name: string): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.clusterTopic.updateMany({
        where: { clusterId, name },
        data: { appliedAt: new Date() },
      });
    });
  }

  /** Throws `failed_precondition` unless the cluster's row asks for its deletion right now. */
  async requireDeletionRequested(fence: Fence, clusterId: string): Promise<void> {
    await this.#write(fence, (tx) => requireDeletion(tx, clusterId));
  }

  /** Places a cluster that has no place yet; false when somebody else was quicker. */
  async place(fence: Fence, clusterId: string, dataPlaneId: string): Promise<boolean> {
    const { count } = await this.#write(fence, (tx) =>
      tx.kafkaCluster.updateMany({
        where: { id: clusterId, dataPlaneId: null },
        data: { dataPlaneId },
      }),
    );
    return count > 0;
  }

  /** All that a pass needs, read under the fence; undefined when the cluster is gone. */
  findFenced(fence: Fence, clusterId: string): Promise<ClusterState | undefined> {
    return this.#write(fence, (tx) => findState(tx, clusterId));
  }

  /** Removes the row of a broker that is gone, and with it its hold on its ports. */
  async releaseBroker(fence: Fence, clusterId: string, nodeId: number): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.clusterBroker.deleteMany({ where: { clusterId, nodeId } });
      await saveBootstrap(tx, clusterId);
    });
  }

  /** Removes a cluster's rows and ends its operation. */
  async forget(fence: Fence, clusterId: string): Promise<void> {
    await this.#write(fence, async (tx) => {
      await requireDeletion(tx, clusterId);
      await tx.kafkaCluster.delete({ where: { id: clusterId } });
      const finishedAt = new Date();
      await tx.operation.updateMany({
        where: { clusterId, status: 'running' },
        data: {
          status: 'succeeded',
          step: 'forget',
          error: null,
          fencingToken: fence.token,
          finishedAt,
          updatedAt: finishedAt,
        },
      });
    });
  }

  /** Writes what was observed. Nothing happens when the cluster is gone. */
  async saveStatus(fence: Fence, clusterId: string, status: ClusterStatus): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.kafkaCluster.updateMany({
        where: { id: clusterId },
        data: {
          observedGeneration: BigInt(status.observedGeneration),
          phase: status.phase,
          observedCku: status.observedCku ?? null,
          conditions: status.conditions as unknown as Prisma.InputJsonValue,
        },
      });
      for (const { nodeId, state } of status.brokers) {
        if (state.kind !== 'ready' && state.kind !== 'crashed') continue;
        const data =
          state.kind === 'ready'
            ? { incarnationId: state.incarnationId }
            : { restartCount: state.restartCount, lastExitAt: new Date(state.lastExitMs) };
        await tx.clusterBroker.updateMany({ where: { clusterId, nodeId }, data });
      }
    });
  }

  #write<T>(fence: Fence, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.$transaction(async (tx) => {
      await requireFence(tx, fence);
      return work(tx);
    });
  }
}

/** The address that people use names every broker. */
async function saveBootstrap(tx: Transaction, clusterId: string): Promise<void> {
  const brokers = await tx.clusterBroker.findMany({
    where: { clusterId },
    orderBy: { nodeId: 'asc' },
  });
  const bootstrapEndpoint = brokers
    .map(({ host, clientPort }) => `${host}:${clientPort}`)
    .join(',');
  await tx.kafkaCluster.update({ where: { id: clusterId }, data: { bootstrapEndpoint } });
}

async function requireDeletion(tx: Transaction, clusterId: string): Promise<void> {
  const row = await tx.kafkaCluster.findUnique({ where: { id: clusterId } });
  if (!row?.deletionRequestedAt)
    throw new AppError('failed_precondition', `Nobody asked to delete cluster ${clusterId}.`);
}

async function findState(tx: Transaction, clusterId: string): Promise<ClusterState | undefined> {
  const row = await tx.kafkaCluster.findUnique({
    where: { id: clusterId },
    include: {
      brokers: { orderBy: { nodeId: 'asc' } },
      apiKeys: { where: { scramEncrypted: { not: null } }, orderBy: { id: 'asc' } },
      clientQuotas: { include: { principals: true } },
      topics: { where: { appliedAt: null }, orderBy: { name: 'asc' } },
    },
  });
  if (!row) return undefined;
  const roleBindings = await tx.roleBinding.findMany({
    where: {
      organizationId: row.organizationId,
      // What lies in another environment or cluster cannot cover this one.
      OR: [
        { clusterId },
        { clusterId: null, environmentId: row.environmentId },
        { clusterId: null, environmentId: null },
      ],
    },
  });
  const operation = await tx.operation.findFirst({
    where: { clusterId, status: 'running' },
    select: { id: true, error: true },
  });
  return {
    clusterId,
    organizationId: row.organizationId,
    environmentId: row.environmentId,
    dataPlaneId: row.dataPlaneId ?? undefined,
    form: formOfRow(row),
    generation: toNumber(row.generation),
    observedGeneration: toNumber(row.observedGeneration),
    deletionRequested: row.deletionRequestedAt !== null,
    paused: row.pausedAt !== null,
    hasAuditTopic: row.hasAuditTopic,
    maintenance: (row.maintenanceWindow ?? undefined) as MaintenanceWindow | undefined,
    driftPolicy: row.driftPolicy === 'report' ? 'report' : 'correct',
    phase: row.phase as Phase,
    observedCku: row.observedCku ?? undefined,
    conditions: row.conditions as unknown as readonly Condition[],
    brokers: row.brokers.map(({ nodeId, host, clientPort, adminPort }) => ({
      nodeId,
      ports: { host, clientPort, adminPort },
    })),
    apiKeys: row.apiKeys.map((key) => ({
      id: key.id,
      generation: toNumber(key.generation),
      pushedGeneration: toNumber(key.pushedGeneration),
      deletionRequested: key.deletionRequestedAt !== null,
    })),
    roleBindings,
    quotas: row.clientQuotas.flatMap(quotasOfRow),
    topics: row.topics,
    operation: operation ? { id: operation.id, error: operation.error ?? undefined } : undefined,
  };
}

function quotasOfRow(row: {
  readonly ingressByteRate: bigint;
  readonly egressByteRate: bigint;
  readonly principals: readonly { readonly principalId: string }[];
}): readonly PrincipalQuota[] {
  return row.principals.map(({ principalId }) => ({
    user: principalId === DEFAULT_PRINCIPAL ? undefined : principalId,
    producerBytesPerSecond: toNumber(row.ingressByteRate),
    consumerBytesPerSecond: toNumber(row.egressByteRate),
  }));
}
