import { Controller } from '@nestjs/common';
import { routePath, routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { IdentityPoolsService } from './identity-pools.service.ts';
import { presentIdentityPool } from './identity-providers.presenter.ts';

type Routes = typeof routes;

/** iam/v2 identity pools. */
@Controller()
export class IdentityPoolsController {
  constructor(
    private readonly pools: IdentityPoolsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listIdentityPools)
  async list(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['listIdentityPools']>,
  ): Promise<RouteOutput<Routes['listIdentityPools']>> {
    const page = await this.pools.list(ctx, params.provider_id, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routePath(routes.listIdentityPools, params),
      query,
      page,
      present: (row) => presentIdentityPool(row, address),
    });
    return { api_version: 'iam/v2', kind: 'IdentityPoolList', ...present };
  }

  @Implements(routes.createIdentityPool)
  async create(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['createIdentityPool']>,
  ): Promise<RouteOutput<Routes['createIdentityPool']>> {
    const made = await this.pools.create(ctx, params.provider_id, {
      displayName: body.display_name,
      description: body.description,
      identityClaim: body.identity_claim,
      filter: body.filter,
    });
    return presentIdentityPool(made, this.address);
  }

  @Implements(routes.getIdentityPool)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getIdentityPool']>,
  ): Promise<RouteOutput<Routes['getIdentityPool']>> {
    const pool = await this.pools.get(ctx, params.provider_id, params.id);
    return presentIdentityPool(pool, this.address);
  }

  @Implements(routes.updateIdentityPool)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateIdentityPool']>,
  ): Promise<RouteOutput<Routes['updateIdentityPool']>> {
    const place = { providerId: params.provider_id, id: params.id };
    const updated = await this.pools.update(ctx, place, {
      ...(body.display_name === undefined ? {} : { displayName: body.display_name }),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.identity_claim === undefined ? {} : { identityClaim: body.identity_claim }),
      ...(body.filter === undefined ? {} : { filter: body.filter }),
    });
    return presentIdentityPool(updated, this.address);
  }

  @Implements(routes.deleteIdentityPool)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteIdentityPool']>,
  ): Promise<undefined> {
    await this.pools.delete(ctx, params.provider_id, params.id);
    return undefined;
  }
}
