import { join } from 'node:path';
import { readFetchResponse } from '@weirhouse/kafka-protocol/messages/fetch-response';
import { readProduceResponse } from '@weirhouse/kafka-protocol/messages/produce-response';
import {
  connectWire,
  requireTool,
  startBroker,
  startProcess,
  temporaryFolder,
  type TestBroker,
  waitFor,
} from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { readNumbers, startAcknowledgedLoad } from './acknowledged-load.ts';
import { aSmallVolume } from './small-volume.ts';
import {
  bodyOf,
  call,
  ensureTopic,
  FETCH,
  fetchFrom,
  metric,
  PRODUCE,
  produce,
} from './wire-requests.ts';

const MIB = 1 << 20;
const KAFKA_STORAGE_ERROR = 56;
const SMALL_BROKER = {
  'wal.segment.bytes': 4 * MIB,
  'wal.segments': 2,
  'arena.bytes': 4 * MIB,
  'group.initial.rebalance.delay.ms': 0,
};
const HAS_STRACE = requireTool('strace', 'apt-get install strace');

async function readiness(broker: TestBroker): Promise<{ ready: boolean; diskSpace: string }> {
  const answer = await fetch(`${broker.adminUrl}/readyz`);
  return (await answer.json()) as { ready: boolean; diskSpace: string };
}

/** Waits until readiness shows this state of the disk, and gives how long it took. */
async function waitForSpace(broker: TestBroker, ...states: string[]): Promise<number> {
  const startMs = performance.now();
  await waitFor(`a disk that is ${states.join(' or ')}`, async () =>
    states.includes((await readiness(broker)).diskSpace),
  );
  return performance.now() - startMs;
}

async function fetchedBytes(bootstrap: string, topic: string): Promise<number> {
  const client = await connectWire(bootstrap);
  const fetch = { topic, fetchOffset: 0, maxWaitMs: 0, maxBytes: 1000 };
  const answer = await call(client, fetchFrom(1, fetch));
  client.close();
  const partition = readFetchResponse(bodyOf(answer), FETCH.version).responses[0]?.partitions[0];
  return (partition?.records as Buffer | undefined)?.length ?? 0;
}

test.for([
  { what: 'less than the reserve', reserve: 8 * MIB, leave: 6 * MIB, state: 'low' },
  { what: 'no space at all', reserve: 0, leave: 0, state: 'full' },
])(
  'with $what on the disk producers wait, reads go on, and nothing is lost',
  { timeout: 90_000 },
  async ({ reserve, leave, state }, context) => {
    const volume = aSmallVolume(context, 64 * MIB);
    const broker = await startBroker({
      dir: join(volume.path, 'data'),
      config: { ...SMALL_BROKER, 'disk.reserve.bytes': reserve },
    });
    onTestFinished(() => broker.kill('SIGKILL'));
    const options = { bootstrap: broker.bootstrap, topic: 'ledger' };
    const load = await startAcknowledgedLoad(options);
    await waitFor('some acknowledged records', () => load.acknowledged.length >= 200);
    volume.fill(leave);
    await waitForSpace(broker, state);
    expect((await readiness(broker)).ready).toBe(true);
    expect(await metric(broker, 'produce_paused')).toBe(1);
    expect(await fetchedBytes(broker.bootstrap, 'ledger')).toBeGreaterThan(0);
    volume.empty();
    expect(await waitForSpace(broker, 'open')).toBeLessThan(5000);
    const before = load.acknowledged.length;
    await waitFor('more acknowledged records', () => load.acknowledged.length > before + 100);
    await load.stop();
    const stored = await readNumbers(options, load.acknowledged.at(-1) ?? -1);
    const there = new Set(stored);
    expect(load.acknowledged.filter((number) => !there.has(number))).toEqual([]);
    expect(there.size).toBe(stored.length);
    const told = broker.output().split('\n');
    expect(told.filter((line) => line.includes('the disk has room again'))).toHaveLength(1);
    broker.kill('SIGTERM');
    expect((await broker.exited()).code).toBe(0);
  },
);

test('a kill while the disk is full loses nothing', async (context) => {
  const volume = aSmallVolume(context, 64 * MIB);
  const config = { ...SMALL_BROKER, 'disk.reserve.bytes': 0 };
  const dir = join(volume.path, 'data');
  let broker = await startBroker({ dir, config });
  onTestFinished(() => broker.kill('SIGKILL'));
  const { bootstrap } = broker;
  const options = { bootstrap, topic: 'ledger' };
  const load = await startAcknowledgedLoad(options);
  await waitFor('some acknowledged records', () => load.acknowledged.length >= 200);
  volume.fill(0);
  await waitForSpace(broker, 'full');
  broker.kill('SIGKILL');
  await broker.exited();
  volume.empty();
  broker = await startBroker({ dir, listen: bootstrap, config });
  await waitFor('more records', () => load.acknowledged.length >= 400);
  await load.stop();
  const stored = await readNumbers(options, load.acknowledged.at(-1) ?? -1);
  const there = new Set(stored);
  expect(load.acknowledged.filter((number) => !there.has(number))).toEqual([]);
  expect(there.size).toBe(stored.length);
  broker.kill('SIGTERM');
  await broker.exited();
}, 90_000);

/** The system call that makes this broker's acknowledged records durable, failed from now on. */
function failSyncs(broker: TestBroker): void {
  // With O_DSYNC the write is the sync; the pool writes through pwrite64 and pwritev.
  const calls = 'fdatasync,fsync,pwrite64,pwritev';
  const inject = `inject=${calls}:error=EIO`;
  const args = ['-f', '-qq', '-p', String(broker.pid), '-e', `trace=${calls}`, '-e', inject];
  const tracer = startProcess({ command: 'strace', args });
  onTestFinished(() => tracer.kill('SIGKILL'));
}

test.runIf(HAS_STRACE)(
  'a failed sync is told to whoever waits and ends the process, and the next start has all',
  async () => {
    const folder = temporaryFolder('eio');
    onTestFinished(folder.remove);
    const dir = join(folder.path, 'data');
    const broker = await startBroker({ dir, config: { 'auto.create.topics.enable': true } });
    const client = await connectWire(broker.bootstrap);
    await ensureTopic(client, 'ledger');
    const value = Buffer.from('v');
    await call(client, produce(1, { topic: 'ledger', acks: -1, value }));
    failSyncs(broker);
    const codes: number[] = [];
    await waitFor('a refused produce', async () => {
      const answer = await call(client, produce(2, { topic: 'ledger', acks: -1, value }));
      const { responses } = readProduceResponse(bodyOf(answer), PRODUCE.version);
      codes.push(responses[0]?.partitionResponses[0]?.errorCode ?? -1);
      return codes.at(-1) !== 0;
    });
    expect(codes.at(-1)).toBe(KAFKA_STORAGE_ERROR);
    expect((await broker.exited()).code).toBe(4);
    expect(broker.output()).toContain('EIO');
    const next = await startBroker({ dir });
    const fetched = await fetchedBytes(next.bootstrap, 'ledger');
    expect(fetched).toBeGreaterThanOrEqual(codes.length * 60);
    next.kill('SIGTERM');
    expect((await next.exited()).code).toBe(0);
  },
);
