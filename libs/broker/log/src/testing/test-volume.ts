import { type BatchInput, buildBatch } from '@weirhouse/kafka-protocol';
import { type AppError, assert } from '@weirhouse/shared-kernel';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../log-config.ts';
import { LogStore } from '../log-store.ts';
import type { LogStoreOptions } from '../log-store-options.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { ReadOutcome } from '../read-log.ts';
import { MemoryDisk } from './memory-disk.ts';

/** The wall clock of tests, in ms. */
export const NOW_MS = 1_750_000_000_000;
/** The topic id that tests use. */
export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const CHUNK_BYTES = 16_384;

/** One batch with a record per value, as a producer sends it. */
export function aBatch(values: readonly string[], more: Partial<BatchInput> = {}): Buffer {
  const records = values.map((value) => ({
    key: Buffer.from('key'),
    value: Buffer.from(value),
    timestamp: NOW_MS,
  }));
  return buildBatch({ records, ...more });
}

/** A store over a MemoryDisk, small enough that rolling, recycling and pressure happen in tests. */
export class TestVolume {
  readonly disk: MemoryDisk;
  store: LogStore;
  readonly #options: Partial<LogStoreOptions>;

  constructor(disk = new MemoryDisk(), options: Partial<LogStoreOptions> = {}) {
    this.disk = disk;
    this.#options = options;
    this.store = this.#open();
  }

  /** Opens the volume anew, as after a crash of the old process. */
  reopen(): void {
    this.store = this.#open();
  }

  /** Closes in order and opens again. */
  restart(): void {
    let result: AppError | 'open' | undefined = 'open';
    this.store.close((error) => {
      result = error;
    });
    this.disk.completeAll();
    assert(result === undefined, 'the store closes without an error');
    this.reopen();
  }

  log(config: Partial<LogConfig> = {}, index = 0, topicName = 'events'): PartitionLog {
    const ref = { topicId: TOPIC_ID, topicName, index };
    return this.store.partition(ref, { ...LOG_CONFIG_DEFAULTS, retentionMs: -1, ...config });
  }

  /** Brings everything appended to the WAL. */
  flush(): void {
    this.store.flush();
    this.disk.completeAll();
  }

  #open(): LogStore {
    const result: { error?: AppError | undefined; store?: LogStore | undefined } = {};
    LogStore.open(
      {
        disk: this.disk,
        memory: Buffer.alloc(8 * CHUNK_BYTES),
        chunkBytes: CHUNK_BYTES,
        walSegmentBytes: 65_536,
        walSegmentCount: 3,
        ...this.#options,
      },
      (error, store) => Object.assign(result, { error, store }),
    );
    this.disk.completeUntil(() => 'store' in result);
    if (result.error !== undefined) throw result.error;
    assert(result.store !== undefined, 'the store opens');
    return result.store;
  }
}

/** Appends as a client does and gives the base offset; throws what the log answers otherwise. */
export function appendClient(log: PartitionLog, batch: Buffer, leaderEpoch = 0): number {
  const outcome = log.append(batch, { leaderEpoch, nowMs: NOW_MS, origin: 'client' });
  if (!outcome.ok) throw new Error(`${outcome.errorCode}: ${outcome.message}`);
  return outcome.baseOffset;
}

/** What a read gives; undefined while it waits for the disk. */
export function readOutcome(
  log: PartitionLog,
  offset: number,
  maxBytes = 1_048_576,
): ReadOutcome | undefined {
  let found: ReadOutcome | undefined;
  log.read({ offset, maxBytes, endOffset: log.endOffset, atLeastOneBatch: true }, (outcome) => {
    found = outcome;
  });
  return found;
}

/** The bytes of a read that is served at once, copied and released. */
export function readBytes(log: PartitionLog, offset: number, maxBytes?: number): Buffer {
  const outcome = readOutcome(log, offset, maxBytes);
  assert(outcome !== undefined && outcome.ok, `a read of ${offset} is served at once`);
  const bytes = Buffer.concat(outcome.slices);
  outcome.release();
  return bytes;
}

/** The base offsets of all batches in bytes. */
export function baseOffsetsOf(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at + 8) + 12)
    offsets.push(Number(bytes.readBigInt64BE(at)));
  return offsets;
}
