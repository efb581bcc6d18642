import { Inject, Injectable } from '@nestjs/common';
import { userCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import { userContext, type OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { fingerprintOf } from '../secrets/password.ts';
import { noSuchUser } from '../users/users.service.ts';
import { Passwords, requirePassword } from './passwords.ts';
import { openReset, RESET_MAX_MS, sealReset, type IssuedReset } from './reset-token.ts';

/** New passwords for who has lost theirs: by a one-time token that an administrator hands on. */
@Injectable()
export class PasswordResetsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly passwords: Passwords,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Throws `not_found` for users that are not there, `failed_precondition` for those without a password. */
  async issue(ctx: OpContext, userId: string): Promise<IssuedReset> {
    const { organizationId } = ctx;
    const resourceCrn = userCrn(organizationId, userId);
    const user = await this.repositories.users.find(organizationId, userId);
    if (user === undefined || !isAllowed(ctx, 'user:read', resourceCrn)) throw noSuchUser(userId);
    authorize(ctx, 'password:reset', resourceCrn);
    requirePassword(user);
    const login = await this.repositories.users.findForLogin(user.email, organizationId);
    const endMs = this.ports.clock.wallMs() + RESET_MAX_MS;
    const fingerprint = fingerprintOf(login?.passwordHash);
    const reset = { organizationId, userId, fingerprint, endMs };
    await this.unit.run(ctx, (_, record) => record({ action: 'CreatePasswordReset', resourceCrn }));
    return { token: sealReset(this.ports.masterKey, reset), endMs };
  }

  /** Throws `forbidden` for a token that is unknown, used or too old: the three look the same. */
  use(
    ctx: OpContext,
    wish: { readonly token: string; readonly newPassword: string },
  ): Promise<void> {
    return this.passwords.limitTokens(ctx, async () => {
      const { masterKey, clock } = this.ports;
      const reset = openReset(masterKey, wish.token, clock.wallMs());
      const user =
        reset && (await this.repositories.users.find(reset.organizationId, reset.userId));
      if (reset === undefined || user === undefined) throw unusable();
      const hash = await this.passwords.hash(wish.newPassword);
      await this.unit.run(userContext(ctx, user), async (tx, record) => {
        const change = { from: reset.fingerprint, to: hash };
        if (!(await this.repositories.users.replacePassword(tx, user, change))) throw unusable();
        await this.repositories.sessions.deleteOfUser(tx, user.id, undefined);
        const resourceCrn = userCrn(user.organizationId, user.id);
        await record({ action: 'ResetPassword', resourceCrn });
      });
    });
  }
}

function unusable(): AppError {
  return new AppError('forbidden', 'This token cannot be used: ask for a new one.');
}
