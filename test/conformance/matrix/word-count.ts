import { join } from 'node:path';
import { waitFor } from '@weirhouse/testing-harness';
import { expect } from 'vitest';
import type { Driver } from './driver.ts';
import type { Incoming } from './operations.ts';
import type { ToolBench } from './tool-bench.ts';

const WORDS = ['weir', 'sluice', 'mill', 'race', 'pond'];
const LINES_PER_ROUND = 200;
/** A killed application comes back after its group noticed, and its transaction ran out. */
const SETTLE_MS = 60_000;

/** Counts words while first the application and then the broker is killed: every count comes once, in order. */
export async function expectWordsCounted(bench: ToolBench): Promise<void> {
  const { client, cluster } = bench;
  const [from, to] = ['streams-lines', 'streams-counts'];
  for (const topic of [from, to]) await client.call('create-topic', { topic, partitions: 2 });
  const ask = { application: 'streams-count', from, to, folder: join(bench.folder, 'streams') };
  let rounds = 0;
  const write = async (): Promise<void> => {
    rounds += 1;
    const records = Array.from({ length: LINES_PER_ROUND }, (_, line) => ({
      key: `${line}`,
      value: `${WORDS[line % WORDS.length]} ${WORDS[(line * 3) % WORDS.length]}`,
    }));
    await client.call('produce', { topic: from, records, idempotent: true });
  };
  const counted = (): Promise<readonly Incoming[]> =>
    committedCounts(bench, to, rounds * LINES_PER_ROUND * 2);

  const first = await running(bench, ask);
  await write();
  await counted();
  await write();
  first.kill('SIGKILL');
  const second = await running(bench, ask);
  await write();
  await cluster.restart();
  await write();
  const counts = await counted();
  await second.call('word-count-stop', {});
  expectEveryCountOnce(counts);
}

async function running(
  bench: ToolBench,
  ask: Parameters<Driver['call']>[1] & {
    application: string;
    from: string;
    to: string;
    folder: string;
  },
): Promise<Driver> {
  const driver = bench.another();
  await driver.call('word-count-start', ask);
  await waitFor(
    'the application to run',
    async () => (await driver.call('word-count-state', {})).state === 'RUNNING',
    SETTLE_MS,
  );
  return driver;
}

/** What is committed in the output once it holds `count` records. */
async function committedCounts(
  { client }: ToolBench,
  topic: string,
  count: number,
): Promise<readonly Incoming[]> {
  return waitFor(
    `${count} counts`,
    async () => {
      const { records } = await client.call('read', { topic, count, committed: true });
      return records.length >= count ? records : undefined;
    },
    SETTLE_MS,
  );
}

/** Each word's counts are 1, 2, 3 … without a gap and without one twice. */
function expectEveryCountOnce(counts: readonly Incoming[]): void {
  for (const word of WORDS) {
    const of = counts.filter(({ key }) => key === word).map(({ value }) => Number(value));
    expect(of).toEqual(of.map((_, index) => index + 1));
    expect(of.length).toBeGreaterThan(0);
  }
}
