import { Inject, Injectable } from '@nestjs/common';
import { identityProviderCrn, newId, organizationCrn, type Page } from '@weirhouse/cloud-contract';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed, visibleTo } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { IdentityProvider } from './identity-providers.repository.ts';
import { requireIssuerUrl } from './issuer-fetch.ts';
import { fetchKeys, type FetchedKeys } from './issuer-keys.ts';
import { IssuerAccess } from './issuer-access.ts';

/** What a person may set. */
export type IdentityProviderFields = Pick<
  IdentityProvider,
  'displayName' | 'description' | 'identityClaim' | 'issuer' | 'jwksUri'
>;

/** How fetching the issuer's keys went. */
export type JwksStatus = 'REFRESHED' | 'INVALID_JWKS_URI' | 'ERROR_FETCHING_JWKS';

/** Use cases of identity providers. A new one is fetched from at once, so that a typing error shows. */
@Injectable()
export class IdentityProvidersService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly access: IssuerAccess,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Those that the caller may see. */
  list(ctx: OpContext, page: PageRequest): Promise<Page<IdentityProvider>> {
    const place = { holderCrn: organizationCrn(ctx.organizationId), key: 'identity-provider' };
    const visible = visibleTo(ctx, 'identity-provider:read', place);
    return this.repositories.identityProviders.list(ctx.organizationId, page, visible);
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, id: string): Promise<IdentityProvider> {
    const provider = await this.repositories.identityProviders.find(ctx.organizationId, id);
    if (provider === undefined || !isAllowed(ctx, 'identity-provider:read', crnOf(ctx, id)))
      throw noSuchProvider(id);
    return provider;
  }

  /** Throws `invalid_argument` for an issuer whose keys cannot be fetched. */
  async create(ctx: OpContext, fields: IdentityProviderFields): Promise<IdentityProvider> {
    const { organizationId } = ctx;
    authorize(ctx, 'identity-provider:create', organizationCrn(organizationId));
    const fetched = await this.#fetch(fields);
    const nowMs = this.ports.clock.wallMs();
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
    return withFreshId(
      () => newId('op', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const provider = { id, organizationId, ...fields, ...fetched, ...times };
          const codes = ['iam.max_identity_providers.per_organization'] as const;
          await this.unit.quotas.requireRoom(tx, { ctx, codes });
          await this.repositories.identityProviders.insert(tx, provider);
          await record({ action: 'CreateIdentityProvider', resourceCrn: crnOf(ctx, id) });
          return provider;
        }),
    );
  }

  async update(
    ctx: OpContext,
    id: string,
    fields: Partial<IdentityProviderFields>,
  ): Promise<IdentityProvider> {
    const current = await this.get(ctx, id);
    authorize(ctx, 'identity-provider:update', crnOf(ctx, id));
    const changed = { ...current, ...fields, updatedAtMs: this.ports.clock.wallMs() };
    const isElsewhere = changed.jwksUri !== current.jwksUri || changed.issuer !== current.issuer;
    const updated = isElsewhere ? { ...changed, ...(await this.#fetch(changed)) } : changed;
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.identityProviders.update(tx, updated)))
        throw noSuchProvider(id);
      await record({ action: 'UpdateIdentityProvider', resourceCrn: crnOf(ctx, id) });
      return updated;
    });
  }

  /** Fetches the keys again; says how it went rather than to throw. */
  async refreshKeys(
    ctx: OpContext,
    id: string,
  ): Promise<{ readonly status: JwksStatus; readonly fetchedAtMs: number | undefined }> {
    const current = await this.get(ctx, id);
    authorize(ctx, 'identity-provider:update', crnOf(ctx, id));
    const fetched = await this.#tryFetch(current);
    if ('status' in fetched)
      return { status: fetched.status, fetchedAtMs: current.keysFetchedAtMs };
    await this.unit.run(ctx, async (tx, record) => {
      const found = { ...current, ...fetched };
      if (!(await this.repositories.identityProviders.update(tx, found))) throw noSuchProvider(id);
      await record({ action: 'RefreshJsonWebKeySet', resourceCrn: crnOf(ctx, id) });
    });
    return { status: 'REFRESHED', fetchedAtMs: fetched.keysFetchedAtMs };
  }

  /** Throws `failed_precondition` while it has pools. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    await this.get(ctx, id);
    authorize(ctx, 'identity-provider:delete', crnOf(ctx, id));
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.identityProviders.delete(tx, ctx.organizationId, id)))
        throw noSuchProvider(id);
      await record({ action: 'DeleteIdentityProvider', resourceCrn: crnOf(ctx, id) });
    });
  }

  async #fetch(fields: IdentityProviderFields): Promise<FetchedKeys> {
    requireIssuerUrl(fields.issuer, '/issuer', this.access.networks);
    requireIssuerUrl(fields.jwksUri, '/jwks_uri', this.access.networks);
    try {
      return await this.#fetchKeys(fields.jwksUri);
    } catch (cause) {
      if (!isAppError(cause) || cause.code !== 'unavailable') throw cause;
      throw new AppError('invalid_argument', cause.message, { field: '/jwks_uri', cause });
    }
  }

  async #tryFetch(
    provider: IdentityProvider,
  ): Promise<FetchedKeys | { readonly status: JwksStatus }> {
    try {
      return await this.#fetchKeys(provider.jwksUri);
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (error.code === 'invalid_argument') return { status: 'INVALID_JWKS_URI' };
      if (error.code === 'unavailable') return { status: 'ERROR_FETCHING_JWKS' };
      throw error;
    }
  }

  #fetchKeys(jwksUri: string): Promise<FetchedKeys> {
    return fetchKeys(jwksUri, { fetchJson: this.access.fetchJson, clock: this.ports.clock });
  }
}

function crnOf({ organizationId }: OpContext, id: string): string {
  return identityProviderCrn(organizationId, id);
}

/** The same for unknown and for invisible providers. */
export function noSuchProvider(id: string): AppError {
  return new AppError('not_found', `There is no identity provider ${id}.`);
}
