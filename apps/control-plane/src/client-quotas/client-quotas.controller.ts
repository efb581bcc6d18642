import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentClientQuota } from './client-quotas.presenter.ts';
import { ClientQuotasService } from './client-quotas.service.ts';

type Routes = typeof routes;

/** kafka-quotas/v1 client quotas. */
@Controller()
export class ClientQuotasController {
  constructor(
    private readonly quotas: ClientQuotasService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listClientQuotas)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listClientQuotas']>,
  ): Promise<RouteOutput<Routes['listClientQuotas']>> {
    const place = { environmentId: query.environment, clusterId: query['spec.cluster'] };
    const page = await this.quotas.list(ctx, place, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listClientQuotas.path,
      query,
      page,
      present: (quota) => presentClientQuota(quota, address),
    });
    return { api_version: 'kafka-quotas/v1', kind: 'ClientQuotaList', ...present };
  }

  @Implements(routes.createClientQuota)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createClientQuota']>,
  ): Promise<RouteOutput<Routes['createClientQuota']>> {
    return presentClientQuota(await this.quotas.create(ctx, body.spec), this.address);
  }

  @Implements(routes.getClientQuota)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getClientQuota']>,
  ): Promise<RouteOutput<Routes['getClientQuota']>> {
    return presentClientQuota(await this.quotas.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateClientQuota)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateClientQuota']>,
  ): Promise<RouteOutput<Routes['updateClientQuota']>> {
    const updated = await this.quotas.update(ctx, params.id, body.spec);
    return presentClientQuota(updated, this.address);
  }

  @Implements(routes.deleteClientQuota)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteClientQuota']>,
  ): Promise<undefined> {
    await this.quotas.delete(ctx, params.id);
    return undefined;
  }
}
