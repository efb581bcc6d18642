import { join } from 'node:path';
import { startBroker, temporaryFolder, waitFor } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { readNumbers, startAcknowledgedLoad } from './acknowledged-load.ts';

const KILLS = 8;

test('kill -9 under an acks=all load: every acknowledged record is there, in order, once', async () => {
  const folder = temporaryFolder('crash');
  onTestFinished(folder.remove);
  const dir = join(folder.path, 'data');
  const config = {
    'group.initial.rebalance.delay.ms': 0,
    'wal.segment.bytes': 4 << 20,
    'log.level': 'warn',
  };
  let broker = await startBroker({ dir, config });
  const { bootstrap } = broker;
  const options = { bootstrap, topic: 'ledger' };
  const load = await startAcknowledgedLoad(options);
  for (let kill = 1; kill <= KILLS; kill++) {
    const before = load.acknowledged.length;
    await waitFor(
      'more acknowledged records',
      () => load.acknowledged.length >= before + 50 * kill,
    );
    broker.kill('SIGKILL');
    await broker.exited();
    broker = await startBroker({ dir, listen: bootstrap, config });
  }
  await load.stop();
  const sent = load.acknowledged;
  const stored = await readNumbers(options, sent.at(-1) ?? -1);
  broker.kill('SIGTERM');
  expect((await broker.exited()).code).toBe(0);

  expect(stored).toEqual(stored.toSorted((a, b) => a - b));
  expect(new Set(stored).size).toBe(stored.length);
  const there = new Set(stored);
  expect(sent.filter((number) => !there.has(number))).toEqual([]);
}, 120_000);

test('a clean stop loses nothing and the next start keeps topics, offsets and groups', async () => {
  const folder = temporaryFolder('restart');
  onTestFinished(folder.remove);
  const dir = join(folder.path, 'data');
  const first = await startBroker({ dir });
  const options = { bootstrap: first.bootstrap, topic: 'ledger' };
  const load = await startAcknowledgedLoad(options);
  await waitFor('some acknowledged records', () => load.acknowledged.length >= 500);
  await load.stop();
  first.kill('SIGTERM');
  expect((await first.exited()).code).toBe(0);
  const second = await startBroker({ dir, listen: first.bootstrap });
  const stored = await readNumbers(options, load.acknowledged.at(-1) ?? -1);
  expect(stored).toEqual(load.acknowledged);
  second.kill('SIGTERM');
  await second.exited();
});
