import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentApiKey } from './api-keys.presenter.ts';
import { ApiKeysService } from './api-keys.service.ts';

type Routes = typeof routes;

/** iam/v2 API keys. */
@Controller()
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listApiKeys)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listApiKeys']>,
  ): Promise<RouteOutput<Routes['listApiKeys']>> {
    const filter = { ownerId: query['spec.owner'], resourceId: query['spec.resource'] };
    const page = await this.apiKeys.list(ctx, pageRequest(query), filter);
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listApiKeys.path,
      query,
      page,
      present: (row) => presentApiKey(row, address),
    });
    return { api_version: 'iam/v2', kind: 'ApiKeyList', ...present };
  }

  @Implements(routes.createApiKey)
  async create(
    @Context() ctx: OpContext,
    @Input() { body: { spec } }: RouteInput<Routes['createApiKey']>,
  ): Promise<RouteOutput<Routes['createApiKey']>> {
    const { key, secret } = await this.apiKeys.create(ctx, {
      displayName: spec.display_name,
      description: spec.description,
      ownerId: spec.owner.id,
      ownerKind: spec.owner.kind,
      resource: spec.resource ?? undefined,
    });
    return presentApiKey(key, this.address, secret);
  }

  @Implements(routes.getApiKey)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getApiKey']>,
  ): Promise<RouteOutput<Routes['getApiKey']>> {
    return presentApiKey(await this.apiKeys.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateApiKey)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body: { spec } }: RouteInput<Routes['updateApiKey']>,
  ): Promise<RouteOutput<Routes['updateApiKey']>> {
    const key = await this.apiKeys.update(ctx, params.id, {
      ...(spec.display_name === undefined ? {} : { displayName: spec.display_name }),
      ...(spec.description === undefined ? {} : { description: spec.description }),
    });
    return presentApiKey(key, this.address);
  }

  @Implements(routes.deleteApiKey)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteApiKey']>,
  ): Promise<undefined> {
    await this.apiKeys.delete(ctx, params.id);
    return undefined;
  }
}
