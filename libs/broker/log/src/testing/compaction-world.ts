import { BatchView, buildBatch, RecordCursor } from '@weirhouse/kafka-protocol';
import { type AppError, type Random, uuidFromBytes } from '@weirhouse/shared-kernel';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../log-config.ts';
import { LogStore } from '../log-store.ts';
import type { PartitionLog } from '../partition-log.ts';
import { MemoryDisk, seededRandom } from './memory-disk.ts';
import { NOW_MS } from './test-volume.ts';

const KEYS = 8;
const PRODUCERS = 3;
const CHUNK_BYTES = 16_384;
const ENDLESS = new MemoryDisk().capacityBytes;
const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  cleanupPolicy: 'compact',
  segmentBytes: 1500,
  indexIntervalBytes: 200,
  minCleanableDirtyRatio: 0.01,
  deleteRetentionMs: 3000,
  verifiesTransactions: false,
};

/** Old records go, whether or not their keys come again. */
const CUT_CONFIG: LogConfig = {
  ...CONFIG,
  cleanupPolicy: 'compact,delete',
  retentionBytes: 4000,
  fileDeleteDelayMs: 700,
};

interface Row {
  readonly offset: number;
  readonly key: string;
  readonly value: string | undefined;
}

/** A batch that was appended: records, or the marker of a transaction. */
interface Entry {
  readonly baseOffset: number;
  readonly endOffset: number;
  /** -1 for records of no producer. */
  readonly producerId: number;
  readonly rows: readonly Row[];
  readonly decision: 'commit' | 'abort' | undefined;
}

/**
 * One compacted partition under transactions, kills, power cuts and full disks. What a read_committed
 * consumer sees must always be a part of what was written, with the last record of each key in it.
 */
