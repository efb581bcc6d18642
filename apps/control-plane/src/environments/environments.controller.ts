import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentEnvironment } from './environments.presenter.ts';
import { EnvironmentsService } from './environments.service.ts';

type Routes = typeof routes;

/** org/v2 environments. */
@Controller()
export class EnvironmentsController {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listEnvironments)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listEnvironments']>,
  ): Promise<RouteOutput<Routes['listEnvironments']>> {
    const page = await this.environments.list(ctx, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listEnvironments.path,
      query,
      page,
      present: (row) => presentEnvironment(row, address),
    });
    return { api_version: 'org/v2', kind: 'EnvironmentList', ...present };
  }

  @Implements(routes.createEnvironment)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createEnvironment']>,
  ): Promise<RouteOutput<Routes['createEnvironment']>> {
    return presentEnvironment(await this.environments.create(ctx, body.display_name), this.address);
  }

  @Implements(routes.getEnvironment)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getEnvironment']>,
  ): Promise<RouteOutput<Routes['getEnvironment']>> {
    return presentEnvironment(await this.environments.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateEnvironment)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateEnvironment']>,
  ): Promise<RouteOutput<Routes['updateEnvironment']>> {
    const renamed = await this.environments.rename(ctx, params.id, body.display_name);
    return presentEnvironment(renamed, this.address);
  }

  @Implements(routes.deleteEnvironment)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteEnvironment']>,
  ): Promise<undefined> {
    await this.environments.delete(ctx, params.id);
    return undefined;
  }
}
