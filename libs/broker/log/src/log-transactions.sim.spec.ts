import { BatchView, KafkaError } from '@weirhouse/kafka-protocol';
import { type AppError, type Random, uuidFromBytes } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from './log-config.ts';
import { LogStore } from './log-store.ts';
import type { PartitionLog } from './partition-log.ts';
import { readMarker } from './producers/marker.ts';
import { ProducerStates } from './producers/producer-states.ts';
import { MemoryDisk, seededRandom } from './testing/memory-disk.ts';
import { TestProducer } from './testing/test-producer.ts';
import { aBatch, NOW_MS } from './testing/test-volume.ts';

const SEEDS = Number(process.env['TXN_SIM_SEEDS'] ?? 200);
const FIRST_SEED = Number(process.env['TXN_SIM_FIRST_SEED'] ?? 1);
const STEPS = 160;
const PARTITIONS = 2;
const PRODUCERS = 4;
const CHUNK_BYTES = 16_384;

const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  segmentBytes: 3_000,
  indexIntervalBytes: 300,
  retentionMs: -1,
  fileDeleteDelayMs: 0,
};

/** A batch of the log as the model remembers it: its bytes say everything. */
interface Written {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly bytes: Buffer;
}

interface State {
  readonly batches: readonly Written[];
  /** Where the log ended when this state came from a truncation. */
  readonly cutAt: number | undefined;
}

/** What a partition may hold: every state it had since the last one that is known to be durable. */
class PartitionModel {
  states: State[] = [{ batches: [], cutAt: undefined }];

  get batches(): readonly Written[] {
    return (this.states.at(-1) as State).batches;
  }

  get endOffset(): number {
    return endOf(this.states.at(-1) as State);
  }

  append(batch: Written): void {
    this.states.push({ batches: [...this.batches, batch], cutAt: undefined });
  }

  truncateTo(endOffset: number): void {
    const batches = this.batches.filter((batch) => batch.endOffset <= endOffset);
    this.states.push({ batches, cutAt: endOffset });
  }

  onDurable(endOffset: number): void {
    const cut = this.states.findLastIndex((state) => (state.cutAt ?? endOffset) < endOffset);
    const from = Math.max(0, cut);
    const place = this.states.findIndex((state, at) => at >= from && endOf(state) === endOffset);
    if (place > 0) this.states.splice(0, place);
  }

  /** After a start: the log must be one of the states; it is the only one from then on. */
  adopt(found: readonly Written[], end: number): void {
    const state = this.states.findLast(
      (candidate) =>
        endOf(candidate) === end &&
        found.every((batch) => candidate.batches.some((known) => isSame(known, batch))),
    );
    if (state === undefined) throw new Error(`the log was never as it is now, ending at ${end}`);
    this.states = [{ ...state, cutAt: undefined }];
  }

  /** The producers as all batches ever written say. */
  replayed(): ProducerStates {
    const states = new ProducerStates();
    for (const { bytes } of this.batches) states.update(new BatchView().reset(bytes));
    return states;
  }

  /** What a marker decided of the transaction that the batch at `place` is in; undefined: nothing. */
  decisionAt(place: number): { readonly isCommit: boolean; readonly offset: number } | undefined {
    const { producerId } = new BatchView().reset((this.batches[place] as Written).bytes);
    for (const { baseOffset, bytes } of this.batches.slice(place + 1)) {
      const view = new BatchView().reset(bytes);
      if (!view.isControl || view.producerId !== producerId) continue;
      return { isCommit: readMarker(view)?.isCommit === true, offset: baseOffset };
    }
    return undefined;
  }

  lastStableOffset(highWatermark: number, startOffset: number): number {
    for (const [place, { baseOffset, bytes }] of this.batches.entries()) {
      const view = new BatchView().reset(bytes);
      if (!view.isTransactional || view.isControl || baseOffset >= highWatermark) continue;
      const decision = this.decisionAt(place);
      if (decision === undefined || decision.offset >= highWatermark)
        return Math.max(baseOffset, startOffset);
    }
    return highWatermark;
  }

  /** Base offsets of what a read_committed consumer must see from `startOffset` on. */
  visible(startOffset: number, lastStableOffset: number): number[] {
    const seen: number[] = [];
    for (const [place, { baseOffset, bytes, endOffset }] of this.batches.entries()) {
      const view = new BatchView().reset(bytes);
      if (view.isControl || endOffset <= startOffset || endOffset > lastStableOffset) continue;
      if (!view.isTransactional || this.decisionAt(place)?.isCommit === true) seen.push(baseOffset);
    }
    return seen;
  }
}

function endOf(state: State): number {
  return state.batches.at(-1)?.endOffset ?? 0;
}

