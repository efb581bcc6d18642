import { join } from 'node:path';
import { AdminClient } from '@weirhouse/kafka-client';
import { Secret } from '@weirhouse/shared-kernel';
import { startCloud, temporaryFolder, waitFor, type TestCloud } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';

const BROKER_PORTS = '31650-31669';
const MEBIBYTE = 1_048_576;
/** The rate of the quotas. */
const BYTES_PER_SECOND = MEBIBYTE;
/** A rate is taken over ten whole seconds, so that this much is free after a pause. */
const BURST_MIB = 11;
const MEBIBYTES = 21;
/** What is beyond the burst takes as long as the rate says; less for the edges of the windows. */
const THROTTLED_MIN_MS = (0.8 * ((MEBIBYTES - BURST_MIB) * MEBIBYTE * 1_000)) / BYTES_PER_SECOND;
const RECORD_BYTES = MEBIBYTE / 8;
const RECORDS_PER_REQUEST = 4;
const TOPIC = 'load';
const TEST_MAX_MS = 120_000;

interface Account {
  readonly id: string;
  readonly kafka: Kafka;
}

const folder = temporaryFolder('client-quotas');
let cloud: TestCloud;
let admin: AdminClient;
let first: Account;
let second: Account;

beforeAll(async () => {
  cloud = await startCloud({ home: join(folder.path, 'state'), brokerPorts: BROKER_PORTS });
  const { bootstrap, clusterApiKey, clusterApiSecret } = cloud.quickstart;
  const [host = '', port = ''] = bootstrap.split(':');
  admin = new AdminClient({
    bootstrap: [{ host, port: Number(port) }],
    clientId: 'spec',
    sasl: {
      mechanism: 'SCRAM-SHA-512',
      username: clusterApiKey,
      password: new Secret(clusterApiSecret),
    },
  });
  await admin.createTopics([{ name: TOPIC, partitions: 1 }]);
  first = await makeAccount('first');
  second = await makeAccount('second');
}, TEST_MAX_MS);

afterAll(async () => {
  admin.close();
  cloud.kill('SIGTERM');
  await cloud.exited();
  folder.remove();
});

async function create(path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await cloud.call('POST', path, body);
  expect([path, answer.status < 300, answer.body]).toEqual([path, true, answer.body]);
  return answer.body as Record<string, unknown>;
}

async function makeAccount(name: string): Promise<Account> {
  const { bootstrap, clusterId, environmentId } = cloud.quickstart;
  const id = String((await create('/iam/v2/service-accounts', { display_name: name }))['id']);
  const cluster = await cloud.call(
    'GET',
    `/cmk/v2/clusters/${clusterId}?environment=${environmentId}`,
  );
  const crn = (cluster.body as { metadata: { resource_name: string } }).metadata.resource_name;
  await create('/iam/v2/role-bindings', {
    principal: `User:${id}`,
    role_name: 'CloudClusterAdmin',
    crn_pattern: crn.replace(/\/kafka=.*$/u, ''),
  });
  const key = await create('/iam/v2/api-keys', {
    spec: { display_name: name, owner: { id }, resource: { id: clusterId } },
  });
  const password = (key['spec'] as { secret: string }).secret;
  const kafka = new Kafka({
    clientId: name,
    brokers: [bootstrap],
    sasl: { mechanism: 'scram-sha-512', username: String(key['id']), password },
    logLevel: logLevel.NOTHING,
  });
  await waitFor(`the rights of ${name}`, async () => {
    const probe = kafka.admin();
    await probe.connect();
    const topics = await probe.listTopics();
    await probe.disconnect();
    return topics.includes(TOPIC);
  });
  return { id, kafka };
}

