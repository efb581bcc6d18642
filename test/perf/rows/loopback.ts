import { startProcess } from '@weirhouse/testing-harness';
import { consume, echo, produce, type Load, type LoadResult } from '../load/closed-loop.ts';
import { createTopic, deleteTopic } from '../load/wire.ts';
import type { RunningNode } from '../nodes/node.ts';
import { cpuSeconds } from '../process-figures.ts';
import { attempt, note, settleDisk, topicName, type BenchRun } from './bench-run.ts';
import { THROUGHPUT_ROWS, type ThroughputRow } from './catalogue.ts';

/** Our loader is quicker than Java's tools to reach its pace. */
const SHARE_OF_LOAD = 0.5;

/**
 * The throughput rows where there is no Kafka: our own closed-loop loader, beside a bare server that answers
 * 50 bytes to each frame. What Kafka would be compared in stays open.
 */
export async function measureBesideLoopback(run: BenchRun, node: RunningNode): Promise<void> {
  const rows = THROUGHPUT_ROWS.filter(({ id, isSynced }) => run.wants(id) && isSynced !== true);
  if (rows.length === 0) return;
  const server = startProcess({ args: ['test/perf/load/echo-server.ts'] });
  try {
    const [, port = ''] = await server.waitForOutput(/ready (\d+)/);
    const bare = { pid: server.pid, port: Number(port) };
    for (const row of rows)
      await attempt(row.id, async () => {
        for (let round = 0; round < run.rounds; round++)
          await measureRow({ run, row, node, bare, load: loadOf(row, node, round) });
      });
  } finally {
    server.kill('SIGTERM');
    await server.exited();
  }
}

async function measureRow(of: {
  readonly run: BenchRun;
  readonly row: ThroughputRow;
  readonly node: RunningNode;
  readonly load: Load;
  readonly bare: { readonly pid: number; readonly port: number };
}): Promise<void> {
  const { run, row, node, load, bare } = of;
  await createTopic(load.address, { name: load.topic, partitions: row.partitions });
  if (row.kind === 'consume') await produce(load);
  else {
    const address = { host: '127.0.0.1', port: bare.port };
    const values = await measured(bare.pid, () => echo({ ...load, address }));
    note(run, row.id, { subject: 'loopback', values });
  }
  settleDisk();
  const move = row.kind === 'consume' ? consume : produce;
  note(run, row.id, {
    subject: 'weirhouse',
    values: await measured(node.pid, () => move(load)),
  });
  await deleteTopic(load.address, load.topic);
}

function loadOf(row: ThroughputRow, node: RunningNode, round: number): Load {
  return {
    address: node.node.address,
    topic: topicName(row.id, 'weirhouse', round),
    partitions: row.partitions,
    connections: Math.min(4, row.partitions),
    inFlight: 5,
    batchBytes: row.batchBytes,
    recordBytes: row.recordBytes,
    totalBytes: row.megabytes * 1e6 * SHARE_OF_LOAD,
  };
}

async function measured(
  pid: number,
  move: () => Promise<LoadResult>,
): Promise<Record<string, number>> {
  const before = cpuSeconds(pid);
  const { bytes, seconds } = await move();
  return {
    'MB/s': bytes / seconds / 1e6,
    'CPU-s/GB': (cpuSeconds(pid) - before) / (bytes / 1e9),
  };
}