export class CompactionWorld {
  readonly random: Random;
  readonly disk = new MemoryDisk();
  readonly sequences = Array.from({ length: PRODUCERS }, () => 0);
  entries: Entry[] = [];
  store!: LogStore;
  log!: PartitionLog;
  nowMs = NOW_MS;
  passes = 0;
  crashes = 0;
  truncations = 0;
  mergedSegments = 0;
  cuts = 0;
  readonly config: LogConfig;
  /** Bytes that compaction saved, all passes together. */
  savedBytes = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.config = seed % 2 === 0 ? CONFIG : CUT_CONFIG;
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
    this.store.compaction = () => ({
      isEnabled: true,
      bytesPerSecond: 1000 + this.random.below(5000),
      keyBytesMax: 250 + this.random.below(600),
      backoffMs: 500,
    });
    this.store.onUncleanable = () => {
      throw new Error('a partition is uncleanable');
    };
    this.store.onCleaned = (pass) => {
      this.passes += 1;
      this.savedBytes += pass.bytesBefore - pass.bytesAfter;
      this.mergedSegments += pass.segmentsBefore - pass.segmentsAfter;
    };
    const topicId = uuidFromBytes(Buffer.alloc(16, 1));
    this.log = this.store.partition({ topicId, topicName: 'table', index: 0 }, this.config);
    this.store.onDurable = ([log]) => {
      if (log !== undefined) log.highWatermark = log.durableEndOffset;
    };
  }

  step(): void {
    const choice = this.random.below(100);
    if (choice < 40) this.send();
    else if (choice < 50) this.end();
    else if (choice < 58) this.store.flush();
    else if (choice < 80) this.disk.completeOne(this.random);
    else if (choice < 90) this.upkeep();
    else if (choice < 93) this.check();
    else if (choice < 94) this.readSlowly();
    else if (choice < 95) this.crash();
    else if (choice < 96) this.fill();
    else if (choice < 97) this.truncate();
    else if (choice < 98) this.cut();
    else for (let left = 12; left > 0; left -= 1) this.disk.completeOne(this.random);
  }

  send(): void {
    const producerId = this.random.below(PRODUCERS + 1) - 1;
    const count = 1 + this.random.below(3);
    const rows = Array.from({ length: count }, () => ({
      key: `k${this.random.below(KEYS)}`,
      value: this.random.below(4) === 0 ? undefined : 'v'.repeat(1 + this.random.below(90)),
    }));
    const records = rows.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: value === undefined ? null : Buffer.from(value),
      timestamp: this.nowMs,
    }));
    const baseSequence = this.sequences[producerId] ?? -1;
    const ids = { producerId, producerEpoch: 0, baseSequence, isTransactional: true };
    const batch = buildBatch({ records, ...(producerId < 0 ? {} : ids) });
    const outcome = this.log.append(batch, {
      leaderEpoch: 0,
      nowMs: this.nowMs,
      origin: 'client',
    });
    if (!outcome.ok) return;
    if (producerId >= 0) this.sequences[producerId] = baseSequence + count;
    this.entries.push({
      baseOffset: outcome.baseOffset,
      endOffset: outcome.lastOffset + 1,
      producerId,
      rows: rows.map(({ key, value }, at) => ({ offset: outcome.baseOffset + at, key, value })),
      decision: undefined,
    });
  }

  end(producerId = this.random.below(PRODUCERS)): void {
    const commit = this.random.below(2) === 0;
    const outcome = this.log.appendMarker({
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      commit,
      leaderEpoch: 0,
      nowMs: this.nowMs,
      transactionVersion: 1,
    });
    if (!outcome.ok) return;
    this.entries.push({
      baseOffset: outcome.baseOffset,
      endOffset: outcome.lastOffset + 1,
      producerId,
      rows: [],
      decision: commit ? 'commit' : 'abort',
    });
  }

  upkeep(): void {
    this.nowMs += 500;
    if (this.random.below(2) === 0) this.disk.capacityBytes = ENDLESS;
    this.store.upkeep(this.nowMs);
  }

  fill(): void {
    this.disk.capacityBytes = ENDLESS;
    const used = ENDLESS - this.disk.freeBytes();
    this.disk.capacityBytes = used + this.random.below(20_000);
  }

  /** As a follower does: only what no client was shown goes, and the leader's records wait for it. */
  truncate(): void {
    const { endOffset, highWatermark } = this.log;
    const offset = highWatermark + this.random.below(endOffset - highWatermark + 1);
    if (offset === endOffset || !this.log.truncateTo(offset)) return;
    this.truncations += 1;
    this.disk.capacityBytes = ENDLESS;
    this.store.upkeep(this.nowMs);
    this.store.flush();
    this.disk.completeAll();
    this.entries = this.entries.filter((entry) => entry.endOffset <= this.log.endOffset);
    this.checkProducers();
  }

  /** Retention, and sometimes DeleteRecords before it. */
  cut(): void {
    const { highWatermark, startOffset } = this.log;
    if (this.random.below(4) === 0)
      this.log.deleteRecordsBefore(
        startOffset + this.random.below(highWatermark - startOffset + 1),
      );
    this.store.applyRetention(this.nowMs, () => undefined);
    if (this.log.startOffset > startOffset) this.cuts += 1;
  }

  /** A read that may be under way while its segment is replaced. */
  readSlowly(): void {
    const { endOffset, startOffset } = this.log;
    const offset = startOffset + this.random.below(Math.max(1, endOffset - startOffset));
    this.log.read({ offset, maxBytes: 600, endOffset, atLeastOneBatch: true }, (outcome) => {
      if (!outcome.ok) throw new Error(`a read of ${offset} failed: ${outcome.errorCode}`);
      for (const row of rowsIn(Buffer.concat(outcome.slices))) this.checkWritten(row);
      outcome.release();
    });
  }

  crash(): void {
    this.crashes += 1;
    this.disk.capacityBytes = ENDLESS;
    const durable = this.log.durableEndOffset;
    if (this.random.below(2) === 0) this.disk.kill(this.random);
    else this.disk.cutPower(this.random);
    this.open();
    const { endOffset } = this.log;
    check(endOffset >= durable, `the log ends at ${endOffset}, ${durable} was durable`);
    this.entries = this.entries.filter((entry) => entry.endOffset <= endOffset);
    check((this.entries.at(-1)?.endOffset ?? 0) === endOffset, 'the log ends with a batch');
    this.checkProducers();
    this.check();
  }

  /** A producer goes on where its last batch ended: compaction must not make the log forget it. */
  checkProducers(): void {
    const known = new Map(Array.from(this.log.listProducers(), (one) => [one.producerId, one]));
    for (const producerId of this.sequences.keys()) {
      let sequence = 0;
      for (const entry of this.entries)
        if (entry.producerId === producerId) sequence += entry.rows.length;
      const last = known.get(producerId)?.lastSequence ?? -1;
      check(last === sequence - 1, `producer ${producerId} is at ${last}, not ${sequence - 1}`);
      this.sequences[producerId] = sequence;
    }
  }

  /** Everything that a consumer may see is what was written, and the newest of each key is there. */
  check(): void {
    const seen = this.seen();
    const written = this.written();
    const places = new Map(written.map((row) => [row.offset, row]));
    let before = -1;
    for (const row of seen) {
      check(row.offset > before, 'offsets rise');
      before = row.offset;
      check(JSON.stringify(places.get(row.offset)) === JSON.stringify(row), 'a row is as written');
    }
    const offsets = new Set(seen.map(({ offset }) => offset));
    const expected = new Map(written.map((row) => [row.key, row]));
    const { startOffset } = this.log;
    for (const { offset, value } of expected.values()) {
      const mayBeGone = value === undefined || offset < startOffset;
      check(mayBeGone || offsets.has(offset), `${offset} is there`);
    }
    const latest = new Map(seen.map((row) => [row.key, row]));
    for (const [key, row] of latest)
      check(expected.get(key)?.offset === row.offset, `${key} is newest`);
  }

  checkWritten(row: Row): void {
    for (const { rows } of this.entries)
      for (const known of rows)
        if (known.offset === row.offset && known.key === row.key && known.value === row.value)
          return;
    throw new Error(`nobody wrote ${JSON.stringify(row)}`);
  }

  /** Committed rows below the last stable offset, by the model. */
  written(): Row[] {
    const { lastStableOffset } = this.log;
    return this.entries.flatMap(({ endOffset, producerId, rows }, place) => {
      if (endOffset > lastStableOffset) return [];
      if (producerId < 0) return rows;
      const marker = this.entries
        .slice(place + 1)
        .find((entry) => entry.producerId === producerId && entry.decision !== undefined);
      return marker?.decision === 'commit' ? rows : [];
    });
  }

  /** The same as a consumer reads it, in pieces. */
  seen(): Row[] {
    const rows: Row[] = [];
    const { lastStableOffset: endOffset, startOffset } = this.log;
    for (let offset = startOffset; offset < endOffset;) {
      let next = offset;
      this.log.read({ offset, maxBytes: 700, endOffset, atLeastOneBatch: true }, (outcome) => {
        if (!outcome.ok) throw new Error(`a read of ${offset} failed: ${outcome.errorCode}`);
        const bytes = Buffer.concat(outcome.slices);
        outcome.release();
        next = outcome.nextOffset;
        const aborted = this.log.findAbortedTransactions(offset, next) ?? [];
        rows.push(...consume(bytes, aborted));
      });
      check(next > offset, `a read of ${offset} goes on`);
      offset = next;
    }
    return rows;
  }

  /** Ends all transactions and lets compaction come to its end. */
  settle(): void {
    this.disk.capacityBytes = ENDLESS;
    for (let round = 0; round < 60; round += 1) {
      if (round < PRODUCERS) this.end(round);
      if (round < 30) this.send();
      this.nowMs += 1000;
      this.store.upkeep(this.nowMs);
      this.store.flush();
      this.disk.completeAll();
    }
    for (const producerId of this.sequences.keys()) this.end(producerId);
    this.store.flush();
    this.disk.completeAll();
    this.check();
  }
}

