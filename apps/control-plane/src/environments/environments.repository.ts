import { cutPage, type Page } from '@weirhouse/cloud-contract';
import type { Visible } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { Environment as Row } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, visibleRows, type PageRequest } from '../database/values.ts';

/** A group of clusters inside an organization. */
export interface Environment {
  readonly id: string;
  readonly organizationId: string;
  readonly displayName: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Environments in the database. Every look-up names the organization. */
export class EnvironmentsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<Environment | undefined> {
    const row = await this.#database.environment.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  async findByName(organizationId: string, displayName: string): Promise<Environment | undefined> {
    const row = await this.#database.environment.findFirst({
      where: { organizationId, displayName },
    });
    return row === null ? undefined : fromRow(row);
  }

  async list(
    organizationId: string,
    page: PageRequest,
    visible: Visible,
  ): Promise<Page<Environment>> {
    const rows = await this.#database.environment.findMany({
      where: { organizationId, ...visibleRows(visible), ...afterPageKey(page.after) },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists`: on `display_name` when the name is taken, on `id` when the id is. */
  async insert(tx: Transaction, environment: Environment): Promise<void> {
    const { id, organizationId, displayName, createdAtMs, updatedAtMs } = environment;
    await naming(displayName, () =>
      tx.environment.create({
        data: {
          id,
          organizationId,
          displayName,
          createdAt: new Date(createdAtMs),
          updatedAt: new Date(updatedAtMs),
        },
      }),
    );
  }

  /** Answers whether there was such an environment. Throws `already_exists` for a taken name. */
  async rename(tx: Transaction, environment: Environment): Promise<boolean> {
    const { id, organizationId, displayName, updatedAtMs } = environment;
    const { count } = await naming(displayName, () =>
      tx.environment.updateMany({
        where: { id, organizationId },
        data: { displayName, updatedAt: new Date(updatedAtMs) },
      }),
    );
    return count > 0;
  }

  /** Answers whether there was one. Throws `failed_precondition` while it holds clusters. */
  async delete(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    try {
      const { count } = await tx.environment.deleteMany({ where: { id, organizationId } });
      return count > 0;
    } catch (cause) {
      if (!isReferenceViolation(cause)) throw cause;
      throw new AppError(
        'failed_precondition',
        `Environment ${id} still holds Kafka clusters: delete them first.`,
        { cause },
      );
    }
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
      `An environment named "${displayName}" exists already: choose another display_name.`,
      { field, cause },
    );
  }
}

function fromRow(row: Row): Environment {
  return {
    id: row.id,
    organizationId: row.organizationId,
    displayName: row.displayName,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}
