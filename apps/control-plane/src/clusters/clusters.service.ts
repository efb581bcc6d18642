import { Inject, Injectable } from '@nestjs/common';
import {
  clusterCrn,
  environmentCrn,
  newId,
  type Page,
  type Permission,
  type RouteInput,
  type routes,
} from '@weirhouse/cloud-contract';
import { formAfter, formOfWish, isSameForm, type ClusterForm } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed, visibleTo } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { noSuchEnvironment } from '../environments/environments.service.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { RegionCatalogue } from '../regions/region-catalogue.ts';
import { sealSecret } from '../secrets/envelope.ts';
import type { Cluster, SealedCredential } from './clusters.repository.ts';
import { CONTROL_USER } from './control-user.ts';

type CreateSpec = RouteInput<typeof routes.createCluster>['body']['spec'];
type ListFilter = Omit<RouteInput<typeof routes.listClusters>['query'], 'page_size' | 'page_token'>;
type UpdateSpec = RouteInput<typeof routes.updateCluster>['body']['spec'];

/** Random bytes in the password of the control plane's own user. */
const CONTROL_PASSWORD_BYTES = 32;

const CLUSTER_QUOTAS = [
  'iam.max_kafka_clusters.per_org',
  'kafka.max_kafka_creation.per_day',
  'kafka.max_kafka_clusters.per_env',
] as const;

/** Tries of a change that others overtake; more would mean that somebody changes it in a loop. */
const UPDATE_TRIES_MAX = 4;

