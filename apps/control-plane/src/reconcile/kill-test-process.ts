// A control plane for the kill test: a real process with a real database on disk and real child
// processes, that ends itself at a given point. Only the brokers' insides are a file.
import fs from 'node:fs';
import path from 'node:path';
import { aclKey, type Acl } from '@weirhouse/cloud-plan';
import { MIGRATIONS_FOLDER, readMigrations } from '../database/migrations.ts';
import { openPglite } from '../database/pglite-database.ts';
import { findTemplate } from '../database/template.ts';
import { systemClock, systemRandom, systemTimers } from '../ports.ts';
import { LocalProvisioner } from '../provisioner/local/local-provisioner.ts';
import type { ClusterAdmin } from './cluster-admin.ts';
import { crashAt } from './crash-points.ts';
import { Reconciler } from './reconciler.ts';
import { masterKey, quietLog, seedCluster } from './testing.ts';

const [, , stateFolder = '', goal = '', crashPoint = ''] = process.argv;
const POLL_MS = 20;

/** What the brokers were told, in a file, so that it outlives this process. */
class FileAdmin implements ClusterAdmin {
  readonly #file = path.join(stateFolder, 'inside.json');

  listCredentials(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(this.#read().credentials));
  }

  pushCredential({ apiKeyId }: { readonly apiKeyId: string }): Promise<void> {
    const inside = this.#read();
    return this.#write({ ...inside, credentials: [...inside.credentials, apiKeyId] });
  }

  removeCredential(apiKeyId: string): Promise<void> {
    const inside = this.#read();
    const credentials = inside.credentials.filter((id) => id !== apiKeyId);
    return this.#write({ ...inside, credentials });
  }

  listAcls(): Promise<readonly Acl[]> {
    return Promise.resolve(this.#read().acls);
  }

  applyAcls(changes: { create: readonly Acl[]; remove: readonly Acl[] }): Promise<void> {
    const inside = this.#read();
    const removed = new Set(changes.remove.map(aclKey));
    const kept = inside.acls.filter((acl) => !removed.has(aclKey(acl)));
    return this.#write({ ...inside, acls: [...kept, ...changes.create] });
  }

  listQuotas(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  applyQuotas(): Promise<void> {
    return Promise.resolve();
  }

  createTopic(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Nothing is held open.
  }

  #read(): { readonly credentials: readonly string[]; readonly acls: readonly Acl[] } {
    if (!fs.existsSync(this.#file)) return { credentials: [], acls: [] };
    return JSON.parse(fs.readFileSync(this.#file, 'utf8'));
  }

  #write(inside: object): Promise<void> {
    fs.writeFileSync(this.#file, JSON.stringify(inside));
    return Promise.resolve();
  }
}

async function main(): Promise<void> {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  const template = await findTemplate(migrations);
  const open = await openPglite({
    folder: stateFolder,
    migrations,
    ...(template ? { template } : {}),
  });
  const database = open.prisma;
  if (goal === 'create' && (await database.kafkaCluster.count()) === 0) await seedCluster(database);
  if (goal === 'delete')
    await database.kafkaCluster.updateMany({
      where: { deletionRequestedAt: null },
      data: { deletionRequestedAt: new Date(), generation: { increment: 1 } },
    });
  const provisioner = new LocalProvisioner({
    stateFolder,
    portRange: { from: 29_600, to: 29_660 },
    program: {
      command: process.execPath,
      args: [path.join(import.meta.dirname, '../provisioner/local/fake-broker.mjs')],
      environment: {},
    },
    clock: systemClock,
    timers: systemTimers,
    log: quietLog,
  });
  const reconciler = new Reconciler({
    database,
    masterKey,
    provisioner,
    dataPlaneId: 'dp-1',
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: quietLog,
    takeOver: true,
    openAdmin: () => new FileAdmin(),
    onPoint: crashAt(crashPoint),
  });
  await reconciler.start();
  for (;;) {
    const row = await database.kafkaCluster.findFirst();
    const stable = JSON.stringify(row?.conditions ?? '').includes('"reason":"Stable"');
    if (goal === 'delete' ? row === null : stable) break;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
  await reconciler.stop();
  provisioner.close();
  await open.close();
}

await main();
