import { Inject, Injectable } from '@nestjs/common';
import {
  clusterCrn,
  newId,
  type Page,
  type RouteInput,
  type routes,
} from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { noSuchEnvironment } from '../environments/environments.service.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { sealSecret } from '../secrets/envelope.ts';
import { requireOffered } from './clusters.policy.ts';
import type { Cluster, SealedCredential } from './clusters.repository.ts';

type CreateSpec = RouteInput<typeof routes.createCluster>['body']['spec'];
type UpdateSpec = RouteInput<typeof routes.updateCluster>['body']['spec'];

/** The super user with which the control plane itself logs in to brokers. */
const CONTROL_USER = 'weirhouse-control';
/** Random bytes in its password. */
const CONTROL_PASSWORD_BYTES = 32;

/** Use cases of Kafka clusters: they change desired state; the reconciler does the rest. */
@Injectable()
export class ClustersService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Clusters being deleted are listed until they are gone. */
  async list(ctx: OpContext, environmentId: string, page: PageRequest): Promise<Page<Cluster>> {
    await this.#requireEnvironment(ctx, environmentId);
    return this.repositories.clusters.list(ctx.organizationId, environmentId, page);
  }

  /** Throws `not_found`, also for other organizations' and other environments' clusters. */
  async get(ctx: OpContext, environmentId: string, id: string): Promise<Cluster> {
    const cluster = await this.repositories.clusters.find(ctx.organizationId, id);
    if (cluster === undefined || cluster.environmentId !== environmentId) throw noSuchCluster(id);
    return cluster;
  }

  /** Throws `invalid_argument` for a form that is not offered, `not_found` for the environment. */
  async create(ctx: OpContext, spec: CreateSpec): Promise<Cluster> {
    requireOffered(spec);
    const environmentId = spec.environment.id;
    await this.#requireEnvironment(ctx, environmentId);
    const nowMs = this.ports.clock.wallMs();
    return withFreshId(
      () => newId('lkc', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const cluster: Cluster = {
            id,
            organizationId: ctx.organizationId,
            environmentId,
            displayName: spec.display_name,
            availability: spec.availability,
            cloud: spec.cloud,
            region: spec.region,
            kind: spec.config.kind,
            maxEcku: spec.config.max_ecku,
            generation: 1,
            observedGeneration: 0,
            isDeleting: false,
            isStable: false,
            phase: 'PROVISIONING',
            bootstrapEndpoint: undefined,
            httpEndpoint: undefined,
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
          };
          await this.repositories.clusters.insert(tx, cluster, this.#newCredential(id));
          await record({ action: 'CreateKafkaCluster', ...named(cluster) });
          return cluster;
        }),
    );
  }

  /** Throws `failed_precondition` when it is being deleted. */
  async update(ctx: OpContext, id: string, spec: UpdateSpec): Promise<Cluster> {
    requireOffered(spec);
    const cluster = await this.get(ctx, spec.environment.id, id);
    const displayName = spec.display_name ?? cluster.displayName;
    const maxEcku = spec.config?.max_ecku ?? cluster.maxEcku;
    if (displayName === cluster.displayName && maxEcku === cluster.maxEcku) return cluster;
    const updated = {
      ...cluster,
      displayName,
      maxEcku,
      generation: cluster.generation + 1,
      updatedAtMs: this.ports.clock.wallMs(),
    };
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.clusters.update(tx, updated))) {
        throw new AppError(
          'failed_precondition',
          `Kafka cluster ${cluster.id} is being deleted and cannot be changed.`,
        );
      }
      await record({ action: 'UpdateKafkaCluster', ...named(cluster) });
      return updated;
    });
  }

  /** Asking twice is asking once. */
  async delete(ctx: OpContext, environmentId: string, id: string): Promise<void> {
    const cluster = await this.get(ctx, environmentId, id);
    await this.unit.run(ctx, async (tx, record) => {
      if (await this.repositories.clusters.requestDeletion(tx, cluster, this.ports.clock.wallMs()))
        await record({ action: 'DeleteKafkaCluster', ...named(cluster) });
    });
  }

  async #requireEnvironment(ctx: OpContext, id: string): Promise<void> {
    const environment = await this.repositories.environments.find(ctx.organizationId, id);
    if (environment === undefined) throw noSuchEnvironment(id);
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
  return new AppError('not_found', `There is no Kafka cluster ${id} in this environment.`);
}
