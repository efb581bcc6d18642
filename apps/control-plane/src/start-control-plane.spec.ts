import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCommand, type Config } from './config.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './database/migrations.ts';
import { Repositories } from './database/repositories.ts';
import { ensureTemplate } from './database/template.ts';
import { SETUP_MAX_MS } from './database/testing.ts';
import { UnitOfWork } from './audit/unit-of-work.ts';
import { systemContext } from './auth/op-context.ts';
import { startControlPlane, type ControlPlane } from './start-control-plane.ts';
import { SILENT_LOG } from './testing/test-app.ts';

let parent: string;
let home: string;

beforeAll(async () => {
  await ensureTemplate(await readMigrations(MIGRATIONS_FOLDER));
}, SETUP_MAX_MS);

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'weirhouse-start-'));
  home = join(parent, 'home');
});

afterEach(() => rm(parent, { recursive: true }));

function configWith(environment: Record<string, string> = {}): Config {
  const command = readCommand([], { WEIRHOUSE_HOME: home, WEIRHOUSE_PORT: '0', ...environment });
  if (command.kind !== 'serve') throw new Error('expected to serve');
  return command.config;
}

function start(environment: Record<string, string> = {}): Promise<ControlPlane> {
  const config = configWith(environment);
  return startControlPlane({ config, openLog: () => SILENT_LOG, environment: {} });
}

test(
  'what was written is there after a stop and a start',
  async () => {
    const first = await start();
    const organization = { id: 'o1', displayName: 'One', createdAtMs: 1 };
    await first.app
      .get(UnitOfWork)
      .run(systemContext('o1', 'test'), (tx) =>
        first.app.get(Repositories).organizations.ensure(tx, organization),
      );
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.stop();
    await expect(fetch(`${first.url}/readyz`)).rejects.toThrow('fetch failed');
    const second = await start();
    const user = { id: 'u-1', organizationId: 'o1', email: 'e', fullName: 'f' };
    await second.app
      .get(UnitOfWork)
      .run(systemContext('o1', 'test'), (tx) =>
        second.app.get(Repositories).users.ensure(tx, user, 1),
      );
    expect(await second.app.get(Repositories).users.find('o1', 'u-1')).toMatchObject(user);
    await second.stop();
  },
  SETUP_MAX_MS,
);

test(
  'a second process on the same folder is refused and the first goes on',
  async () => {
    const first = await start();
    await expect(start()).rejects.toThrow('Another Weirhouse is running');
    expect((await fetch(`${first.url}/livez`)).status).toBe(200);
    await first.stop();
  },
  SETUP_MAX_MS,
);

test('a port in use is named and nothing is made', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  await expect(start({ WEIRHOUSE_PORT: String(port) })).rejects.toThrow(
    `Port ${port} on 127.0.0.1 cannot be opened: it is in use.`,
  );
  expect(existsSync(home)).toBe(false);
  server.close();
});

test('a malformed DATABASE_URL is named and nothing is made', async () => {
  await expect(start({ DATABASE_URL: 'postgres://nowhere' })).rejects.toThrow(
    'DATABASE_URL is malformed',
  );
  expect(existsSync(home)).toBe(false);
});

test(
  'a damaged master key stops the start, and the folder can be used again afterwards',
  async () => {
    await (await start()).stop();
    await writeFile(join(home, 'master.key'), 'broken');
    await expect(start()).rejects.toThrow('is damaged');
    await expect(start()).rejects.toThrow('is damaged');
  },
  SETUP_MAX_MS,
);

test(
  'a first start that was killed while it made the database is taken up again',
  async () => {
    // What a kill leaves behind: a data folder in the making.
    await mkdir(join(home, 'db.creating', 'base'), { recursive: true });
    await writeFile(join(home, 'db.creating', 'PG_VERSION'), '');
    await (await start()).stop();
    const files = await readdir(home);
    expect(files).toContain('db');
    expect(files).not.toContain('db.creating');
  },
  SETUP_MAX_MS,
);
