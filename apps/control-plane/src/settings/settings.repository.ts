import type { Database, Transaction } from '../database/database.ts';

/** A value that JSON can hold, as settings are stored. */
export type SettingValue = Readonly<Record<string, string | number | boolean>>;

/** Facts about the installation itself, by key. */
export class SettingsRepository {
  readonly #database: Pick<Database, 'setting'>;

  constructor(database: Pick<Database, 'setting'>) {
    this.#database = database;
  }

  async find(key: string): Promise<unknown> {
    const row = await this.#database.setting.findUnique({ where: { key } });
    return row?.value;
  }

  /** Answers false, and changes nothing, when another process was first. */
  async insertIfAbsent(tx: Transaction, key: string, value: SettingValue): Promise<boolean> {
    const { count } = await tx.setting.createMany({
      data: [{ key, value }],
      skipDuplicates: true,
    });
    return count > 0;
  }

  async put(tx: Transaction, key: string, value: SettingValue): Promise<void> {
    await tx.setting.upsert({
      where: { key },
      create: { key, value },
      update: { value, updatedAt: new Date() },
    });
  }
}
