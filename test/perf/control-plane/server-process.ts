import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkout } from '@weirhouse/testing-harness';

/** The built program: its decorators keep the sources from being run as they are. */
const PROGRAM = join(checkout, 'apps/control-plane/dist/testing/bench-process.js');

/** Which databases are measured. */
export type DatabaseKind = 'pglite' | 'postgres';

/** What a server process is to do. */
export interface Task {
  readonly kind: 'api' | 'reconcile';
  readonly database: DatabaseKind;
  readonly folder: string;
  readonly clusters: number;
  readonly keys: number;
}

/** A process that said its line. */
export interface ServerProcess<Line> {
  readonly line: Line;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts the control plane's side and waits for its line: the seeded server, or what a run took. */
export async function startServerProcess<Line>(task: Task): Promise<ServerProcess<Line>> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const stop = (): Promise<void> => ended(child);
  const exit = (): void => void child.kill('SIGKILL');
  process.once('exit', exit);
  child.once('exit', () => process.off('exit', exit));
  for await (const line of createInterface({ input: child.stdout }))
    return { line: JSON.parse(line) as Line, pid: child.pid ?? 0, stop };
  throw new Error('the control plane ended before it was ready');
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => void child.once('exit', resolve));
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await exited;
}
