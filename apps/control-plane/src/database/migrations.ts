import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One migration of the checkout: the folder's name and its SQL. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** `prisma/migrations` of the checkout, found from src/database as well as from dist/database. */
export const MIGRATIONS_FOLDER = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  '..',
  'prisma',
  'migrations',
);

/** The migrations in a folder, oldest first. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.toSorted().map(async (name) => ({
      name,
      sql: await readFile(join(folder, name, 'migration.sql'), 'utf8'),
    })),
  );
}

/** What the schema engine wants to know about the migrations. */
export function migrationList(migrations: readonly Migration[]): {
  baseDir: string;
  lockfile: { path: string; content: string };
  shadowDbInitScript: string;
  migrationDirectories: {
    path: string;
    migrationFile: { path: string; content: { tag: 'ok'; value: string } };
  }[];
} {
  return {
    baseDir: 'prisma/migrations',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

/**
 * The statement every migration ends with. It is part of the migration's own transaction, so after a
 * crash its row says whether the migration happened, where Prisma's history row cannot.
 */
export function migrationMarker(name: string): string {
  return `INSERT INTO "setting" ("key", "value") VALUES ('migration:${name}', 'true');`;
}
