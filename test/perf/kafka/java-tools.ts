import { startProcess } from '@weirhouse/testing-harness';
import type { Address } from '../load/wire.ts';
import type { KafkaHome } from './kafka-home.ts';

/** The collector settings of Kafka's start scripts. */
const COLLECTOR = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
];

const TOOL_MS_MAX = 180_000;
/** The part of a producer's records that come before the counted ones. */
const WARM_UP_PART = 4;
/** How long the consumer waits for records before it gives up. */
const CONSUMER_WAIT_MS_MAX = 20_000;
/** Heap that Kafka's scripts give the performance tools. */
const TOOL_HEAP = '512M';

export interface Java {
  readonly home: KafkaHome;
  readonly heap: string;
  /** A log4j2 configuration. */
  readonly logging?: string;
  /** A server takes its whole heap at the start, as Kafka's script has it. */
  readonly isServer?: boolean;
}

/** The arguments of `java` that run a class of Kafka as Kafka's own scripts do. */
export function javaArgs(java: Java, name: string, args: readonly string[]): readonly string[] {
  return [
    `-Xmx${java.heap}`,
    ...(java.isServer === true ? [`-Xms${java.heap}`] : []),
    ...COLLECTOR,
    ...(java.logging === undefined ? [] : [`-Dlog4j2.configurationFile=${java.logging}`]),
    '-cp',
    java.home.classPath,
    name,
    ...args,
  ];
}

export interface PerfLoad {
  readonly home: KafkaHome;
  readonly address: Address;
  readonly topic: string;
  readonly records: number;
  readonly recordBytes: number;
  readonly batchBytes: number;
}

/** Kafka's ProducerPerformance as fast as it can, acks=all; record bytes per second once it is warm. */
export async function perfProduce(load: PerfLoad): Promise<number> {
  const output = await runTool(load.home, 'org.apache.kafka.tools.ProducerPerformance', [
    ...flags({
      'bootstrap-server': bootstrap(load),
      topic: load.topic,
      'num-records': load.records,
      'warmup-records': Math.floor(load.records / WARM_UP_PART),
      'record-size': load.recordBytes,
      throughput: -1,
    }),
    '--command-property',
    'acks=all',
    `batch.size=${load.batchBytes}`,
    'linger.ms=5',
  ]);
  const rates = [...output.matchAll(/records sent, ([\d.]+) records\/sec/g)];
  return Number(rates.at(-1)?.[1] ?? Number.NaN) * load.recordBytes;
}

/** Kafka's ConsumerPerformance from the start of the topic; record bytes per second, joining the group left out. */
export async function perfConsume(load: PerfLoad, group: string): Promise<number> {
  const args = flags({
    'bootstrap-server': bootstrap(load),
    topic: load.topic,
    group,
    'num-records': load.records,
    timeout: CONSUMER_WAIT_MS_MAX,
  });
  const output = await runTool(load.home, 'org.apache.kafka.tools.ConsumerPerformance', args);
  const lines = output.split('\n').map((line) => line.split(',').map((cell) => cell.trim()));
  const header = lines.findIndex((cells) => cells.includes('fetch.time.ms'));
  const cell = (name: string): number =>
    Number(lines[header + 1]?.[lines[header]?.indexOf(name) ?? -1] ?? Number.NaN);
  const records = cell('data.consumed.in.nMsg');
  if (!(records >= load.records))
    throw new Error(`the consumer saw ${records} records:\n${output}`);
  return (records * load.recordBytes * 1000) / cell('fetch.time.ms');
}

async function runTool(home: KafkaHome, name: string, args: readonly string[]): Promise<string> {
  const tool = startProcess({
    command: 'java',
    args: javaArgs({ home, heap: TOOL_HEAP }, name, args),
  });
  const { code } = await tool.exited(TOOL_MS_MAX).catch((error: unknown) => {
    tool.kill('SIGKILL');
    throw error;
  });
  const failed = code !== 0 || /Exception/.test(tool.output());
  if (failed) throw new Error(`${name} failed (${code}):\n${tool.output().slice(-2000)}`);
  return tool.output();
}

function flags(values: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function bootstrap({ address }: PerfLoad): string {
  return `${address.host}:${address.port}`;
}
