import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCommand } from './config.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './database/migrations.ts';
import { findPostgres, startPostgres } from './database/postgres-testing.ts';
import { ensureTemplate } from './database/template.ts';
import { SETUP_MAX_MS } from './database/testing.ts';
import { FakeProvisioner } from './provisioner/fake/fake-provisioner.ts';
import { startControlPlane, type ControlPlane, type StartOptions } from './start-control-plane.ts';
import { createTenant, SILENT_LOG, type Tenant } from './testing/test-app.ts';

const postgres = await findPostgres();
/** How long something may take that comes by itself, in milliseconds. */
const WAIT = { timeout: 20_000, interval: 20 };

let folder: string;

beforeAll(async () => {
  await ensureTemplate(await readMigrations(MIGRATIONS_FOLDER));
}, SETUP_MAX_MS);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weirhouse-end-'));
});

afterEach(() => rm(folder, { recursive: true }));

function start(
  instead: StartOptions['instead'] = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<ControlPlane> {
  const home = join(folder, 'home');
  const command = readCommand([], { WEIRHOUSE_HOME: home, WEIRHOUSE_PORT: '0', ...environment });
  if (command.kind !== 'serve') throw new Error('expected to serve');
  return startControlPlane({
    config: command.config,
    openLog: () => SILENT_LOG,
    environment: {},
    instead: { provisioner: new FakeProvisioner(), ...instead },
  });
}

/** A provisioner that begins to start a broker and never comes back. */
function hangingProvisioner(): FakeProvisioner {
  const provisioner = new FakeProvisioner();
  provisioner.ensureBroker = () => new Promise(() => undefined);
  return provisioner;
}

async function createCluster(tenant: Tenant): Promise<void> {
  const environment = await tenant.call('POST', '/org/v2/environments', { display_name: 'one' });
  const { id } = environment.body as { readonly id: string };
  const spec = {
    display_name: 'one',
    availability: 'SINGLE_ZONE',
    cloud: 'AWS',
    region: 'local',
    config: { kind: 'Basic' },
    environment: { id },
  };
  expect((await tenant.call('POST', '/cmk/v2/clusters', { spec })).status).toBe(202);
}

async function readiness(url: string): Promise<{ status: number; problems: unknown }> {
  const answer = await fetch(`${url}/readyz`);
  const { problems } = (await answer.json()) as { readonly problems?: unknown };
  return { status: answer.status, problems };
}

/** The head and half of the body of a login, on a connection of its own. */
async function beginRequest(url: string): Promise<{ socket: Socket; rest: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const body = JSON.stringify({ email: 'nobody@example.org', password: 'wrong' });
  const head = [
    'POST /sessions HTTP/1.1',
    `Host: ${hostname}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`);
  // The server has the request once it answers another that was sent later.
  await fetch(`${url}/livez`);
  return { socket, rest: body.slice(10) };
}

test(
  'at the end a request under way is answered and new ones are refused',
  async () => {
    const house = await start();
    const { url } = house;
    const { rest, socket } = await beginRequest(url);
    const stopped = house.stop();
    await expect
      .poll(
        () =>
          fetch(`${url}/livez`).then(
            () => 'taken',
            () => 'refused',
          ),
        WAIT,
      )
      .toBe('refused');
    socket.write(rest);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 4\d\d /u);
    await stopped;
  },
  SETUP_MAX_MS,
);

test(
  'at the end a request that never comes to one is cut off',
  async () => {
    const house = await start({ stopMaxMs: 200 });
    const { url } = house;
    const { socket } = await beginRequest(url);
    const closed = once(socket, 'close');
    await house.stop();
    await closed;
    expect(socket.destroyed).toBe(true);
  },
  SETUP_MAX_MS,
);

test(
  'at the end a step that never ends is left, and the next start takes it up',
  async () => {
    const first = await start({ provisioner: hangingProvisioner(), stopMaxMs: 200 });
    const tenant = await createTenant(first.app);
    await createCluster(tenant);
    const stuck = `weirhouse_reconciler_stalled_seconds`;
    const stalled = async (): Promise<number> => {
      const text = await (await fetch(`${first.url}/metrics`)).text();
      return Number(new RegExp(`^${stuck} (\\S+)$`, 'mu').exec(text)?.[1]);
    };
    await expect.poll(stalled, WAIT).toBeGreaterThan(0);
    await first.stop();
    const provisioner = new FakeProvisioner();
    const second = await start({ provisioner });
    await expect.poll(() => provisioner.processes.size, WAIT).toBe(1);
    await second.stop();
  },
  SETUP_MAX_MS,
);

test(
  'a reconciler that does not get on makes the process not ready, and it stays alive',
  async () => {
    const provisioner = hangingProvisioner();
    const house = await start({ provisioner, stallMaxMs: 100, stopMaxMs: 200 });
    const { app, url } = house;
    expect(await readiness(url)).toEqual({ status: 200, problems: undefined });
    await createCluster(await createTenant(app));
    await expect
      .poll(() => readiness(url), WAIT)
      .toEqual({
        status: 503,
        problems: { reconciler: expect.stringMatching(/^has been at one cluster for \d+ s/u) },
      });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await house.stop();
  },
  SETUP_MAX_MS,
);

test.skipIf('why' in postgres)(
  'a database that is killed makes the process not ready until it is back',
  async () => {
    if ('why' in postgres) throw new Error(postgres.why);
    const server = await startPostgres(postgres.bin);
    const house = await start({}, { DATABASE_URL: await server.createDatabase() });
    const { app, url } = house;
    const tenant = await createTenant(app);
    expect((await readiness(url)).status).toBe(200);
    await server.kill();
    await expect
      .poll(() => readiness(url), WAIT)
      .toEqual({ status: 503, problems: { database: 'does not answer' } });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await tenant.call('GET', '/org/v2/environments')).status).toBeGreaterThanOrEqual(500);
    await server.restart();
    await expect.poll(() => readiness(url), WAIT).toEqual({ status: 200, problems: undefined });
    expect((await tenant.call('GET', '/org/v2/environments')).status).toBe(200);
    await house.stop();
    await server.stop();
  },
  SETUP_MAX_MS,
);
