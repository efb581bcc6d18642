import { BatchView, KafkaError } from '@weirhouse/kafka-protocol';
import { type AppError, type Random, uuidFromBytes } from '@weirhouse/shared-kernel';
import type { AppendOutcome } from '../append-log.ts';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../log-config.ts';
import { LogStore } from '../log-store.ts';
import type { PartitionLog } from '../partition-log.ts';
import { readMarker } from '../producers/marker.ts';
import { MemoryDisk, seededRandom } from './memory-disk.ts';
import { TestProducer } from './test-producer.ts';
import { aBatch, NOW_MS } from './test-volume.ts';
import {
  inOrder,
  type StoredBatch,
  storedBatchesOf,
  TransactionModel,
} from './transaction-model.ts';

const PARTITIONS = 2;
const PRODUCERS = 4;
const CHUNK_BYTES = 16_384;
const ENDLESS = new MemoryDisk().capacityBytes;

/** One partition waits for the disk, the other for the page cache only. */
function configOf(index: number): LogConfig {
  return {
    ...LOG_CONFIG_DEFAULTS,
    segmentBytes: 3_000,
    indexIntervalBytes: 300,
    retentionMs: -1,
    fileDeleteDelayMs: 0,
    acknowledge: index === 0 ? 'durable' : 'cached',
  };
}

/**
 * One volume under transactions of several producers with commits, aborts, retries and fences, and
 * under truncations, retention, full disks, kills and power cuts. What a read_committed consumer sees,
 * the last stable offset and the producers are compared with a model. Throws at the first difference.
 */
