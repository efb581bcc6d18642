import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentRoleBinding } from './role-bindings.presenter.ts';
import { RoleBindingsService } from './role-bindings.service.ts';

type Routes = typeof routes;

/** iam/v2 role bindings. */
@Controller()
export class RoleBindingsController {
  constructor(
    private readonly bindings: RoleBindingsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listRoleBindings)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listRoleBindings']>,
  ): Promise<RouteOutput<Routes['listRoleBindings']>> {
    const page = await this.bindings.list(ctx, pageRequest(query), {
      crnPattern: query.crn_pattern,
      principal: query.principal,
      roleName: query.role_name,
    });
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listRoleBindings.path,
      query,
      page,
      present: (row) => presentRoleBinding(row, address),
    });
    return { api_version: 'iam/v2', kind: 'RoleBindingList', ...present };
  }

  @Implements(routes.createRoleBinding)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createRoleBinding']>,
  ): Promise<RouteOutput<Routes['createRoleBinding']>> {
    const binding = await this.bindings.create(ctx, {
      principal: body.principal,
      roleName: body.role_name,
      crnPattern: body.crn_pattern,
    });
    return presentRoleBinding(binding, this.address);
  }

  @Implements(routes.getRoleBinding)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getRoleBinding']>,
  ): Promise<RouteOutput<Routes['getRoleBinding']>> {
    return presentRoleBinding(await this.bindings.get(ctx, params.id), this.address);
  }

  @Implements(routes.deleteRoleBinding)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteRoleBinding']>,
  ): Promise<RouteOutput<Routes['deleteRoleBinding']>> {
    return presentRoleBinding(await this.bindings.delete(ctx, params.id), this.address);
  }
}
