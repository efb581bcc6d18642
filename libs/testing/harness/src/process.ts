import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

/** The checkout that the harness belongs to. */
export const checkout = join(import.meta.dirname, '../../../..');

export interface TestProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** All that it printed so far, standard output and error together. */
  output(): string;
  /** Waits for the first match in what it prints. */
  waitForOutput(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>;
  /** Sends a signal to this process only. */
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has ended. */
  exited(deadlineMs?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface TestProcessOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The program; this Node when absent. */
  readonly command?: string;
  readonly cwd?: string;
}

/** What still runs when this process ends, as after a signal, ends with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process of a test; whoever starts it ends it, by its pid. */
export function startProcess(options: TestProcessOptions): TestProcess {
  const child = spawn(options.command ?? process.execPath, options.args, {
    cwd: options.cwd ?? checkout,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  const gather = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout?.on('data', gather);
  child.stderr?.on('data', gather);
  let end: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  child.on('exit', (code, signal) => {
    end = { code, signal };
  });
  child.on('error', (error) => {
    output += String(error);
    end = { code: -1, signal: null };
  });
  return {
    child,
    pid: child.pid ?? -1,
    output: () => output,
    waitForOutput: async (pattern, deadlineMs = 20_000) => {
      try {
        return await waitFor(
          `output ${pattern}`,
          () =>
            pattern.exec(output) ??
            (end === undefined ? undefined : Promise.reject(new Error('ended'))),
          deadlineMs,
        );
      } catch (error) {
        throw new Error(`${String(error)}; it printed:\n${output.slice(-4000)}`, { cause: error });
      }
    },
    kill: (signal) => void child.kill(signal),
    exited: (deadlineMs = 20_000) => waitFor('the process to end', () => end, deadlineMs),
  };
}
