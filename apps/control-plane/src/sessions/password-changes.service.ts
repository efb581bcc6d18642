import { Injectable } from '@nestjs/common';
import { userCrn } from '@weirhouse/cloud-contract';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { UsersService } from '../users/users.service.ts';
import { Passwords, requirePassword } from './passwords.ts';

/** A new password for who knows the old one. */
@Injectable()
export class PasswordChangesService {
  constructor(
    private readonly repositories: Repositories,
    private readonly users: UsersService,
    private readonly passwords: Passwords,
    private readonly unit: UnitOfWork,
  ) {}

  /** Throws `forbidden` for a wrong old password. The session that asks is the only one that goes on. */
  async change(
    ctx: OpContext,
    wish: { readonly oldPassword: string; readonly newPassword: string },
  ): Promise<void> {
    const { organizationId } = ctx;
    const user = await this.users.get(ctx, ctx.actor.id);
    requirePassword(user);
    const { email, id } = user;
    await this.passwords.check(ctx, { email, password: wish.oldPassword, organizationId });
    const hash = await this.passwords.hash(wish.newPassword);
    await this.unit.run(ctx, async (tx, record) => {
      await this.repositories.users.setPassword(tx, { id, organizationId }, hash);
      await this.repositories.sessions.deleteOfUser(tx, id, ctx.sessionId);
      await record({ action: 'ChangePassword', resourceCrn: userCrn(organizationId, id) });
    });
  }
}
