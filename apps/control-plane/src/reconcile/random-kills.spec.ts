import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open-database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../database/migrations.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../database/postgres-testing.ts';
import { ensureTemplate } from '../database/template.ts';

const PROGRAM = fileURLToPath(new URL('./churn-test-process.ts', import.meta.url));
const CHECKOUT = path.join(import.meta.dirname, '../../../..');
/** `WEIRHOUSE_KILLS=200` is what a release is held to; a few show that the test still tests. */
const KILLS = Number(process.env['WEIRHOUSE_KILLS'] ?? 12);
const TEST_MAX_MS = 120_000 + KILLS * 6_000;
/** One crash point of so many is deadly; a step has three or four. */
const DEADLY_ONE_IN = 12;
const LOOK_MS = 150;
/** Of so many looks one kills a process wherever it is. */
const STRIKE_ONE_IN = 40;

const COMPILE_CACHE = path.join(os.tmpdir(), 'weirhouse-test-code');

const postgres = await findPostgres();
let stateFolder: string;
let server: TestPostgres | undefined;

beforeEach(async () => {
  stateFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'kills-'));
  await ensureTemplate(await readMigrations(MIGRATIONS_FOLDER));
}, 120_000);

afterEach(async () => {
  for (const { pid } of brokers()) process.kill(pid, 'SIGKILL');
  await server?.stop();
  server = undefined;
  fs.rmSync(stateFolder, { recursive: true, force: true });
}, 60_000);

/** Broker processes of this test by the file that they were started with. */
function brokers(): readonly { readonly pid: number; readonly config: string }[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      const words = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const config = words.find((word) => word.startsWith(`${stateFolder}/`));
      const isBroker = config?.endsWith('/broker.json') === true;
      return isBroker && config ? [{ pid: Number(name), config }] : [];
    } catch {
      return [];
    }
  });
}

/** Runs control planes, each replaced when it dies, until enough were killed. */
class Fleet {
  readonly #args: readonly string[];
  readonly #running = new Set<ChildProcess>();
  readonly doubled = new Set<string>();
  kills = 0;
  readonly #otherEnds: string[] = [];
  readonly #ports: string;

  constructor(databaseUrl: string, ports: number) {
    this.#args = ['--conditions=source', PROGRAM, databaseUrl, stateFolder];
    this.#ports = String(ports);
  }

  /** Ends of processes that nobody killed. */
  get otherEnds(): readonly string[] {
    return this.#otherEnds;
  }

  async churn(size: number): Promise<void> {
    while (this.kills < KILLS) {
      while (this.#running.size < size) this.#start(DEADLY_ONE_IN);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MS);
      });
      this.#lookForTwins();
      const victim = [...this.#running][randomInt(size)];
      if (randomInt(STRIKE_ONE_IN) === 0) victim?.kill('SIGKILL');
    }
    await Promise.all(
      [...this.#running].map(
        (child) =>
          new Promise((resolve) => {
            child.once('exit', resolve);
            child.kill('SIGKILL');
          }),
      ),
    );
  }

  /** One process without changes and without kills, until everything is at rest. */
  settle(): Promise<number | null> {
    const child = this.#start(0);
    return new Promise((resolve) => {
      child.once('exit', resolve);
    });
  }

  #start(deadlyOneIn: number): ChildProcess {
    const args = [...this.#args, String(deadlyOneIn), this.#ports];
    const child = spawn(process.execPath, args, {
      cwd: CHECKOUT,
      stdio: ['ignore', 'ignore', 'inherit'],
      // A start has to be quick: the sources are not read into code again each time.
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, NODE_NO_WARNINGS: '1' },
    });
    this.#running.add(child);
    child.once('exit', (code, signal) => {
      this.#running.delete(child);
      if (signal === 'SIGKILL') this.kills += 1;
      else if (deadlyOneIn > 0) this.#otherEnds.push(`exit ${code}`);
    });
    return child;
  }

  #lookForTwins(): void {
    const seen = new Set<string>();
    for (const { config } of brokers()) {
      if (seen.has(config)) this.doubled.add(config);
      seen.add(config);
    }
  }
}

