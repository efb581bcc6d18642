import { cutPage, type Page } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { IdentityPool as Row } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, type PageRequest } from '../database/values.ts';
import {
  fromRow as providerFromRow,
  type IdentityProvider,
} from './identity-providers.repository.ts';

/** Tokens of a provider that pass a filter act as one principal, `User:pool-x`. */
export interface IdentityPool {
  readonly id: string;
  readonly organizationId: string;
  readonly providerId: string;
  readonly displayName: string;
  readonly description: string;
  readonly identityClaim: string;
  /** CEL over `claims`. */
  readonly filter: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Where a pool lies. */
interface Place {
  readonly organizationId: string;
  readonly providerId: string;
}

/** Identity pools in the database. Every look-up but those of tokens names the organization. */
export class IdentityPoolsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(place: Place, id: string): Promise<IdentityPool | undefined> {
    const row = await this.#database.identityPool.findFirst({ where: { id, ...place } });
    return row === null ? undefined : fromRow(row);
  }

  /** Whose pool it is: how the organization becomes known when a token is exchanged. */
  async findForExchange(
    id: string,
  ): Promise<{ readonly pool: IdentityPool; readonly provider: IdentityProvider } | undefined> {
    const row = await this.#database.identityPool.findUnique({
      where: { id },
      include: { provider: true },
    });
    return row === null
      ? undefined
      : { pool: fromRow(row), provider: providerFromRow(row.provider) };
  }

  /** Whether there still is such a pool. */
  async exists(organizationId: string, id: string): Promise<boolean> {
    const row = await this.#database.identityPool.findFirst({
      where: { id, organizationId },
      select: { id: true },
    });
    return row !== null;
  }

  /** Answers whether it is there, and keeps it from being deleted until the transaction ends. */
  async keep(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const rows = await tx.$queryRaw<readonly unknown[]>`
      SELECT 1 FROM "identity_pool"
       WHERE "id" = ${id} AND "organization_id" = ${organizationId} FOR SHARE`;
    return rows.length > 0;
  }

  async list(place: Place, page: PageRequest): Promise<Page<IdentityPool>> {
    const { organizationId, providerId } = place;
    const rows = await this.#database.identityPool.findMany({
      where: { organizationId, providerId, ...afterPageKey(page.after) },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists` on `id`, or `not_found` when the provider went away meanwhile. */
  async insert(tx: Transaction, pool: IdentityPool): Promise<void> {
    const { createdAtMs, updatedAtMs, ...columns } = pool;
    try {
      await tx.identityPool.create({
        data: {
          ...columns,
          createdAt: new Date(createdAtMs),
          updatedAt: new Date(updatedAtMs),
        },
      });
    } catch (cause) {
      if (findTakenKey(cause) !== undefined)
        throw new AppError('already_exists', 'The pool id is taken.', { field: 'id', cause });
      if (isReferenceViolation(cause))
        throw new AppError('not_found', 'The identity provider is gone.', { cause });
      throw cause;
    }
  }

  /** Answers whether there was such a pool. */
  async update(tx: Transaction, pool: IdentityPool): Promise<boolean> {
    const { id, organizationId, providerId, createdAtMs: _, updatedAtMs, ...columns } = pool;
    const { count } = await tx.identityPool.updateMany({
      where: { id, organizationId, providerId },
      data: { ...columns, updatedAt: new Date(updatedAtMs) },
    });
    return count > 0;
  }

  /** Answers whether there was one. Its role bindings are the caller's business. */
  async delete(tx: Transaction, place: Place, id: string): Promise<boolean> {
    const { count } = await tx.identityPool.deleteMany({ where: { id, ...place } });
    return count > 0;
  }
}

function fromRow(row: Row): IdentityPool {
  return {
    id: row.id,
    organizationId: row.organizationId,
    providerId: row.providerId,
    displayName: row.displayName,
    description: row.description,
    identityClaim: row.identityClaim,
    filter: row.filter,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}
