import { join } from 'node:path';
import { readFetchResponse } from '@weirhouse/kafka-protocol/messages/fetch-response';
import { readProduceResponse } from '@weirhouse/kafka-protocol/messages/produce-response';
import {
  connectWire,
  startBroker,
  temporaryFolder,
  waitFor,
  type TestBroker,
  type WireClient,
} from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import {
  bodyOf,
  call,
  correlationIdOf,
  ensureTopic,
  FETCH,
  fetchFrom,
  PRODUCE,
  produce,
} from './wire-requests.ts';

const TOPIC = 'drained';
/** As many as clients keep in flight. */
const IN_FLIGHT = 5;
/** Longer than any test may take: a broker that ends earlier has not waited for it. */
const FOR_EVER_MS = 600_000;

async function aBroker(settings: Readonly<Record<string, unknown>> = {}, dir?: string) {
  const folder = temporaryFolder('drain');
  onTestFinished(folder.remove);
  const data = dir ?? join(folder.path, 'data');
  const config = { 'super.users': 'User:ANONYMOUS', ...settings };
  const broker = await startBroker({ dir: data, config });
  onTestFinished(() => broker.kill('SIGKILL'));
  return { broker, dir: data };
}

async function aClient(broker: TestBroker): Promise<WireClient> {
  const client = await connectWire(broker.bootstrap);
  onTestFinished(client.close);
  // As clients do: whoever is told goodbye goes.
  client.socket.on('end', () => void client.socket.end());
  return client;
}

/** Keeps produce requests in flight until the connection ends; correlation ids are their values. */
function keepProducing(client: WireClient, name: string): { readonly sent: () => number } {
  let sent = 0;
  const more = (): void => {
    while (client.ending === undefined && sent - client.frames.length < IN_FLIGHT) {
      const value = Buffer.from(`${name}-${sent}`);
      client.write(produce(sent, { topic: TOPIC, acks: -1, value }));
      sent++;
    }
  };
  client.socket.on('data', more);
  more();
  return { sent: () => sent };
}

/** Every value of the topic, from the start on. */
async function valuesOf(client: WireClient): Promise<readonly string[]> {
  const values: string[] = [];
  for (let offset = 0; ;) {
    const wanted = { topic: TOPIC, fetchOffset: offset, maxWaitMs: 0, maxBytes: 1 << 20 };
    const answer = await call(client, fetchFrom(offset, wanted));
    const [partition] =
      readFetchResponse(bodyOf(answer), FETCH.version).responses[0]?.partitions ?? [];
    expect(partition?.errorCode).toBe(0);
    const found = (partition?.records?.toString('latin1') ?? '').match(/client\d+-\d+/g) ?? [];
    if (found.length === 0) return values;
    values.push(...found);
    offset += found.length;
  }
}

/** A client that takes nothing of an answer of 24 MiB. */
async function aStalledClient(broker: TestBroker): Promise<void> {
  const writer = await aClient(broker);
  await ensureTopic(writer, TOPIC);
  const value = Buffer.alloc(900_000, 1);
  for (let id = 0; id < 27; id++)
    await call(writer, produce(id, { topic: TOPIC, acks: -1, value }));
  writer.close();
  const stalled = await aClient(broker);
  stalled.write(fetchFrom(1, { topic: TOPIC, fetchOffset: 0, maxWaitMs: 0, maxBytes: 50 << 20 }));
  await waitFor('the first bytes', () => stalled.socket.bytesRead > 0);
  stalled.stopReading();
}

test('SIGTERM under load: whatever is in the log was answered, and nobody is reset', async () => {
  const { broker, dir } = await aBroker({ 'shutdown.drain.ms': FOR_EVER_MS });
  const clients = await Promise.all(Array.from({ length: 8 }, () => aClient(broker)));
  await ensureTopic(clients[0] as WireClient, TOPIC);
  const before = clients[0]?.frames.length ?? 0;
  const waiting = await aClient(broker);
  await ensureTopic(waiting, 'quiet');
  const answered = waiting.frames.length;
  waiting.write(
    fetchFrom(7, { topic: 'quiet', fetchOffset: 0, maxWaitMs: FOR_EVER_MS, maxBytes: 1 << 20 }),
  );
  const loads = clients.map((client, index) => keepProducing(client, `client${index}`));
  await waitFor('a load', () => clients.every(({ frames }) => frames.length > 100 + before));
  broker.kill('SIGTERM');
  expect((await broker.exited()).code).toBe(0);
  await waitFor('the ends', () =>
    [waiting, ...clients].every(({ ending }) => ending !== undefined),
  );
  expect([waiting, ...clients].map(({ ending }) => ending)).not.toContain('reset');
  expect(waiting.frames.slice(answered).map(correlationIdOf)).toEqual([7]);

  const acknowledged = clients.flatMap(({ frames }, index) =>
    frames.slice(index === 0 ? before : 0).map((frame) => {
      const [topic] = readProduceResponse(bodyOf(frame), PRODUCE.version).responses;
      expect(topic?.partitionResponses[0]?.errorCode).toBe(0);
      return `client${index}-${correlationIdOf(frame)}`;
    }),
  );
  const next = await aBroker({}, dir);
  const stored = await valuesOf(await aClient(next.broker));
  expect(stored.toSorted()).toEqual(acknowledged.toSorted());
  expect(loads.every(({ sent }) => sent() > 100)).toBe(true);
});

test('a client that takes nothing is cut when the time is over', async () => {
  const { broker } = await aBroker({ 'shutdown.drain.ms': 300 });
  await aStalledClient(broker);
  broker.kill('SIGTERM');
  expect((await broker.exited()).code).toBe(0);
  expect(broker.output()).toContain('connections are cut that had not ended in time');
});

test('a second signal cuts at once', async () => {
  const { broker } = await aBroker({ 'shutdown.drain.ms': FOR_EVER_MS });
  await aStalledClient(broker);
  broker.kill('SIGTERM');
  await broker.waitForOutput(/"draining"/);
  expect((await fetch(`${broker.adminUrl}/readyz`)).status).toBe(503);
  broker.kill('SIGINT');
  expect((await broker.exited()).code).toBe(0);
});
