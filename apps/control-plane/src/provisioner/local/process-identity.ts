import fs from 'node:fs';

/**
 * A process, told apart from a later one that got the same pid by its start time in clock ticks
 * since boot (field 22 of /proc/<pid>/stat). On a system without /proc the ticks are 0 and only the
 * pid counts; the readiness check then has to tell them apart.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** The identity of a live process, or undefined when there is none (a zombie is none). */
export function findProcess(pid: number): ProcessIdentity | undefined {
  if (!fs.existsSync('/proc/self/stat')) return findProcessBySignal(pid);
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

/** True when exactly this process is still alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.startTicks === identity.startTicks;
}

/**
 * The live process that has `argument` on its command line. Reads the whole process table, so it is
 * for the rare case that no record tells the pid. Undefined on a system without /proc.
 */
export function findProcessByArgument(argument: string): ProcessIdentity | undefined {
  if (!fs.existsSync('/proc/self/stat')) return undefined;
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !commandLine(name).includes(argument)) continue;
    const identity = findProcess(Number(name));
    if (identity) return identity;
  }
  return undefined;
}

function commandLine(pid: string): readonly string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Sends a signal; false when the process is already gone. */
export function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function findProcessBySignal(pid: number): ProcessIdentity | undefined {
  try {
    process.kill(pid, 0);
    return { pid, startTicks: 0 };
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EPERM';
    return exists ? { pid, startTicks: 0 } : undefined;
  }
}
