import { Controller } from '@nestjs/common';
import {
  clusterCrn,
  environmentCrn,
  organizationCrn,
  QUOTA_SCOPES,
  routes,
  userCrn,
  type RouteInput,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { QUOTAS, SCOPE_DESCRIPTIONS, type QuotaScope } from './catalogue.ts';
import { pageOf, ServiceQuotasService, type AppliedQuota } from './service-quotas.service.ts';

type Routes = typeof routes;
type Presented = RouteOutput<Routes['getAppliedQuota']>;
type PresentedScope = RouteOutput<Routes['getQuotaScope']>;

/** service-quota/v1. */
@Controller()
export class ServiceQuotasController {
  constructor(
    private readonly quotas: ServiceQuotasService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listAppliedQuotas)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listAppliedQuotas']>,
  ): Promise<RouteOutput<Routes['listAppliedQuotas']>> {
    const page = await this.quotas.list(ctx, query, pageRequest(query));
    const present = presentList({
      address: this.address,
      path: routes.listAppliedQuotas.path,
      query,
      page,
      present: (quota) => this.#present(ctx, quota),
    });
    return { api_version: 'service-quota/v1', kind: 'AppliedQuotaList', ...present };
  }

  @Implements(routes.getAppliedQuota)
  async get(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['getAppliedQuota']>,
  ): Promise<Presented> {
    return this.#present(ctx, await this.quotas.get(ctx, params.id, query));
  }

  @Implements(routes.listQuotaScopes)
  async listScopes(
    @Context() _ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listQuotaScopes']>,
  ): Promise<RouteOutput<Routes['listQuotaScopes']>> {
    const present = presentList({
      address: this.address,
      path: routes.listQuotaScopes.path,
      query,
      page: pageOf(QUOTA_SCOPES, pageRequest(query)),
      present: (scope) => this.#presentScope(scope),
    });
    return Promise.resolve({ api_version: 'service-quota/v1', kind: 'ScopeList', ...present });
  }

  @Implements(routes.getQuotaScope)
  async getScope(
    @Context() _ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getQuotaScope']>,
  ): Promise<PresentedScope> {
    const scope = QUOTA_SCOPES.find((known) => known === params.id.toUpperCase());
    if (scope === undefined)
      throw new AppError('not_found', `There is no scope ${params.id} of service quotas.`);
    return Promise.resolve(this.#presentScope(scope));
  }

  #presentScope(scope: QuotaScope): PresentedScope {
    return {
      api_version: 'service-quota/v1',
      kind: 'Scope',
      id: scope,
      metadata: { self: this.address.link(`/service-quota/v1/scopes/${scope}`) },
      description: SCOPE_DESCRIPTIONS[scope],
    };
  }

  #present({ organizationId }: OpContext, applied: AppliedQuota): Presented {
    const { appliedLimit, clusterId, code, environmentId, usage, userId } = applied;
    const { defaultLimit, displayName, scope } = QUOTAS[code];
    const reference = (id: string, path: string, crn: string): Presented['organization'] => ({
      id,
      related: this.address.link(`${path}/${id}`),
      resource_name: crn,
    });
    const place = {
      organizationId,
      environmentId: environmentId ?? '',
      clusterId: clusterId ?? '',
    };
    return {
      api_version: 'service-quota/v1',
      kind: 'AppliedQuota',
      id: code,
      metadata: { self: this.address.link(`/service-quota/v1/applied-quotas/${code}`) },
      scope,
      display_name: displayName,
      default_limit: defaultLimit,
      applied_limit: appliedLimit,
      organization: reference(
        organizationId,
        '/org/v2/organizations',
        organizationCrn(organizationId),
      ),
      ...(usage === undefined ? {} : { usage }),
      ...(environmentId && {
        environment: reference(
          environmentId,
          '/org/v2/environments',
          environmentCrn(organizationId, environmentId),
        ),
      }),
      ...(clusterId && {
        kafka_cluster: reference(clusterId, '/cmk/v2/clusters', clusterCrn(place)),
      }),
      ...(userId && {
        user: reference(userId, '/iam/v2/users', userCrn(organizationId, userId)),
      }),
    };
  }
}
