import { Inject, Injectable } from '@nestjs/common';
import { userCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import type { AttemptLimiter } from '../auth/attempt-limiter.ts';
import { PASSWORD_ATTEMPTS } from '../auth/attempts.ts';
import { authorize } from '../auth/authorize.ts';
import { userContext, type OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { fingerprintOf } from '../secrets/password.ts';
import type { User } from '../users/users.repository.ts';
import { UsersService } from '../users/users.service.ts';
import { Passwords } from './passwords.ts';
import { openReset, RESET_MAX_MS, sealReset } from './reset-token.ts';

/** A one-time token and until when it can be used. */
export interface IssuedReset {
  readonly token: string;
  readonly endMs: number;
}

/** What every use of a token counts under, whoever it is of. */
const ANY_TOKEN = 'password-reset';

/**
 * New passwords for people who have one: by the old one, or by a one-time token that an administrator
 * of the organization, or the operator, hands on.
 */
@Injectable()
export class PasswordChangesService {
  constructor(
    private readonly repositories: Repositories,
    private readonly users: UsersService,
    private readonly passwords: Passwords,
    private readonly unit: UnitOfWork,
    @Inject(PASSWORD_ATTEMPTS) private readonly attempts: AttemptLimiter,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Throws `forbidden` for a wrong old password. The session that asks is the only one that goes on. */
  async change(
    ctx: OpContext,
    wish: { readonly oldPassword: string; readonly newPassword: string },
  ): Promise<void> {
    const { organizationId } = ctx;
    const { email, ...user } = await this.users.get(ctx, ctx.actor.id);
    requirePassword(user);
    await this.passwords.check(ctx, { email, password: wish.oldPassword, organizationId });
    const hash = await this.passwords.hash(wish.newPassword);
    await this.unit.run(ctx, async (tx, record) => {
      await this.repositories.users.setPassword(tx, user, hash);
      await this.repositories.sessions.deleteOfUser(tx, user.id, ctx.sessionId);
      await record({ action: 'ChangePassword', resourceCrn: userCrn(organizationId, user.id) });
    });
  }

  /** Throws `not_found` for users that are not there, `failed_precondition` for those without a password. */
  async issue(ctx: OpContext, userId: string): Promise<IssuedReset> {
    const user = await this.users.get(ctx, userId);
    const resourceCrn = userCrn(ctx.organizationId, userId);
    authorize(ctx, 'password:reset', resourceCrn);
    requirePassword(user);
    const login = await this.repositories.users.findForLogin(user.email, ctx.organizationId);
    const endMs = this.ports.clock.wallMs() + RESET_MAX_MS;
    const { organizationId } = ctx;
    const fingerprint = fingerprintOf(login?.passwordHash);
    const reset = { organizationId, userId, fingerprint, endMs };
    await this.unit.run(ctx, (_, record) => record({ action: 'CreatePasswordReset', resourceCrn }));
    return { token: sealReset(this.ports.masterKey, reset), endMs };
  }

  /** Throws `forbidden` for a token that is unknown, used or too old: the three look the same. */
  async use(
    ctx: OpContext,
    wish: { readonly token: string; readonly newPassword: string },
  ): Promise<void> {
    const address = ctx.clientAddress ?? '';
    this.attempts.requirePair(address, ANY_TOKEN);
    const { masterKey, clock } = this.ports;
    const reset = openReset(masterKey, wish.token, clock.wallMs());
    const user = reset && (await this.repositories.users.find(reset.organizationId, reset.userId));
    if (reset === undefined || user === undefined) throw this.#refused(address);
    const hash = await this.passwords.hash(wish.newPassword);
    const isFirst = await this.unit.run(userContext(ctx, user), async (tx, record) => {
      const from = reset.fingerprint;
      if (!(await this.repositories.users.replacePassword(tx, user, { from, to: hash })))
        return false;
      await this.repositories.sessions.deleteOfUser(tx, user.id, undefined);
      const resourceCrn = userCrn(user.organizationId, user.id);
      await record({ action: 'ResetPassword', resourceCrn });
      return true;
    });
    if (!isFirst) throw this.#refused(address);
  }

  #refused(address: string): AppError {
    this.attempts.failed(address, ANY_TOKEN);
    return new AppError('forbidden', 'This token cannot be used: ask for a new one.');
  }
}

function requirePassword({ authType, isActive }: Pick<User, 'authType' | 'isActive'>): void {
  if (authType === 'AUTH_TYPE_SSO')
    throw new AppError(
      'failed_precondition',
      'This user signs in at an issuer and has no password here.',
    );
  if (!isActive)
    throw new AppError(
      'failed_precondition',
      'This user has not accepted the invitation: delete it and invite again.',
    );
}
