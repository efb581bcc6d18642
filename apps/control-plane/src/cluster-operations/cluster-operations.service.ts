import { Inject, Injectable } from '@nestjs/common';
import { clusterCrn, type Page, type RouteInput, type routes } from '@weirhouse/cloud-contract';
import {
  formAfter,
  formOfWish,
  previewCluster,
  type ClusterPreview,
  type MaintenanceWindow,
} from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import type { Cluster } from '../clusters/clusters.repository.ts';
import { ClustersService } from '../clusters/clusters.service.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { Operation } from '../reconcile/operations.repository.ts';
import type { CareChange, ClusterCare } from './cluster-care.repository.ts';

type CreateSpec = RouteInput<typeof routes.planClusterCreation>['body']['spec'];
type ChangeBody = RouteInput<typeof routes.planClusterChange>['body'];

/** A cluster with how it is looked after, for what it may be used for. */
export interface LimitedCluster {
  readonly cluster: Cluster;
  readonly isInEffect: boolean;
}

/** Use cases on what is done to clusters: its record, its previews, and how it is held back. */
@Injectable()
export class ClusterOperationsService {
  constructor(
    private readonly clusters: ClustersService,
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  async list(ctx: OpContext, clusterId: string, page: PageRequest): Promise<Page<Operation>> {
    await this.clusters.require(ctx, 'operation:list', { id: clusterId });
    return this.repositories.operations.list(clusterId, page);
  }

  /** Throws `not_found`, also for other organizations' operations and those one may not see. */
  async get(ctx: OpContext, id: string): Promise<Operation> {
    const operation = await this.repositories.operations.find(ctx.organizationId, id);
    const isSeen =
      operation !== undefined && isAllowed(ctx, 'operation:read', clusterCrn(operation));
    if (!isSeen) throw new AppError('not_found', `There is no operation ${id}.`);
    return operation;
  }

  async getState(ctx: OpContext, id: string): Promise<ClusterCare> {
    await this.clusters.require(ctx, 'cluster:read', { id });
    return this.repositories.clusterCare.get(ctx.organizationId, id);
  }

  async getLimits(ctx: OpContext, id: string): Promise<LimitedCluster> {
    const cluster = await this.clusters.require(ctx, 'cluster:read', { id });
    const isInEffect =
      cluster.phase === 'PROVISIONED' && cluster.generation === cluster.observedGeneration;
    return { cluster, isInEffect };
  }

  pause(ctx: OpContext, id: string, reason: string): Promise<ClusterCare> {
    const paused = { sinceMs: this.ports.clock.wallMs(), reason };
    return this.#change(ctx, id, { action: 'PauseKafkaCluster', change: { paused } });
  }

  resume(ctx: OpContext, id: string): Promise<ClusterCare> {
    return this.#change(ctx, id, { action: 'ResumeKafkaCluster', change: { paused: null } });
  }

  /** What is left out stays; a null window = restarts may happen at any time. */
  setCare(
    ctx: OpContext,
    id: string,
    change: {
      readonly maintenance?: MaintenanceWindow | null | undefined;
      readonly driftPolicy?: 'correct' | 'report' | undefined;
    },
  ): Promise<ClusterCare> {
    return this.#change(ctx, id, { action: 'UpdateKafkaClusterCare', change });
  }

  /** Refuses what a creation would refuse. */
  async previewCreation(ctx: OpContext, spec: CreateSpec): Promise<ClusterPreview> {
    await this.clusters.requireCreatable(ctx, spec);
    const after = { displayName: spec.display_name, form: formOfWish(spec) };
    return previewCluster({ before: undefined, after });
  }

  /** Refuses what the change would refuse, but for a deletion that protection would stop. */
  async previewChange(
    ctx: OpContext,
    id: string,
    { method, spec }: ChangeBody,
  ): Promise<ClusterPreview> {
    const place = { environmentId: spec.environment.id, id };
    const permission = method === 'DELETE' ? 'cluster:delete' : 'cluster:update';
    const cluster = await this.clusters.require(ctx, permission, place);
    const before = { displayName: cluster.displayName, form: cluster };
    if (method === 'DELETE') return previewCluster({ before, after: undefined });
    const displayName = spec.display_name ?? cluster.displayName;
    return previewCluster({ before, after: { displayName, form: formAfter(cluster, spec) } });
  }

  async #change(
    ctx: OpContext,
    id: string,
    { action, change }: { readonly action: string; readonly change: CareChange },
  ): Promise<ClusterCare> {
    const cluster = await this.clusters.require(ctx, 'cluster:update', { id });
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.clusterCare.update(tx, id, change)))
        throw new AppError('not_found', `There is no Kafka cluster ${id}.`);
      const resourceCrn = clusterCrn({ ...cluster, clusterId: id });
      await record({ action, resourceCrn, clusterIds: [id] });
    });
    return this.repositories.clusterCare.get(ctx.organizationId, id);
  }
}
