import { cpuSeconds } from '../process-figures.ts';
import { perfConsume, perfProduce, type PerfLoad } from '../kafka/java-tools.ts';
import type { KafkaHome } from '../kafka/kafka-home.ts';
import { produce } from '../load/closed-loop.ts';
import { createTopic, deleteTopic, recordsPerBatch } from '../load/wire.ts';
import type { RunningNode } from '../nodes/node.ts';
import { attempt, inTurns, note, settleDisk, topicName, type BenchRun } from './bench-run.ts';
import { THROUGHPUT_ROWS, type ThroughputRow } from './catalogue.ts';

/** Full runs move so many times what a quick one does. */
const FULL = 2;
/** Megabytes that both sides get before anything counts: a JVM compiles while it works. */
const WARM_UP_MEGABYTES = 400;

/** Produce and consume with Kafka's own Java tools against both sides in turn; CPU is the broker process's. */
export async function measureThroughput(
  run: BenchRun,
  kafka: KafkaHome,
  nodes: readonly RunningNode[],
): Promise<void> {
  const rows = THROUGHPUT_ROWS.filter(({ id }) => run.wants(id));
  const [first] = THROUGHPUT_ROWS;
  if (rows.length === 0 || first === undefined) return;
  const warmUp = { ...first, id: 'warm-up', partitions: 12, megabytes: WARM_UP_MEGABYTES };
  for (const node of nodes) {
    const load = await aTopic({ kafka, node, row: warmUp, round: 0 });
    await perfProduce(load);
    await perfConsume(load, 'warm-up');
    await deleteTopic(load.address, load.topic);
  }
  for (const row of rows) {
    const scaled = { ...row, megabytes: row.megabytes * (run.isQuick ? 1 : FULL) };
    const measure = row.kind === 'produce' ? produceRow : consumeRow;
    await attempt(row.id, () => measure(run, scaled, { kafka, nodes }));
  }
}

interface Parties {
  readonly kafka: KafkaHome;
  readonly nodes: readonly RunningNode[];
}

async function produceRow(run: BenchRun, row: ThroughputRow, parties: Parties): Promise<void> {
  for (let round = 0; round < run.rounds; round++)
    for (const node of inTurns(parties.nodes, round)) {
      const load = await aTopic({ kafka: parties.kafka, node, row, round });
      settleDisk();
      await measured({ run, row, node, load }, () => perfProduce(load));
      await deleteTopic(load.address, load.topic);
    }
}

/** The topic is written once for a side and read in each round by a group of its own. */
async function consumeRow(run: BenchRun, row: ThroughputRow, parties: Parties): Promise<void> {
  const loads = new Map<RunningNode, PerfLoad>();
  for (const node of parties.nodes) {
    const load = await aTopic({ kafka: parties.kafka, node, row, round: 0 });
    await fill(load, row);
    loads.set(node, load);
  }
  settleDisk();
  for (let round = 0; round < run.rounds; round++)
    for (const [node, load] of inTurns([...loads], round))
      await measured({ run, row, node, load }, () => perfConsume(load, `bench-${row.id}-${round}`));
  for (const load of loads.values()) await deleteTopic(load.address, load.topic);
}

/** Fills a topic with batches of exactly the row's size, as many records at least as the row reads. */
async function fill(load: PerfLoad, row: ThroughputRow): Promise<void> {
  const perBatch = recordsPerBatch(row.batchBytes, row.recordBytes);
  const batches = Math.ceil(load.records / perBatch) + row.partitions;
  await produce({
    address: load.address,
    topic: load.topic,
    partitions: row.partitions,
    connections: 4,
    inFlight: 5,
    batchBytes: row.batchBytes,
    recordBytes: row.recordBytes,
    totalBytes: batches * row.batchBytes,
  });
}

async function aTopic(of: {
  readonly kafka: KafkaHome;
  readonly node: RunningNode;
  readonly row: ThroughputRow;
  readonly round: number;
}): Promise<PerfLoad> {
  const { row } = of;
  const { side, address } = of.node.node;
  const name = topicName(row.id, side, of.round);
  await createTopic(address, {
    name,
    partitions: row.partitions,
    configs: {
      // What a round wrote leaves the disk soon.
      'file.delete.delay.ms': '1000',
      ...(row.isSynced === true && { 'flush.messages': '1' }),
    },
  });
  return {
    home: of.kafka,
    address,
    topic: name,
    records: Math.floor((row.megabytes * 1e6) / row.recordBytes),
    recordBytes: row.recordBytes,
    batchBytes: row.batchBytes,
  };
}

async function measured(
  of: {
    readonly run: BenchRun;
    readonly row: ThroughputRow;
    readonly node: RunningNode;
    readonly load: PerfLoad;
  },
  bytesPerSecond: () => Promise<number>,
): Promise<void> {
  const before = cpuSeconds(of.node.pid);
  const rate = await bytesPerSecond();
  const cpu = cpuSeconds(of.node.pid) - before;
  note(of.run, of.row.id, {
    subject: of.node.node.side,
    values: {
      'MB/s': rate / 1e6,
      'CPU-s/GB': cpu / ((of.load.records * of.load.recordBytes) / 1e9),
    },
  });
}
