import type { JWK } from 'jose';
import type { Database, Transaction } from '../database/database.ts';
import type { SigningKey as Row } from '../database/generated/client.ts';

/** A key pair that signs tokens, its private half sealed. */
export interface StoredSigningKey {
  /** The JWT's `kid`. */
  readonly id: string;
  readonly publicJwk: JWK;
  readonly privateEncrypted: Uint8Array<ArrayBuffer>;
  readonly createdAtMs: number;
  /** From then on nothing that it signed is good. */
  readonly expiresAtMs: number;
}

/** Signing keys in the database: every process signs and verifies with the same ones. */
export class SigningKeysRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest first; there are two or three. */
  async list(): Promise<readonly StoredSigningKey[]> {
    const rows = await this.#database.signingKey.findMany({ orderBy: { createdAt: 'desc' } });
    return rows.map(fromRow);
  }

  async insert(tx: Transaction, key: StoredSigningKey): Promise<void> {
    await tx.signingKey.create({
      data: {
        id: key.id,
        publicJwk: { ...key.publicJwk } as Record<string, string>,
        privateEncrypted: key.privateEncrypted,
        createdAt: new Date(key.createdAtMs),
        expiresAt: new Date(key.expiresAtMs),
      },
    });
  }

  /** Removes keys that verify nothing any more. */
  async delete(tx: Transaction, ids: readonly string[]): Promise<void> {
    await tx.signingKey.deleteMany({ where: { id: { in: [...ids] } } });
  }
}

function fromRow(row: Row): StoredSigningKey {
  return {
    id: row.id,
    publicJwk: row.publicJwk as JWK,
    privateEncrypted: row.privateEncrypted,
    createdAtMs: row.createdAt.getTime(),
    expiresAtMs: row.expiresAt.getTime(),
  };
}
