import { Controller } from '@nestjs/common';
import {
  AUDIT_TOPIC,
  organizationCrn,
  routes,
  type RouteInput,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import type { AuditLog } from './audit-logs.repository.ts';
import { AuditLogsService } from './audit-logs.service.ts';

type Routes = typeof routes;

/** Our own routes on where audit events go. */
@Controller()
export class AuditLogsController {
  constructor(
    private readonly logs: AuditLogsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.getAuditLog)
  async get(@Context() ctx: OpContext): Promise<RouteOutput<Routes['getAuditLog']>> {
    return this.#present(await this.logs.get(ctx));
  }

  @Implements(routes.updateAuditLog)
  async update(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['updateAuditLog']>,
  ): Promise<RouteOutput<Routes['updateAuditLog']>> {
    return this.#present(await this.logs.turnTo(ctx, body.cluster_id));
  }

  #present(log: AuditLog): RouteOutput<Routes['getAuditLog']> {
    const { cluster, failure } = log;
    const oldest = presentTime(log.oldestPendingAtMs);
    const last = presentTime(log.lastDeliveredAtMs);
    return {
      api_version: 'v1',
      kind: 'AuditLog',
      metadata: {
        self: this.address.link(routes.getAuditLog.path),
        resource_name: organizationCrn(log.organizationId),
      },
      ...(cluster && { cluster_id: cluster.id, environment_id: cluster.environmentId }),
      topic_name: AUDIT_TOPIC,
      status: {
        phase: phaseOf(log),
        delivered_events: log.deliveredCount,
        pending_events: log.pendingCount,
        ...(oldest === undefined ? {} : { oldest_pending_at: oldest }),
        ...(last === undefined ? {} : { last_delivered_at: last }),
        ...(failure === undefined ? {} : { failure }),
      },
    };
  }
}

function phaseOf({ cluster, failure }: AuditLog): 'OFF' | 'DELIVERING' | 'FAILING' {
  if (cluster === undefined) return 'OFF';
  return failure === undefined ? 'DELIVERING' : 'FAILING';
}

function presentTime(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}
