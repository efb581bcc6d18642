import type { Database, Transaction } from './database.ts';

/** The row behind a thing, by the path it is changed at; its id is the last part of the path. */
const TABLES: Readonly<Record<string, string>> = {
  '/org/v2/organizations/{id}': 'organization',
  '/org/v2/environments/{id}': 'environment',
  '/cmk/v2/clusters/{id}': 'kafka_cluster',
  '/v1/clusters/{id}': 'kafka_cluster',
  '/iam/v2/service-accounts/{id}': 'service_account',
  '/iam/v2/users/{id}': 'user_account',
  '/iam/v2/api-keys/{id}': 'api_key',
  '/iam/v2/invitations/{id}': 'invitation',
  '/iam/v2/role-bindings/{id}': 'role_binding',
  '/iam/v2/identity-providers/{id}': 'identity_provider',
  '/iam/v2/identity-providers/{provider_id}/identity-pools/{id}': 'identity_pool',
  '/kafka-quotas/v1/client-quotas/{id}': 'client_quota',
};

/** Tells whether a row is still the one that was read: Postgres writes a new one with every change. */
export class RowVersions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether things at a path are rows. */
  has(path: string): boolean {
    return TABLES[path] !== undefined;
  }

  /** The row's version as it is now; undefined when there is none. */
  find(path: string, id: string): Promise<string | undefined> {
    return this.#read(this.#database, { path, id, lock: '' });
  }

  /** The same, and nobody else changes the row before the transaction ends. */
  lock(tx: Transaction, path: string, id: string): Promise<string | undefined> {
    return this.#read(tx, { path, id, lock: 'FOR UPDATE' });
  }

  async #read(
    database: Database | Transaction,
    { id, lock, path }: { readonly path: string; readonly id: string; readonly lock: string },
  ): Promise<string | undefined> {
    const [row] = await database.$queryRawUnsafe<readonly { readonly version: string }[]>(
      `SELECT xmin::text AS version FROM "${TABLES[path]}" WHERE id = $1 ${lock}`,
      id,
    );
    return row?.version;
  }
}