export class TransactionWorld {
  readonly random: Random;
  readonly disk = new MemoryDisk();
  readonly models = Array.from({ length: PARTITIONS }, () => new TransactionModel());
  /** By partition: some with an epoch per transaction, some without. */
  readonly producers = this.models.map((_, index) =>
    Array.from({ length: PRODUCERS }, (__, at) => new TestProducer(100 * index + at, at % 2 === 1)),
  );
  store!: LogStore;
  logs: PartitionLog[] = [];
  /** Aborted transactions that reads named. */
  abortsSeen = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.open();
  }

  open(): void {
    const opened: { error?: AppError | undefined; store?: LogStore | undefined } = {};
    LogStore.open(
      {
        disk: this.disk,
        memory: Buffer.alloc(8 * CHUNK_BYTES),
        chunkBytes: CHUNK_BYTES,
        walSegmentBytes: 36_864,
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
    this.logs = this.models.map((_, index) => {
      const topicId = uuidFromBytes(Buffer.alloc(16, 1));
      return this.store.partition({ topicId, topicName: 'events', index }, configOf(index));
    });
    this.store.onDurable = (logs) => {
      for (const log of logs) {
        this.modelOf(log.index).partition.onCached(log.safeEndOffset);
        if (log.config.acknowledge === 'durable')
          this.modelOf(log.index).partition.onDurable(log.durableEndOffset);
        log.highWatermark = log.safeEndOffset;
      }
    };
  }

  step(): void {
    const index = this.random.below(PARTITIONS);
    const choice = this.random.below(100);
    if (choice < 29) this.send(index);
    else if (choice < 33) this.sendPlain(index);
    else if (choice < 47) this.end(index);
    else if (choice < 50) this.fence(index);
    else if (choice < 53) this.retry(index);
    else if (choice < 65) this.store.flush();
    else if (choice < 82) this.disk.completeOne(this.random);
    else if (choice < 86) this.check(index);
    else if (choice < 88) this.truncate(index);
    else if (choice < 91) this.retain(index);
    else if (choice < 93) this.crash();
    else if (choice < 94) this.restart();
    else if (choice < 95) this.fill();
    else if (choice < 97) this.look();
    else this.disk.completeAll();
  }

  modelOf(index: number): TransactionModel {
    return this.models[index] as TransactionModel;
  }

  logOf(index: number): PartitionLog {
    return this.logs[index] as PartitionLog;
  }

  anyProducer(index: number): TestProducer {
    return this.producers[index]?.[this.random.below(PRODUCERS)] as TestProducer;
  }

  send(index: number): void {
    const producer = this.anyProducer(index);
    const { epoch } = producer;
    const known = this.modelOf(index).replayed().find(producer.producerId)?.producerEpoch;
    if (epoch > 0 && known === epoch && this.random.below(12) === 0) {
      producer.epoch = epoch - 1;
      const outcome = producer.send(this.logOf(index), ['zombie']);
      producer.epoch = epoch;
      check(!outcome.ok, 'a fenced producer writes nothing');
      return;
    }
    const count = 1 + this.random.below(3);
    const values = Array.from({ length: count }, () => 'v'.repeat(1 + this.random.below(150)));
    this.note(index, producer.send(this.logOf(index), values));
  }

  sendPlain(index: number): void {
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
    this.note(index, this.logOf(index).append(aBatch(['plain']), options));
  }

  /** Ends a transaction; now and then one that has nothing here. */
  end(index: number): void {
    const producer = this.anyProducer(index);
    const isOpen = this.modelOf(index).isOpen(producer.producerId);
    if (!isOpen && this.random.below(4) > 0) return;
    this.note(index, producer.end(this.logOf(index), this.random.below(2) === 0));
  }

  /** A second producer with the same transactional id: what is open is aborted in a new epoch. */
  fence(index: number): void {
    const producer = this.anyProducer(index);
    if (this.modelOf(index).isOpen(producer.producerId)) {
      const outcome = producer.end(this.logOf(index), false, producer.epoch + 1);
      this.note(index, outcome);
      if (!outcome.ok) return;
    } else producer.epoch += 1;
    producer.nextSequence = 0;
  }

  /** A retry of one of its last batches is answered with its first offset and not appended. */
  retry(index: number): void {
    if (this.store.space !== 'open') return;
    const model = this.modelOf(index);
    const known = model.replayed().find(this.anyProducer(index).producerId)?.batches ?? [];
    const batch = known[this.random.below(Math.max(1, known.length))];
    const written = model.batches.find((entry) => entry.endOffset - 1 === batch?.lastOffset);
    if (batch === undefined || written === undefined) return;
    const sent = Buffer.from(written.bytes);
    new BatchView().reset(sent).baseOffset = 0;
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
    const outcome = this.logOf(index).append(sent, options);
    check(outcome.ok && outcome.duplicate, 'a retry is recognized');
    check(outcome.baseOffset === written.baseOffset, 'a retry gets its first offset');
  }

  truncate(index: number): void {
    const { batches, partition } = this.modelOf(index);
    const log = this.logOf(index);
    const keep = batches[batches.length - 1 - this.random.below(6)];
    if (keep === undefined || keep.endOffset < log.startOffset) return;
    if (!log.truncateTo(keep.endOffset)) return;
    partition.truncateTo(keep.endOffset);
    check(log.endOffset === partition.endOffset, 'the end is where the model has it');
    this.renew(index);
  }

  retain(index: number): void {
    const log = this.logOf(index);
    log.config = { ...log.config, retentionBytes: 3_000 + this.random.below(12_000) };
    const target = log.startOffset + this.random.below(9);
    // What is deleted before it was durable may leave a log that only has its start.
    if (this.random.below(4) === 0) log.deleteRecordsBefore(Math.min(target, log.durableEndOffset));
    this.store.applyRetention(NOW_MS, () => undefined);
  }

  /** Leaves little space on the disk, or none. */
  fill(): void {
    this.disk.capacityBytes = ENDLESS;
    const used = ENDLESS - this.disk.freeBytes();
    this.disk.capacityBytes = used + this.random.below(30_000);
  }

  /** The look at the disk that a broker takes once a second; space may have come back. */
  look(): void {
    if (this.random.below(2) === 0) this.disk.capacityBytes = ENDLESS;
    this.store.upkeep(NOW_MS);
  }

  crash(): void {
    this.disk.capacityBytes = ENDLESS;
    if (this.random.below(2) === 0) {
      this.disk.kill(this.random);
      for (const { partition } of this.models) partition.onKilled();
    } else this.disk.cutPower(this.random);
    this.open();
    this.adopt();
  }

  restart(): void {
    let isClosed = false;
    this.disk.capacityBytes = ENDLESS;
    this.store.upkeep(NOW_MS);
    this.disk.completeAll();
    this.store.close((error) => {
      if (error !== undefined) throw error;
      isClosed = true;
    });
    this.disk.completeAll();
    check(isClosed, 'the store closes');
    for (const { partition } of this.models)
      partition.states.splice(0, partition.states.length - 1);
    this.open();
    this.adopt();
  }

  adopt(): void {
    for (const [index, log] of this.logs.entries()) {
      const found = readPieces(log, log.startOffset, log.endOffset);
      this.modelOf(index).adopt(
        log,
        found.flatMap(({ batches }) => batches),
      );
      this.renew(index);
      this.check(index);
    }
  }

  /** Producers that lost something come back in a new epoch, as with `InitProducerId`. */
  renew(index: number): void {
    for (const producer of this.producers[index] ?? []) {
      producer.epoch += 1;
      producer.nextSequence = 0;
    }
  }

  /** The producers, the last stable offset and what a consumer sees are those of the model. */
  check(index: number): void {
    const log = this.logOf(index);
    const model = this.modelOf(index);
    const { highWatermark, lastStableOffset, startOffset } = log;
    const expected = model.lastStableOffset(highWatermark, startOffset);
    checkEqual(lastStableOffset, expected, 'the last stable offset');
    checkEqual(inOrder(log.listProducers()), model.listProducers(), 'the producers');
    const seen = readPieces(log, startOffset, lastStableOffset).flatMap((piece) => {
      const aborted = log.findAbortedTransactions(piece.fromOffset, piece.toOffset) ?? [];
      this.abortsSeen += aborted.length;
      return consume(piece.batches, aborted);
    });
    checkEqual(seen, model.visible(startOffset, lastStableOffset), 'what a consumer sees');
  }

  /** Takes what was appended into the model, as it is read back. */
  note(index: number, outcome: AppendOutcome): void {
    if (!outcome.ok) {
      const isFull = this.store.space !== 'open' ? [KafkaError.KAFKA_STORAGE_ERROR] : [];
      const allowed: number[] = [KafkaError.REQUEST_TIMED_OUT, ...isFull];
      check(allowed.includes(outcome.errorCode), outcome.message);
      return;
    }
    const pieces = readPieces(this.logOf(index), outcome.baseOffset, outcome.lastOffset + 1);
    for (const { batches } of pieces)
      for (const batch of batches) this.modelOf(index).append(batch);
  }
}

interface Piece {
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly batches: readonly StoredBatch[];
}

/** Reads in pieces of few batches, as fetches do. */
function readPieces(log: PartitionLog, from: number, endOffset: number): Piece[] {
  const pieces: Piece[] = [];
  for (let offset = from; offset < endOffset;) {
    let next = offset;
    log.read({ offset, maxBytes: 700, endOffset, atLeastOneBatch: true }, (outcome) => {
      if (!outcome.ok) throw new Error(`a read of ${offset} failed: ${outcome.errorCode}`);
      const bytes = Buffer.concat(outcome.slices);
      outcome.release();
      next = outcome.nextOffset;
      pieces.push({ fromOffset: offset, toOffset: next, batches: storedBatchesOf(bytes) });
    });
    check(next > offset, `a read of ${offset} goes on`);
    offset = next;
  }
  return pieces;
}

/** Leaves out what was aborted as clients do: by producer, from its first offset to its marker. */
function consume(
  batches: readonly StoredBatch[],
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): number[] {
  const waiting = aborted.toSorted((one, other) => one.firstOffset - other.firstOffset);
  const voided = new Set<number>();
  const seen: number[] = [];
  for (const { baseOffset, bytes } of batches) {
    const view = new BatchView().reset(bytes);
    while (waiting.length > 0 && (waiting[0]?.firstOffset ?? 0) <= view.lastOffset)
      voided.add(waiting.shift()?.producerId ?? -1);
    if (view.isControl) {
      if (readMarker(view)?.isCommit === false) voided.delete(view.producerId);
    } else if (!view.isTransactional || !voided.has(view.producerId)) seen.push(baseOffset);
  }
  return seen;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(one === other, `${what}: ${one} is not ${other}`);
}