function isSame(one: Written, other: Written): boolean {
  return one.baseOffset === other.baseOffset && one.bytes.equals(other.bytes);
}

class World {
  readonly random: Random;
  readonly disk = new MemoryDisk();
  readonly models = Array.from({ length: PARTITIONS }, () => new PartitionModel());
  /** By partition: some with an epoch per transaction, some without. */
  readonly producers = this.models.map((_, index) =>
    Array.from({ length: PRODUCERS }, (__, at) => new TestProducer(100 * index + at, at % 2 === 1)),
  );
  store!: LogStore;
  logs: PartitionLog[] = [];
  seenAborted = 0;
  crashes = 0;

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
      return this.store.partition({ topicId, topicName: 'events', index }, CONFIG);
    });
    this.store.onDurable = (logs) => {
      for (const log of logs) {
        this.models[log.index]?.onDurable(log.durableEndOffset);
        log.highWatermark = log.durableEndOffset;
      }
    };
  }

  step(): void {
    const index = this.random.below(PARTITIONS);
    const choice = this.random.below(100);
    if (choice < 30) this.send(index);
    else if (choice < 34) this.sendPlain(index);
    else if (choice < 48) this.end(index);
    else if (choice < 51) this.fence(index);
    else if (choice < 54) this.retry(index);
    else if (choice < 66) this.store.flush();
    else if (choice < 84) this.disk.completeOne(this.random);
    else if (choice < 88) this.check(index);
    else if (choice < 90) this.truncate(index);
    else if (choice < 93) this.retain(index);
    else if (choice < 95) this.crash();
    else if (choice < 96) this.restart();
    else this.disk.completeAll();
  }

  send(index: number): void {
    const producer = this.producerOf(index);
    const log = this.logs[index] as PartitionLog;
    const { epoch } = producer;
    const zombieEpoch = this.models[index]?.replayed().find(producer.producerId)?.producerEpoch;
    if (this.random.below(12) === 0 && epoch > 0 && zombieEpoch === epoch) {
      producer.epoch = epoch - 1;
      const outcome = producer.send(log, ['zombie']);
      producer.epoch = epoch;
      check(!outcome.ok, 'a fenced producer writes nothing');
      return;
    }
    const count = 1 + this.random.below(3);
    const values = Array.from({ length: count }, () => 'v'.repeat(1 + this.random.below(150)));
    this.note(index, producer.send(log, values));
  }

  sendPlain(index: number): void {
    const log = this.logs[index] as PartitionLog;
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
    this.note(index, log.append(aBatch(['plain']), options));
  }

  end(index: number): void {
    const producer = this.producerOf(index);
    const log = this.logs[index] as PartitionLog;
    const isOpen = this.isOpen(index, producer);
    if (!isOpen && this.random.below(4) > 0) return;
    this.note(index, producer.end(log, this.random.below(2) === 0));
  }

  /** A second producer with the same transactional id: what is open is aborted in a new epoch. */
  fence(index: number): void {
    const producer = this.producerOf(index);
    const log = this.logs[index] as PartitionLog;
    if (this.isOpen(index, producer)) {
      const outcome = producer.end(log, false, producer.epoch + 1);
      this.note(index, outcome);
      if (!outcome.ok) return;
    } else producer.epoch += 1;
    producer.nextSequence = 0;
  }

  /** A retry of one of its last batches is answered with its first offset and not appended. */
  retry(index: number): void {
    const producer = this.producerOf(index);
    const model = this.models[index] as PartitionModel;
    const known = model.replayed().find(producer.producerId)?.batches ?? [];
    const batch = known[this.random.below(Math.max(1, known.length))];
    const written = model.batches.find((entry) => entry.endOffset - 1 === batch?.lastOffset);
    if (batch === undefined || written === undefined) return;
    const sent = Buffer.from(written.bytes);
    new BatchView().reset(sent).baseOffset = 0;
    const log = this.logs[index] as PartitionLog;
    const outcome = log.append(sent, { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' });
    check(outcome.ok && outcome.duplicate, 'a retry is recognized');
    check(outcome.baseOffset === written.baseOffset, 'a retry gets its first offset');
  }

  truncate(index: number): void {
    const model = this.models[index] as PartitionModel;
    const log = this.logs[index] as PartitionLog;
    const keep = model.batches[model.batches.length - 1 - this.random.below(6)];
    if (keep === undefined || keep.endOffset < log.startOffset) return;
    if (!log.truncateTo(keep.endOffset)) return;
    model.truncateTo(keep.endOffset);
    check(log.endOffset === model.endOffset, 'the end is where the model has it');
    this.renew(index);
  }

  retain(index: number): void {
    const log = this.logs[index] as PartitionLog;
    log.config = { ...CONFIG, retentionBytes: 3_000 + this.random.below(12_000) };
    if (this.random.below(4) === 0) log.deleteRecordsBefore(log.startOffset + this.random.below(9));
    this.store.applyRetention(NOW_MS, () => undefined);
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
    this.adopt();
  }

  adopt(): void {
    for (const [index, log] of this.logs.entries()) {
      const found = read(log, log.startOffset, log.endOffset).flatMap(({ batches }) => batches);
      this.models[index]?.adopt(found, log.endOffset);
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
    const log = this.logs[index] as PartitionLog;
    const model = this.models[index] as PartitionModel;
    const { highWatermark, lastStableOffset, startOffset } = log;
    check(
      lastStableOffset === model.lastStableOffset(highWatermark, startOffset),
      `the last stable offset is ${lastStableOffset}`,
    );
    const known = new Map(log.listProducers().map((entry) => [entry.producerId, entry]));
    const replayed = model.replayed();
    check(known.size === replayed.size, 'the producers are those of a full replay');
    for (const [producerId, state] of replayed.entries()) {
      const { batches, ...rest } = state;
      const expected = {
        producerId,
        producerEpoch: rest.producerEpoch,
        lastSequence: batches.at(-1)?.lastSequence ?? -1,
        lastTimestamp: rest.lastTimestamp,
        coordinatorEpoch: rest.coordinatorEpoch,
        currentTxnStartOffset: rest.transactionStart,
      };
      checkEqual(known.get(producerId), expected);
    }
    const seen = read(log, startOffset, lastStableOffset).flatMap((piece) => {
      const aborted = log.findAbortedTransactions(piece.fromOffset, piece.toOffset) ?? [];
      this.seenAborted += aborted.length;
      return consume(piece.batches, aborted);
    });
    checkEqual(seen, model.visible(startOffset, lastStableOffset));
  }

  isOpen(index: number, { producerId }: TestProducer): boolean {
    const state = this.models[index]?.replayed().find(producerId);
    return state !== undefined && state.transactionStart >= 0;
  }

  producerOf(index: number): TestProducer {
    return this.producers[index]?.[this.random.below(PRODUCERS)] as TestProducer;
  }

  note(index: number, outcome: ReturnType<PartitionLog['append']>): void {
    if (!outcome.ok) {
      check(outcome.errorCode === KafkaError.REQUEST_TIMED_OUT, outcome.message);
      return;
    }
    const log = this.logs[index] as PartitionLog;
    const pieces = read(log, outcome.baseOffset, outcome.lastOffset + 1);
    for (const batch of pieces.flatMap(({ batches }) => batches)) this.models[index]?.append(batch);
  }
}

interface Piece {
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly batches: readonly Written[];
}

/** Reads in pieces of few batches, as fetches do. */
function read(log: PartitionLog, from: number, endOffset: number): Piece[] {
  const pieces: Piece[] = [];
  for (let offset = from; offset < endOffset;) {
    let next = offset;
    log.read({ offset, maxBytes: 700, endOffset, atLeastOneBatch: true }, (outcome) => {
      if (!outcome.ok) throw new Error(`read of ${offset} failed: ${outcome.errorCode}`);
      const bytes = Buffer.concat(outcome.slices);
      outcome.release();
      next = outcome.nextOffset;
      pieces.push({ fromOffset: offset, toOffset: next, batches: batchesOf(bytes) });
    });
    check(next > offset, `a read of ${offset} goes on`);
    offset = next;
  }
  return pieces;
}

function batchesOf(bytes: Buffer): Written[] {
  const found: Written[] = [];
  const view = new BatchView();
  for (let at = 0; at < bytes.length; at += view.sizeInBytes) {
    const { baseOffset, nextOffset, sizeInBytes } = view.reset(bytes, at);
    found.push({ baseOffset, endOffset: nextOffset, bytes: bytes.subarray(at, at + sizeInBytes) });
  }
  return found;
}

/** Leaves out what was aborted as clients do: by producer, from its first offset to its marker. */
function consume(
  batches: readonly Written[],
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

function checkEqual(actual: unknown, expected: unknown): void {
  const texts = [actual, expected].map((value) => JSON.stringify(value));
  check(texts[0] === texts[1], `${texts[0]} is not ${texts[1]}`);
}

describe('transactions through kills, power cuts, truncation and retention', () => {
  it('show a read_committed consumer what was committed, and nothing else', () => {
    let seenAborted = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
      try {
        const world = new World(seed);
        for (let step = 0; step < STEPS; step += 1) world.step();
        world.crash();
        world.restart();
        seenAborted += world.seenAborted;
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
    expect(seenAborted).toBeGreaterThan(SEEDS);
  }, 60_000);
});
