import type { ObservedBroker } from '@weirhouse/cloud-plan';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { toNumber } from '../database/values.ts';
import type { BrokerPorts } from '../provisioner/provisioner.ts';
import { openSecret } from '../secrets/envelope.ts';
import type { MasterKey } from '../secrets/master-key.ts';
import { openScramVerifiers, type ScramVerifier } from '../secrets/scram.ts';
import { findClusterState } from './cluster-state-query.ts';
import type { ClusterState, ClusterStatus } from './cluster-state.ts';
import { requireFence, writeFenced, type Fence } from './lease.repository.ts';

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
    return findClusterState(this.#database, clusterId);
  }

  /** Opens what seals the control plane's own user. Throws `not_found` or `corrupt`. */
  openControlUser({ clusterId, credential }: ClusterState): {
    readonly name: string;
    readonly password: Secret;
  } {
    if (!credential)
      throw new AppError('not_found', `Cluster ${clusterId} has no control credential.`);
    const password = openSecret(this.#masterKey, credential.passwordSealed, clusterId);
    return { name: credential.name, password: new Secret(password.toString('utf8')) };
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

  /** Gives a broker its ports, and the cluster the address that people use: it names every broker. */
  async savePorts(
    fence: Fence,
    broker: { readonly clusterId: string; readonly nodeId: number },
    ports: BrokerPorts,
  ): Promise<void> {
    const { clusterId, nodeId } = broker;
    const { host, clientPort, adminPort } = ports;
    await writeFenced(
      this.#database,
      fence,
      Prisma.sql`placed AS (
        INSERT INTO cluster_broker (cluster_id, node_id, host, client_port, admin_port)
        SELECT ${clusterId}, ${nodeId}::int, ${host}, ${clientPort}::int, ${adminPort}::int FROM held
        ON CONFLICT (cluster_id, node_id) DO UPDATE SET host = excluded.host,
          client_port = excluded.client_port, admin_port = excluded.admin_port, updated_at = now()
      ), addressed AS (
        UPDATE kafka_cluster SET bootstrap_endpoint = (
          SELECT string_agg(host || ':' || client_port, ',' ORDER BY node_id) FROM (
            SELECT node_id, host, client_port FROM cluster_broker
            WHERE cluster_id = ${clusterId} AND node_id <> ${nodeId}
            UNION ALL SELECT ${nodeId}::int, ${host}, ${clientPort}::int) AS broker)
        FROM held WHERE id = ${clusterId})`,
    );
  }

  /** Notes that the brokers know this generation of a key. */
  async markPushed(fence: Fence, apiKeyId: string, generation: number): Promise<void> {
    await writeFenced(
      this.#database,
      fence,
      Prisma.sql`pushed AS (
        UPDATE api_key SET pushed_generation = ${generation}::bigint FROM held WHERE id = ${apiKeyId})`,
    );
  }

  /** Removes the row of a key that the brokers have forgotten. */
  async deleteApiKey(fence: Fence, apiKeyId: string): Promise<void> {
    await writeFenced(
      this.#database,
      fence,
      Prisma.sql`deleted AS (
        DELETE FROM api_key USING held WHERE id = ${apiKeyId} AND deletion_requested_at IS NOT NULL)`,
    );
  }

  /** Notes that a topic was created, so that it never is again. */
  async markTopicApplied(fence: Fence, clusterId: string, name: string): Promise<void> {
    await writeFenced(
      this.#database,
      fence,
      Prisma.sql`applied AS (
        UPDATE cluster_topic SET applied_at = now() FROM held
        WHERE cluster_id = ${clusterId} AND cluster_topic.name = ${name})`,
    );
  }

  /** Throws `failed_precondition` unless the cluster's row asks for its deletion right now. */
  async requireDeletionRequested(fence: Fence, clusterId: string): Promise<void> {
    await this.#write(fence, (tx) => requireDeletion(tx, clusterId));
  }

  /** Places a cluster that has no place yet; false when somebody else was quicker. */
  async place(fence: Fence, clusterId: string, dataPlaneId: string): Promise<boolean> {
    const count = await writeFenced(
      this.#database,
      fence,
      Prisma.sql`placed AS (
        UPDATE kafka_cluster SET data_plane_id = ${dataPlaneId} FROM held
        WHERE id = ${clusterId} AND data_plane_id IS NULL RETURNING id)`,
      Prisma.sql`SELECT count(*) FROM placed`,
    );
    return count > 0;
  }

  /** All that a pass needs, read under the fence; undefined when the cluster is gone. */
  findFenced(fence: Fence, clusterId: string): Promise<ClusterState | undefined> {
    return this.#write(fence, (tx) => findClusterState(tx, clusterId));
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
    await writeFenced(
      this.#database,
      fence,
      Prisma.sql`seen AS (
        UPDATE kafka_cluster SET observed_generation = ${status.observedGeneration}::bigint,
          phase = ${status.phase}, observed_cku = ${status.observedCku ?? null}::int,
          conditions = ${JSON.stringify(status.conditions)}::jsonb
        FROM held WHERE id = ${clusterId}
      ), brokers AS (
        UPDATE cluster_broker AS b SET incarnation_id = coalesce(s.incarnation, b.incarnation_id),
          restart_count = coalesce(s.restarts, b.restart_count), last_exit_at = coalesce(s.exited, b.last_exit_at)
        FROM held, jsonb_to_recordset(${JSON.stringify(status.brokers.flatMap(traceOf))}::jsonb)
          AS s (node int, incarnation text, restarts int, exited timestamptz)
        WHERE b.cluster_id = ${clusterId} AND b.node_id = s.node)`,
    );
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

/** What is kept of an observation: who a broker is now, or how its last process ended. */
function traceOf({ nodeId, state }: ObservedBroker): readonly object[] {
  if (state.kind === 'ready') return [{ node: nodeId, incarnation: state.incarnationId }];
  if (state.kind !== 'crashed') return [];
  const exited = new Date(state.lastExitMs).toISOString();
  return [{ node: nodeId, restarts: state.restartCount, exited }];
}

async function requireDeletion(tx: Transaction, clusterId: string): Promise<void> {
  const row = await tx.kafkaCluster.findUnique({ where: { id: clusterId } });
  if (!row?.deletionRequestedAt)
    throw new AppError('failed_precondition', `Nobody asked to delete cluster ${clusterId}.`);
}
