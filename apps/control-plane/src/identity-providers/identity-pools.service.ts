import { Inject, Injectable } from '@nestjs/common';
import { identityPoolCrn, identityProviderCrn, newId, type Page } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { forgetPrincipal } from '../users/forget-principal.ts';
import type { IdentityPool } from './identity-pools.repository.ts';
import { noSuchProvider } from './identity-providers.service.ts';
import { compileFilter } from './pool-filter.ts';

/** What a person may set. */
export type IdentityPoolFields = Pick<
  IdentityPool,
  'displayName' | 'description' | 'identityClaim' | 'filter'
>;

/** Use cases of identity pools. A filter is compiled before it is stored, so that its faults show. */
@Injectable()
export class IdentityPoolsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  async list(ctx: OpContext, providerId: string, page: PageRequest): Promise<Page<IdentityPool>> {
    const { organizationId } = ctx;
    await this.#requireProvider(ctx, providerId);
    authorize(ctx, 'identity-pool:list', identityProviderCrn(organizationId, providerId));
    return this.repositories.identityPools.list({ organizationId, providerId }, page);
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, providerId: string, id: string): Promise<IdentityPool> {
    const { organizationId } = ctx;
    const pool = await this.repositories.identityPools.find({ organizationId, providerId }, id);
    if (pool === undefined || !isAllowed(ctx, 'identity-pool:read', crnOf(ctx, providerId, id)))
      throw noSuchPool(id);
    return pool;
  }

  async create(
    ctx: OpContext,
    providerId: string,
    fields: IdentityPoolFields,
  ): Promise<IdentityPool> {
    const { organizationId } = ctx;
    await this.#requireProvider(ctx, providerId);
    authorize(ctx, 'identity-pool:create', identityProviderCrn(organizationId, providerId));
    compileFilter(fields.filter);
    const nowMs = this.ports.clock.wallMs();
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
    return withFreshId(
      () => newId('pool', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const pool = { id, organizationId, providerId, ...fields, ...times };
          await this.repositories.identityPools.insert(tx, pool);
          const resourceCrn = crnOf(ctx, providerId, id);
          await record({ action: 'CreateIdentityPool', resourceCrn });
          return pool;
        }),
    );
  }

  async update(
    ctx: OpContext,
    place: { readonly providerId: string; readonly id: string },
    fields: Partial<IdentityPoolFields>,
  ): Promise<IdentityPool> {
    const { providerId, id } = place;
    const current = await this.get(ctx, providerId, id);
    const resourceCrn = crnOf(ctx, providerId, id);
    authorize(ctx, 'identity-pool:update', resourceCrn);
    const updated = { ...current, ...fields, updatedAtMs: this.ports.clock.wallMs() };
    compileFilter(updated.filter);
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.identityPools.update(tx, updated))) throw noSuchPool(id);
      await record({ action: 'UpdateIdentityPool', resourceCrn });
      return updated;
    });
  }

  /** Deletes the pool with its role bindings; its tokens open nothing from then on. */
  async delete(ctx: OpContext, providerId: string, id: string): Promise<void> {
    const { organizationId } = ctx;
    await this.get(ctx, providerId, id);
    const resourceCrn = crnOf(ctx, providerId, id);
    authorize(ctx, 'identity-pool:delete', resourceCrn);
    await this.unit.run(ctx, async (tx, record) => {
      const place = { organizationId, providerId };
      if (!(await this.repositories.identityPools.delete(tx, place, id))) throw noSuchPool(id);
      const principal = { organizationId, id, nowMs: this.ports.clock.wallMs() };
      const clusterIds = await forgetPrincipal(tx, this.repositories, principal);
      await record({ action: 'DeleteIdentityPool', resourceCrn, clusterIds });
    });
  }

  async #requireProvider(ctx: OpContext, id: string): Promise<void> {
    const { organizationId } = ctx;
    const provider = await this.repositories.identityProviders.find(organizationId, id);
    const crn = identityProviderCrn(organizationId, id);
    if (provider === undefined || !isAllowed(ctx, 'identity-provider:read', crn))
      throw noSuchProvider(id);
  }
}

function crnOf({ organizationId }: OpContext, providerId: string, id: string): string {
  return identityPoolCrn({ organizationId, providerId, poolId: id });
}

/** The same for unknown and for invisible pools. */
function noSuchPool(id: string): AppError {
  return new AppError('not_found', `There is no identity pool ${id}.`);
}
