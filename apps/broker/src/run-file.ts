import { readFileSync, rmSync } from 'node:fs';
import { writeFileDurably } from './durable-file.ts';

export interface RunState {
  readonly incarnationId: string;
  readonly nodeId: number;
  readonly clusterId: string;
  /** `host:port` by listener name. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly adminUrl: string;
}

/**
 * Writes who serves this data folder, for whoever wants to adopt the process: with the pid goes the start
 * time in kernel ticks (field 22 of /proc/<pid>/stat), because pids are used again.
 */
export function writeRunFile(path: string, state: RunState): void {
  const run = {
    pid: process.pid,
    startedAtMs: Date.now(),
    processStartTicks: processStartTicks(),
    ...state,
  };
  writeFileDurably(path, `${JSON.stringify(run, undefined, 2)}\n`);
}

/** Removes the run file at a clean end. */
export function removeRunFile(path: string): void {
  rmSync(path, { force: true });
}

function processStartTicks(): number | null {
  if (process.platform !== 'linux') return null;
  const afterName = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1) ?? '';
  return Number(afterName.split(' ')[19]);
}
