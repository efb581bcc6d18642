import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCommand, type Config } from '../config.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../database/postgres-testing.ts';
import { withDump } from '../database/dump.ts';
import { openDatabase } from '../database/open-database.ts';
import { SETUP_MAX_MS } from '../database/testing.ts';
import { startControlPlane } from '../start-control-plane.ts';
import { createTenant, SILENT_LOG, basic } from '../testing/test-app.ts';
import { backUp, restore } from './backup.ts';

const found = await findPostgres();
let server: TestPostgres | undefined;
let parent: string;
let file: string;

beforeAll(async () => {
  if ('bin' in found) server = await startPostgres(found.bin);
}, SETUP_MAX_MS);

afterAll(() => server?.stop(), SETUP_MAX_MS);

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'weirhouse-backup-'));
  file = join(parent, 'backup');
});

afterEach(() => rm(parent, { recursive: true }));

async function configOf(home: string, kind = 'pglite'): Promise<Config> {
  const url = kind === 'postgres' ? await server?.createDatabase() : undefined;
  const command = readCommand([], {
    WEIRHOUSE_HOME: join(parent, home),
    WEIRHOUSE_PORT: '0',
    ...(url === undefined ? {} : { DATABASE_URL: url }),
  });
  if (command.kind !== 'serve') throw new Error('expected to serve');
  return command.config;
}

async function serving<T>(
  config: Config,
  use: (controlPlane: Awaited<ReturnType<typeof startControlPlane>>) => Promise<T>,
): Promise<T> {
  const openLog = (): typeof SILENT_LOG => SILENT_LOG;
  const controlPlane = await startControlPlane({ config, openLog, environment: {} });
  try {
    return await use(controlPlane);
  } finally {
    await controlPlane.stop();
  }
}

/** A control plane with a key, some objects, and everything else that making them leaves behind. */
function fill(config: Config): Promise<string> {
  return serving(config, async ({ app }) => {
    const tenant = await createTenant(app);
    for (let index = 0; index < 3; index += 1) {
      const answer = await tenant.call('POST', '/org/v2/environments', {
        display_name: `ä "${index}"`,
      });
      expect(answer.status).toBe(201);
    }
    return basic(tenant.keyId, tenant.secret);
  });
}

/** Every row of every table, but the marks of migrations, which say when this database had them. */
async function contentOf(config: Config): Promise<readonly string[]> {
  const where = { databaseUrl: config.DATABASE_URL, stateFolder: config.WEIRHOUSE_HOME };
  const database = await openDatabase(where);
  try {
    return await withDump(database.prisma, async (chunks) => {
      const rows: string[] = [];
      for await (const { table, rowsJson } of chunks)
        for (const row of JSON.parse(rowsJson) as readonly unknown[])
          rows.push(`${table} ${JSON.stringify(row)}`);
      return rows.filter((row) => !row.includes('"key":"migration:')).toSorted();
    });
  } finally {
    await database.close();
  }
}

async function giveKey(from: Config, to: Config): Promise<void> {
  await mkdir(to.WEIRHOUSE_HOME, { recursive: true });
  const key = join(from.WEIRHOUSE_HOME, 'master.key');
  await copyFile(key, join(to.WEIRHOUSE_HOME, 'master.key'));
}

const kinds = ['pglite', ...('bin' in found ? ['postgres'] : [])];