function consume(
  bytes: Buffer,
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): Row[] {
  const waiting = aborted.toSorted((one, other) => other.firstOffset - one.firstOffset);
  const voided = new Set<number>();
  const rows: Row[] = [];
  const view = new BatchView();
  for (let at = 0; at < bytes.length; at += view.sizeInBytes) {
    view.reset(bytes, at);
    while ((waiting.at(-1)?.firstOffset ?? Number.POSITIVE_INFINITY) <= view.lastOffset)
      voided.add(waiting.pop()?.producerId ?? -1);
    if (view.isControl) voided.delete(view.producerId);
    else if (!view.isTransactional || !voided.has(view.producerId))
      rows.push(...rowsIn(bytes.subarray(at, at + view.sizeInBytes)));
  }
  return rows;
}

function rowsIn(bytes: Buffer): Row[] {
  const rows: Row[] = [];
  const view = new BatchView();
  const cursor = new RecordCursor();
  for (let at = 0; at < bytes.length; at += view.sizeInBytes) {
    view.reset(bytes, at);
    if (view.isControl) continue;
    cursor.reset(view, bytes.subarray(view.recordsStart, view.end));
    while (cursor.next())
      rows.push({
        offset: cursor.offset,
        key: String(cursor.key),
        value: cursor.value?.toString(),
      });
  }
  return rows;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
