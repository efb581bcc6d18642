import type { Database, Transaction } from '../database/database.ts';

/** An object that a declarative configuration made. */
export interface MadeObject {
  readonly address: string;
  /** Undefined = its creation was begun. */
  readonly objectId: string | undefined;
  readonly protect: boolean;
}

/** Which configuration of which organization. */
export interface ConfigurationKey {
  readonly organizationId: string;
  readonly configuration: string;
}

/** The key of a configuration within an environment; no name of a configuration holds a slash. */
export function configurationWithin(
  organizationId: string,
  environmentId: string,
  name: string,
): ConfigurationKey {
  return { organizationId, configuration: `${environmentId}/${name}` };
}

/** What configurations made, in the database. Every look-up names the organization. */
export class ConfigurationsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** At most `take`, by address. */
  async list(key: ConfigurationKey, take: number): Promise<readonly MadeObject[]> {
    const rows = await this.#database.configurationObject.findMany({
      where: key,
      orderBy: { address: 'asc' },
      take,
    });
    return rows.map(({ address, objectId, protect }) => ({
      address,
      objectId: objectId ?? undefined,
      protect,
    }));
  }

  async count(tx: Transaction, key: ConfigurationKey): Promise<number> {
    return tx.configurationObject.count({ where: key });
  }

  async put(
    tx: Transaction,
    key: ConfigurationKey,
    object: MadeObject & { readonly updatedAtMs: number },
  ): Promise<void> {
    const { address, objectId = null, protect, updatedAtMs } = object;
    const updatedAt = new Date(updatedAtMs);
    const { configuration, organizationId } = key;
    await tx.configurationObject.upsert({
      where: {
        organizationId_configuration_address: { organizationId, configuration, address },
      },
      create: { ...key, address, objectId, protect, createdAt: updatedAt, updatedAt },
      update: { objectId, protect, updatedAt },
    });
  }

  /** Forgets every configuration within an environment, and who applies it. */
  async deleteWithin(
    tx: Transaction,
    organizationId: string,
    environmentId: string,
  ): Promise<void> {
    const { configuration } = configurationWithin(organizationId, environmentId, '');
    const where = { organizationId, configuration: { startsWith: configuration } };
    await tx.configurationObject.deleteMany({ where });
    await tx.configurationHold.deleteMany({ where });
  }

  async delete(
    tx: Transaction,
    key: ConfigurationKey,
    addresses: readonly string[],
  ): Promise<void> {
    await tx.configurationObject.deleteMany({ where: { ...key, address: { in: [...addresses] } } });
  }
}
