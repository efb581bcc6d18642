import { Inject, Injectable } from '@nestjs/common';
import { clusterCrn, organizationCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { ClustersService } from '../clusters/clusters.service.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { AuditLog } from './audit-logs.repository.ts';

/** Where an organization wants its audit events beside the database. */
@Injectable()
export class AuditLogsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly clusters: ClustersService,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  get(ctx: OpContext): Promise<AuditLog> {
    authorize(ctx, 'audit-log:read', organizationCrn(ctx.organizationId));
    return this.repositories.auditLogs.get(ctx.organizationId);
  }

  /** Null turns it off. Throws `not_found` for clusters that are not there, or not for the caller. */
  async turnTo(ctx: OpContext, clusterId: string | null): Promise<AuditLog> {
    const { organizationId } = ctx;
    const crn = organizationCrn(organizationId);
    authorize(ctx, 'audit-log:update', crn);
    const current = await this.repositories.auditLogs.get(organizationId);
    if ((current.cluster?.id ?? null) === clusterId) return current;
    const left = current.cluster ? [current.cluster.id] : [];
    await (clusterId === null ? this.#turnOff(ctx, left) : this.#turnTo(ctx, clusterId, left));
    return this.repositories.auditLogs.get(organizationId);
  }

  async #turnTo(ctx: OpContext, clusterId: string, left: readonly string[]): Promise<void> {
    const cluster = await this.clusters.require(ctx, 'cluster:update', { id: clusterId });
    const { organizationId } = ctx;
    await this.unit.run(ctx, async (tx, record) => {
      const place = { organizationId, clusterId };
      if (!(await this.repositories.auditLogs.turnTo(tx, place, this.ports.clock.wallMs())))
        throw new AppError(
          'failed_precondition',
          `Kafka cluster ${clusterId} is being deleted and cannot receive the audit log.`,
          { field: '/cluster_id' },
        );
      const resourceCrn = clusterCrn({ ...cluster, clusterId });
      // The event of this very change is the first one there.
      await record({ action: 'UpdateAuditLog', resourceCrn, clusterIds: [clusterId, ...left] });
    });
  }

  async #turnOff(ctx: OpContext, left: readonly string[]): Promise<void> {
    const { organizationId } = ctx;
    await this.unit.run(ctx, async (tx, record) => {
      await this.repositories.auditLogs.turnOff(tx, organizationId, this.ports.clock.wallMs());
      const resourceCrn = organizationCrn(organizationId);
      await record({ action: 'UpdateAuditLog', resourceCrn, clusterIds: left });
    });
  }
}
