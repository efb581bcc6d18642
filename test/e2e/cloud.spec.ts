import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  checkout,
  requireTool,
  startCloud,
  temporaryFolder,
  waitFor,
  waitForBroker,
  type Quickstart,
  type TestCloud,
} from '@weirhouse/testing-harness';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNumbers, startAcknowledgedLoad } from '../integration/acknowledged-load.ts';

const run = promisify(execFile);
const LINES = 100_000;
const BROKER_PORTS = '39092-39191';
const hasKcat = requireTool('kcat', 'apt-get install kcat');

function kcat(
  quickstart: Quickstart,
  args: readonly string[],
  secret = quickstart.clusterApiSecret,
) {
  const options = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.username': quickstart.clusterApiKey,
    'sasl.password': secret,
  };
  const x = Object.entries(options).flatMap(([key, value]) => ['-X', `${key}=${value}`]);
  return run('kcat', ['-b', quickstart.bootstrap, ...x, ...args], {
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
}

function kafkaOptions(quickstart: Quickstart, password = quickstart.clusterApiSecret) {
  return {
    clientId: 'e2e',
    brokers: [quickstart.bootstrap],
    sasl: { mechanism: 'scram-sha-512' as const, username: quickstart.clusterApiKey, password },
    logLevel: logLevel.NOTHING,
    retry: { retries: 5, initialRetryTime: 50 },
  };
}

describe('the cloud that npm start brings up', () => {
  const folder = temporaryFolder('cloud');
  const home = join(folder.path, 'state');
  let cloud: TestCloud;

  beforeAll(async () => {
    cloud = await startCloud({ home, brokerPorts: BROKER_PORTS });
  });
  afterAll(async () => {
    cloud.kill('SIGTERM');
    await cloud.exited();
    folder.remove();
  });

  test('what it printed also stands in a file that only its owner reads', () => {
    const file = join(home, 'quickstart.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const value of Object.values(cloud.quickstart)) expect(value).not.toBe('');
    expect(cloud.output()).toContain(cloud.quickstart.bootstrap);
    expect(cloud.output()).toContain(cloud.quickstart.clusterApiKey);
    expect(cloud.output()).toContain('kcat -b');
  });

  test.skipIf(!hasKcat)(
    'kcat lists, produces 100,000 lines with lz4 and reads them back identical',
    async () => {
      const { stdout: listed } = await kcat(cloud.quickstart, ['-L', '-J']);
      const metadata = JSON.parse(listed) as { topics: { topic: string; partitions: unknown[] }[] };
      const hello = metadata.topics.find(({ topic }) => topic === 'hello');
      expect(hello?.partitions).toHaveLength(3);
      const source = readFileSync(
        join(checkout, 'node_modules/@typescript/old/lib/typescript.js'),
        'utf8',
      );
      const lines = source.split('\n').filter((line) => line.trim() !== '');
      const text = `${lines.slice(0, LINES).join('\n')}\n`;
      const file = join(folder.path, 'text');
      writeFileSync(file, text);
      await kcat(cloud.quickstart, ['-P', '-t', 'hello', '-p', '0', '-z', 'lz4', '-l', file]);
      const { stdout } = await kcat(cloud.quickstart, [
        '-C',
        '-t',
        'hello',
        '-p',
        '0',
        '-o',
        'beginning',
        '-e',
        '-q',
      ]);
      expect(stdout.split('\n').length - 1).toBe(LINES);
      expect(stdout === text).toBe(true);
    },
  );

  test.skipIf(!hasKcat)(
    'a wrong secret fails fast with the client’s own authentication error',
    async () => {
      await expect(kcat(cloud.quickstart, ['-L', '-m', '5'], 'wrong')).rejects.toThrow(
        /[Aa]uthentication/,
      );
    },
  );

  test('kafkajs logs in by SCRAM as the service account, and a wrong secret is refused', async () => {
    const admin = new Kafka(kafkaOptions(cloud.quickstart)).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'made-by-kafkajs', numPartitions: 2 }] });
    expect(await admin.listTopics()).toContain('made-by-kafkajs');
    await admin.disconnect();
    const stranger = new Kafka(kafkaOptions(cloud.quickstart, 'wrong')).admin();
    await expect(stranger.connect()).rejects.toThrow(/[Aa]uthentication/);
    await stranger.disconnect();
  });

  test('kafkajs produces, consumes in a group, and a restarted member goes on where it was', async () => {
    const kafka = new Kafka(kafkaOptions(cloud.quickstart));
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    // Not `hello`: kafkajs has no lz4, and kcat wrote that there.
    const topic = 'restarting';
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    const send = (values: readonly string[]) =>
      producer.send({ topic, messages: values.map((value) => ({ value })) });
    const read = async (last: string): Promise<string[]> => {
      const seen: string[] = [];
      const consumer = kafka.consumer({ groupId: 'restarting', maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: ({ message }) => {
          seen.push(String(message.value));
          return Promise.resolve();
        },
      });
      await waitFor(`message ${last}`, () => seen.includes(last), 30_000);
      await consumer.disconnect();
      return seen;
    };
    await send(['a', 'b', 'c']);
    expect(await read('c')).toEqual(['a', 'b', 'c']);
    await send(['d', 'e']);
    expect(await read('e')).toEqual(['d', 'e']);
    await producer.disconnect();
  }, 90_000);

  test('@platformatic/kafka produces with the printed key', async () => {
    const { bootstrap, clusterApiKey, clusterApiSecret } = cloud.quickstart;
    const options = {
      clientId: 'e2e',
      bootstrapBrokers: [bootstrap],
      sasl: {
        mechanism: 'SCRAM-SHA-256' as const,
        username: clusterApiKey,
        password: clusterApiSecret,
      },
    };
    const producer = new Producer({ ...options, serializers: stringSerializers });
    const result = await producer.send({
      messages: [{ topic: 'hello', partition: 1, value: 'x' }],
      acks: -1,
    });
    expect(result.offsets?.[0]?.offset).toBeTypeOf('bigint');
    await producer.close();
    const admin = new Admin(options);
    expect(await admin.listTopics()).toContain('hello');
    await admin.close();
  });

  test('a key made over REST works on the cluster, a service account without rights may nothing, and a deleted key is out', async () => {
    const { environmentId, clusterId, bootstrap } = cloud.quickstart;
    expect(environmentId).toMatch(/^env-/);
    const account = await cloud.call('POST', '/iam/v2/service-accounts', {
      display_name: 'reader',
    });
    const accountId = (account.body as { id: string }).id;
    const made = await cloud.call('POST', '/iam/v2/api-keys', {
      spec: {
        display_name: 'reader',
        description: '',
        owner: { id: accountId, kind: 'ServiceAccount' },
        resource: { id: clusterId, kind: 'Cluster' },
      },
    });
    expect([200, 201, 202]).toContain(made.status);
    const key = made.body as { id: string; spec: { secret: string } };
    const connect = async (): Promise<string[]> => {
      const admin = new Kafka({
        clientId: 'e2e',
        brokers: [bootstrap],
        sasl: { mechanism: 'scram-sha-256', username: key.id, password: key.spec.secret },
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      }).admin();
      try {
        await admin.connect();
        return await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    };
    const topics = await waitFor('the key to reach the broker', connect);
    expect(topics).toEqual([]);
    expect((await cloud.call('DELETE', `/iam/v2/api-keys/${key.id}`)).status).toBe(204);
    await waitFor('the key to be out', () =>
      connect().then(
        () => undefined,
        () => true,
      ),
    );
  });

  test('kill -9 of the broker under an acks=all load: the provisioner restarts it, nothing acknowledged is lost', async () => {
    const { quickstart } = cloud;
    const options = {
      bootstrap: quickstart.bootstrap,
      sasl: kafkaOptions(quickstart).sasl,
      topic: 'ledger',
    };
    const admin = new Kafka(kafkaOptions(quickstart)).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'ledger', numPartitions: 1 }] });
    await admin.disconnect();
    const load = await startAcknowledgedLoad(options);
    for (let kill = 1; kill <= 2; kill++) {
      const before = load.acknowledged.length;
      await waitFor('more acknowledged records', () => load.acknowledged.length >= before + 200);
      const { pid } = await waitForBroker(home, quickstart.clusterId);
      process.kill(pid, 'SIGKILL');
      await waitForBroker(home, quickstart.clusterId, (next) => next.pid !== pid);
    }
    const before = load.acknowledged.length;
    await waitFor('the load to go on', () => load.acknowledged.length >= before + 100);
    await load.stop();
    const stored = await readNumbers(options, load.acknowledged.at(-1) ?? -1);
    expect(stored).toEqual(stored.toSorted((a, b) => a - b));
    expect(new Set(stored).size).toBe(stored.length);
    const there = new Set(stored);
    expect(load.acknowledged.filter((number) => !there.has(number))).toEqual([]);
  }, 90_000);

  test('kill -9 of the control plane: the broker goes on, the next start adopts it and keeps everything', async () => {
    const { quickstart } = cloud;
    const before = await waitForBroker(home, quickstart.clusterId);
    cloud.kill('SIGKILL');
    await cloud.exited();
    const admin = new Kafka(kafkaOptions(quickstart)).admin();
    await admin.connect();
    expect(await admin.listTopics()).toContain('hello');
    await admin.disconnect();
    cloud = await startCloud({ home, brokerPorts: BROKER_PORTS });
    const after = await waitForBroker(home, quickstart.clusterId);
    expect([after.pid, after.incarnationId]).toEqual([before.pid, before.incarnationId]);
    expect({ ...cloud.quickstart, apiUrl: '' }).toEqual({ ...quickstart, apiUrl: '' });
    const nodes = readdirSync(join(home, 'clusters', quickstart.clusterId));
    expect(nodes).toEqual(['1']);
    const environment = await cloud.call('GET', `/org/v2/environments/${quickstart.environmentId}`);
    const cluster = await cloud.call(
      'GET',
      `/cmk/v2/clusters/${quickstart.clusterId}?environment=${quickstart.environmentId}`,
    );
    expect([environment.status, cluster.status]).toEqual([200, 200]);
    expect(cluster.body).toMatchObject({ status: { phase: 'PROVISIONED' } });
  }, 90_000);

  test('the demo ends with the table that the input gives', async () => {
    const { readPurchases, totalsTable, addPurchase } =
      await import('../../deploy/examples/purchases/purchase.ts');
    const { stdout } = await run(process.execPath, ['deploy/examples/purchases/demo.ts'], {
      cwd: checkout,
      env: { ...process.env, WEIRHOUSE_HOME: home },
      timeout: 100_000,
    });
    const totals = new Map<string, ReturnType<typeof addPurchase>>();
    for (const purchase of readPurchases())
      totals.set(purchase.customer, addPurchase(totals.get(purchase.customer), purchase));
    expect(stdout).toContain(totalsTable(totals.values()));
  }, 120_000);

  test('a second cluster can be made and deleted; its data goes with it', async () => {
    const { environmentId } = cloud.quickstart;
    const made = await cloud.call('POST', '/cmk/v2/clusters', {
      spec: {
        display_name: 'second',
        availability: 'SINGLE_ZONE',
        cloud: 'AWS',
        region: 'local',
        config: { kind: 'Basic' },
        environment: { id: environmentId },
      },
    });
    expect(made.status).toBe(202);
    const { id } = made.body as { id: string };
    const path = `/cmk/v2/clusters/${id}?environment=${environmentId}`;
    const phase = async () =>
      ((await cloud.call('GET', path)).body as { status?: { phase: string } }).status?.phase;
    await waitFor(
      'the cluster to be provisioned',
      async () => (await phase()) === 'PROVISIONED',
      30_000,
    );
    const { pid } = await waitForBroker(home, id);
    expect((await cloud.call('DELETE', path)).status).toBe(204);
    await waitFor(
      'the cluster to be gone',
      async () => (await cloud.call('GET', path)).status === 404,
      30_000,
    );
    await waitFor('its data to be gone', () => !existsSync(join(home, 'clusters', id)));
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  }, 90_000);

  test('everything else answers the contract’s 404', async () => {
    const answer = await cloud.call('GET', '/no/such/path');
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ errors: [{ status: '404' }] });
  });
});
