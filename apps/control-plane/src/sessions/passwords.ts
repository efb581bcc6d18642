import { Inject, Injectable } from '@nestjs/common';
import { userCrn } from '@weirhouse/cloud-contract';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import type { AttemptLimiter } from '../auth/attempt-limiter.ts';
import { AuthenticationCounter } from '../auth/authentication-counter.ts';
import { PASSWORD_ATTEMPTS } from '../auth/attempts.ts';
import { userContext, type OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PasswordHasher } from '../secrets/password.ts';
import type { User, UserLogin } from '../users/users.repository.ts';

/** What somebody shows at the door. */
export interface SignIn {
  readonly email: string;
  readonly password: string;
  /** For people with accounts in several organizations; undefined = the first. */
  readonly organizationId: string | undefined;
}

/** What every one-time token counts under, whoever it is of. */
const ANY_TOKEN = 'password-reset';

/** Hashes new passwords, and checks those of people who sign in. */
@Injectable()
export class Passwords {
  readonly #hasher = new PasswordHasher();

  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly counter: AuthenticationCounter,
    @Inject(PASSWORD_ATTEMPTS) private readonly attempts: AttemptLimiter,
  ) {}

  /** The stored form of a password that somebody chose. */
  hash(password: string): Promise<string> {
    return this.#hasher.hash(password);
  }

  /**
   * Who it is. Throws `forbidden`, the same for an unknown person and for a wrong password, and
   * `rate_limited` after too many of either.
   */
  check(ctx: OpContext, wish: SignIn): Promise<User> {
    return this.counter.counting('password', () => this.#check(ctx, wish));
  }

  /** Runs the use of a one-time token; refused ones count for the address. Throws `rate_limited`. */
  async limitTokens<T>(ctx: OpContext, use: () => Promise<T>): Promise<T> {
    const address = ctx.clientAddress ?? '';
    this.attempts.requirePair(address, ANY_TOKEN);
    try {
      return await use();
    } catch (error) {
      if (isAppError(error) && error.code === 'forbidden') this.attempts.failed(address, ANY_TOKEN);
      throw error;
    }
  }

  async #check(ctx: OpContext, wish: SignIn): Promise<User> {
    const address = ctx.clientAddress ?? '';
    const email = wish.email.toLowerCase();
    this.attempts.requireAll(address, email);
    const user = await this.repositories.users.findForLogin(email, wish.organizationId);
    const stored = user?.isActive === true ? user.passwordHash : undefined;
    const isGood = await this.#hasher.matches(wish.password, stored);
    if (user === undefined || !isGood) {
      this.attempts.failed(address, email);
      if (user !== undefined) await this.#recordFailure(ctx, user);
      throw new AppError('forbidden', 'The e-mail or the password is wrong.');
    }
    this.attempts.succeeded(address, email);
    await this.#refreshHash(ctx, user, wish.password);
    return user;
  }

  /** Kept for whoever watches the account; of people that nobody knows there is no organization. */
  async #recordFailure(ctx: OpContext, user: User): Promise<void> {
    const resourceCrn = userCrn(user.organizationId, user.id);
    await this.unit.run(userContext(ctx, user), (_, record) =>
      record({ action: 'SignInFailed', resourceCrn }),
    );
  }

  /** The plain password is at hand only now: the moment to hash it at today's cost. */
  async #refreshHash(ctx: OpContext, user: UserLogin, password: string): Promise<void> {
    if (user.passwordHash === undefined || !this.#hasher.isOutdated(user.passwordHash)) return;
    const hash = await this.#hasher.hash(password);
    await this.unit.run(userContext(ctx, user), (tx) =>
      this.repositories.users.setPassword(tx, user, hash),
    );
  }
}

/** Throws `failed_precondition` for users who have no password that could be replaced. */
export function requirePassword({ authType, isActive }: Pick<User, 'authType' | 'isActive'>): void {
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
