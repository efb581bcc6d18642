import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { ConfigurationsService } from './configurations.service.ts';

type Routes = typeof routes;

/** What declarative configurations made. */
@Controller()
export class ConfigurationsController {
  constructor(private readonly configurations: ConfigurationsService) {}

  @Implements(routes.getConfiguration)
  async get(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['getConfiguration']>,
  ): Promise<RouteOutput<Routes['getConfiguration']>> {
    const made = await this.configurations.list(ctx, { ...params, ...query });
    return {
      api_version: 'v1',
      kind: 'Configuration',
      organization_id: ctx.organizationId,
      name: params.name,
      objects: made.map(({ address, objectId, protect }) =>
        objectId === undefined ? { address, protect } : { address, object_id: objectId, protect },
      ),
    };
  }

  @Implements(routes.noteConfiguration)
  async note(
    @Context() ctx: OpContext,
    @Input() { params, query, body }: RouteInput<Routes['noteConfiguration']>,
  ): Promise<undefined> {
    const made = body.made.map(({ address, object_id: objectId, protect }) => ({
      address,
      objectId,
      protect,
    }));
    const { forgotten, holder, release } = body;
    await this.configurations.note(
      ctx,
      { ...params, ...query },
      { holder, release, made, forgotten },
    );
    return undefined;
  }
}
