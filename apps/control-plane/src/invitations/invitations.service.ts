import { Inject, Injectable } from '@nestjs/common';
import { invitationCrn, newId, organizationCrn, type Page } from '@weirhouse/cloud-contract';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { ApiAddress } from '../http/api-address.ts';
import type { ExistingObject } from '../http/failure.filter.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { forgetPrincipal } from '../users/forget-principal.ts';
import type { AuthType } from '../users/users.repository.ts';
import { linkHash, newLinkToken } from './link-token.ts';
import type { Invitation, InvitationFilter } from './invitations.repository.ts';

/** The invited user exists at once and counts as a user. */
const INVITATION_QUOTAS = [
  'iam.max_pending_invitations.per_organization',
  'iam.max_users.per_org',
] as const;

/** How long a link can be used, in milliseconds: a week, holidays aside. */
const LINK_MAX_MS = 7 * 86_400_000;

/**
 * Use cases of invitations. The invited user exists at once, so that roles can be bound to them, and
 * cannot sign in before the link was used. The link leaves this class once and is stored nowhere.
 */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  list(ctx: OpContext, page: PageRequest, filter: InvitationFilter): Promise<Page<Invitation>> {
    authorize(ctx, 'invitation:list', organizationCrn(ctx.organizationId));
    const nowMs = this.ports.clock.wallMs();
    return this.repositories.invitations.list(ctx.organizationId, page, { filter, nowMs });
  }

  /** Throws `not_found`, also for another organization's invitation. */
  async get(ctx: OpContext, id: string): Promise<Invitation> {
    const invitation = await this.repositories.invitations.find(ctx.organizationId, id);
    if (invitation === undefined || !isAllowed(ctx, 'invitation:read', crnOf(ctx, id)))
      throw noSuchInvitation(id);
    return invitation;
  }

  /** Invites somebody; `link` is the only copy there will ever be. Throws `already_exists`. */
  async create(
    ctx: OpContext,
    wish: { readonly email: string; readonly authType: AuthType },
  ): Promise<{ readonly invitation: Invitation; readonly link: Secret }> {
    const { organizationId } = ctx;
    authorize(ctx, 'invitation:create', organizationCrn(organizationId));
    await this.#requireStranger(ctx, wish.email);
    const token = newLinkToken(this.ports.random);
    const nowMs = this.ports.clock.wallMs();
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
    const invitation = await withFreshId(
      () => newId('i', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const userId = newId('u', this.ports.random);
          const made: Invitation = {
            id,
            organizationId,
            ...wish,
            userId,
            creatorKind: ctx.actor.kind,
            creatorId: ctx.actor.id,
            expiresAtMs: nowMs + LINK_MAX_MS,
            acceptedAtMs: undefined,
            ...times,
          };
          const user = { id: userId, organizationId, ...wish, fullName: '', ...times };
          await this.unit.quotas.requireRoom(tx, { ctx, codes: INVITATION_QUOTAS });
          await this.repositories.users.insert(tx, { ...user, isActive: false });
          await this.repositories.invitations.insert(tx, made, linkHash(token));
          await record({ action: 'CreateInvitation', resourceCrn: crnOf(ctx, id) });
          return made;
        }),
    );
    return { invitation, link: new Secret(this.address.link(`/v1/invitations/${token}`)) };
  }

  /** One that nobody accepted takes its user along; the user of an accepted one stays. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    const { organizationId } = ctx;
    const { userId, acceptedAtMs } = await this.get(ctx, id);
    authorize(ctx, 'invitation:delete', crnOf(ctx, id));
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.invitations.delete(tx, organizationId, id)))
        throw noSuchInvitation(id);
      const gone =
        acceptedAtMs === undefined && (await this.repositories.users.deleteInvited(tx, userId));
      const principal = { organizationId, id: userId, nowMs: this.ports.clock.wallMs() };
      const clusterIds = gone ? await forgetPrincipal(tx, this.repositories, principal) : [];
      await record({ action: 'DeleteInvitation', resourceCrn: crnOf(ctx, id), clusterIds });
    });
  }

  /** For the link to the user in the way; the unique key decides when two requests race. */
  async #requireStranger(ctx: OpContext, email: string): Promise<void> {
    const existing = await this.repositories.users.findByEmail(ctx.organizationId, email);
    if (existing === undefined) return;
    const cause: ExistingObject = {
      existingUrl: this.address.link(`/iam/v2/users/${existing.id}`),
    };
    throw new AppError('already_exists', `There is a user ${email} already.`, {
      field: '/email',
      cause,
    });
  }
}

function crnOf({ organizationId }: OpContext, id: string): string {
  return invitationCrn(organizationId, id);
}

/** The same for unknown and for invisible invitations. */
function noSuchInvitation(id: string): AppError {
  return new AppError('not_found', `There is no invitation ${id}.`);
}
