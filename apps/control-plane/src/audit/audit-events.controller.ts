import { Controller } from '@nestjs/common';
import {
  organizationCrn,
  routes,
  type RouteInput,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentAuditEvent } from './audit-events.presenter.ts';

type Routes = typeof routes;

/** What happened in an organization, for those who may read its audit log. */
@Controller()
export class AuditEventsController {
  constructor(
    private readonly repositories: Repositories,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listAuditEvents)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listAuditEvents']>,
  ): Promise<RouteOutput<Routes['listAuditEvents']>> {
    const { organizationId } = ctx;
    authorize(ctx, 'audit-log:read', organizationCrn(organizationId));
    const filter = {
      action: query.method,
      actor: query.principal,
      result: query.result,
      fromMs: timeOf(query.start_time),
      untilMs: timeOf(query.end_time),
    };
    const { auditEvents } = this.repositories;
    const page = await auditEvents.list(organizationId, filter, pageRequest(query));
    const present = presentList({
      address: this.address,
      path: routes.listAuditEvents.path,
      query,
      page,
      present: presentAuditEvent,
    });
    return { api_version: 'v1', kind: 'AuditEventList', ...present };
  }
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
