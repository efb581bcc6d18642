import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

const run = promisify(execFile);

/** Where Debian keeps the server's programs, by major version. */
const DEBIAN = '/usr/lib/postgresql';
/** How long the server may take to answer, in milliseconds. */
const START_MAX_MS = 30_000;
const POLL_MS = 50;

/** A Postgres server of this test run's own. */
export interface TestPostgres {
  /** The folder of its socket: `createDatabaseOn` needs it, also in another process. */
  readonly folder: string;
  /** A URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Ends every process of the server at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on what is on the disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The folder of `initdb` and `postgres`, or why there is none. */
export async function findPostgres(): Promise<{ readonly bin: string } | { readonly why: string }> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const folders = [
    ...versions.toSorted((a, b) => Number(b) - Number(a)).map((name) => join(DEBIAN, name, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  const bin = folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  );
  return bin === undefined
    ? { why: 'Postgres is not installed (Debian: apt-get install postgresql)' }
    : { bin };
}

/** Starts a server on a socket in a new folder, with no port. It syncs its disk only when `isDurable`. */
export async function startPostgres(
  bin: string,
  { isDurable }: { readonly isDurable: boolean } = { isDurable: false },
): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'weirhouse-pg-'));
  const user = await serverUser();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const data = join(folder, 'data');
  const options = { ...identity, cwd: folder };
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N'], options);
  const fsync = `fsync=${isDurable ? 'on' : 'off'}`;
  const args = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', fsync];
  const start = (): ChildProcess =>
    spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' });
  let server = start();
  await untilAnswering(urlOf(folder, 'postgres'));
  return {
    folder,
    createDatabase: () => createDatabaseOn(folder),
    // Immediate shutdown: the server's own children are killed with it.
    kill: () => ended(server, 'SIGQUIT'),
    restart: async (): Promise<void> => {
      server = start();
      await untilAnswering(urlOf(folder, 'postgres'));
    },
    stop: async (): Promise<void> => {
      // Fast shutdown: connections are ended.
      if (server.exitCode === null) await ended(server, 'SIGINT');
      await rm(folder, { recursive: true });
    },
  };
}

/** A URL of a new, empty database of the server whose socket is in `folder`. */
export async function createDatabaseOn(folder: string): Promise<string> {
  const name = `weirhouse_${randomUUID().replaceAll('-', '')}`;
  await query(urlOf(folder, 'postgres'), `CREATE DATABASE ${name}`);
  return urlOf(folder, name);
}

function urlOf(folder: string, name: string): string {
  return `postgres://postgres@localhost/${name}?host=${folder}`;
}

/** The server refuses to run as root: it then runs as the user Debian made for it. */
async function serverUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

async function idOf(flag: '-u' | '-g'): Promise<number> {
  return Number((await run('id', [flag, 'postgres'])).stdout);
}

async function untilAnswering(url: string): Promise<void> {
  const endMs = performance.now() + START_MAX_MS;
  for (;;) {
    try {
      await query(url, 'SELECT 1');
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await new Promise((resolve) => void setTimeout(resolve, POLL_MS));
    }
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function ended(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    server.once('exit', () => resolve());
    server.kill(signal);
  });
}
