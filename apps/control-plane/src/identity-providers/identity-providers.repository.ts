import { cutPage, type Page } from '@weirhouse/cloud-contract';
import type { Visible } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { IdentityProvider as Row } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, visibleRows, type PageRequest } from '../database/values.ts';
import { ISSUER_KEYS_SCHEMA, type IssuerKey } from './issuer-keys.ts';

/** An OpenID issuer whose tokens an organization trusts, as far as its pools say. */
export interface IdentityProvider {
  readonly id: string;
  readonly organizationId: string;
  readonly displayName: string;
  readonly description: string;
  /** Empty = each pool's own. */
  readonly identityClaim: string;
  readonly issuer: string;
  readonly jwksUri: string;
  /** The issuer's public keys as they were fetched last. */
  readonly keys: readonly IssuerKey[];
  readonly keysFetchedAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Identity providers in the database. Every look-up names the organization. */
export class IdentityProvidersRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<IdentityProvider | undefined> {
    const row = await this.#database.identityProvider.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  async list(
    organizationId: string,
    page: PageRequest,
    visible: Visible,
  ): Promise<Page<IdentityProvider>> {
    const rows = await this.#database.identityProvider.findMany({
      where: { organizationId, ...visibleRows(visible), ...afterPageKey(page.after) },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists` on `id`. */
  async insert(tx: Transaction, provider: IdentityProvider): Promise<void> {
    const { id, organizationId, createdAtMs } = provider;
    try {
      await tx.identityProvider.create({
        data: { id, organizationId, ...columnsOf(provider), createdAt: new Date(createdAtMs) },
      });
    } catch (cause) {
      if (findTakenKey(cause) === undefined) throw cause;
      throw new AppError('already_exists', 'The provider id is taken.', { field: 'id', cause });
    }
  }

  /** Answers whether there was such a provider. */
  async update(tx: Transaction, provider: IdentityProvider): Promise<boolean> {
    const { id, organizationId } = provider;
    const { count } = await tx.identityProvider.updateMany({
      where: { id, organizationId },
      data: columnsOf(provider),
    });
    return count > 0;
  }

  /** Notes keys that were fetched, unless the provider was pointed elsewhere meanwhile. */
  async saveKeys(provider: IdentityProvider): Promise<void> {
    const { id, organizationId, jwksUri } = provider;
    const { jwks, jwksFetchedAt } = columnsOf(provider);
    await this.#database.identityProvider.updateMany({
      where: { id, organizationId, jwksUri },
      data: { jwks, jwksFetchedAt },
    });
  }

  /** Answers whether there was one. Throws `failed_precondition` while it has pools. */
  async delete(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    try {
      const { count } = await tx.identityProvider.deleteMany({ where: { id, organizationId } });
      return count > 0;
    } catch (cause) {
      if (!isReferenceViolation(cause)) throw cause;
      const message = `Identity provider ${id} has identity pools: delete them first.`;
      throw new AppError('failed_precondition', message, { cause });
    }
  }
}

/** The columns that can change. */
function columnsOf(provider: IdentityProvider): Omit<
  Row,
  'id' | 'organizationId' | 'createdAt' | 'jwks'
> & {
  readonly jwks: Record<string, string>[];
} {
  return {
    displayName: provider.displayName,
    description: provider.description,
    identityClaim: provider.identityClaim,
    issuer: provider.issuer,
    jwksUri: provider.jwksUri,
    jwks: provider.keys.map(definedParts),
    jwksFetchedAt:
      provider.keysFetchedAtMs === undefined ? null : new Date(provider.keysFetchedAtMs),
    updatedAt: new Date(provider.updatedAtMs),
  };
}

/** JSON knows no undefined. */
function definedParts(key: IssuerKey): Record<string, string> {
  const parts = Object.entries(key);
  return Object.fromEntries(
    parts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** A row as the domain sees it; pools bring their providers' rows. */
export function fromRow(row: Row): IdentityProvider {
  return {
    id: row.id,
    organizationId: row.organizationId,
    displayName: row.displayName,
    description: row.description,
    identityClaim: row.identityClaim,
    issuer: row.issuer,
    jwksUri: row.jwksUri,
    keys: ISSUER_KEYS_SCHEMA.parse(row.jwks),
    keysFetchedAtMs: row.jwksFetchedAt?.getTime(),
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}
