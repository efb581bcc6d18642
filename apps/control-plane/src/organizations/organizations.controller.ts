import { Controller } from '@nestjs/common';
import {
  organizationCrn,
  routes,
  type RouteInput,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import type { Organization } from './organizations.repository.ts';
import { OrganizationsService } from './organizations.service.ts';

type Routes = typeof routes;

/** org/v2 organizations. */
@Controller()
export class OrganizationsController {
  constructor(
    private readonly organizations: OrganizationsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listOrganizations)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listOrganizations']>,
  ): Promise<RouteOutput<Routes['listOrganizations']>> {
    const page = await this.organizations.list(ctx, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listOrganizations.path,
      query,
      page,
      present: (row) => presentOrganization(row, address),
    });
    return { api_version: 'org/v2', kind: 'OrganizationList', ...present };
  }

  @Implements(routes.getOrganization)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getOrganization']>,
  ): Promise<RouteOutput<Routes['getOrganization']>> {
    return presentOrganization(await this.organizations.get(ctx, params.id), this.address);
  }

  @Implements(routes.updateOrganization)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['updateOrganization']>,
  ): Promise<RouteOutput<Routes['updateOrganization']>> {
    const renamed = await this.organizations.rename(ctx, params.id, body.display_name);
    return presentOrganization(renamed, this.address);
  }
}

/** An organization in the contract's form. Nobody becomes a user just by signing in. */
function presentOrganization(
  organization: Organization,
  address: ApiAddress,
): RouteOutput<Routes['getOrganization']> {
  const { id, displayName, createdAtMs } = organization;
  return {
    api_version: 'org/v2',
    kind: 'Organization',
    id,
    metadata: {
      self: address.link(`/org/v2/organizations/${id}`),
      resource_name: organizationCrn(id),
      created_at: new Date(createdAtMs).toISOString(),
    },
    display_name: displayName,
    jit_enabled: false,
  };
}
