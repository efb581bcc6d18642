import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import type { Pool } from 'pg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { postgresAdapter } from './adapters.ts';
import { migrate, type MigrationTarget } from './migrate.ts';
import {
  migrationList,
  migrationMarker,
  MIGRATIONS_FOLDER,
  readMigrations,
  type Migration,
} from './migrations.ts';
import { openPglite } from './pglite-database.ts';
import { openPglitePool } from './pglite-pool.ts';
import { ALL_TABLES, openSchemaEngine } from './schema-engine.ts';
import { ensureTemplate, findTemplate } from './template.ts';
import { SETUP_MAX_MS } from './testing.ts';

const SCHEMA = join(MIGRATIONS_FOLDER, '..', 'schema.prisma');
const LATER: Migration = {
  name: '9999_more',
  sql: `CREATE TABLE "more" ("id" TEXT NOT NULL); -- a semicolon; in a comment\n${migrationMarker('9999_more')}`,
};

let migrations: readonly Migration[];
let template: Blob | undefined;

beforeAll(async () => {
  migrations = await readMigrations(MIGRATIONS_FOLDER);
  await ensureTemplate(migrations);
  template = await findTemplate(migrations);
}, SETUP_MAX_MS);

test(
  'the migrations together are schema.prisma',
  async () => {
    await using made = new AsyncDisposableStack();
    const connect = async (): Promise<SqlDriverAdapter> => {
      const client = made.adopt(await PGlite.create(), (unused) => unused.close());
      // Reading a schema needs the type of single characters, of which the adapter of servers makes texts.
      const adapter: SqlDriverAdapter = await new PrismaPGlite(client).connect();
      adapter.executeScript = async (script): Promise<void> => void (await client.exec(script));
      return adapter;
    };
    const { engine } = await openSchemaEngine({
      provider: 'postgres',
      adapterName: 'embedded',
      connect,
      connectToShadowDb: connect,
    });
    const difference = await engine.diff({
      from: { tag: 'migrations', ...migrationList(migrations) },
      to: {
        tag: 'schemaDatamodel',
        files: [{ path: 'schema.prisma', content: await readFile(SCHEMA, 'utf8') }],
      },
      script: true,
      exitCode: true,
      filters: ALL_TABLES,
    });
    engine.free();
    expect(difference.stdout ?? '').toContain('empty migration');
    expect(difference.exitCode).toBe(0);
  },
  SETUP_MAX_MS,
);

test('every migration ends with its marker', () => {
  for (const { name, sql } of migrations)
    expect(sql.trimEnd().endsWith(migrationMarker(name)), name).toBe(true);
});

describe('a migrated database', () => {
  let client: PGlite;
  let pool: Pool;
  let target: MigrationTarget;

  beforeAll(async () => {
    client = await PGlite.create(template === undefined ? {} : { loadDataDir: template });
    pool = await openPglitePool(client);
    target = {
      adapter: await postgresAdapter(pool),
      query: async (sql, parameters = []) => (await client.query(sql, [...parameters])).rows,
      exclusively: (work) => work(),
    };
  }, SETUP_MAX_MS);

  afterAll(async () => {
    await pool.end();
    await client.close();
  });

  afterEach(async () => {
    await client.exec(
      `DROP TABLE IF EXISTS "more"; DELETE FROM "setting" WHERE "key" = 'migration:9999_more';
       DELETE FROM "_prisma_migrations" WHERE migration_name = '9999_more'`,
    );
  });

  const history = async (): Promise<unknown> =>
    (
      await client.query(
        `SELECT migration_name, finished_at IS NOT NULL AS finished FROM "_prisma_migrations" ORDER BY 1`,
      )
    ).rows;
  const whole = (): unknown =>
    [...migrations, LATER].map(({ name }) => ({ migration_name: name, finished: true }));

  test('is left alone the second time', async () => {
    expect(await migrate(target, migrations)).toEqual([]);
  });

  test('gets what is new', async () => {
    expect(await migrate(target, [...migrations, LATER])).toEqual(['9999_more']);
    expect(await history()).toEqual(whole());
  });

  test('of a newer Weirhouse is refused', async () => {
    await migrate(target, [...migrations, LATER]);
    await expect(migrate(target, migrations)).rejects.toThrow('newer Weirhouse');
  });

  test('whose migration failed keeps nothing of it and reports the failure', async () => {
    const broken = { ...LATER, sql: `CREATE TABLE "more" ("id" TEXT); SELECT nonsense;` };
    await expect(migrate(target, [...migrations, broken])).rejects.toThrow('nonsense');
    expect(await migrate(target, [...migrations, LATER])).toEqual(['9999_more']);
  });

  test.each([
    { when: 'before the migration', happened: false },
    { when: 'after the migration, before its history row', happened: true },
  ])('whose process was killed $when is finished by the next start', async ({ happened }) => {
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, applied_steps_count)
       VALUES ('killed', 'x', '9999_more', now(), 0)`,
    );
    if (happened) await client.exec(LATER.sql);
    await migrate(target, [...migrations, LATER]);
    expect(await history()).toEqual(whole());
    expect((await client.query(`SELECT * FROM "more"`)).rows).toEqual([]);
    expect(await migrate(target, [...migrations, LATER])).toEqual([]);
  });
});

describe('an embedded database in a folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weirhouse-db-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  test(
    'keeps what was written when it is opened again',
    async () => {
      const options = { folder, migrations, template: () => Promise.resolve(template) };
      const first = await openPglite(options);
      await first.prisma.organization.create({ data: { id: 'o1', displayName: 'One' } });
      await first.close();
      const again = await openPglite(options);
      expect(await again.prisma.organization.findMany()).toMatchObject([{ id: 'o1' }]);
      await again.close();
    },
    SETUP_MAX_MS,
  );
});
