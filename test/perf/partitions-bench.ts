import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker, temporaryFolder, type TestBroker, waitFor } from '@weirhouse/testing-harness';
import { produce } from './load/closed-loop.ts';
import { createTopic } from './load/wire.ts';
import { residentMib } from './process-figures.ts';

const PARTITIONS = 10_000;
/** Collectors and the background opening of logs are done by then. */
const CALM_MS = 4000;
const RECORD_BYTES = 100;

/** What a partition costs in resident memory: unused, written to, and opened by the next start. */
export async function benchPartitions(): Promise<void> {
  const folder = temporaryFolder('partitions');
  const dir = `${folder.path}/data`;
  const config = { 'log.level': 'warn' };
  // From the sources V8's young generation may hold 128 MiB, which is no partition's.
  const isBuilt = true;
  let broker = await startBroker({ dir, config, isBuilt });
  try {
    const [host = '', port = ''] = broker.bootstrap.split(':');
    const address = { host, port: Number(port) };
    const empty = await calmMib(broker);
    await createTopic(address, { name: 'wide', partitions: PARTITIONS });
    const created = await calmMib(broker);
    print('created', created - empty);
    await produce({
      address,
      topic: 'wide',
      partitions: PARTITIONS,
      connections: 4,
      inFlight: 5,
      batchBytes: RECORD_BYTES,
      recordBytes: RECORD_BYTES,
      totalBytes: PARTITIONS * RECORD_BYTES,
    });
    print('written to', (await calmMib(broker)) - empty);
    broker.kill('SIGTERM');
    await broker.exited();
    const startedMs = performance.now();
    broker = await startBroker({ dir, config, isBuilt });
    const seconds = (performance.now() - startedMs) / 1000;
    await waitFor(
      'all partitions to be open',
      async () => (await openPartitions(broker)) > PARTITIONS,
      60_000,
    );
    print('after a restart', (await calmMib(broker)) - empty);
    process.stdout.write(`start with ${PARTITIONS} partitions: ${seconds.toFixed(2)} s\n`);
  } finally {
    broker.kill('SIGKILL');
    await broker.exited();
    folder.remove();
  }
}

async function calmMib(broker: TestBroker): Promise<number> {
  await sleep(CALM_MS);
  return residentMib(broker.pid);
}

async function openPartitions({ adminUrl }: TestBroker): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^weirhouse_broker_open_partitions (\d+)$/m.exec(text)?.[1] ?? 0);
}

function print(state: string, mib: number): void {
  const each = (mib * 1024) / PARTITIONS;
  process.stdout.write(
    `${PARTITIONS} partitions, ${state}: ${mib.toFixed(0)} MiB more, ${each.toFixed(1)} KiB each\n`,
  );
}
