import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Migration } from './migrations.ts';

/** Beside the build, so that it is as old as the build and goes with it. */
const FOLDER = join(import.meta.dirname, '..', '..', 'dist', 'database-template');

/**
 * A migrated, empty data folder for PGlite: loading it takes a tenth of the time initdb takes. The
 * name holds a hash of PGlite's version and the migrations, so a stale one is never found.
 */
export async function findTemplate(migrations: readonly Migration[]): Promise<Blob | undefined> {
  const file = await readFile(templatePath(migrations)).catch(() => undefined);
  return file === undefined ? undefined : new Blob([gunzipSync(file)]);
}

/** Makes the template when it is missing; answers its path. Several processes may do so at once. */
export async function ensureTemplate(migrations: readonly Migration[]): Promise<string> {
  const path = templatePath(migrations);
  if ((await findTemplate(migrations)) !== undefined) return path;
  const { PGlite } = await import('@electric-sql/pglite');
  const { migrateClient } = await import('./pglite-database.ts');
  const client = await PGlite.create();
  try {
    await migrateClient(client, migrations);
    const dump = await client.dumpDataDir('none');
    const packed = gzipSync(Buffer.from(await dump.arrayBuffer()), { level: 3 });
    await mkdir(dirname(path), { recursive: true });
    const workplace = `${path}.${process.pid}`;
    await writeFile(workplace, packed);
    await rename(workplace, path);
  } finally {
    await client.close();
  }
  return path;
}

function templatePath(migrations: readonly Migration[]): string {
  const hash = createHash('sha256');
  hash.update(pgliteVersion());
  for (const { name, sql } of migrations) hash.update(`\0${name}\0${sql}`);
  return join(FOLDER, `${hash.digest('hex').slice(0, 32)}.tar.gz`);
}

function pgliteVersion(): string {
  const require = createRequire(import.meta.url);
  const folder = dirname(dirname(require.resolve('@electric-sql/pglite')));
  const { version } = require(join(folder, 'package.json')) as { readonly version: string };
  return version;
}
