import { Inject, Injectable } from '@nestjs/common';
import { environmentCrn, newId, organizationCrn, type Page } from '@weirhouse/cloud-contract';
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
import type { Environment } from './environments.repository.ts';

/** Use cases of environments. Names are unique in an organization. */
@Injectable()
export class EnvironmentsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Those that the caller may see. */
  list(ctx: OpContext, page: PageRequest): Promise<Page<Environment>> {
    const place = { holderCrn: organizationCrn(ctx.organizationId), key: 'environment' };
    const visible = visibleTo(ctx, 'environment:read', place);
    return this.repositories.environments.list(ctx.organizationId, page, visible);
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, id: string): Promise<Environment> {
    const environment = await this.repositories.environments.find(ctx.organizationId, id);
    if (environment === undefined || !isAllowed(ctx, 'environment:read', crnOf(ctx, id)))
      throw noSuchEnvironment(id);
    return environment;
  }

  async create(ctx: OpContext, displayName: string): Promise<Environment> {
    authorize(ctx, 'environment:create', organizationCrn(ctx.organizationId));
    await this.#requireFreeName(ctx, displayName);
    const nowMs = this.ports.clock.wallMs();
    return withFreshId(
      () => newId('env', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const { organizationId } = ctx;
          const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
          const environment = { id, organizationId, displayName, ...times };
          await this.unit.quotas.requireRoom(tx, { ctx, codes: ['iam.max_environments.per_org'] });
          await this.repositories.environments.insert(tx, environment);
          await record({
            action: 'CreateEnvironment',
            resourceCrn: environmentCrn(organizationId, id),
          });
          return environment;
        }),
    );
  }

  async rename(ctx: OpContext, id: string, displayName: string | undefined): Promise<Environment> {
    const current = await this.get(ctx, id);
    authorize(ctx, 'environment:update', crnOf(ctx, id));
    if (displayName === undefined || displayName === current.displayName) return current;
    await this.#requireFreeName(ctx, displayName);
    const renamed = { ...current, displayName, updatedAtMs: this.ports.clock.wallMs() };
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.environments.rename(tx, renamed))) throw noSuchEnvironment(id);
      await record({
        action: 'UpdateEnvironment',
        resourceCrn: crnOf(ctx, id),
      });
      return renamed;
    });
  }

  /** Throws `failed_precondition` while it holds clusters. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    await this.get(ctx, id);
    authorize(ctx, 'environment:delete', crnOf(ctx, id));
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.environments.delete(tx, ctx.organizationId, id)))
        throw noSuchEnvironment(id);
      await this.repositories.configurations.deleteWithin(tx, ctx.organizationId, id);
      await record({
        action: 'DeleteEnvironment',
        resourceCrn: crnOf(ctx, id),
      });
    });
  }

  /** For the link to the object in the way; the unique key decides when two requests race. */
  async #requireFreeName(ctx: OpContext, displayName: string): Promise<void> {
    const existing = await this.repositories.environments.findByName(
      ctx.organizationId,
      displayName,
    );
    if (existing === undefined) return;
    // The name is taken either way; which environment has it is for those who may see it.
    const cause: ExistingObject | undefined = isAllowed(
      ctx,
      'environment:read',
      crnOf(ctx, existing.id),
    )
      ? { existingUrl: this.address.link(`/org/v2/environments/${existing.id}`) }
      : undefined;
    throw new AppError(
      'already_exists',
      `An environment named "${displayName}" exists already: choose another display_name.`,
      { field: '/display_name', cause },
    );
  }
}

function crnOf(ctx: OpContext, id: string): string {
  return environmentCrn(ctx.organizationId, id);
}

/** The same for unknown and for invisible environments. */
export function noSuchEnvironment(id: string): AppError {
  return new AppError('not_found', `There is no environment ${id}.`);
}
