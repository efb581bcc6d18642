import { startProcess } from '@weirhouse/testing-harness';
import type { OpenLoad } from '../load/open-loop.ts';
import { createTopic, deleteTopic, pause } from '../load/wire.ts';
import type { RunningNode } from '../nodes/node.ts';
import { attempt, inTurns, note, settleDisk, topicName, type BenchRun } from './bench-run.ts';
import { LATENCY_ROWS, type LatencyRow } from './catalogue.ts';

const SECONDS = { quick: 8, full: 20 };
const WARM_UP_SECONDS = 3;
const RECORD_BYTES = 1024;
/** Time for what the last row left behind, such as deleted files, to be over. */
const CALM_MS = 2000;
/** What a run may take beyond its load. */
const SPARE_MS = 40_000;

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Microseconds. */
export interface Latencies {
  readonly ack: Percentiles;
  readonly endToEnd: Percentiles;
  readonly sentLate: Percentiles;
}

/** Latency rows: our open-loop loader, the same for both sides, in a process of its own. */
export async function measureLatency(run: BenchRun, nodes: readonly RunningNode[]): Promise<void> {
  for (const row of LATENCY_ROWS.filter(({ id }) => run.wants(id)))
    await attempt(row.id, () => measureRow(run, row, nodes));
}

async function measureRow(
  run: BenchRun,
  row: LatencyRow,
  nodes: readonly RunningNode[],
): Promise<void> {
  for (let round = 0; round < run.rounds; round++)
    for (const node of inTurns(nodes, round)) {
      const { side } = node.node;
      const seen = await latenciesOf(node, {
        topic: topicName(row.id, side, round),
        perSecond: row.perSecond,
        seconds: run.isQuick ? SECONDS.quick : SECONDS.full,
        withConsumer: row.withConsumer,
      });
      const { p50, p99, p999 } = row.withConsumer ? seen.endToEnd : seen.ack;
      note(run, row.id, {
        subject: side,
        values: {
          'p50 ms': p50 / 1000,
          'p99 ms': p99 / 1000,
          'p99.9 ms': p999 / 1000,
          'loader late p99 ms': seen.sentLate.p99 / 1000,
        },
      });
    }
}

/** One open-loop run on a topic of its own. */
export async function latenciesOf(
  node: RunningNode,
  of: {
    readonly topic: string;
    readonly perSecond: number;
    readonly seconds: number;
    readonly withConsumer: boolean;
  },
): Promise<Latencies> {
  const { address } = node.node;
  await createTopic(address, { name: of.topic, partitions: 1 });
  settleDisk();
  await pause(CALM_MS);
  const load: OpenLoad = {
    address,
    topic: of.topic,
    recordBytes: RECORD_BYTES,
    perSecond: of.perSecond,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: of.seconds,
  };
  const loader = startProcess({
    args: [
      '-C',
      'source',
      'test/perf/load/open-loop-main.ts',
      JSON.stringify({ load, withConsumer: of.withConsumer }),
    ],
  });
  try {
    const deadlineMs = (of.seconds + WARM_UP_SECONDS) * 1000 + SPARE_MS;
    const [line] = await loader.waitForOutput(/^\{.*\}$/m, deadlineMs);
    return JSON.parse(line) as Latencies;
  } finally {
    loader.kill('SIGKILL');
    await loader.exited();
    await deleteTopic(address, of.topic);
  }
}
