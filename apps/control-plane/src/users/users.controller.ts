import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentUser } from './users.presenter.ts';
import { UsersService } from './users.service.ts';

type Routes = typeof routes;

/** iam/v2 users. */
@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listUsers)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listUsers']>,
  ): Promise<RouteOutput<Routes['listUsers']>> {
    const page = await this.users.list(ctx, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listUsers.path,
      query,
      page,
      present: (row) => presentUser(row, address),
    });
    return { api_version: 'iam/v2', kind: 'UserList', ...present };
  }

  @Implements(routes.getUser)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getUser']>,
  ): Promise<RouteOutput<Routes['getUser']>> {
    return presentUser(await this.users.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateUser)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateUser']>,
  ): Promise<RouteOutput<Routes['updateUser']>> {
    return presentUser(await this.users.update(ctx, params.id, body.full_name), this.address);
  }

  @Implements(routes.deleteUser)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteUser']>,
  ): Promise<undefined> {
    await this.users.delete(ctx, params.id);
    return undefined;
  }
}
