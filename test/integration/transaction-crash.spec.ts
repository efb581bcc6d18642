import { join } from 'node:path';
import { startBroker, temporaryFolder, waitFor } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { checkTransactions, startTransactionalLoad } from './transactional-load.ts';

const KILLS = 5;

test('kill -9 under transactions: committed ones are whole, once and in order, aborted ones unseen', async () => {
  const folder = temporaryFolder('transactions');
  onTestFinished(folder.remove);
  const dir = join(folder.path, 'data');
  const config = {
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'wal.segment.bytes': 4 << 20,
    'log.level': 'warn',
  };
  let broker = await startBroker({ dir, config });
  const { bootstrap } = broker;
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'ledger', numPartitions: 2 }] });
  await admin.disconnect();
  const options = { bootstrap, topic: 'ledger', transactionalId: 'load' };
  const load = await startTransactionalLoad(options);
  const countCommitted = (): number =>
    load.outcomes.filter((outcome) => outcome === 'committed').length;
  for (let kill = 1; kill <= KILLS; kill++) {
    const before = countCommitted();
    await waitFor('more transactions', () => countCommitted() >= before + 7 * kill, 30_000);
    broker.kill('SIGKILL');
    await broker.exited();
    broker = await startBroker({ dir, listen: bootstrap, config });
  }
  await load.stop();
  expect(await checkTransactions(options, load.outcomes)).toEqual([]);
  broker.kill('SIGTERM');
  expect((await broker.exited()).code).toBe(0);
}, 180_000);