/** Makes a quota of both rates and waits until the broker has it; gives its id. */
async function setQuota(principal: string): Promise<string> {
  const { clusterId, environmentId } = cloud.quickstart;
  const rate = String(BYTES_PER_SECOND);
  const quota = await create('/kafka-quotas/v1/client-quotas', {
    spec: {
      display_name: `of ${principal}`,
      throughput: { ingress_byte_rate: rate, egress_byte_rate: rate },
      cluster: { id: clusterId },
      environment: { id: environmentId },
      principals: [{ id: principal }],
    },
  });
  await waitFor('the quota to reach the broker', () => isOnBroker(principal));
  return String(quota['id']);
}

async function removeQuota(id: string, principal: string): Promise<void> {
  expect((await cloud.call('DELETE', `/kafka-quotas/v1/client-quotas/${id}`)).status).toBe(204);
  await waitFor('the broker to forget it', async () => !(await isOnBroker(principal)));
}

async function isOnBroker(principal: string): Promise<boolean> {
  const user = principal === '<default>' ? undefined : principal;
  const quotas = await admin.describeUserQuotas();
  return quotas.some((one) => one.user === user && 'producer_byte_rate' in one.limits);
}

/** How long an account takes to produce, in milliseconds. */
async function produceMs({ kafka }: Account): Promise<number> {
  const producer = kafka.producer();
  await producer.connect();
  const value = Buffer.alloc(RECORD_BYTES, 'x');
  const messages = Array.from({ length: RECORDS_PER_REQUEST }, () => ({ value }));
  const startMs = performance.now();
  const requests = (MEBIBYTES * MEBIBYTE) / (RECORD_BYTES * RECORDS_PER_REQUEST);
  for (let request = 0; request < requests; request += 1)
    await producer.send({ topic: TOPIC, messages });
  const endMs = performance.now();
  await producer.disconnect();
  return endMs - startMs;
}

/** How long an account takes to consume as much of what is there. */
async function consumeMs({ kafka }: Account, groupId: string): Promise<number> {
  const consumer = kafka.consumer({ groupId, maxBytesPerPartition: MEBIBYTE / 2 });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  let bytes = 0;
  let startMs = 0;
  const takenMs = await new Promise<number>((resolve, reject) => {
    const run = consumer.run({
      eachBatch: ({ batch }) => {
        if (bytes === 0) startMs = performance.now();
        bytes += batch.messages.length * RECORD_BYTES;
        if (bytes >= MEBIBYTES * MEBIBYTE) resolve(performance.now() - startMs);
        return Promise.resolve();
      },
    });
    run.catch(reject);
  });
  await consumer.disconnect();
  return takenMs;
}

test(
  'a quota of a service account holds its producers and consumers to its rates and nobody else; without it they are free',
  async () => {
    const free = await produceMs(first);
    const id = await setQuota(first.id);
    const throttled = [await produceMs(first), await consumeMs(first, 'throttled')];
    const other = await produceMs(second);
    await removeQuota(id, first.id);
    const lifted = [await produceMs(first), await consumeMs(first, 'free')];
    for (const takenMs of throttled) expect(takenMs).toBeGreaterThan(THROTTLED_MIN_MS);
    for (const takenMs of [free, other, ...lifted]) expect(takenMs).toBeLessThan(THROTTLED_MIN_MS);
  },
  TEST_MAX_MS,
);

test(
  'the quota of all others holds every account without one of its own',
  async () => {
    const id = await setQuota('<default>');
    expect(await produceMs(second)).toBeGreaterThan(THROTTLED_MIN_MS);
    await removeQuota(id, '<default>');
    expect(await produceMs(second)).toBeLessThan(THROTTLED_MIN_MS);
  },
  TEST_MAX_MS,
);

test('a deleted service account takes its quota with it, at the API and on the broker', async () => {
  const id = await setQuota(second.id);
  const deletion = await cloud.call('DELETE', `/iam/v2/service-accounts/${second.id}`);
  expect(deletion.status).toBe(204);
  await waitFor('the broker to forget it', async () => !(await isOnBroker(second.id)));
  expect((await cloud.call('GET', `/kafka-quotas/v1/client-quotas/${id}`)).status).toBe(404);
});
