// A control plane for the kill test: a real process with a real database on disk and real child
// processes, that ends itself at a given point. Only the brokers' insides are a file.
import { MIGRATIONS_FOLDER, readMigrations } from '../database/migrations.ts';
import { openPglite } from '../database/pglite-database.ts';
import { findTemplate } from '../database/template.ts';
import { crashAt } from './crash-points.ts';
import { createTestControlPlane } from './test-control-plane.ts';
import { seedCluster } from './testing.ts';

const [, , stateFolder = '', goal = '', crashPoint = ''] = process.argv;
const POLL_MS = 20;

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
  const controlPlane = createTestControlPlane({
    database,
    stateFolder,
    portRange: { from: 29_600, to: 29_660 },
    takeOver: true,
    onPoint: crashAt(crashPoint),
  });
  await controlPlane.start();
  for (;;) {
    const row = await database.kafkaCluster.findFirst();
    const stable = JSON.stringify(row?.conditions ?? '').includes('"reason":"Stable"');
    if (goal === 'delete' ? row === null : stable) break;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
  await controlPlane.stop();
  await open.close();
}

await main();
