import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout, temporaryFolder } from '@weirhouse/testing-harness';
import { Figures } from './figures.ts';
import { findKafkaHome, resolveKafka, type KafkaHome } from './kafka/kafka-home.ts';
import { startNode, type RunningNode } from './nodes/node.ts';
import { circumstances, heading, plainTable, tableOf, writeInto, writeJson } from './report.ts';
import { nodesOf, type BenchRun } from './rows/bench-run.ts';
import { LATENCY_ROWS, ROWS, THROUGHPUT_ROWS } from './rows/catalogue.ts';
import { measureLatency } from './rows/latency.ts';
import { measureLives } from './rows/life.ts';
import { measureBesideLoopback } from './rows/loopback.ts';
import { measureThroughput } from './rows/throughput.ts';

const ROUNDS = { quick: 2, full: 5 };

export const USAGE = `Usage: npm run bench -- broker [options]     (npm run bench:kafka -- [options] resolves a Kafka first)
  --row NAME       only this row; may be given again. A part of a name takes all rows that have it.
  --rounds N       rounds of each row; the sides take turns
  --quick          less data and two rounds: about a quarter of an hour with Kafka
  --json FILE      where the figures go as JSON
  --write          puts the table into docs/performance.md
Rows: ${ROWS.map(({ id }) => id).join(', ')}
KAFKA_HOME names an Apache Kafka, a distribution or a folder of its jars, to compare with.
       npm run bench -- partitions     what 10,000 partitions cost in memory and at a start
`;

/** The bench of the broker. Returns an exit code. */
export async function benchBroker(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      row: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string', default: join(tmpdir(), 'weirhouse-bench-broker.json') },
      write: { type: 'boolean', default: false },
      'resolve-kafka': { type: 'boolean', default: false },
    },
  });
  const wanted = ROWS.filter(({ id }) => values.row.some((name) => id.includes(name)));
  const rounds = Number(values.rounds ?? (values.quick ? ROUNDS.quick : ROUNDS.full));
  if ((values.row.length > 0 && wanted.length === 0) || !(rounds >= 1)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const kafka = findKafkaHome(values['resolve-kafka'] ? resolveKafka() : process.env['KAFKA_HOME']);
  const folder = temporaryFolder('bench');
  // Also after a signal, when what was started has been ended.
  process.on('exit', () => folder.remove());
  const run: BenchRun = {
    kafka,
    folder: folder.path,
    rounds,
    isQuick: values.quick,
    figures: new Figures(),
    wants: (row) => wanted.length === 0 || wanted.some(({ id }) => id === row),
  };
  const around = circumstances(kafka?.version, run);
  print(`${heading(around)}\nLoaders and servers share the machine: ratios and CPU count.\n`);
  try {
    await measure(run, kafka);
  } finally {
    folder.remove();
    const table = tableOf(run.figures, run.wants);
    print(`\n${heading(around)}\n\n${plainTable(table)}\n`);
    writeJson(values.json, around, run.figures);
    print(`Figures as JSON: ${values.json}`);
  }
  if (values.write)
    writeInto(join(checkout, 'docs/performance.md'), {
      mark: 'broker',
      title: heading(around),
      table: tableOf(run.figures, run.wants),
    });
  return 0;
}

async function measure(run: BenchRun, kafka: KafkaHome | undefined): Promise<void> {
  if ([...THROUGHPUT_ROWS, ...LATENCY_ROWS].some(({ id }) => run.wants(id))) {
    const nodes: RunningNode[] = [];
    try {
      for (const node of await nodesOf(run, 'pair')) nodes.push(await startNode(node));
      const [ours] = nodes;
      if (kafka !== undefined) await measureThroughput(run, kafka, nodes);
      else if (ours !== undefined) await measureBesideLoopback(run, ours);
      await measureLatency(run, nodes);
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
    }
  }
  await measureLives(run);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
