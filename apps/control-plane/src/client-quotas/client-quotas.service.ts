import { Inject, Injectable } from '@nestjs/common';
import {
  clientQuotaCrn,
  clusterRbacCrn,
  DEFAULT_PRINCIPAL,
  newId,
  type Page,
  type Permission,
  type RouteInput,
  type routes,
} from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import type { Cluster } from '../clusters/clusters.repository.ts';
import type { Transaction } from '../database/database.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { ClientQuota } from './client-quotas.repository.ts';

type CreateSpec = RouteInput<typeof routes.createClientQuota>['body']['spec'];
type UpdateSpec = RouteInput<typeof routes.updateClientQuota>['body']['spec'];

/** Use cases of client quotas, which every kind of cluster offers; the reconciler tells brokers. */
@Injectable()
export class ClientQuotasService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Throws `invalid_argument` for a cluster that is not there or not to be seen. */
  async list(
    ctx: OpContext,
    place: { readonly environmentId: string; readonly clusterId: string },
    page: PageRequest,
  ): Promise<Page<ClientQuota>> {
    const cluster = await this.#cluster(ctx, { ...place, field: 'spec.cluster' });
    authorize(ctx, 'client-quota:list', crnOf(cluster));
    return this.repositories.clientQuotas.list(cluster.id, page);
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, id: string): Promise<ClientQuota> {
    const quota = await this.repositories.clientQuotas.find(ctx.organizationId, id);
    if (quota === undefined || !isAllowed(ctx, 'client-quota:read', clusterRbacCrn(quota)))
      throw noSuchQuota(id);
    return quota;
  }

  async create(ctx: OpContext, spec: CreateSpec): Promise<ClientQuota> {
    const place = { environmentId: spec.environment.id, clusterId: spec.cluster.id };
    const cluster = await this.#cluster(ctx, { ...place, field: '/spec/cluster/id' });
    authorize(ctx, 'client-quota:create', crnOf(cluster));
    if (cluster.isDeleting)
      throw new AppError('failed_precondition', `Kafka cluster ${cluster.id} is being deleted.`);
    const nowMs = this.ports.clock.wallMs();
    return withFreshId(
      () => newId('cq', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const quota: ClientQuota = {
            id,
            organizationId: ctx.organizationId,
            ...place,
            displayName: spec.display_name,
            description: spec.description,
            ...ratesOf(spec.throughput),
            principalIds: principalIdsOf(spec.principals),
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
          };
          await this.#keepPrincipals(tx, quota);
          await this.repositories.clientQuotas.insert(tx, quota);
          await record({ action: 'CreateClientQuota', ...named(quota) });
          return quota;
        }),
    );
  }

  async update(ctx: OpContext, id: string, spec: UpdateSpec): Promise<ClientQuota> {
    const current = await this.#require(ctx, 'client-quota:update', id);
    const updated: ClientQuota = {
      ...current,
      displayName: spec.display_name ?? current.displayName,
      description: spec.description ?? current.description,
      ...(spec.throughput && ratesOf(spec.throughput)),
      principalIds: spec.principals ? principalIdsOf(spec.principals) : current.principalIds,
      updatedAtMs: this.ports.clock.wallMs(),
    };
    return this.unit.run(ctx, async (tx, record) => {
      await this.#keepPrincipals(tx, updated);
      if (!(await this.repositories.clientQuotas.update(tx, updated))) throw noSuchQuota(id);
      await record({ action: 'UpdateClientQuota', ...named(updated) });
      return updated;
    });
  }

  async delete(ctx: OpContext, id: string): Promise<void> {
    const quota = await this.#require(ctx, 'client-quota:delete', id);
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.clientQuotas.delete(tx, ctx.organizationId, id)))
        throw noSuchQuota(id);
      await record({ action: 'DeleteClientQuota', ...named(quota) });
    });
  }

  async #require(ctx: OpContext, permission: Permission, id: string): Promise<ClientQuota> {
    const quota = await this.get(ctx, id);
    authorize(ctx, permission, clusterRbacCrn(quota));
    return quota;
  }

  async #cluster(
    ctx: OpContext,
    named: { readonly environmentId: string; readonly clusterId: string; readonly field: string },
  ): Promise<Cluster> {
    const { clusterId, environmentId, field } = named;
    const cluster = await this.repositories.clusters.find(ctx.organizationId, clusterId);
    const isSeen = cluster !== undefined && isAllowed(ctx, 'cluster:read', crnOf(cluster));
    if (isSeen && cluster.environmentId === environmentId) return cluster;
    throw new AppError(
      'invalid_argument',
      `There is no Kafka cluster ${clusterId} in environment ${environmentId}.`,
      { field },
    );
  }

  /** Throws `invalid_argument` for what is no service account; keeps them until the commit. */
  async #keepPrincipals(tx: Transaction, quota: ClientQuota): Promise<void> {
    const { serviceAccounts } = this.repositories;
    for (const id of quota.principalIds) {
      if (id === DEFAULT_PRINCIPAL) continue;
      if (await serviceAccounts.keep(tx, quota.organizationId, id)) continue;
      throw new AppError(
        'invalid_argument',
        `There is no service account ${id}: principals are service accounts or ${DEFAULT_PRINCIPAL}.`,
        { field: '/spec/principals' },
      );
    }
  }
}

function principalIdsOf(principals: readonly { readonly id: string }[]): readonly string[] {
  return [...new Set(principals.map(({ id }) => id))].toSorted();
}

function ratesOf(throughput: CreateSpec['throughput']): {
  readonly ingressByteRate: number;
  readonly egressByteRate: number;
} {
  return {
    ingressByteRate: Number(throughput.ingress_byte_rate),
    egressByteRate: Number(throughput.egress_byte_rate),
  };
}

function crnOf(cluster: Cluster): string {
  return clusterRbacCrn({ ...cluster, clusterId: cluster.id });
}

function named(quota: ClientQuota): {
  readonly resourceCrn: string;
  readonly clusterIds: string[];
} {
  return {
    resourceCrn: clientQuotaCrn(quota.organizationId, quota.id),
    clusterIds: [quota.clusterId],
  };
}

function noSuchQuota(id: string): AppError {
  return new AppError('not_found', `There is no client quota ${id}.`);
}
