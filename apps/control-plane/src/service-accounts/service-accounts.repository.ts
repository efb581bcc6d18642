import { cutPage, type Page } from '@weirhouse/cloud-contract';
import type { Visible } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { ServiceAccount as Row } from '../database/generated/client.ts';
import { findTakenKey } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, visibleRows, type PageRequest } from '../database/values.ts';

/** A principal for programs. */
export interface ServiceAccount {
  readonly id: string;
  readonly organizationId: string;
  readonly displayName: string;
  readonly description: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Service accounts in the database. Every look-up names the organization. */
export class ServiceAccountsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<ServiceAccount | undefined> {
    const row = await this.#database.serviceAccount.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  async findByName(
    organizationId: string,
    displayName: string,
  ): Promise<ServiceAccount | undefined> {
    const row = await this.#database.serviceAccount.findFirst({
      where: { organizationId, displayName },
    });
    return row === null ? undefined : fromRow(row);
  }

  /** `names` undefined = all of them. */
  async list(
    organizationId: string,
    page: PageRequest,
    filter: { readonly names: readonly string[] | undefined; readonly visible: Visible },
  ): Promise<Page<ServiceAccount>> {
    const { names, visible } = filter;
    const named = names === undefined ? {} : { displayName: { in: [...names] } };
    const rows = await this.#database.serviceAccount.findMany({
      where: { organizationId, ...named, ...visibleRows(visible), ...afterPageKey(page.after) },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists`: on `/display_name` when the name is taken, on `id` when the id is. */
  async insert(tx: Transaction, account: ServiceAccount): Promise<void> {
    const { createdAtMs, updatedAtMs, ...columns } = account;
    await naming(account.displayName, () =>
      tx.serviceAccount.create({
        data: {
          ...columns,
          createdAt: new Date(createdAtMs),
          updatedAt: new Date(updatedAtMs),
        },
      }),
    );
  }

  /** Answers whether there was such an account. Throws `already_exists` for a taken name. */
  async update(tx: Transaction, account: ServiceAccount): Promise<boolean> {
    const { id, organizationId, displayName, description, updatedAtMs } = account;
    const { count } = await naming(displayName, () =>
      tx.serviceAccount.updateMany({
        where: { id, organizationId },
        data: { displayName, description, updatedAt: new Date(updatedAtMs) },
      }),
    );
    return count > 0;
  }

  /** Answers whether it is there, and keeps it from being deleted until the transaction ends. */
  async keep(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const rows = await tx.$queryRaw<readonly unknown[]>`
      SELECT 1 FROM "service_account"
       WHERE "id" = ${id} AND "organization_id" = ${organizationId} FOR SHARE`;
    return rows.length > 0;
  }

  /** Answers whether there was one. Its keys and role bindings are the caller's business. */
  async delete(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const { count } = await tx.serviceAccount.deleteMany({ where: { id, organizationId } });
    return count > 0;
  }
}

async function naming<T>(displayName: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const taken = findTakenKey(cause);
    if (taken === undefined) throw cause;
    const field = taken === 'id' ? 'id' : '/display_name';
    throw new AppError(
      'already_exists',
      `A service account named "${displayName}" exists already: choose another display_name.`,
      { field, cause },
    );
  }
}

function fromRow(row: Row): ServiceAccount {
  return {
    id: row.id,
    organizationId: row.organizationId,
    displayName: row.displayName,
    description: row.description,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}
