import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker, temporaryFolder, waitFor } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';
import { readNumbers, startAcknowledgedLoad } from './acknowledged-load.ts';
import { checkTransactions, startTransactionalLoad } from './transactional-load.ts';

/** From a broker's first acknowledged record to its kill at most: within a few WAL files' life. */
const LIFE_MS_MAX = 400;

/** Producers back off while a broker starts; on a busy machine that takes its time. */
const ACKNOWLEDGED_MS_MAX = 120_000;

export interface CrashRunOptions {
  readonly kills: number;
  /** The broker's `durability`: a kill must lose nothing in either. */
  readonly durability: 'durable' | 'page-cache';
  /** Called after each kill. */
  readonly onKill?: (kill: number) => void;
}

/** What became of the records of a crash run; everything but the first two should be zero or empty. */
export interface CrashReport {
  readonly acknowledged: number;
  readonly transactions: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly transactionProblems: readonly string[];
  /** From the start of a killed broker's successor to its ready line. */
  readonly slowestStartMs: number;
}

/** Kills a broker with SIGKILL at random moments under an idempotent and a transactional load. */
export async function crashUnderLoad(options: CrashRunOptions): Promise<CrashReport> {
  const folder = temporaryFolder('crash');
  const dir = join(folder.path, 'data');
  const config = {
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'wal.segment.bytes': 4 << 20,
    'wal.segments': 2,
    'log.level': 'warn',
    durability: options.durability,
  };
  const isBuilt = true;
  let broker = await startBroker({ dir, config, isBuilt });
  try {
    const { bootstrap } = broker;
    await createTopics(bootstrap);
    const target = { bootstrap, topic: 'ledger' };
    const transactional = { bootstrap, topic: 'transactions', transactionalId: 'load' };
    const load = await startAcknowledgedLoad(target);
    const transactions = await startTransactionalLoad(transactional);
    let slowestStartMs = 0;
    for (let kill = 1; kill <= options.kills; kill += 1) {
      const before = load.acknowledged.length;
      await waitFor(
        'an acknowledged record',
        () => load.acknowledged.length > before || load.failure !== undefined,
        ACKNOWLEDGED_MS_MAX,
      );
      if (load.failure !== undefined) throw new Error('the load ended', { cause: load.failure });
      await sleep(randomInt(LIFE_MS_MAX));
      broker.kill('SIGKILL');
      await broker.exited();
      const startedMs = performance.now();
      broker = await startBroker({ dir, listen: bootstrap, config, isBuilt });
      slowestStartMs = Math.max(slowestStartMs, performance.now() - startedMs);
      options.onKill?.(kill);
    }
    await load.stop();
    await transactions.stop();
    const sent = load.acknowledged;
    const stored = await readNumbers(target, sent.at(-1) ?? -1);
    const there = new Set(stored);
    return {
      acknowledged: sent.length,
      transactions: transactions.outcomes.length,
      lost: sent.filter((number) => !there.has(number)).length,
      duplicated: stored.length - there.size,
      outOfOrder: stored.filter((number, at) => number < (stored[at - 1] ?? -1)).length,
      transactionProblems: await checkTransactions(transactional, transactions.outcomes),
      slowestStartMs,
    };
  } finally {
    broker.kill('SIGKILL');
    await broker.exited();
    folder.remove();
  }
}

async function createTopics(bootstrap: string): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({
    topics: [
      { topic: 'ledger', numPartitions: 1 },
      { topic: 'transactions', numPartitions: 2 },
    ],
  });
  await admin.disconnect();
}
