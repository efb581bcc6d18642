// The control plane's side of `npm run bench -- control-plane`: a process of its own, so that the loader's work is
// not measured with it. It says one JSON line when it is ready or done, and ends with its standard input.
import { createInterface } from 'node:readline';
import type { OpenDatabase } from '../database/database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../database/migrations.ts';
import { openPglite } from '../database/pglite-database.ts';
import { openPostgres } from '../database/postgres-database.ts';
import { findPostgres, startPostgres } from '../database/postgres-testing.ts';
import type { QueryProbe } from '../database/query-probe.ts';
import { findTemplate } from '../database/template.ts';
import { ApiAddress } from '../http/api-address.ts';
import { reconcileAll } from './bench-reconcile.ts';
import { seedControlUsers, seedEmptyOrganization, seedOrganization } from './bench-seed.ts';
import { createTenant, createTestApp } from './test-app.ts';

interface Task {
  readonly kind: 'api' | 'reconcile';
  readonly database: 'pglite' | 'postgres';
  /** For the embedded database; a Postgres server makes its own. */
  readonly folder: string;
  readonly clusters: number;
  readonly keys: number;
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
let queries = 0;
const probe: QueryProbe = { onQuery: () => (queries += 1) };
const ended = new Promise<void>((resolve) => {
  createInterface({ input: process.stdin }).once('close', resolve);
});

await using resources = new AsyncDisposableStack();
const database = await open();
resources.defer(() => database.close());
if (task.kind === 'api') await serve();
else await reconcile();

async function serve(): Promise<void> {
  const app = await createTestApp(database.prisma);
  resources.defer(() => app.close());
  const { organizationId, keyId, secret, userId } = await createTenant(app);
  const seeded = await seedOrganization(database.prisma, organizationId, task);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { readonly port: number };
  const url = `http://127.0.0.1:${port}`;
  app.get(ApiAddress).becomes(url);
  say({ url, keyId, secret, userId, ...seeded });
  await ended;
}

async function reconcile(): Promise<void> {
  const { prisma } = database;
  const organizationId = await seedEmptyOrganization(prisma);
  const { clusterIds } = await seedOrganization(prisma, organizationId, task);
  await seedControlUsers(prisma, clusterIds);
  const before = queries;
  const result = await reconcileAll(prisma, clusterIds.length);
  say({ ...result, queries: queries - before });
}

async function open(): Promise<OpenDatabase> {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  const { folder } = task;
  if (task.database === 'pglite')
    return openPglite({ folder, migrations, probe, template: () => findTemplate(migrations) });
  const found = await findPostgres();
  if ('why' in found) throw new Error(found.why);
  const server = await startPostgres(found.bin, { isDurable: true });
  resources.defer(() => server.stop());
  return openPostgres({ url: await server.createDatabase(), migrations, probe });
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
