import fs from 'node:fs';
import { z } from 'zod';
import { readJson, writeJson, type BrokerFiles } from './layout.ts';
import { findProcessByArgument, isAlive, type ProcessIdentity } from './process-identity.ts';

/** A process that lived this long was healthy: the count of exits in a row starts again. */
const HEALTHY_AFTER_MS = 60_000;

/**
 * What the provisioner remembers of a broker's process, in `process.json`.
 *
 * | state     | meaning                                      | next                             |
 * |-----------|----------------------------------------------|----------------------------------|
 * | launching | it is about to be started; no pid is known   | running (started)                |
 * | running   | it was started and nobody asked it to end    | stopped (stop), exited (died)    |
 * | stopped   | it was asked to end: its exit is no crash    | launching (start)                |
 * | exited    | it ended without being asked                 | launching (start)                |
 */
const processRecord = z.object({
  state: z.enum(['launching', 'running', 'stopped', 'exited']),
  /** 0 while launching. */
  pid: z.int().nonnegative(),
  startTicks: z.int().nonnegative(),
  startedAtMs: z.number(),
  /** Exits in a row without a healthy time between them. */
  exitCount: z.int().nonnegative(),
  lastExitMs: z.number(),
  /** Null when a signal ended it or nobody saw it end. */
  lastExitCode: z.int().nullable(),
  /** Of what the process was started with; absent = by an older version, and taken as it is. */
  intent: z.string().optional(),
});

export type ProcessRecord = z.infer<typeof processRecord>;

/** What a ready broker says about itself in `run.json`. */
const runRecord = z.object({
  pid: z.int().positive(),
  startedAtMs: z.number(),
  /** Null on a system without /proc. */
  processStartTicks: z
    .int()
    .nonnegative()
    .nullable()
    .transform((ticks) => ticks ?? 0),
  incarnationId: z.string().min(1),
  nodeId: z.int(),
  clusterId: z.string(),
  adminUrl: z.url(),
});

export type RunRecord = z.infer<typeof runRecord>;

/** The record, or undefined when there is none that can be read. */
export function readProcessRecord(files: BrokerFiles): ProcessRecord | undefined {
  return processRecord.safeParse(readJson(files.process)).data;
}

/** What the broker said when it became ready, or undefined. It may be of an earlier process. */
export function readRunRecord(files: BrokerFiles): RunRecord | undefined {
  return runRecord.safeParse(readJson(files.run)).data;
}

/** Remembers that a process is about to be started: a crash now leaves one that must be looked for. */
export function recordLaunch(files: BrokerFiles, intent: string): void {
  const before = readProcessRecord(files);
  writeRecord(files, {
    state: 'launching',
    pid: 0,
    startTicks: 0,
    startedAtMs: 0,
    intent,
    exitCount: before?.exitCount ?? 0,
    lastExitMs: before?.lastExitMs ?? 0,
    lastExitCode: before?.lastExitCode ?? null,
  });
}

/** Remembers a process that was just started; the count of exits goes on. */
export function recordStart(files: BrokerFiles, identity: ProcessIdentity, nowMs: number): void {
  const before = readProcessRecord(files);
  writeRecord(files, {
    state: 'running',
    pid: identity.pid,
    startTicks: identity.startTicks,
    startedAtMs: nowMs,
    ...kept(before),
    exitCount: before?.exitCount ?? 0,
    lastExitMs: before?.lastExitMs ?? 0,
    lastExitCode: before?.lastExitCode ?? null,
  });
}

/** Remembers that the process is to end, so that its exit does not count as a crash. */
export function recordStopRequest(files: BrokerFiles, identity: ProcessIdentity): void {
  const before = readProcessRecord(files);
  writeRecord(files, {
    state: 'stopped',
    pid: identity.pid,
    startTicks: identity.startTicks,
    startedAtMs: before?.startedAtMs ?? 0,
    ...kept(before),
    exitCount: 0,
    lastExitMs: before?.lastExitMs ?? 0,
    lastExitCode: before?.lastExitCode ?? null,
  });
}

/**
 * Counts the end of the process on record once, when it was not asked for. Returns the record as
 * it is afterwards.
 */
export function recordExit(
  files: BrokerFiles,
  exit: { readonly pid: number; readonly code: number | null; readonly nowMs: number },
): ProcessRecord | undefined {
  const before = readProcessRecord(files);
  if (before?.state !== 'running' || before.pid !== exit.pid) return before;
  const wasHealthy = exit.nowMs - before.startedAtMs >= HEALTHY_AFTER_MS;
  const after: ProcessRecord = {
    ...before,
    state: 'exited',
    exitCount: wasHealthy ? 1 : before.exitCount + 1,
    lastExitMs: exit.nowMs,
    lastExitCode: exit.code,
  };
  writeRecord(files, after);
  return after;
}

/**
 * The live process of a broker: the one that the provisioner started, the one that says so itself in
 * `run.json`, or, when the control plane died during a start, the one that runs with its config.
 */
export function findLiveProcess(files: BrokerFiles): ProcessIdentity | undefined {
  const started = readProcessRecord(files);
  if (started && isAlive(started)) return { pid: started.pid, startTicks: started.startTicks };
  const run = readRunRecord(files);
  const ready = run && { pid: run.pid, startTicks: run.processStartTicks };
  if (ready && isAlive(ready)) return ready;
  const mayBeUnknown = started === undefined || started.state === 'launching';
  return mayBeUnknown && fs.existsSync(files.config)
    ? findProcessByArgument(files.config)
    : undefined;
}

function kept(before: ProcessRecord | undefined): { readonly intent?: string } {
  return before?.intent === undefined ? {} : { intent: before.intent };
}

function writeRecord(files: BrokerFiles, record: ProcessRecord): void {
  writeJson(files.process, record);
}
