import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProcess } from '@weirhouse/testing-harness';
import {
  batchOf,
  call,
  leadersOf,
  produceRequest,
  readProduced,
  type Address,
} from '../load/wire.ts';

export type Side = 'weirhouse' | 'kafka';

/** A broker of one side with a data folder and ports of its own; it may be started again after it ended. */
export interface BenchNode {
  readonly side: Side;
  readonly address: Address;
  /** Starts the process, without waiting until it serves. */
  start(): TestProcess;
}

export interface RunningNode {
  readonly node: BenchNode;
  readonly pid: number;
  /** From the start of the process to the first acknowledged record. */
  readonly startSeconds: number;
  /** Ends the process and waits for its end. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** The topic of the first record; both sides make it by themselves when asked. */
const PROBE_TOPIC = 'bench-probe';
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 60_000;
/** Pause between two tries, so that trying takes little of the CPU that the start needs. */
const TRY_EVERY_MS = 5;

/** Starts the node and waits until it has acknowledged a record (acks=all). */
export async function startNode(node: BenchNode): Promise<RunningNode> {
  const started = performance.now();
  const child = node.start();
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await child.exited(STOP_MS_MAX).catch(async () => {
      child.kill('SIGKILL');
      await child.exited();
    });
  };
  while (!(await acknowledges(node.address))) {
    const isOver = child.child.exitCode !== null || child.child.signalCode !== null;
    if (isOver || performance.now() - started > START_MS_MAX) {
      await stop('SIGKILL');
      throw new Error(`${node.side} does not serve; it printed:\n${child.output().slice(-2000)}`);
    }
    await sleep(TRY_EVERY_MS);
  }
  return { node, pid: child.pid, startSeconds: (performance.now() - started) / 1000, stop };
}

async function acknowledges(address: Address): Promise<boolean> {
  try {
    if ((await leadersOf(address, PROBE_TOPIC)) === 0) return false;
    readProduced(await call(address, produceRequest(PROBE_TOPIC, 0, batchOf(1, 100))));
    return true;
  } catch {
    return false;
  }
}
