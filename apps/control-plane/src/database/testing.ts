import type { OpenDatabase } from './database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './migrations.ts';
import { openPglite } from './pglite-database.ts';
import { ensureTemplate, findTemplate } from './template.ts';

/** For specs: how long a beforeAll may take, in milliseconds; a busy machine needs most of it. */
export const SETUP_MAX_MS = 60_000;

/** For specs: a new, migrated embedded database in memory (half a second; the first one takes five). */
export async function openTestDatabase(): Promise<OpenDatabase> {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  await ensureTemplate(migrations);
  return openPglite({
    folder: undefined,
    migrations,
    template: () => findTemplate(migrations),
  });
}
