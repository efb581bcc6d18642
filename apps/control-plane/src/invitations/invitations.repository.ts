import { cutPage, type Page, type RouteInput, type routes } from '@weirhouse/cloud-contract';
import { AppError, assert, unreachable } from '@weirhouse/shared-kernel';
import type { Actor } from '../auth/op-context.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { Invitation as Row, Prisma } from '../database/generated/client.ts';
import { findTakenKey } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, type PageRequest } from '../database/values.ts';
import type { AuthType } from '../users/users.repository.ts';

/** A person was asked in. */
export interface Invitation {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly authType: AuthType;
  readonly userId: string;
  readonly creatorKind: Actor['kind'];
  readonly creatorId: string;
  readonly expiresAtMs: number;
  /** Undefined = nobody has accepted. */
  readonly acceptedAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Where an invitation can stand here. */
export type InvitationStatus =
  | 'INVITE_STATUS_SENT'
  | 'INVITE_STATUS_ACCEPTED'
  | 'INVITE_STATUS_EXPIRED';

/** Filters of a list; undefined = any. */
export interface InvitationFilter {
  readonly email: string | undefined;
  readonly status: RouteInput<typeof routes.listInvitations>['query']['status'];
  readonly userId: string | undefined;
  readonly creatorId: string | undefined;
}

/** Where an invitation stands at a moment: nothing is written when one expires. */
export function invitationStatus(invitation: Invitation, nowMs: number): InvitationStatus {
  if (invitation.acceptedAtMs !== undefined) return 'INVITE_STATUS_ACCEPTED';
  return nowMs < invitation.expiresAtMs ? 'INVITE_STATUS_SENT' : 'INVITE_STATUS_EXPIRED';
}

/** Invitations in the database. Every look-up names the organization, but for the one by token. */
export class InvitationsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<Invitation | undefined> {
    const row = await this.#database.invitation.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  /** Whose link it is: how the organization becomes known. */
  async findByToken(tokenHash: Buffer): Promise<Invitation | undefined> {
    const row = await this.#database.invitation.findUnique({
      where: { tokenHash: Uint8Array.from(tokenHash) },
    });
    return row === null ? undefined : fromRow(row);
  }

  async list(
    organizationId: string,
    page: PageRequest,
    options: { readonly filter: InvitationFilter; readonly nowMs: number },
  ): Promise<Page<Invitation>> {
    const { email, status, userId, creatorId } = options.filter;
    const rows = await this.#database.invitation.findMany({
      where: {
        organizationId,
        ...(email === undefined ? {} : { email }),
        ...(userId === undefined ? {} : { userId }),
        ...(creatorId === undefined ? {} : { creatorId }),
        ...(status === undefined ? {} : withStatus(status, options.nowMs)),
        AND: [afterPageKey(page.after)],
      },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists` on `id`. */
  async insert(tx: Transaction, invitation: Invitation, tokenHash: Buffer): Promise<void> {
    const { expiresAtMs, acceptedAtMs: _, createdAtMs, updatedAtMs, ...columns } = invitation;
    try {
      await tx.invitation.create({
        data: {
          ...columns,
          tokenHash: Uint8Array.from(tokenHash),
          expiresAt: new Date(expiresAtMs),
          createdAt: new Date(createdAtMs),
          updatedAt: new Date(updatedAtMs),
        },
      });
    } catch (cause) {
      if (findTakenKey(cause) !== 'id') throw cause;
      throw new AppError('already_exists', 'The invitation id is taken.', { field: 'id', cause });
    }
  }

  /** Uses up the link. Answers false when it was used, or the invitation is gone. */
  async accept(tx: Transaction, id: string, nowMs: number): Promise<boolean> {
    const now = new Date(nowMs);
    const { count } = await tx.invitation.updateMany({
      where: { id, acceptedAt: null },
      data: { acceptedAt: now, updatedAt: now, tokenHash: null },
    });
    return count > 0;
  }

  /** Answers whether there was one. */
  async delete(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const { count } = await tx.invitation.deleteMany({ where: { id, organizationId } });
    return count > 0;
  }

  async deleteOfUser(tx: Transaction, organizationId: string, userId: string): Promise<void> {
    await tx.invitation.deleteMany({ where: { userId, organizationId } });
  }
}

function withStatus(
  status: NonNullable<InvitationFilter['status']>,
  nowMs: number,
): Prisma.InvitationWhereInput {
  const now = new Date(nowMs);
  switch (status) {
    case 'INVITE_STATUS_ACCEPTED':
      return { acceptedAt: { not: null } };
    case 'INVITE_STATUS_SENT':
      return { acceptedAt: null, expiresAt: { gt: now } };
    case 'INVITE_STATUS_EXPIRED':
      return { acceptedAt: null, expiresAt: { lte: now } };
    case 'INVITE_STATUS_STAGED':
    case 'INVITE_STATUS_DEACTIVATED':
      // The contract's, but never an invitation's here.
      return { id: { in: [] } };
    default:
      return unreachable(status);
  }
}

function fromRow(row: Row): Invitation {
  const { authType, creatorKind } = row;
  assert(
    authType === 'AUTH_TYPE_LOCAL' || authType === 'AUTH_TYPE_SSO',
    'an invited user signs in in a known way',
  );
  return {
    id: row.id,
    organizationId: row.organizationId,
    email: row.email,
    authType,
    userId: row.userId,
    creatorKind: creatorKind as Actor['kind'],
    creatorId: row.creatorId,
    expiresAtMs: row.expiresAt.getTime(),
    acceptedAtMs: row.acceptedAt?.getTime(),
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}