describe.each(kinds.map((from, index) => ({ from, to: kinds.at(index - 1) ?? from })))(
  'from $from to $to',
  ({ from, to }) => {
    test(
      'a backup brings back every row, old keys and numbers that go on',
      async () => {
        const source = await configOf('source', from);
        const authorization = await fill(source);
        await backUp(source, file);
        const target = await configOf('target', to);
        await giveKey(source, target);
        await restore(target, file);
        expect(await contentOf(target)).toEqual(await contentOf(source));
        const dataPlane = (home: string): Promise<string> =>
          readFile(join(parent, home, 'data-plane.json'), 'utf8');
        expect(await dataPlane('target')).toBe(await dataPlane('source'));
        await serving(target, async ({ url }) => {
          const answer = await fetch(`${url}/org/v2/environments`, { headers: { authorization } });
          expect(answer.status).toBe(200);
          expect(((await answer.json()) as { data: unknown[] }).data).toHaveLength(3);
          const created = await fetch(`${url}/org/v2/environments`, {
            method: 'POST',
            headers: { authorization, 'content-type': 'application/json' },
            body: JSON.stringify({ display_name: 'another' }),
          });
          expect(created.status).toBe(201);
        });
      },
      SETUP_MAX_MS,
    );
  },
);

describe('a restore is refused with one sentence, and changes nothing,', () => {
  let source: Config;
  let target: Config;

  beforeEach(async () => {
    source = await configOf('source');
    await fill(source);
    await backUp(source, file);
    target = await configOf('target');
    await giveKey(source, target);
  }, SETUP_MAX_MS);

  test('into a database that is not empty', async () => {
    const before = await contentOf(source);
    await expect(restore(source, file)).rejects.toThrow('The database is not empty (');
    expect(await contentOf(source)).toEqual(before);
  });

  test('without the master key, and with another one', async () => {
    await rm(join(target.WEIRHOUSE_HOME, 'master.key'));
    await expect(restore(target, file)).rejects.toThrow('There is no master key');
    await writeFile(
      join(target.WEIRHOUSE_HOME, 'master.key'),
      Buffer.alloc(32, 1).toString('base64'),
    );
    await expect(restore(target, file)).rejects.toThrow('sealed with another master key');
    await giveKey(source, target);
    await restore(target, file);
  });

  test('of a file that was cut, changed or is none', async () => {
    const bytes = await readFile(file);
    const text = gunzipSync(bytes).toString('utf8');
    await truncate(file, bytes.length - 30);
    await expect(restore(target, file)).rejects.toThrow('is damaged or not a backup');
    await writeFile(file, gzipSync(text.replace('ä', 'o')));
    await expect(restore(target, file)).rejects.toThrow('is damaged or not a backup');
    await writeFile(file, gzipSync(text.split('\n').slice(0, -2).join('\n')));
    await expect(restore(target, file)).rejects.toThrow('is damaged or not a backup');
    await writeFile(file, 'nothing');
    await expect(restore(target, file)).rejects.toThrow('is damaged or not a backup');
    await expect(restore(target, join(parent, 'none'))).rejects.toThrow('There is no backup');
    expect(existsSync(join(target.WEIRHOUSE_HOME, 'db'))).toBe(false);
  });

  test('of a newer Weirhouse', async () => {
    const { createHash } = await import('node:crypto');
    const lines = gunzipSync(await readFile(file))
      .toString('utf8')
      .trim()
      .split('\n')
      .slice(0, -1);
    const rewritten = async (change: (header: string) => string): Promise<void> => {
      const [header = '', ...rest] = lines;
      const text = `${[change(header), ...rest].join('\n')}\n`;
      const sha256 = createHash('sha256').update(text).digest('hex');
      await writeFile(
        file,
        gzipSync(`${text}${JSON.stringify({ lines: lines.length, sha256 })}\n`),
      );
    };
    await rewritten((header) => header.replace('"migrations":[', '"migrations":["0000_other",'));
    await expect(restore(target, file)).rejects.toThrow('it holds migration 0000_other');
    await rewritten((header) => header.replace('"weirhouseBackup":1', '"weirhouseBackup":2'));
    await expect(restore(target, file)).rejects.toThrow('was made by a newer Weirhouse');
  });

  test('and a backup over a file of the same name leaves a whole one', async () => {
    await backUp(source, file);
    expect(await readdir(parent)).toContain('backup');
    await restore(target, file);
  });
});
