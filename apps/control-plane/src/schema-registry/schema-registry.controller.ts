import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { EnvironmentsService } from '../environments/environments.service.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';

type Routes = typeof routes;

/** srcm/v3 clusters: no environment has one yet, which clients may ask. */
@Controller()
export class SchemaRegistryController {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listSchemaRegistries)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listSchemaRegistries']>,
  ): Promise<RouteOutput<Routes['listSchemaRegistries']>> {
    pageRequest(query);
    await this.environments.get(ctx, query.environment);
    const { metadata } = presentList({
      address: this.address,
      path: routes.listSchemaRegistries.path,
      query,
      page: { rows: [], nextToken: undefined },
      present: () => undefined,
    });
    return { api_version: 'srcm/v3', kind: 'ClusterList', metadata, data: [] };
  }
}
