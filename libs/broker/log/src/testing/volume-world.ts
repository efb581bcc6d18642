import { buildBatch, KafkaError } from '@weirhouse/kafka-protocol';
import { type AppError, type Random, uuidFromBytes } from '@weirhouse/shared-kernel';
import { isPassing } from '../disk.ts';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../log-config.ts';
import type { PartitionRef } from '../log-state.ts';
import { LogStore } from '../log-store.ts';
import type { PartitionLog } from '../partition-log.ts';
import { MemoryDisk, seededRandom } from './memory-disk.ts';
import { batchesOf, type Found, isAmong, PartitionModel } from './partition-model.ts';

const PARTITIONS = 4;
const NOW_MS = 1_750_000_000_000;
const CHUNK_BYTES = 16_384;
const ENDLESS = new MemoryDisk().capacityBytes;

const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  segmentBytes: 12_000,
  indexIntervalBytes: 600,
  retentionMs: -1,
  fileDeleteDelayMs: 0,
};

/** Half of the partitions wait for the page cache only. */
function configOf(index: number): LogConfig {
  return { ...CONFIG, acknowledge: index < PARTITIONS / 2 ? 'durable' : 'cached' };
}

/** What a seed may do; each seed does a part of it, so that rare mixtures come up too. */
const OPTIONAL_ACTIONS = ['truncate', 'retain', 'recreate', 'restart', 'fill'] as const;
type OptionalAction = (typeof OPTIONAL_ACTIONS)[number];

/**
 * One volume under random appends, reads, truncations, deletions, retention, full disks, kills and power
 * cuts, compared with a model of every state its logs may have. Throws at the first difference.
 */
export class VolumeWorld {
  readonly random: Random;
  readonly disk: MemoryDisk;
  readonly #actions: ReadonlySet<OptionalAction>;
  readonly models: PartitionModel[] = [];
  readonly topics: number[] = Array.from({ length: PARTITIONS }, () => 1);
  store!: LogStore;
  logs: PartitionLog[] = [];
  crashes = 0;
  now = NOW_MS;

  constructor(seed: number, disk = new MemoryDisk()) {
    this.random = seededRandom(seed);
    this.disk = disk;
    this.#actions = new Set(OPTIONAL_ACTIONS.filter(() => this.random.below(4) > 0));
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
        walFillAfterBytes: 8192,
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
    this.logs = this.models.map((_, index) =>
      this.store.partition(this.refOf(index), configOf(index)),
    );
    this.store.onDurable = (logs) => {
      for (const log of logs) {
        const model = this.models[log.index] as PartitionModel;
        check(log === this.logs[log.index], 'a deleted partition is not reported');
        model.onCached(log.safeEndOffset);
        if (log.config.acknowledge === 'durable') model.onDurable(log.durableEndOffset);
        log.highWatermark = log.safeEndOffset;
      }
    };
  }

  step(): void {
    const choice = this.random.below(100);
    if (choice < 44) this.append();
    else if (choice < 54) this.store.flush();
    else if (choice < 78) this.disk.completeOne(this.random);
    else if (choice < 85) this.read();
    else if (choice < 87) this.retryOld();
    else if (choice < 89) this.#maybe('truncate', () => this.truncate());
    else if (choice < 91) this.#maybe('retain', () => this.retain());
    else if (choice < 92) this.#maybe('recreate', () => this.recreate());
    else if (choice < 93) this.#maybe('fill', () => this.fill());
    else if (choice < 95) this.look();
    else if (choice < 97) this.crash();
    else if (choice < 98) this.#maybe('restart', () => this.restart());
    else for (let left = 8; left > 0; left -= 1) this.disk.completeOne(this.random);
  }

  #maybe(action: OptionalAction, act: () => void): void {
    if (this.#actions.has(action)) act();
  }

  /** Leaves little space on the disk, or none; or few files to open. */
  fill(): void {
    this.giveSpace();
    if (this.random.below(3) === 0) {
      this.disk.openFilesMax = this.random.below(this.disk.openFileCount + 3);
      return;
    }
    const used = this.disk.capacityBytes - this.disk.freeBytes();
    this.disk.capacityBytes = used + this.random.below(40_000);
  }

  giveSpace(): void {
    this.disk.capacityBytes = ENDLESS;
    this.disk.openFilesMax = ENDLESS;
  }

  /** The look at the disk that a broker takes once a second; space may have come back. */
  look(): void {
    if (this.random.below(2) === 0) this.giveSpace();
    this.store.upkeep(this.now);
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
      const isScarce = this.store.space !== 'open' || this.disk.openFilesMax < ENDLESS;
      const isFull = isScarce ? [KafkaError.KAFKA_STORAGE_ERROR] : [];
      const allowed: number[] = [KafkaError.REQUEST_TIMED_OUT, ...isFull];
      check(allowed.includes(outcome.errorCode), outcome.message);
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
    if (batch.baseOffset < log.startOffset || this.store.space !== 'open') return;
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
    // A truncation reads what it cuts, and throws when it cannot.
    this.disk.openFilesMax = ENDLESS;
    if (!log.truncateTo(keep.endOffset)) return;
    model.truncateTo(keep.endOffset);
    check(log.endOffset === model.endOffset, 'the end is where the model has it');
  }

  /** Deletes a topic's partition; one of a new topic id takes its name. */
  recreate(): void {
    this.giveSpace();
    const index = this.random.below(PARTITIONS);
    this.store.deletePartition(this.refOf(index).topicId, index, (error) => {
      // A full disk may leave its start offset behind, which nobody asks for any more.
      if (error !== undefined && !isPassing(error)) throw error;
    });
    this.topics[index] = (this.topics[index] as number) + 1;
    this.models[index] = new PartitionModel(1000 + index);
    this.logs[index] = this.store.partition(this.refOf(index), configOf(index));
    check(this.logs[index].endOffset === 0, 'a new partition is empty');
  }

  refOf(index: number): PartitionRef {
    const topicId = uuidFromBytes(Buffer.alloc(16, this.topics[index]));
    return { topicId, topicName: 'events', index };
  }

  retain(): void {
    for (const log of this.logs) {
      log.config = { ...log.config, retentionBytes: 20_000 + this.random.below(40_000) };
      if (this.random.below(4) > 0) continue;
      // What is deleted before it was durable may leave a log that only has its start, which is no state here.
      const target = log.startOffset + this.random.below(20);
      log.deleteRecordsBefore(Math.min(target, log.durableEndOffset));
    }
    this.store.applyRetention(this.now, () => undefined);
  }

  crash(): void {
    this.crashes += 1;
    this.giveSpace();
    // A truncation that is not durable lowers the durable end, too: then it tells nothing.
    if (!this.#actions.has('truncate'))
      for (const [index, log] of this.logs.entries())
        this.models[index]?.onDurable(log.durableEndOffset);
    if (this.random.below(2) === 0) {
      this.disk.kill(this.random);
      for (const model of this.models) model.onKilled();
    } else this.disk.cutPower(this.random);
    this.open();
    this.adopt();
  }

  restart(): void {
    let isClosed = false;
    this.giveSpace();
    this.store.upkeep(this.now);
    this.disk.completeAll();
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
        // A read may need a file that cannot be opened now.
        if (!outcome.ok && this.disk.openFilesMax < ENDLESS) return;
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

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
