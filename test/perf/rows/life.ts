import { rmSync } from 'node:fs';
import { startProcess } from '@weirhouse/testing-harness';
import { consume, produce, type Load } from '../load/closed-loop.ts';
import { createTopic, pause, type Address } from '../load/wire.ts';
import { startNode, type BenchNode, type RunningNode } from '../nodes/node.ts';
import { residentMib, threadSeconds } from '../process-figures.ts';
import { attempt, inTurns, nodesOf, note, settleDisk, type BenchRun } from './bench-run.ts';
import { LIFE_ROWS } from './catalogue.ts';
import { latenciesOf } from './latency.ts';

/** After load, until collectors and compilers are done. */
const CALM_MS = 5000;
/** Before anything idle is measured: 8 s after its last collection V8 marks once more, and gives memory back. */
const IDLE_AFTER_MS = 15_000;
const IDLE_SECONDS = { quick: 15, full: 60 };
const LOAD_BYTES = 512 << 20;
/** What lies on the disk when the start is measured again. */
const KEPT = {
  quick: { partitions: 200, bytes: 1 << 30 },
  full: { partitions: 1000, bytes: 10 * (1 << 30) },
};
/** Written shortly before the kill. */
const FRESH_BYTES = 256 << 20;
const CONNECTIONS = 10_000;
const CONNECT_MS_MAX = 120_000;
const LATENCY = { perSecond: 1000, seconds: 6, withConsumer: false };

/** Rows of one life of a node, each side alone on the machine, with our loaders on both sides. */
export async function measureLives(run: BenchRun): Promise<void> {
  if (!LIFE_ROWS.some(({ id }) => run.wants(id))) return;
  const rounds = run.isQuick ? 1 : run.rounds;
  for (let round = 0; round < rounds; round++) {
    const nodes = await nodesOf(run, `life-${round}`);
    for (const node of inTurns(nodes, round))
      await attempt(`life of ${node.side}`, () => measureLife(run, node));
    for (const { side } of nodes)
      rmSync(`${run.folder}/life-${round}-${side}`, { recursive: true, force: true });
  }
}

async function measureLife(run: BenchRun, node: BenchNode): Promise<void> {
  const subject = node.side;
  settleDisk();
  let running = await startNode(node);
  try {
    note(run, 'start-empty', { subject, values: { s: running.startSeconds } });
    await measureIdle(run, running);
    await measureLoaded(run, running);
    if (run.wants('start-clean') || run.wants('start-kill')) {
      const kept = run.isQuick ? KEPT.quick : KEPT.full;
      await load(node.address, { ...kept, topic: 'bench-kept' });
      await running.stop();
      settleDisk();
      running = await startNode(node);
      note(run, 'start-clean', { subject, values: { s: running.startSeconds } });
      await load(node.address, { partitions: 12, bytes: FRESH_BYTES, topic: 'bench-fresh' });
      await running.stop('SIGKILL');
      running = await startNode(node);
      note(run, 'start-kill', { subject, values: { s: running.startSeconds } });
    }
    // On a process that has carried no load: what that leaves is given back for a long time.
    if (run.wants('connections-10k')) await measureConnections(run, running);
  } finally {
    await running.stop('SIGKILL');
  }
}

async function measureIdle(run: BenchRun, { node, pid }: RunningNode): Promise<void> {
  if (!run.wants('memory-idle') && !run.wants('idle-cpu')) return;
  await pause(IDLE_AFTER_MS);
  const seconds = run.isQuick ? IDLE_SECONDS.quick : IDLE_SECONDS.full;
  const before = threadSeconds(pid);
  await pause(seconds * 1000);
  const share = (threadSeconds(pid) - before) / seconds;
  note(run, 'idle-cpu', { subject: node.side, values: { '%': share * 100 } });
  note(run, 'memory-idle', { subject: node.side, values: { MiB: residentMib(pid) } });
}

async function measureLoaded(run: BenchRun, { node, pid }: RunningNode): Promise<void> {
  if (!run.wants('memory-load')) return;
  const small = loadOf(node.address, { partitions: 12, bytes: LOAD_BYTES, topic: 'bench-small' });
  const large = { ...small, topic: 'bench-large', batchBytes: 256 << 10 };
  for (const some of [small, large]) {
    await createTopic(node.address, { name: some.topic, partitions: some.partitions });
    await produce(some);
    await consume(some);
  }
  await pause(CALM_MS);
  note(run, 'memory-load', { subject: node.side, values: { MiB: residentMib(pid) } });
}

async function measureConnections(run: BenchRun, running: RunningNode): Promise<void> {
  const { address, side } = running.node;
  const alone = await latenciesOf(running, { ...LATENCY, topic: 'bench-alone' });
  await pause(IDLE_AFTER_MS);
  const before = residentMib(running.pid);
  const clients = startProcess({
    args: [
      'test/perf/load/idle-connections-main.ts',
      address.host,
      `${address.port}`,
      `${CONNECTIONS}`,
    ],
  });
  try {
    await clients.waitForOutput(/^open \d+$/m, CONNECT_MS_MAX);
    await pause(IDLE_AFTER_MS);
    const more = residentMib(running.pid) - before;
    const among = await latenciesOf(running, { ...LATENCY, topic: 'bench-among' });
    const slower = among.ack.p99 / alone.ack.p99;
    note(run, 'connections-10k', {
      subject: side,
      values: { 'MiB more': more, 'p99 with / without': slower },
    });
  } finally {
    clients.kill('SIGKILL');
    await clients.exited();
  }
}

interface Amount {
  readonly topic: string;
  readonly partitions: number;
  readonly bytes: number;
}

async function load(address: Address, amount: Amount): Promise<void> {
  await createTopic(address, { name: amount.topic, partitions: amount.partitions });
  await produce({ ...loadOf(address, amount), batchBytes: 128 << 10 });
}

function loadOf(address: Address, { topic, partitions, bytes }: Amount): Load {
  return {
    address,
    topic,
    partitions,
    connections: 4,
    inFlight: 5,
    batchBytes: 16 << 10,
    recordBytes: 1024,
    totalBytes: bytes,
  };
}
