import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentIdentityProvider } from './identity-providers.presenter.ts';
import { IdentityProvidersService } from './identity-providers.service.ts';

type Routes = typeof routes;

/** iam/v2 identity providers. */
@Controller()
export class IdentityProvidersController {
  constructor(
    private readonly providers: IdentityProvidersService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listIdentityProviders)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listIdentityProviders']>,
  ): Promise<RouteOutput<Routes['listIdentityProviders']>> {
    const page = await this.providers.list(ctx, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listIdentityProviders.path,
      query,
      page,
      present: (row) => presentIdentityProvider(row, address),
    });
    return { api_version: 'iam/v2', kind: 'IdentityProviderList', ...present };
  }

  @Implements(routes.createIdentityProvider)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createIdentityProvider']>,
  ): Promise<RouteOutput<Routes['createIdentityProvider']>> {
    const made = await this.providers.create(ctx, {
      displayName: body.display_name,
      description: body.description,
      identityClaim: body.identity_claim,
      issuer: body.issuer,
      jwksUri: body.jwks_uri,
    });
    return presentIdentityProvider(made, this.address);
  }

  @Implements(routes.getIdentityProvider)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getIdentityProvider']>,
  ): Promise<RouteOutput<Routes['getIdentityProvider']>> {
    return presentIdentityProvider(await this.providers.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateIdentityProvider)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateIdentityProvider']>,
  ): Promise<RouteOutput<Routes['updateIdentityProvider']>> {
    const updated = await this.providers.update(ctx, params.id, {
      ...(body.display_name === undefined ? {} : { displayName: body.display_name }),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.identity_claim === undefined ? {} : { identityClaim: body.identity_claim }),
      ...(body.issuer === undefined ? {} : { issuer: body.issuer }),
      ...(body.jwks_uri === undefined ? {} : { jwksUri: body.jwks_uri }),
    });
    return presentIdentityProvider(updated, this.address);
  }

  @Implements(routes.deleteIdentityProvider)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteIdentityProvider']>,
  ): Promise<undefined> {
    await this.providers.delete(ctx, params.id);
    return undefined;
  }

  @Implements(routes.refreshJwks)
  async refresh(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['refreshJwks']>,
  ): Promise<RouteOutput<Routes['refreshJwks']>> {
    const { status, fetchedAtMs } = await this.providers.refreshKeys(ctx, params.provider_id);
    return {
      api_version: 'iam/v2',
      kind: 'Jwks',
      spec: { jwks_status: 'REFRESHED' },
      status: {
        jwks_status: status,
        ...(fetchedAtMs === undefined
          ? {}
          : { jwks_last_refresh_at: new Date(fetchedAtMs).toISOString() }),
      },
    };
  }
}
