import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout, temporaryFolder } from '@weirhouse/testing-harness';
import { callRows, type SeededServer } from './control-plane/calls.ts';
import { sendClosedLoop, sendOpenLoop } from './control-plane/http-load.ts';
import {
  startServerProcess,
  type DatabaseKind,
  type Task,
} from './control-plane/server-process.ts';
import { residentMib } from './process-figures.ts';
import { circumstances, machineLine, plainTable, writeInto } from './report.ts';

/** Requests a second of the open loop: what the latency targets are about. */
const RATE = 200;
/** The 99th percentile wanted at that rate on the embedded database, in milliseconds. */
const P99_AIM_MS = 50;
const SIZES = {
  full: { clusters: 10_000, keys: 100_000, openSeconds: 20, closedSeconds: 5 },
  quick: { clusters: 1_000, keys: 10_000, openSeconds: 4, closedSeconds: 2 },
} as const;
/** Requests before anything is measured, so that code is compiled and caches are warm, in seconds of full speed. */
const WARM_UP_SECONDS = 1;

/** How to call the bench of the control plane. */
export const CONTROL_PLANE_USAGE = `       npm run bench -- control-plane [--quick] [--write] [--database pglite|postgres] [--row NAME]
                                    API latency and throughput, and the reconciler's
`;

type Size = (typeof SIZES)[keyof typeof SIZES];
type Table = (readonly string[])[];

/** The bench of the control plane. Returns an exit code. */
export async function benchControlPlane(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      database: { type: 'string' },
      row: { type: 'string', default: '' },
    },
  });
  const size = values.quick ? SIZES.quick : SIZES.full;
  const databases = (['pglite', 'postgres'] as const).filter(
    (kind) => values.database === undefined || values.database === kind,
  );
  if (databases.length === 0) {
    process.stderr.write(CONTROL_PLANE_USAGE);
    return 2;
  }
  const around = circumstances(undefined, { rounds: 1, isQuick: values.quick });
  const title = `${machineLine(around)} ${size.clusters} clusters, ${size.keys} API keys; the loader on the same cores.`;
  const table: Table = [
    [
      'row',
      'database',
      `p50 ms at ${RATE}/s`,
      'p99 ms',
      'p99.9 ms',
      'full speed /s',
      `p99 <= ${P99_AIM_MS}`,
    ],
  ];
  for (const database of databases) {
    if (values.row !== 'reconcile') await benchApi({ database, size, row: values.row }, table);
    if ('reconcile'.includes(values.row)) await benchReconcile(database, size, table);
  }
  print(`\n${title}\n\n${plainTable(table)}\n`);
  if (values.write)
    writeInto(join(checkout, 'docs/performance.md'), { mark: 'control-plane', title, table });
  return 0;
}

async function benchApi(
  { database, size, row }: { database: DatabaseKind; size: Size; row: string },
  table: Table,
): Promise<void> {
  await using folder = temporary();
  const server = await startServerProcess<SeededServer>(taskOf('api', database, size, folder.path));
  try {
    const { url } = server.line;
    const medians = new Map<string, number>();
    for (const { id, next } of await callRows(server.line)) {
      if (!id.includes(row)) continue;
      await sendClosedLoop(url, { seconds: WARM_UP_SECONDS, next });
      const seconds = size.openSeconds;
      const latency = await sendOpenLoop(url, { perSecond: RATE, seconds, next });
      const perSecond = await sendClosedLoop(url, { seconds: size.closedSeconds, next });
      medians.set(id, latency.p50);
      const verdict = latency.p99 <= P99_AIM_MS ? 'met' : 'missed';
      const { p50, p99, p999 } = latency;
      add(table, [
        id,
        database,
        ...[p50, p99, p999].map((value) => value.toFixed(1)),
        perSecond.toFixed(0),
        verdict,
      ]);
    }
    for (const what of ['clusters', 'keys']) {
      const first = medians.get(`list ${what}, first page`);
      const last = medians.get(`list ${what}, last page`);
      if (first === undefined || last === undefined) continue;
      add(table, [
        `last page of ${what} / first`,
        database,
        `${(last / first).toFixed(2)}x`,
        '',
        '',
        '',
        '',
      ]);
    }
    const memory = `${residentMib(server.pid).toFixed(0)} MiB resident`;
    add(table, ['API process', database, memory, '', '', '', '']);
  } finally {
    await server.stop();
  }
}

async function benchReconcile(database: DatabaseKind, size: Size, table: Table): Promise<void> {
  await using folder = temporary();
  const server = await startServerProcess<{
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly residentMib: number;
    readonly queries: number;
  }>(taskOf('reconcile', database, size, folder.path));
  await server.stop();
  const { line } = server;
  const { clusters } = size;
  add(table, [
    `reconcile ${clusters} new clusters to Stable`,
    database,
    `${line.seconds.toFixed(1)} s, ${line.cpuSeconds.toFixed(1)} CPU-s`,
    `${(line.queries / clusters).toFixed(1)} statements each`,
    `${line.residentMib.toFixed(0)} MiB`,
    `${(clusters / line.seconds).toFixed(0)} clusters`,
    '',
  ]);
}

function taskOf(kind: Task['kind'], database: DatabaseKind, size: Size, folder: string): Task {
  return { kind, database, folder, clusters: size.clusters, keys: kind === 'api' ? size.keys : 0 };
}

function temporary(): AsyncDisposable & { readonly path: string } {
  const folder = temporaryFolder('bench-cp');
  return {
    path: folder.path,
    [Symbol.asyncDispose]: (): Promise<void> => Promise.resolve(folder.remove()),
  };
}

function add(table: Table, cells: readonly string[]): void {
  table.push(cells);
  print(cells.filter((cell) => cell !== '').join('  '));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
