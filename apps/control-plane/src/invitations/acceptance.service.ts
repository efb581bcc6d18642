import { Inject, Injectable } from '@nestjs/common';
import { invitationCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { userContext, type OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { Passwords } from '../sessions/passwords.ts';
import type { User } from '../users/users.repository.ts';
import { linkHash } from './link-token.ts';
import type { Invitation } from './invitations.repository.ts';

/** What somebody who accepts says. */
export interface Acceptance {
  readonly fullName: string;
  readonly password: string | undefined;
}

/** The use of an invitation's link, by somebody who has no other credential yet. */
@Injectable()
export class AcceptanceService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly passwords: Passwords,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Throws `not_found` for a link that is unknown, used or too old: the three look the same. */
  async accept(ctx: OpContext, token: string, acceptance: Acceptance): Promise<User> {
    const invitation = await this.repositories.invitations.findByToken(linkHash(token));
    const nowMs = this.ports.clock.wallMs();
    if (invitation === undefined || invitation.expiresAtMs <= nowMs) throw noSuchLink();
    const passwordHash = await this.#passwordHash(invitation, acceptance.password);
    const { organizationId, userId } = invitation;
    const user = await this.repositories.users.find(organizationId, userId);
    if (user === undefined) throw noSuchLink();
    const active = { ...user, fullName: acceptance.fullName, isActive: true, updatedAtMs: nowMs };
    await this.unit.run(userContext(ctx, active), async (tx, record) => {
      const isFirst =
        (await this.repositories.invitations.accept(tx, invitation.id, nowMs)) &&
        (await this.repositories.users.activate(tx, active, { passwordHash, nowMs }));
      if (!isFirst) throw noSuchLink();
      const resourceCrn = invitationCrn(organizationId, invitation.id);
      await record({ action: 'AcceptInvitation', resourceCrn });
    });
    return active;
  }

  async #passwordHash(
    { authType }: Invitation,
    password: string | undefined,
  ): Promise<string | undefined> {
    const field = '/password';
    if (authType === 'AUTH_TYPE_SSO') {
      if (password === undefined) return undefined;
      const message = 'You sign in at your issuer: leave the password out.';
      throw new AppError('invalid_argument', message, { field });
    }
    if (password === undefined)
      throw new AppError('invalid_argument', 'Choose a password.', { field });
    return this.passwords.hash(password);
  }
}

function noSuchLink(): AppError {
  return new AppError('not_found', 'This link cannot be used: ask for a new invitation.');
}
