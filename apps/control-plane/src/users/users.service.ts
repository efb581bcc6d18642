import { Inject, Injectable } from '@nestjs/common';
import { organizationCrn, userCrn, type Page } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed, visibleTo } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { forgetPrincipal } from './forget-principal.ts';
import type { User } from './users.repository.ts';

/** Use cases of users. Nobody makes one: people are invited. */
@Injectable()
export class UsersService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Those that the caller may see, themselves included. */
  list(ctx: OpContext, page: PageRequest): Promise<Page<User>> {
    const place = { holderCrn: organizationCrn(ctx.organizationId), key: 'user' };
    const visible = visibleTo(ctx, 'user:read', place);
    return this.repositories.users.list(ctx.organizationId, page, visible);
  }

  /** Throws `not_found`, also for another organization's user. */
  async get(ctx: OpContext, id: string): Promise<User> {
    const user = await this.repositories.users.find(ctx.organizationId, id);
    if (user === undefined || !isAllowed(ctx, 'user:read', crnOf(ctx, id))) throw noSuchUser(id);
    return user;
  }

  /** Everybody may change their own name. */
  async update(ctx: OpContext, id: string, fullName: string | undefined): Promise<User> {
    const current = await this.get(ctx, id);
    if (id !== ctx.actor.id) authorize(ctx, 'user:update', crnOf(ctx, id));
    const updated = {
      ...current,
      fullName: fullName ?? current.fullName,
      updatedAtMs: this.ports.clock.wallMs(),
    };
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.users.update(tx, updated))) throw noSuchUser(id);
      await record({ action: 'UpdateUser', resourceCrn: crnOf(ctx, id) });
      return updated;
    });
  }

  /** Deletes the user with sessions, keys, role bindings and the invitation that made them. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    await this.get(ctx, id);
    authorize(ctx, 'user:delete', crnOf(ctx, id));
    const { organizationId } = ctx;
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.users.delete(tx, organizationId, id))) throw noSuchUser(id);
      await this.repositories.invitations.deleteOfUser(tx, organizationId, id);
      const nowMs = this.ports.clock.wallMs();
      const principal = { organizationId, id, nowMs };
      const clusterIds = await forgetPrincipal(tx, this.repositories, principal);
      await record({ action: 'DeleteUser', resourceCrn: crnOf(ctx, id), clusterIds });
    });
  }
}

function crnOf({ organizationId }: OpContext, id: string): string {
  return userCrn(organizationId, id);
}

/** The same for unknown and for invisible users. */
export function noSuchUser(id: string): AppError {
  return new AppError('not_found', `There is no user ${id}.`);
}
