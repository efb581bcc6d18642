import { join } from 'node:path';
import { AdminClient, isKafkaError, TransactionalProducer } from '@weirhouse/kafka-client';
import { startBroker, temporaryFolder, type TestBroker } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const TOPIC = 'ledger';
const START_MAX_MS = 60_000;

const folder = temporaryFolder('transactional-producer');
let broker: TestBroker;
let admin: AdminClient;

beforeAll(async () => {
  broker = await startBroker({ dir: join(folder.path, 'data') });
  admin = new AdminClient({ bootstrap: [address()], clientId: 'spec' });
  await admin.createTopics([{ name: TOPIC, partitions: 1 }]);
}, START_MAX_MS);

afterAll(async () => {
  admin.close();
  broker.kill('SIGTERM');
  await broker.exited();
  folder.remove();
});

function address(): { readonly host: string; readonly port: number } {
  const [host = '', port = ''] = broker.bootstrap.split(':');
  return { host, port: Number(port) };
}

function producer(transactionalId: string): TransactionalProducer {
  const made = new TransactionalProducer({
    bootstrap: [address()],
    clientId: 'spec',
    transactionalId,
    transactionTimeoutMs: 60_000,
  });
  onTestFinished(() => made.close());
  return made;
}

function batch(...values: readonly string[]): Parameters<TransactionalProducer['write']>[0] {
  const records = values.map((value) => ({
    key: Buffer.from(value),
    value: Buffer.from(value),
    timestamp: Date.now(),
  }));
  return { topic: TOPIC, partition: 0, records };
}

async function valuesFrom(offset: number): Promise<readonly string[]> {
  const values: string[] = [];
  for (let at = offset; ;) {
    const read = await admin.readRecords({ topic: TOPIC, partition: 0, offset: at });
    values.push(...read.records.map(({ value }) => String(value)));
    if (read.nextOffset === at) return values;
    at = read.nextOffset;
  }
}

async function end(): Promise<number> {
  const at = await admin.listOffsets([{ topic: TOPIC, partition: 0, at: 'latest' }]);
  return at[0]?.offset ?? -1;
}

test('batches of one producer are read in their order, one transaction after the other', async () => {
  const from = await end();
  const writer = producer('orders');
  await writer.begin();
  for (let count = 0; count < 30; count += 1) await writer.write(batch(`a${count}`, `b${count}`));
  const expected = Array.from({ length: 30 }, (_, count) => [`a${count}`, `b${count}`]).flat();
  await expect.poll(() => valuesFrom(from)).toEqual(expected);
});

test('whoever begins under the same id shuts the earlier one out', async () => {
  const from = await end();
  const old = producer('audit');
  await old.begin();
  await old.write(batch('one'));
  const young = producer('audit');
  await young.begin();
  const failure = await old.write(batch('late')).catch((error: unknown) => error);
  expect(isKafkaError(failure, 'INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED')).toBe(true);
  await expect(old.write(batch('again'))).rejects.toThrow('has not begun');
  await young.write(batch('two'));
  await expect.poll(() => valuesFrom(from)).toEqual(['one', 'two']);
});

test('what was left open is aborted by the next beginning, and not read', async () => {
  const from = await end();
  const torn = producer('torn');
  await torn.begin();
  await torn.write(batch('kept'));
  const writing = torn.write(batch('x'.repeat(1_000_000))).catch(() => undefined);
  const next = producer('torn');
  await next.begin();
  await writing;
  const settled = await valuesFrom(from);
  await next.write(batch('after'));
  await expect.poll(() => valuesFrom(from)).toEqual([...settled, 'after']);
  expect(settled[0]).toBe('kept');
});
