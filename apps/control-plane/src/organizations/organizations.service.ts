import { Injectable } from '@nestjs/common';
import { organizationCrn, type Page } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import type { Organization } from './organizations.repository.ts';

/** Use cases of organizations: a caller sees its own. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
  ) {}

  /** The caller's own, on the first page. */
  async list(ctx: OpContext, page: PageRequest): Promise<Page<Organization>> {
    if (page.after !== undefined) return { rows: [], nextToken: undefined };
    return { rows: [await this.get(ctx, ctx.organizationId)], nextToken: undefined };
  }

  /** Throws `not_found`, also for organizations of others. */
  async get(ctx: OpContext, id: string): Promise<Organization> {
    if (id !== ctx.organizationId) throw noSuchOrganization(id);
    authorize(ctx, 'organization:read', organizationCrn(id));
    return this.repositories.organizations.get(id);
  }

  async rename(ctx: OpContext, id: string, displayName: string | undefined): Promise<Organization> {
    const current = await this.get(ctx, id);
    const crn = organizationCrn(id);
    authorize(ctx, 'organization:update', crn);
    if (displayName === undefined || displayName === current.displayName) return current;
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.organizations.rename(tx, id, displayName)))
        throw noSuchOrganization(id);
      await record({ action: 'UpdateOrganization', resourceCrn: crn });
      return { ...current, displayName };
    });
  }
}

function noSuchOrganization(id: string): AppError {
  return new AppError('not_found', `There is no organization ${id}.`);
}
