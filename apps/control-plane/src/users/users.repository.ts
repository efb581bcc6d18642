import { cutPage, type Page } from '@weirhouse/cloud-contract';
import type { Visible } from '@weirhouse/cloud-plan';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { UserAccount as Row } from '../database/generated/client.ts';
import { findTakenKey } from '../database/sql-errors.ts';
import { fingerprintOf } from '../secrets/password.ts';
import { afterPageKey, PAGE_ORDER, visibleRows, type PageRequest } from '../database/values.ts';

/** How a user signs in. */
export type AuthType = 'AUTH_TYPE_LOCAL' | 'AUTH_TYPE_SSO';

/** A person with an account. */
export interface User {
  readonly id: string;
  readonly organizationId: string;
  /** In lower case. */
  readonly email: string;
  readonly fullName: string;
  readonly authType: AuthType;
  /** False = invited, and nobody has accepted. */
  readonly isActive: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A user at the door. */
export interface UserLogin extends User {
  readonly passwordHash: string | undefined;
}

/** Users in the database. Every look-up names the organization, but for the one that finds it. */
export class UsersRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<User | undefined> {
    const row = await this.#database.userAccount.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  async findByEmail(organizationId: string, email: string): Promise<User | undefined> {
    const row = await this.#database.userAccount.findFirst({ where: { email, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  /** By e-mail alone it is the first account: who has several names the organization. */
  async findForLogin(
    email: string,
    organizationId: string | undefined,
  ): Promise<UserLogin | undefined> {
    const row = await this.#database.userAccount.findFirst({
      where: { email, ...(organizationId === undefined ? {} : { organizationId }) },
      orderBy: { createdAt: 'asc' },
    });
    return row === null
      ? undefined
      : { ...fromRow(row), passwordHash: row.passwordHash ?? undefined };
  }

  /** By a verified e-mail: the first account that signs in at an issuer and was accepted. */
  async findSso(email: string): Promise<User | undefined> {
    const row = await this.#database.userAccount.findFirst({
      where: { email, authType: 'AUTH_TYPE_SSO', activatedAt: { not: null } },
      orderBy: { createdAt: 'asc' },
    });
    return row === null ? undefined : fromRow(row);
  }

  async list(organizationId: string, page: PageRequest, visible: Visible): Promise<Page<User>> {
    const rows = await this.#database.userAccount.findMany({
      where: { organizationId, ...visibleRows(visible), ...afterPageKey(page.after) },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** A user that needs no invitation. Writes nothing when the id or the e-mail is there already. */
  async ensure(
    tx: Transaction,
    user: Pick<User, 'id' | 'organizationId' | 'email' | 'fullName'>,
    nowMs: number,
  ): Promise<void> {
    const createdAt = new Date(nowMs);
    await tx.userAccount.createMany({
      data: [{ ...user, activatedAt: createdAt, createdAt, updatedAt: createdAt }],
      skipDuplicates: true,
    });
  }

  /** Throws `already_exists`: on `/email` when the e-mail is taken, on `id` when the id is. */
  async insert(tx: Transaction, user: User): Promise<void> {
    const { createdAtMs, updatedAtMs, isActive, ...columns } = user;
    const createdAt = new Date(createdAtMs);
    try {
      await tx.userAccount.create({
        data: {
          ...columns,
          activatedAt: isActive ? createdAt : null,
          createdAt,
          updatedAt: new Date(updatedAtMs),
        },
      });
    } catch (cause) {
      const taken = findTakenKey(cause);
      if (taken === undefined) throw cause;
      throw new AppError('already_exists', `There is a user ${user.email} already.`, {
        field: taken === 'id' ? 'id' : '/email',
        cause,
      });
    }
  }

  /** Answers whether there was such a user. */
  async update(tx: Transaction, user: User): Promise<boolean> {
    const { id, organizationId, fullName, updatedAtMs } = user;
    const { count } = await tx.userAccount.updateMany({
      where: { id, organizationId },
      data: { fullName, updatedAt: new Date(updatedAtMs) },
    });
    return count > 0;
  }

  /** Lets an invited user in. Answers false when somebody was quicker, or the user is gone. */
  async activate(
    tx: Transaction,
    user: Pick<User, 'id' | 'organizationId' | 'fullName'>,
    options: { readonly passwordHash: string | undefined; readonly nowMs: number },
  ): Promise<boolean> {
    const { id, organizationId, fullName } = user;
    const now = new Date(options.nowMs);
    const { count } = await tx.userAccount.updateMany({
      where: { id, organizationId, activatedAt: null },
      data: {
        fullName,
        passwordHash: options.passwordHash ?? null,
        activatedAt: now,
        updatedAt: now,
      },
    });
    return count > 0;
  }

  async setPassword(
    tx: Transaction,
    user: Pick<User, 'id' | 'organizationId'>,
    passwordHash: string,
  ): Promise<void> {
    const { id, organizationId } = user;
    await tx.userAccount.updateMany({ where: { id, organizationId }, data: { passwordHash } });
  }

  /** Answers false when the password is not the one with that fingerprint any more. */
  async replacePassword(
    tx: Transaction,
    user: Pick<User, 'id' | 'organizationId'>,
    change: { readonly from: string; readonly to: string },
  ): Promise<boolean> {
    const { id, organizationId } = user;
    const row = await tx.userAccount.findFirst({ where: { id, organizationId } });
    if (row === null || fingerprintOf(row.passwordHash ?? undefined) !== change.from) return false;
    const { count } = await tx.userAccount.updateMany({
      where: { id, organizationId, passwordHash: row.passwordHash },
      data: { passwordHash: change.to },
    });
    return count > 0;
  }

  /** Answers whether it is there, and keeps it from being deleted until the transaction ends. */
  async keep(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const rows = await tx.$queryRaw<readonly unknown[]>`
      SELECT 1 FROM "user_account"
       WHERE "id" = ${id} AND "organization_id" = ${organizationId} FOR SHARE`;
    return rows.length > 0;
  }

  /** Deletes a user who has not accepted. Answers whether there was one. */
  async deleteInvited(tx: Transaction, id: string): Promise<boolean> {
    const { count } = await tx.userAccount.deleteMany({ where: { id, activatedAt: null } });
    return count > 0;
  }

  /** Answers whether there was one; sessions go with it. Keys and bindings are the caller's. */
  async delete(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const { count } = await tx.userAccount.deleteMany({ where: { id, organizationId } });
    return count > 0;
  }
}

/** A row as the domain sees it; sessions bring their users' rows. */
export function fromRow(row: Row): User {
  const { authType } = row;
  assert(
    authType === 'AUTH_TYPE_LOCAL' || authType === 'AUTH_TYPE_SSO',
    'a user signs in in a known way',
  );
  return {
    id: row.id,
    organizationId: row.organizationId,
    email: row.email,
    fullName: row.fullName,
    authType,
    isActive: row.activatedAt !== null,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}
