import { buildBatch, KafkaError } from '@weirhouse/kafka-protocol';
import { type AppError, type Random, uuidFromBytes } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from './log-config.ts';
import type { PartitionRef } from './log-state.ts';
import { LogStore } from './log-store.ts';
import type { PartitionLog } from './partition-log.ts';
import { MemoryDisk, seededRandom } from './testing/memory-disk.ts';

const SEEDS = 300;
const STEPS = 120;
const PARTITIONS = 4;
const NOW_MS = 1_750_000_000_000;
const CHUNK_BYTES = 16_384;

const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  segmentBytes: 12_000,
  indexIntervalBytes: 600,
  retentionMs: -1,
  fileDeleteDelayMs: 0,
};

/** One batch that the log took, as the model remembers it. */
interface Written {
  readonly baseOffset: number;
  readonly endOffset: number;
  /** The bytes from the CRC on, which nothing but compaction may change. */
  readonly body: Buffer;
  readonly producerId: number;
  readonly baseSequence: number;
  readonly bytes: Buffer;
  readonly epoch: number;
}

interface State {
  readonly batches: readonly Written[];
  /** Where the log ended when this state came from a truncation. */
  readonly cutAt: number | undefined;
}

/** What a partition may hold: every state it had since the last one that was reported durable. */
class PartitionModel {
  states: State[] = [{ batches: [], cutAt: undefined }];
  epoch = 0;
  readonly producerId: number;

  constructor(producerId: number) {
    this.producerId = producerId;
  }

  get batches(): readonly Written[] {
    return (this.states.at(-1) as State).batches;
  }

  get endOffset(): number {
    return endOf(this.states.at(-1) as State);
  }

  get nextSequence(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.baseSequence + last.endOffset - last.baseOffset;
  }

  append(batch: Written): void {
    this.states.push({ batches: [...this.batches, batch], cutAt: undefined });
  }

  truncateTo(endOffset: number): void {
    const batches = this.batches.filter((batch) => batch.endOffset <= endOffset);
    this.states.push({ batches, cutAt: endOffset });
    this.epoch += 1;
  }

  /**
   * Records up to `endOffset` are durable: of the states that end there the oldest, which a crash may
   * leave, is the first one after the last truncation below.
   */
  onDurable(endOffset: number): void {
    const cut = this.states.findLastIndex((state) => (state.cutAt ?? endOffset) < endOffset);
    const from = Math.max(0, cut);
    const place = this.states.findIndex((state, at) => at >= from && endOf(state) === endOffset);
    if (place > 0) this.states.splice(0, place);
  }

  /** After a start: the log must be one of the states; it is the only one from then on. */
  adopt(found: readonly Found[], end: number): void {
    const state = this.states.find(
      (candidate) =>
        endOf(candidate) === end && found.every((batch) => isAmong(candidate.batches, batch)),
    );
    if (state === undefined) throw new Error(`the log was never as it is now, ending at ${end}`);
    this.states = [{ ...state, cutAt: undefined }];
    this.epoch += 1;
  }
}

function endOf(state: State): number {
  return state.batches.at(-1)?.endOffset ?? 0;
}

function isAmong(batches: readonly Written[], found: Found): boolean {
  const batch = batches.find((entry) => entry.baseOffset === found.baseOffset);
  return batch !== undefined && batch.body.equals(found.body);
}

