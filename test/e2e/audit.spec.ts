import { join } from 'node:path';
import { AdminClient } from '@weirhouse/kafka-client';
import { Secret } from '@weirhouse/shared-kernel';
import {
  startCloud,
  temporaryFolder,
  waitFor,
  waitForBroker,
  type TestCloud,
} from '@weirhouse/testing-harness';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';

const TOPIC = 'confluent-audit-log-events';
const BROKER_PORTS = '31500-31549';
const SETUP_MAX_MS = 120_000;
const WORKERS = 3;
const KILLS = 4;

const folder = temporaryFolder('audit');
const home = join(folder.path, 'state');
let cloud: TestCloud;
let clusterId: string;

beforeAll(async () => {
  cloud = await startCloud({ home, brokerPorts: BROKER_PORTS });
  clusterId = cloud.quickstart.clusterId;
}, SETUP_MAX_MS);

afterAll(async () => {
  cloud.kill('SIGTERM');
  await cloud.exited();
  folder.remove();
});

interface AuditEvent {
  readonly id: string;
  readonly subject: string;
  readonly data: { readonly methodName: string };
}

interface AuditLog {
  readonly status: { readonly pending_events: number; readonly failure?: string };
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await cloud.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer.body as T;
}

/** What the database has, oldest first. */
async function listEvents(): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  let next: string | undefined = '/v1/audit-events?page_size=100';
  while (next !== undefined) {
    const page: { data: AuditEvent[]; metadata: { next?: string } } = await ask('GET', next);
    events.push(...page.data);
    const url: URL | undefined = page.metadata.next ? new URL(page.metadata.next) : undefined;
    next = url && `${url.pathname}${url.search}`;
  }
  return events.toReversed();
}

function clusterUser(): {
  readonly bootstrap: string;
  readonly user: string;
  readonly key: string;
} {
  const { bootstrap, clusterApiKey, clusterApiSecret } = cloud.quickstart;
  return { bootstrap, user: clusterApiKey, key: clusterApiSecret };
}

/** What committed records of the topic hold, in their order. */
async function readTopic(): Promise<readonly AuditEvent[]> {
  const { bootstrap, key, user } = clusterUser();
  const [host = '', port = ''] = bootstrap.split(':');
  const client = new AdminClient({
    bootstrap: [{ host, port: Number(port) }],
    clientId: 'e2e',
    sasl: { mechanism: 'SCRAM-SHA-512', username: user, password: new Secret(key) },
  });
  try {
    const events: AuditEvent[] = [];
    for (let offset = 0; ;) {
      const read = await client.readRecords({ topic: TOPIC, partition: 0, offset });
      for (const { key: id, value } of read.records) {
        const event = JSON.parse(String(value)) as AuditEvent;
        expect(String(id)).toBe(event.id);
        events.push(event);
      }
      if (read.nextOffset === offset) return events;
      offset = read.nextOffset;
    }
  } finally {
    client.close();
  }
}

/** Makes service accounts one after the other, through any number of ends of the server. */
function startWorker(signal: AbortSignal): {
  readonly made: readonly string[];
  readonly ended: Promise<void>;
} {
  const made: string[] = [];
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const display_name = `load-${process.hrtime.bigint()}`;
      try {
        const path = '/iam/v2/service-accounts';
        const { id } = await ask<{ id: string }>('POST', path, { display_name });
        made.push(id);
        await ask('DELETE', `${path}/${id}`);
      } catch {
        // The server is gone; whether this one was made, the audit log knows.
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    }
  };
  return { made, ended: work() };
}

async function killControlPlane(): Promise<void> {
  cloud.kill('SIGKILL');
  await cloud.exited();
  cloud = await startCloud({ home, brokerPorts: BROKER_PORTS });
}

async function killBroker(): Promise<void> {
  const run = await waitForBroker(home, clusterId);
  process.kill(run.pid, 'SIGKILL');
  await waitForBroker(home, clusterId, ({ incarnationId }) => incarnationId !== run.incarnationId);
}

test('kills of the control plane and of the broker: each event is in the topic once and in order', async () => {
  await ask('PATCH', '/v1/audit-log', { cluster_id: clusterId });
  const stop = new AbortController();
  const workers = Array.from({ length: WORKERS }, () => startWorker(stop.signal));
  const count = (): number => workers.reduce((sum, { made }) => sum + made.length, 0);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = count();
    await waitFor('more changes', () => count() >= before + 20 + 7 * kill, 60_000);
    await (kill % 2 === 0 ? killControlPlane() : killBroker());
  }
  stop.abort();
  await Promise.all(workers.map(({ ended }) => ended));
  const waiting = async (): Promise<number> =>
    (await ask<AuditLog>('GET', '/v1/audit-log')).status.pending_events;
  await expect.poll(waiting, { timeout: 60_000, interval: 250 }).toBe(0);
  const [delivered, events] = [await readTopic(), await listEvents()];
  const first = events.findIndex(({ data }) => data.methodName === 'UpdateAuditLog');
  const expected = events.slice(first).map(({ id }) => id);
  expect(delivered.map(({ id }) => id).toSorted()).toEqual(expected.toSorted());
  expect(delivered[0]?.data.methodName).toBe('UpdateAuditLog');
  const created = delivered.filter(({ data }) => data.methodName === 'CreateServiceAccount');
  for (const { made } of workers) {
    const own = created.map(({ subject }) => subject.split('=').at(-1) ?? '');
    expect(own.filter((id) => made.includes(id))).toEqual(made);
  }
}, 300_000);

test('an administrator of the cluster reads the topic, and cannot write to it, change or delete it', async () => {
  const { bootstrap, key, user } = clusterUser();
  const kafka = new Kafka({
    brokers: [bootstrap],
    sasl: { mechanism: 'scram-sha-512', username: user, password: key },
    logLevel: logLevel.NOTHING,
    retry: { retries: 1, initialRetryTime: 50 },
  });
  const producer = kafka.producer({ idempotent: false });
  await producer.connect();
  await expect(
    producer.send({ topic: TOPIC, messages: [{ value: 'forged' }] }),
  ).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  await producer.disconnect();
  const admin = kafka.admin();
  await admin.connect();
  await expect(admin.deleteTopics({ topics: [TOPIC] })).rejects.toThrow(/authorized/iu);
  await expect(
    admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition: 0, offset: '-1' }] }),
  ).rejects.toThrow(/deleting/iu);
  await expect(
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: TOPIC,
          configEntries: [{ name: 'retention.ms', value: '1' }],
        },
      ],
    }),
  ).rejects.toThrow(/authorized/iu);
  // Topics of their own they delete as before.
  await admin.createTopics({ topics: [{ topic: 'mine', numPartitions: 1 }] });
  await admin.deleteTopics({ topics: ['mine'] });
  await admin.disconnect();
  expect((await readTopic()).length).toBeGreaterThan(0);
});