/** Use cases of Kafka clusters: they change desired state; the reconciler does the rest. */
@Injectable()
export class ClustersService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly regions: RegionCatalogue,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Those that the caller may see; clusters being deleted are listed until they are gone. */
  async list(ctx: OpContext, query: ListFilter, page: PageRequest): Promise<Page<Cluster>> {
    const environmentId = query.environment;
    await this.#requireEnvironment(ctx, environmentId);
    const holderCrn = environmentCrn(ctx.organizationId, environmentId);
    const visible = visibleTo(ctx, 'cluster:read', { holderCrn, key: 'cloud-cluster' });
    // No cluster has a network of its own: such a filter matches nothing.
    if (query['spec.network'] !== undefined) return { rows: [], nextToken: undefined };
    const wanted = query['spec.deletion_protection'];
    const deletionProtection = wanted === undefined ? undefined : wanted === 'true';
    const filter = { environmentId, visible, deletionProtection };
    return this.repositories.clusters.list(ctx.organizationId, filter, page);
  }

  /** Throws `not_found`, also for other organizations' and other environments' clusters. */
  async get(ctx: OpContext, environmentId: string, id: string): Promise<Cluster> {
    return this.require(ctx, 'cluster:read', { environmentId, id });
  }

  /** Throws `invalid_argument` for a form that is not offered, `not_found` for the environment. */
  async create(ctx: OpContext, spec: CreateSpec): Promise<Cluster> {
    await this.requireCreatable(ctx, spec);
    const environmentId = spec.environment.id;
    const form = formOfWish(spec);
    return withFreshId(
      () => newId('lkc', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const cluster = this.#newCluster(ctx, { ...spec, id }, form);
          await this.unit.quotas.requireRoom(tx, { ctx, codes: CLUSTER_QUOTAS, environmentId });
          const size = { clusterId: id, environmentId, added: form.cku ?? 0 };
          await this.unit.quotas.requireCkus(tx, { ctx, ...size });
          await this.repositories.clusters.insert(tx, cluster, this.#newCredential(id));
          await record({ action: 'CreateKafkaCluster', ...named(cluster) });
          return cluster;
        }),
    );
  }

  /** Throws `failed_precondition` when it is being deleted. */
  async update(ctx: OpContext, id: string, spec: UpdateSpec): Promise<Cluster> {
    const place = { environmentId: spec.environment.id, id };
    for (let tries = 1; tries <= UPDATE_TRIES_MAX; tries += 1) {
      const cluster = await this.require(ctx, 'cluster:update', place);
      if (cluster.isDeleting) throw isGoing(cluster);
      const form = formAfter(cluster, spec);
      const displayName = spec.display_name ?? cluster.displayName;
      if (displayName === cluster.displayName && isSameForm(form, cluster)) return cluster;
      const updated: Cluster = {
        ...cluster,
        ...form,
        displayName,
        generation: cluster.generation + 1,
        updatedAtMs: this.ports.clock.wallMs(),
      };
      const written = await this.unit.run(ctx, async (tx, record) => {
        const added = (form.cku ?? 0) - (cluster.cku ?? 0);
        const size = { clusterId: id, environmentId: place.environmentId, added };
        await this.unit.quotas.requireCkus(tx, { ctx, ...size });
        const isCurrent = await this.repositories.clusters.update(tx, updated);
        if (isCurrent) await record({ action: 'UpdateKafkaCluster', ...named(cluster) });
        return isCurrent;
      });
      if (written) return updated;
    }
    throw new AppError(
      'failed_precondition',
      `Kafka cluster ${id} is being changed by others at the same time: read it and try again.`,
    );
  }

  /** Asking twice is asking once. Throws `failed_precondition` for a protected cluster and the audit log's. */
  async delete(ctx: OpContext, environmentId: string, id: string): Promise<void> {
    const cluster = await this.require(ctx, 'cluster:delete', { environmentId, id });
    const isTaken = await this.unit.run(ctx, async (tx, record) => {
      const nowMs = this.ports.clock.wallMs();
      const taken = await this.repositories.clusters.requestDeletion(tx, cluster, nowMs);
      if (taken && (await this.repositories.auditLogs.isDestination(tx, id)))
        throw receivesAuditLog(id);
      if (taken) await record({ action: 'DeleteKafkaCluster', ...named(cluster) });
      return taken;
    });
    if (isTaken || cluster.isDeleting) return;
    const left = await this.repositories.clusters.find(ctx.organizationId, id);
    if (left?.deletionProtection === true)
      throw new AppError(
        'failed_precondition',
        `Kafka cluster ${id} is protected against deletion: set spec.deletion_protection to false first.`,
      );
  }

  async #requireEnvironment(ctx: OpContext, id: string): Promise<void> {
    const environment = await this.repositories.environments.find(ctx.organizationId, id);
    const crn = environmentCrn(ctx.organizationId, id);
    if (environment === undefined || !isAllowed(ctx, 'environment:read', crn))
      throw noSuchEnvironment(id);
  }

  /**
   * Throws `not_found` or `forbidden` unless the caller may create a cluster there, and
   * `invalid_argument` for a region that nobody offers.
   */
  async requireCreatable(ctx: OpContext, spec: CreateSpec): Promise<void> {
    const environmentId = spec.environment.id;
    await this.#requireEnvironment(ctx, environmentId);
    authorize(ctx, 'cluster:create', environmentCrn(ctx.organizationId, environmentId));
    this.regions.require(spec.cloud, spec.region);
  }

  /** A cluster for which the caller has a permission. What it may not even read is not there for it. */
  async require(
    ctx: OpContext,
    permission: Permission,
    place: { readonly environmentId?: string; readonly id: string },
  ): Promise<Cluster> {
    const cluster = await this.repositories.clusters.find(ctx.organizationId, place.id);
    const environmentId = place.environmentId ?? cluster?.environmentId;
    if (cluster === undefined || cluster.environmentId !== environmentId)
      throw noSuchCluster(place.id);
    const { resourceCrn } = named(cluster);
    if (!isAllowed(ctx, 'cluster:read', resourceCrn)) throw noSuchCluster(place.id);
    authorize(ctx, permission, resourceCrn);
    return cluster;
  }

  #newCluster(
    ctx: OpContext,
    spec: CreateSpec & { readonly id: string },
    form: ClusterForm,
  ): Cluster {
    const nowMs = this.ports.clock.wallMs();
    return {
      ...form,
      id: spec.id,
      organizationId: ctx.organizationId,
      environmentId: spec.environment.id,
      displayName: spec.display_name,
      cloud: spec.cloud,
      region: spec.region,
      generation: 1,
      observedGeneration: 0,
      isDeleting: false,
      isStable: false,
      phase: 'PROVISIONING',
      observedCku: undefined,
      bootstrapEndpoint: undefined,
      httpEndpoint: undefined,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
  }

  #newCredential(clusterId: string): SealedCredential {
    const password = this.ports.random.bytes(CONTROL_PASSWORD_BYTES).toString('base64url');
    return {
      username: CONTROL_USER,
      secretEncrypted: sealSecret(this.ports.masterKey, Buffer.from(password), clusterId),
    };
  }
}

function named(cluster: Cluster): { readonly resourceCrn: string; readonly clusterIds: string[] } {
  const place = { ...cluster, clusterId: cluster.id };
  return { resourceCrn: clusterCrn(place), clusterIds: [cluster.id] };
}

/** The same for unknown and for invisible clusters. */
function noSuchCluster(id: string): AppError {
  return new AppError('not_found', `There is no Kafka cluster ${id} here.`);
}

function isGoing(cluster: Cluster): AppError {
  return new AppError(
    'failed_precondition',
    `Kafka cluster ${cluster.id} is being deleted and cannot be changed.`,
  );
}

function receivesAuditLog(id: string): AppError {
  return new AppError(
    'failed_precondition',
    `Kafka cluster ${id} receives the organization's audit log: send that to another cluster, or turn it off, with PATCH /v1/audit-log first.`,
  );
}
