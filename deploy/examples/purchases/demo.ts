// Runs the example on the running cloud: producer, processor and consumer as processes of their own, the
// processor killed once half-way. Ends when every purchase is counted, with the table that is in the topic.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { connection, TOTALS } from './connection.ts';
import { readToEnd } from './log-reader.ts';
import { readPurchases, totalsTable, type Total } from './purchase.ts';
import { ensureTopics } from './topics.ts';

/** The whole demo takes some seconds; a stuck one says so instead of hanging. */
const DEADLINE_MS = 90_000;

const children = new Set<ChildProcess>();

function start(program: string): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${program}.ts`)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => {
        child.once('exit', resolve);
      });

async function readTotals(): Promise<Map<string, Total>> {
  const totals = new Map<string, Total>();
  await readToEnd(TOTALS, 'all', (message) => {
    const total = JSON.parse(message.value) as Total;
    totals.set(total.customer, total);
  });
  return totals;
}

/** Reads the totals again and again until `enough` purchases are in them. */
async function untilCounted(enough: number, deadline: number): Promise<Map<string, Total>> {
  for (;;) {
    const totals = await readTotals();
    const counted = [...totals.values()].reduce((sum, total) => sum + total.purchases, 0);
    if (counted >= enough) return totals;
    if (performance.now() > deadline)
      throw new Error(
        `only ${counted} of ${enough} purchases were counted in ${DEADLINE_MS / 1000} s`,
      );
  }
}

const deadline = performance.now() + DEADLINE_MS;
const all = readPurchases().length;
process.stdout.write(`Cluster ${connection('demo').bootstrapBrokers[0]}, ${all} purchases.\n`);
try {
  await ensureTopics();
  start('consumer');
  const processor = start('processor');
  const producer = start('producer');
  await untilCounted(Math.floor(all / 4), deadline);
  processor.kill('SIGKILL');
  await ended(processor);
  process.stdout.write('demo: killed the processor; starting it again\n');
  start('processor');
  const code = await ended(producer);
  if (code !== 0) throw new Error(`the producer ended with ${code}`);
  const totals = await untilCounted(all, deadline);
  process.stdout.write(`\n${totalsTable(totals.values())}\n`);
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  const left = [...children];
  for (const child of left) child.kill('SIGTERM');
  await Promise.all(left.map(ended));
}
