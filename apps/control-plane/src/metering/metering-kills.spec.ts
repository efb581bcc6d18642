import { randomInt } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AdminClient } from '@weirhouse/kafka-client';
import {
  startBroker,
  startProcess,
  temporaryFolder,
  type TestBroker,
  type TestProcess,
} from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openDatabase } from '../database/open-database.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../database/postgres-testing.ts';
import { readBrokerUsage } from './broker-usage.ts';
import { seedMeteredCluster } from './testing.ts';

const PROGRAM = fileURLToPath(new URL('./metering-test-process.ts', import.meta.url));
const ADMIN_PORT = 31_492;
const CLIENT_PORT = 31_493;
const TOPIC = 'hello';
/** `WEIRHOUSE_KILLS=200` is what a release is held to; a few show that the test still tests. */
const KILLS = Math.ceil(Number(process.env['WEIRHOUSE_KILLS'] ?? 12) / 6);
/** Lives of the broker: it is killed between them. */
const LIVES = 2;
/** A process dies this soon after it began to sample, in milliseconds. */
const LIFE_MS_MAX = 150;
const TEST_MAX_MS = 120_000 + LIVES * KILLS * 15_000;
const COMPILE_CACHE = path.join(os.tmpdir(), 'weirhouse-test-code');

const postgres = await findPostgres();
let server: TestPostgres | undefined;
let open: OpenDatabase | undefined;
let databaseUrl = '';
let clusterId = '';
let holders = 0;

beforeAll(async () => {
  if ('why' in postgres) return;
  server = await startPostgres(postgres.bin);
  databaseUrl = await server.createDatabase();
  open = await openDatabase({ databaseUrl, stateFolder: '' });
  clusterId = await seedMeteredCluster(open.prisma, { adminPort: ADMIN_PORT });
}, TEST_MAX_MS);

afterAll(async () => {
  await open?.close();
  await server?.stop();
});

/** A process that samples so many times and ends. */
function startSampling(samples: number): TestProcess {
  holders += 1;
  return startProcess({
    args: ['--conditions=source', PROGRAM, databaseUrl, `holder-${holders}`, String(samples)],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, NODE_NO_WARNINGS: '1' },
  });
}

/** Two processes that sample at once, the later one with the lease, killed wherever they are. */
async function killSamplers(): Promise<void> {
  const processes = [startSampling(100_000), startSampling(100_000)];
  for (const each of processes) await each.waitForOutput(/sampling/u);
  for (const each of processes) {
    await new Promise((resolve) => {
      setTimeout(resolve, randomInt(LIFE_MS_MAX));
    });
    each.kill('SIGKILL');
    await each.exited();
  }
}

/** Produces and consumes without end; the returned function ends that. */
async function startLoad(): Promise<() => Promise<void>> {
  const address = { host: '127.0.0.1', port: CLIENT_PORT };
  const client = new AdminClient({ bootstrap: [address], clientId: 'load' });
  await client.createTopics([{ name: TOPIC, partitions: 1 }]);
  const stopping = new AbortController();
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const value = Buffer.alloc(1 + randomInt(2_000), 'x');
      const records = [{ key: null, value, timestamp: 0 }];
      await client.produce({ topic: TOPIC, partition: 0, records }, address);
    }
  };
  const working = Promise.all([work(), work()]);
  return async () => {
    stopping.abort();
    await working;
    client.close();
  };
}

function startOwnBroker(dir: string): Promise<TestBroker> {
  return startBroker({
    dir: path.join(dir, 'data'),
    config: {
      'node.id': 0,
      'cluster.id': clusterId,
      listeners: `PLAINTEXT://127.0.0.1:${CLIENT_PORT}`,
      'allow.everyone.if.no.acl.found': true,
      'admin.listener': `127.0.0.1:${ADMIN_PORT}`,
    },
  });
}

describe('metering a real broker on Postgres', () => {
  it.skipIf('why' in postgres)(
    'counts each byte once, however often its processes and the broker are killed',
    async () => {
      const folder = temporaryFolder('metering-kills');
      onTestFinished(() => folder.remove());
      let counted = 0;
      for (let life = 0; life < LIVES; life += 1) {
        const broker = await startOwnBroker(folder.path);
        const stopLoad = await startLoad();
        for (let kill = 0; kill < KILLS; kill += 1) {
          await killSamplers();
          // Those that were killed may have written nothing; this one has.
          expect((await startSampling(1).exited()).code).toBe(0);
        }
        await stopLoad();
        const last = await startSampling(1).exited();
        expect(last.code).toBe(0);
        const address = { clusterId, nodeId: 0, host: '127.0.0.1', adminPort: ADMIN_PORT };
        const { traffic } = await readBrokerUsage(address);
        counted += traffic.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
        broker.kill('SIGKILL');
        await broker.exited();
      }
      const metered = await open?.prisma.usageHour.aggregate({
        where: { topic: TOPIC },
        _sum: { receivedBytes: true },
      });
      const rows = await open?.prisma.usageMinute.findMany();
      const ofMinutes = (rows ?? []).flatMap(({ sections }) =>
        (sections as { traffic: number[][] }).traffic.map((row) => Number(row[2])),
      );
      expect(counted).toBeGreaterThan(0);
      expect(Number(metered?._sum.receivedBytes)).toBe(counted);
      expect(ofMinutes.reduce((sum, bytes) => sum + bytes, 0)).toBe(counted);
      expect(rows?.length).toBeGreaterThan(LIVES);
    },
    TEST_MAX_MS,
  );
});
