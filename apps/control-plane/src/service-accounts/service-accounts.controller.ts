import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentServiceAccount } from './service-accounts.presenter.ts';
import { ServiceAccountsService } from './service-accounts.service.ts';

type Routes = typeof routes;

/** iam/v2 service accounts. */
@Controller()
export class ServiceAccountsController {
  constructor(
    private readonly accounts: ServiceAccountsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listServiceAccounts)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listServiceAccounts']>,
  ): Promise<RouteOutput<Routes['listServiceAccounts']>> {
    const page = await this.accounts.list(ctx, pageRequest(query), query.display_name);
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listServiceAccounts.path,
      query,
      page,
      present: (row) => presentServiceAccount(row, address),
    });
    return { api_version: 'iam/v2', kind: 'ServiceAccountList', ...present };
  }

  @Implements(routes.createServiceAccount)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createServiceAccount']>,
  ): Promise<RouteOutput<Routes['createServiceAccount']>> {
    const fields = { displayName: body.display_name, description: body.description };
    return presentServiceAccount(await this.accounts.create(ctx, fields), this.address);
  }

  @Implements(routes.getServiceAccount)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getServiceAccount']>,
  ): Promise<RouteOutput<Routes['getServiceAccount']>> {
    return presentServiceAccount(await this.accounts.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateServiceAccount)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateServiceAccount']>,
  ): Promise<RouteOutput<Routes['updateServiceAccount']>> {
    const account = await this.accounts.update(ctx, params.id, {
      ...(body.display_name === undefined ? {} : { displayName: body.display_name }),
      ...(body.description === undefined ? {} : { description: body.description }),
    });
    return presentServiceAccount(account, this.address);
  }

  @Implements(routes.deleteServiceAccount)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteServiceAccount']>,
  ): Promise<undefined> {
    await this.accounts.delete(ctx, params.id);
    return undefined;
  }
}
