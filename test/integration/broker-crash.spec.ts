import { join } from 'node:path';
import { startBroker, temporaryFolder, waitFor } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { readNumbers, startAcknowledgedLoad } from './acknowledged-load.ts';
import { crashUnderLoad } from './crash-run.ts';

/** As many as fit into the tests; `npm run crash -- --kills 200` for more. */
const KILLS = { durable: 22, 'page-cache': 8 } as const;

test.for(['durable', 'page-cache'] as const)(
  'kill -9 at random moments under load, %s: nothing acknowledged is lost, doubled or half seen',
  { timeout: 300_000 },
  async (durability) => {
    const report = await crashUnderLoad({ kills: KILLS[durability], durability });
    expect(report).toMatchObject({
      lost: 0,
      duplicated: 0,
      outOfOrder: 0,
      transactionProblems: [],
    });
    expect(report.acknowledged).toBeGreaterThan(KILLS[durability]);
  },
);

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
