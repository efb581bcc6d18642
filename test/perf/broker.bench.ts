import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { startBroker, startProcess, temporaryFolder } from '@weirhouse/testing-harness';
import { consume, echo, ensureTopic, produce, type Load } from './loader.ts';

/** Kernel clock ticks a second: fixed at 100 for /proc on Linux. */
const TICKS_PER_SECOND = 100;
const MIB = 1 << 20;

/** Each figure is the median of so many rounds; the servers take turns in a round. */
const ROUNDS = 3;

interface Server {
  readonly name: 'echo' | 'weirhouse' | 'peer';
  readonly host: string;
  readonly port: number;
  readonly pid: number;
}

interface Row {
  readonly what: string;
  readonly batchBytes: number;
  readonly partitions: number;
  readonly totalBytes: number;
}

const ROWS: readonly Row[] = [
  {
    what: '16 KiB batches, 12 partitions',
    batchBytes: 16_384,
    partitions: 12,
    totalBytes: 128 * MIB,
  },
  {
    what: '128 KiB batches, 12 partitions',
    batchBytes: 131_072,
    partitions: 12,
    totalBytes: 384 * MIB,
  },
  {
    what: '256 KiB batches, 1 partition',
    batchBytes: 262_144,
    partitions: 1,
    totalBytes: 384 * MIB,
  },
];

/**
 * Produce and consume throughput of one broker, durable before ack, with a raw load generator on the
 * same machine; a bare loopback echo in the same run is the reference. WEIRHOUSE_BENCH_PEER=host:port,pid
 * adds another broker that serves Produce v3 and Fetch v4, under the same load, taking turns.
 */
export async function benchBroker(): Promise<void> {
  const folder = temporaryFolder('bench');
  const broker = await startBroker({
    dir: `${folder.path}/data`,
    config: { 'num.partitions': 12, 'log.level': 'warn', 'auto.create.topics.enable': true },
  });
  const server = startProcess({ args: ['test/perf/echo-server.ts'] });
  const [, echoPort = ''] = await server.waitForOutput(/ready (\d+)/);
  const [host = '', port = ''] = broker.bootstrap.split(':');
  const servers: Server[] = [
    { name: 'echo', host: '127.0.0.1', port: Number(echoPort), pid: server.pid },
    { name: 'weirhouse', host, port: Number(port), pid: broker.pid },
    ...peerOf(process.env['WEIRHOUSE_BENCH_PEER']),
  ];
  print(
    `Machine: ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}.`,
  );
  print(
    `Medians of ${ROUNDS} rounds. Loader and servers share the machine: compare ratios and CPU.\n`,
  );
  print(line(['row', 'server', 'MB/s', 'CPU-s/GB', 'RSS MB', 'of echo', 'of peer']));
  try {
    for (const row of ROWS) await measureRow(row, servers);
  } finally {
    broker.kill('SIGTERM');
    server.kill('SIGTERM');
    await Promise.all([broker.exited(), server.exited()]);
    folder.remove();
  }
}

interface Sample {
  readonly rate: number;
  readonly cpu: number;
}

async function measureRow(row: Row, servers: readonly Server[]): Promise<void> {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < ROUNDS; round++)
    for (const server of servers)
      for (const what of server.name === 'echo'
        ? (['echo'] as const)
        : (['produce', 'consume'] as const)) {
        const sample = await measure(what, row, server, round);
        const key = `${what} ${server.name}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
  const rate = (key: string): number =>
    median((samples.get(key) ?? []).map((sample) => sample.rate));
  for (const [key, all] of samples) {
    const [what = '', name = ''] = key.split(' ');
    const pid = servers.find((server) => server.name === name)?.pid ?? 0;
    const peer = rate(`${what} peer`);
    print(
      line([
        `${what}: ${row.what}`,
        name,
        rate(key).toFixed(0),
        median(all.map((sample) => sample.cpu)).toFixed(2),
        rssMb(pid),
        name === 'echo' ? '' : `${(rate(key) / rate('echo echo')).toFixed(2)}x`,
        name !== 'weirhouse' || Number.isNaN(peer) ? '' : `${(rate(key) / peer).toFixed(2)}x`,
      ]),
    );
  }
}

const RUN = { echo, produce, consume } as const;

async function measure(
  what: keyof typeof RUN,
  row: Row,
  server: Server,
  round: number,
): Promise<Sample> {
  const load: Load = {
    host: server.host,
    port: server.port,
    topic: `bench-${row.partitions}-${row.batchBytes}-${round}`,
    partitions: row.partitions,
    connections: Math.min(4, row.partitions),
    inFlight: 5,
    batchBytes: row.batchBytes,
    recordBytes: 1024,
    totalBytes: row.totalBytes,
  };
  if (what === 'produce') await ensureTopic(load);
  const before = cpuSeconds(server.pid);
  const { seconds, bytes } = await RUN[what](load);
  return {
    rate: bytes / seconds / 1e6,
    cpu: (cpuSeconds(server.pid) - before) / (bytes / 1e9),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function peerOf(text: string | undefined): Server[] {
  const match = /^([^:]+):(\d+),(\d+)$/.exec(text ?? '');
  return match === null
    ? []
    : [{ name: 'peer', host: match[1] ?? '', port: Number(match[2]), pid: Number(match[3]) }];
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function rssMb(pid: number): string {
  const match = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match?.[1] ?? 0) / 1024).toFixed(0);
}

function line(cells: readonly string[]): string {
  const widths = [42, 10, 8, 9, 7, 8, 8];
  return cells
    .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join(' ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
