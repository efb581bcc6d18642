// A control plane for the random-kill tests: a real process on a real database with real child processes
// for brokers. It changes clusters at random, reconciles its share of them, and ends itself at random
// points; without both it works until everything is at rest.
import { randomInt } from 'node:crypto';
import { Pool } from 'pg';
import { postgresAdapter } from '../database/adapters.ts';
import { CLIENT_OPTIONS, type Database } from '../database/database.ts';
import { PrismaClient } from '../database/generated/client.ts';
import { openDatabase } from '../database/open-database.ts';
import { createTestControlPlane } from './test-control-plane.ts';
import { seedCluster } from './testing.ts';

const [, , databaseUrl = '', stateFolder = '', oneIn = '0', ports = '0'] = process.argv;
const killOneIn = Number(oneIn);
const isChurning = killOneIn > 0;
const POLL_MS = 50;
const CHANGE_MS = 120;
const CLUSTERS_MAX = 5;
const PORTS = 29;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function dieSometimes(): void {
  if (isChurning && randomInt(killOneIn) === 0) process.kill(process.pid, 'SIGKILL');
}

/** What a person would do by REST: create, resize or delete a cluster. */
async function changeSomething(database: Database): Promise<void> {
  const clusters = await database.kafkaCluster.findMany({ where: { deletionRequestedAt: null } });
  const cluster = clusters[randomInt(CLUSTERS_MAX)];
  if (cluster === undefined) {
    if ((await database.kafkaCluster.count()) < CLUSTERS_MAX)
      await seedCluster(database, `lkc-${randomInt(2 ** 31).toString(36)}`);
    return;
  }
  const isDeletion = randomInt(3) === 0;
  const change = isDeletion
    ? { deletionRequestedAt: new Date() }
    : { kind: 'Dedicated', cku: 1 + randomInt(4) };
  await database.$transaction(async (tx) => {
    await tx.kafkaCluster.updateMany({
      where: { id: cluster.id, deletionRequestedAt: null },
      data: { ...change, generation: { increment: 1 } },
    });
    await tx.outbox.create({ data: { resourceKind: 'Cluster', resourceId: cluster.id } });
  });
}

async function isAtRest(database: Database): Promise<boolean> {
  const rows = await database.kafkaCluster.findMany();
  return rows.every(
    (row) =>
      row.observedGeneration === row.generation &&
      JSON.stringify(row.conditions).includes('"reason":"Stable"'),
  );
}

/** Without looking at migrations, which whoever started the test has done: a start has to be quick. */
async function open(): Promise<{ readonly database: Database; close(): Promise<void> }> {
  if (databaseUrl === '') {
    const opened = await openDatabase({ databaseUrl: undefined, stateFolder });
    return { database: opened.prisma, close: () => opened.close() };
  }
  const pool = new Pool({ connectionString: databaseUrl, options: '-c TimeZone=UTC' });
  const adapter = await postgresAdapter(pool);
  return {
    database: new PrismaClient({ adapter, ...CLIENT_OPTIONS }),
    close: () => pool.end(),
  };
}

async function main(): Promise<void> {
  const opened = await open();
  const { database } = opened;
  const from = Number(ports);
  const controlPlane = createTestControlPlane({
    database,
    stateFolder,
    portRange: { from, to: from + PORTS },
    takeOver: databaseUrl === '',
    leaseTimes: { leaseMs: 2_000, renewMs: 500, retryMs: 200 },
    onPoint: dieSometimes,
  });
  await controlPlane.start();
  for (;;) {
    if (isChurning) await changeSomething(database).catch(() => undefined);
    else if (await isAtRest(database)) break;
    await sleep(isChurning ? CHANGE_MS : POLL_MS);
  }
  await controlPlane.stop();
  await opened.close();
}

await main();