class World {
  readonly random: Random;
  readonly disk = new MemoryDisk();
  readonly models: PartitionModel[] = [];
  readonly topics: number[] = Array.from({ length: PARTITIONS }, () => 1);
  store!: LogStore;
  logs: PartitionLog[] = [];
  crashes = 0;
  now = NOW_MS;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    for (let index = 0; index < PARTITIONS; index += 1)
      this.models.push(new PartitionModel(1000 + index));
    this.open();
  }

  open(): void {
    const opened: { error?: AppError | undefined; store?: LogStore | undefined } = {};
    LogStore.open(
      {
        disk: this.disk,
        memory: Buffer.alloc(8 * CHUNK_BYTES),
        chunkBytes: CHUNK_BYTES,
        walSegmentBytes: 49_152,
        walSegmentCount: 3,
        openFilesMax: 6,
      },
      (error, store) => Object.assign(opened, { error, store }),
    );
    this.disk.completeUntil(() => 'store' in opened, this.random);
    if (opened.error !== undefined) throw opened.error;
    this.store = opened.store as LogStore;
    this.store.onFailure = (error) => {
      throw error;
    };
    this.logs = this.models.map((_, index) => this.store.partition(this.refOf(index), CONFIG));
    this.store.onDurable = (logs) => {
      for (const log of logs) {
        const model = this.models[log.index] as PartitionModel;
        check(log === this.logs[log.index], 'a deleted partition is not reported');
        model.onDurable(log.durableEndOffset);
        log.highWatermark = log.durableEndOffset;
      }
    };
  }

  step(): void {
    const choice = this.random.below(100);
    if (choice < 45) this.append();
    else if (choice < 55) this.store.flush();
    else if (choice < 80) this.disk.completeOne(this.random);
    else if (choice < 88) this.read();
    else if (choice < 90) this.retryOld();
    else if (choice < 92) this.truncate();
    else if (choice < 94) this.retain();
    else if (choice < 95) this.recreate();
    else if (choice < 97) this.crash();
    else if (choice < 98) this.restart();
    else for (let left = 8; left > 0; left -= 1) this.disk.completeOne(this.random);
  }

  append(): void {
    const index = this.random.below(PARTITIONS);
    const model = this.models[index] as PartitionModel;
    const log = this.logs[index] as PartitionLog;
    const count = 1 + this.random.below(3);
    const size = this.random.below(20) === 0 ? 20_000 : 20 + this.random.below(900);
    const records = Array.from({ length: count }, (_, at) => ({
      key: Buffer.from(`k${at}`),
      value: Buffer.alloc(Math.ceil(size / count), this.random.bytes(16)),
      timestamp: this.now,
    }));
    const bytes = buildBatch({
      records,
      producerId: model.producerId,
      producerEpoch: 0,
      baseSequence: model.nextSequence,
    });
    const outcome = log.append(bytes, {
      leaderEpoch: model.epoch,
      nowMs: this.now,
      origin: size > 12_000 ? 'coordinator' : 'client',
    });
    if (!outcome.ok) {
      check(outcome.errorCode === KafkaError.REQUEST_TIMED_OUT, outcome.message);
      return;
    }
    check(!outcome.duplicate, 'a new batch is no duplicate');
    check(outcome.baseOffset === model.endOffset, 'offsets go on');
    model.append({
      baseOffset: outcome.baseOffset,
      endOffset: outcome.lastOffset + 1,
      body: bytes.subarray(17),
      producerId: model.producerId,
      baseSequence: model.nextSequence,
      bytes,
      epoch: model.epoch,
    });
  }

  /** A retry of one of the last batches is answered with its first offset and not appended. */
  retryOld(): void {
    const index = this.random.below(PARTITIONS);
    const model = this.models[index] as PartitionModel;
    const log = this.logs[index] as PartitionLog;
    const recent = model.batches.slice(-5);
    const batch = recent[this.random.below(Math.max(1, recent.length))];
    if (batch === undefined || batch.bytes.length > 12_000) return;
    if (batch.baseOffset < log.startOffset) return;
    const options = { leaderEpoch: model.epoch, nowMs: this.now, origin: 'client' } as const;
    const outcome = log.append(batch.bytes, options);
    check(outcome.ok && outcome.duplicate, 'a retry is recognized');
    check(outcome.baseOffset === batch.baseOffset, 'a retry gets its first offset');
    check(log.endOffset === model.endOffset, 'the end is where the model has it');
  }

  truncate(): void {
    const index = this.random.below(PARTITIONS);
    const model = this.models[index] as PartitionModel;
    const log = this.logs[index] as PartitionLog;
    const keep = model.batches[model.batches.length - 1 - this.random.below(4)];
    if (keep === undefined || keep.endOffset < log.startOffset) return;
    if (!log.truncateTo(keep.endOffset)) return;
    model.truncateTo(keep.endOffset);
    check(log.endOffset === model.endOffset, 'the end is where the model has it');
  }

  /** Deletes a topic's partition; one of a new topic id takes its name. */
  recreate(): void {
    const index = this.random.below(PARTITIONS);
    this.store.deletePartition(this.refOf(index).topicId, index, (error) => {
      if (error !== undefined) throw error;
    });
    this.topics[index] = (this.topics[index] as number) + 1;
    this.models[index] = new PartitionModel(1000 + index);
    this.logs[index] = this.store.partition(this.refOf(index), CONFIG);
    check(this.logs[index].endOffset === 0, 'a new partition is empty');
  }

  refOf(index: number): PartitionRef {
    const topicId = uuidFromBytes(Buffer.alloc(16, this.topics[index]));
    return { topicId, topicName: 'events', index };
  }

  retain(): void {
    for (const log of this.logs) {
      log.config = { ...CONFIG, retentionBytes: 20_000 + this.random.below(40_000) };
      if (this.random.below(4) === 0)
        log.deleteRecordsBefore(log.startOffset + this.random.below(20));
    }
    this.store.applyRetention(this.now, () => undefined);
  }

  crash(): void {
    this.crashes += 1;
    if (this.random.below(2) === 0) this.disk.kill(this.random);
    else this.disk.cutPower(this.random);
    this.open();
    this.adopt();
  }

  restart(): void {
    let isClosed = false;
    this.store.close((error) => {
      if (error !== undefined) throw error;
      isClosed = true;
    });
    this.disk.completeAll();
    check(isClosed, 'the store closes');
    for (const model of this.models) model.states.splice(0, model.states.length - 1);
    this.open();
    check(this.store.recovery.isClean, 'nothing is replayed after a close');
    this.adopt();
  }

  adopt(): void {
    for (const [index, log] of this.logs.entries()) {
      const model = this.models[index] as PartitionModel;
      model.adopt(this.readAll(log), log.endOffset);
      for (const batch of model.batches) {
        if (batch.baseOffset < log.startOffset) continue;
        check(log.epochAt(batch.baseOffset) === batch.epoch, `the epoch at ${batch.baseOffset}`);
      }
    }
  }

  read(): void {
    const index = this.random.below(PARTITIONS);
    const log = this.logs[index] as PartitionLog;
    const model = this.models[index] as PartitionModel;
    const span = log.endOffset - log.startOffset;
    if (span === 0) return;
    const batches = this.readFrom(log, log.startOffset + this.random.below(span)) ?? [];
    for (const batch of batches)
      if (!isAmong(model.batches, batch)) throw new Error(`foreign bytes at ${batch.baseOffset}`);
  }

  readAll(log: PartitionLog): Found[] {
    const found: Found[] = [];
    let offset = log.startOffset;
    while (offset < log.endOffset) {
      const batches = this.readFrom(log, offset);
      if (batches === undefined) throw new Error(`a read of ${offset} never ended`);
      found.push(...batches);
      offset = batches.at(-1)?.endOffset ?? offset;
    }
    check(offset === log.endOffset, 'reads end at the end');
    return found;
  }

  /** Reads a piece and checks that it goes on from `offset` without a gap. */
  readFrom(log: PartitionLog, offset: number): Found[] | undefined {
    let bytes: Buffer | undefined;
    const { endOffset } = log;
    log.read(
      { offset, maxBytes: 500 + this.random.below(5000), endOffset, atLeastOneBatch: true },
      (outcome) => {
        if (!outcome.ok) throw new Error(`read of ${offset} failed: ${outcome.errorCode}`);
        bytes = Buffer.concat(outcome.slices);
        outcome.release();
      },
    );
    if (bytes === undefined) return undefined;
    const found = batchesOf(bytes);
    if (found.length === 0) throw new Error(`no progress from ${offset}`);
    let next = offset;
    for (const batch of found) {
      if (batch.baseOffset > next || batch.endOffset <= next) throw new Error(`a gap at ${next}`);
      next = batch.endOffset;
    }
    return found;
  }
}

interface Found {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly body: Buffer;
}

function batchesOf(bytes: Buffer): Found[] {
  const found: Found[] = [];
  for (let at = 0; at < bytes.length;) {
    const baseOffset = Number(bytes.readBigInt64BE(at));
    const size = bytes.readInt32BE(at + 8) + 12;
    const endOffset = baseOffset + bytes.readInt32BE(at + 23) + 1;
    found.push({ baseOffset, endOffset, body: bytes.subarray(at + 17, at + size) });
    at += size;
  }
  return found;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function run(seed: number): number {
  const world = new World(seed);
  for (let step = 0; step < STEPS; step += 1) world.step();
  world.crash();
  world.restart();
  return world.crashes;
}

describe('a volume through kills and power cuts', () => {
  it('keeps every durable batch at its offset with its bytes, and nothing foreign', () => {
    let crashes = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      try {
        crashes += run(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
    expect(crashes).toBeGreaterThan(SEEDS);
  }, 60_000);
});
