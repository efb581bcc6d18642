import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { startBroker, startProcess, temporaryFolder } from '@weirhouse/testing-harness';
import { consume, echo, ensureTopic, produce, type Load, type LoadResult } from './loader.ts';

/** Kernel clock ticks a second: fixed at 100 for /proc on Linux. */
const TICKS_PER_SECOND = 100;
const MIB = 1 << 20;

interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly run: (load: Load) => Promise<LoadResult>;
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
    totalBytes: 512 * MIB,
  },
  {
    what: '128 KiB batches, 12 partitions',
    batchBytes: 131_072,
    partitions: 12,
    totalBytes: 1024 * MIB,
  },
  {
    what: '256 KiB batches, 1 partition',
    batchBytes: 262_144,
    partitions: 1,
    totalBytes: 1024 * MIB,
  },
];

/**
 * Produce and consume throughput of one broker, durable before ack, with a raw load generator on the
 * same machine; a bare loopback echo in the same run is the reference. WEIRHOUSE_BENCH_PEER=host:port,pid
 * adds another broker that serves Produce v3 and Fetch v4, under the same load, alternating.
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
  const peer = peerOf(process.env['WEIRHOUSE_BENCH_PEER']);
  print(
    `Machine: ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}.`,
  );
  print('Loader, broker and reference share the machine; compare ratios and CPU-seconds per GB.\n');
  print(line(['row', 'server', 'MB/s', 'CPU-s/GB', 'RSS MB', 'of echo']));
  try {
    for (const row of ROWS) {
      const echoed = await measure(`echo: ${row.what}`, {
        row,
        reference: undefined,
        target: {
          name: 'echo',
          host: '127.0.0.1',
          port: Number(echoPort),
          pid: server.pid,
          run: echo,
        },
      });
      const own = { host, port: Number(port), pid: broker.pid };
      for (const [what, run] of [
        ['produce', produce],
        ['consume', consume],
      ] as const) {
        await measure(`${what}: ${row.what}`, {
          row,
          reference: echoed,
          target: { name: 'weirhouse', ...own, run },
        });
        if (peer !== undefined)
          await measure(`${what}: ${row.what}`, {
            row,
            reference: echoed,
            target: { name: 'peer', ...peer, run },
          });
      }
    }
  } finally {
    broker.kill('SIGTERM');
    server.kill('SIGTERM');
    await Promise.all([broker.exited(), server.exited()]);
    folder.remove();
  }
}

interface Measurement {
  readonly row: Row;
  readonly target: Target;
  readonly reference: number | undefined;
}

async function measure(what: string, { row, target, reference }: Measurement): Promise<number> {
  const load: Load = {
    host: target.host,
    port: target.port,
    topic: `bench-${row.partitions}-${row.batchBytes}`,
    partitions: row.partitions,
    connections: Math.min(4, row.partitions),
    inFlight: 5,
    batchBytes: row.batchBytes,
    recordBytes: 1024,
    totalBytes: row.totalBytes,
  };
  if (target.name !== 'echo' && what.startsWith('produce')) await ensureTopic(load);
  const before = cpuSeconds(target.pid);
  const { seconds, bytes } = await target.run(load);
  const cpu = cpuSeconds(target.pid) - before;
  const rate = bytes / seconds / 1e6;
  const ratio = reference === undefined ? '' : `${(rate / reference).toFixed(2)}x`;
  print(
    line([
      what,
      target.name,
      rate.toFixed(0),
      (cpu / (bytes / 1e9)).toFixed(2),
      rssMb(target.pid),
      ratio,
    ]),
  );
  return rate;
}

function peerOf(text: string | undefined): { host: string; port: number; pid: number } | undefined {
  const match = /^([^:]+):(\d+),(\d+)$/.exec(text ?? '');
  return match === null
    ? undefined
    : { host: match[1] ?? '', port: Number(match[2]), pid: Number(match[3]) };
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
  const widths = [42, 10, 8, 9, 7, 8];
  return cells
    .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join(' ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
