import { Inject, Injectable } from '@nestjs/common';
import { newId, organizationCrn, serviceAccountCrn, type Page } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed, visibleTo } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { ApiAddress } from '../http/api-address.ts';
import type { ExistingObject } from '../http/failure.filter.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { forgetPrincipal } from '../users/forget-principal.ts';
import type { ServiceAccount } from './service-accounts.repository.ts';

/** What a person may set. */
export interface ServiceAccountFields {
  readonly displayName: string;
  readonly description: string;
}

/** Use cases of service accounts. Names are unique in an organization. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Those that the caller may see. */
  list(
    ctx: OpContext,
    page: PageRequest,
    names: readonly string[] | undefined,
  ): Promise<Page<ServiceAccount>> {
    const place = { holderCrn: organizationCrn(ctx.organizationId), key: 'service-account' };
    const visible = visibleTo(ctx, 'service-account:read', place);
    return this.repositories.serviceAccounts.list(ctx.organizationId, page, { names, visible });
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, id: string): Promise<ServiceAccount> {
    const account = await this.repositories.serviceAccounts.find(ctx.organizationId, id);
    if (account === undefined || !isAllowed(ctx, 'service-account:read', crnOf(ctx, id)))
      throw noSuchServiceAccount(id);
    return account;
  }

  async create(ctx: OpContext, fields: ServiceAccountFields): Promise<ServiceAccount> {
    authorize(ctx, 'service-account:create', organizationCrn(ctx.organizationId));
    await this.#requireFreeName(ctx, fields.displayName);
    const nowMs = this.ports.clock.wallMs();
    return withFreshId(
      () => newId('sa', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const { organizationId } = ctx;
          const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
          const account = { id, organizationId, ...fields, ...times };
          await this.unit.quotas.requireRoom(tx, {
            ctx,
            codes: ['iam.max_service_accounts.per_org'],
          });
          await this.repositories.serviceAccounts.insert(tx, account);
          await record({
            action: 'CreateServiceAccount',
            resourceCrn: serviceAccountCrn(organizationId, id),
          });
          return account;
        }),
    );
  }

  async update(
    ctx: OpContext,
    id: string,
    fields: Partial<ServiceAccountFields>,
  ): Promise<ServiceAccount> {
    const current = await this.get(ctx, id);
    authorize(ctx, 'service-account:update', crnOf(ctx, id));
    const updated = { ...current, ...fields, updatedAtMs: this.ports.clock.wallMs() };
    if (updated.displayName !== current.displayName)
      await this.#requireFreeName(ctx, updated.displayName);
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.serviceAccounts.update(tx, updated)))
        throw noSuchServiceAccount(id);
      await record({
        action: 'UpdateServiceAccount',
        resourceCrn: crnOf(ctx, id),
      });
      return updated;
    });
  }

  /** Deletes the account with its keys and role bindings; brokers forget them soon after. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    const { organizationId } = ctx;
    await this.get(ctx, id);
    authorize(ctx, 'service-account:delete', crnOf(ctx, id));
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.serviceAccounts.delete(tx, organizationId, id)))
        throw noSuchServiceAccount(id);
      const principal = { organizationId, id, nowMs: this.ports.clock.wallMs() };
      const clusterIds = await forgetPrincipal(tx, this.repositories, principal);
      await record({
        action: 'DeleteServiceAccount',
        resourceCrn: serviceAccountCrn(organizationId, id),
        clusterIds,
      });
    });
  }

  /** For the link to the object in the way; the unique key decides when two requests race. */
  async #requireFreeName(ctx: OpContext, displayName: string): Promise<void> {
    const existing = await this.repositories.serviceAccounts.findByName(
      ctx.organizationId,
      displayName,
    );
    if (existing === undefined) return;
    const cause: ExistingObject = {
      existingUrl: this.address.link(`/iam/v2/service-accounts/${existing.id}`),
    };
    throw new AppError(
      'already_exists',
      `A service account named "${displayName}" exists already: choose another display_name.`,
      { field: '/display_name', cause },
    );
  }
}

function crnOf(ctx: OpContext, id: string): string {
  return serviceAccountCrn(ctx.organizationId, id);
}

/** The same for unknown and for invisible accounts. */
export function noSuchServiceAccount(id: string): AppError {
  return new AppError('not_found', `There is no service account ${id}.`);
}