/** Counts how often each operation ends, in the database itself. */
async function countEnds(database: Database): Promise<void> {
  await database.$executeRaw`CREATE TABLE operation_end (id TEXT NOT NULL)`;
  await database.$executeRaw`CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO operation_end VALUES (OLD.id); RETURN NEW; END'`;
  await database.$executeRaw`CREATE TRIGGER operation_ends AFTER UPDATE ON operation FOR EACH ROW
    WHEN (OLD.status = 'running' AND NEW.status <> 'running') EXECUTE FUNCTION note_end()`;
}

async function expectNothingLostOrDoubled(database: Database): Promise<void> {
  const clusters = await database.kafkaCluster.findMany({ include: { brokers: true } });
  const operations = await database.operation.findMany();
  expect(operations.length).toBeGreaterThan(0);
  const ends = await database.$queryRaw<readonly { id: string; count: number }[]>`
    SELECT id, count(*)::int AS count FROM operation_end GROUP BY id`;
  expect(ends.filter(({ count }) => count !== 1)).toEqual([]);
  expect(operations.filter(({ status }) => status === 'running')).toEqual([]);
  expect(operations.filter(({ finishedAt }) => finishedAt === null)).toEqual([]);
  const gone = new Set(operations.map(({ clusterId }) => clusterId));
  for (const { id } of clusters) gone.delete(id);
  const deletions = operations.filter(
    ({ clusterId, kind, status }) =>
      gone.has(clusterId) && kind === 'delete' && status === 'succeeded',
  );
  expect(deletions.map(({ clusterId }) => clusterId).toSorted()).toEqual([...gone].toSorted());
  expect(await database.clusterBroker.count()).toBe(clusters.length);
  const running = brokers().map(({ config }) => path.relative(stateFolder, config));
  const wanted = clusters.map(({ id }) => `clusters/${id}/1/broker.json`);
  expect(running.toSorted()).toEqual(wanted.toSorted());
  const folder = path.join(stateFolder, 'clusters');
  const folders = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  expect(folders.toSorted()).toEqual(clusters.map(({ id }) => id).toSorted());
  expect(await database.outbox.count()).toBe(0);
}

/** What the life of a fleet came to. */
interface Outcome {
  /** How the process ended that had the last word. */
  readonly settled: number | null;
  readonly doubled: readonly string[];
  readonly otherEnds: readonly string[];
}

const UNHARMED: Outcome = { settled: 0, doubled: [], otherEnds: [] };

async function survive(databaseUrl: string, size: number, ports: number): Promise<Outcome> {
  const options = { databaseUrl: databaseUrl === '' ? undefined : databaseUrl, stateFolder };
  const first = await openDatabase(options);
  await countEnds(first.prisma);
  await first.close();
  const fleet = new Fleet(databaseUrl, ports);
  await fleet.churn(size);
  const settled = await fleet.settle();
  const last = await openDatabase(options);
  await expectNothingLostOrDoubled(last.prisma);
  await last.close();
  return { settled, doubled: [...fleet.doubled], otherEnds: fleet.otherEnds };
}

describe('control planes that are killed again and again', () => {
  it.skipIf('why' in postgres)(
    'lose and double nothing, three at a time on Postgres',
    async () => {
      if ('why' in postgres) return;
      server = await startPostgres(postgres.bin);
      const url = await server.createDatabase();
      expect(await survive(url, 3, 31_200)).toEqual(UNHARMED);
    },
    TEST_MAX_MS,
  );

  it(
    'lose and double nothing, one at a time on the embedded database',
    async () => {
      expect(await survive('', 1, 31_240)).toEqual(UNHARMED);
    },
    TEST_MAX_MS,
  );
});
