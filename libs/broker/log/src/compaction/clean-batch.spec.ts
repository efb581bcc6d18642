import * as fc from 'fast-check';
import {
  BatchView,
  buildBatch,
  buildEndTxnMarker,
  Codec,
  type Codecs,
  RecordCursor,
  recordsOf,
  TimestampType,
} from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import type { AbortedTransaction } from '../segment/aborted-index.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { cleanBatch, type CleaningRound, noteKeys } from './clean-batch.ts';
import { KeyOffsets } from './key-offsets.ts';

const NOW_MS = 1_750_000_000_000;
const DELETE_RETENTION_MS = 1000;

/** Compression that makes nothing smaller: the codec, then the bytes reversed. */
const codecs: Codecs = {
  compress: (codec, bytes) => Buffer.concat([Buffer.from([codec]), bytes.toReversed()]),
  decompress: (codec, bytes) => {
    if (bytes[0] !== codec) throw new Error('not of this codec');
    return Buffer.from(bytes.subarray(1).toReversed());
  },
};

interface Log {
  readonly batches: readonly Buffer[];
  readonly aborted: readonly AbortedTransaction[];
}

interface Row {
  readonly offset: number;
  readonly key: string;
  readonly value: string | undefined;
  readonly timestamp: number;
}

interface RoundMore {
  readonly nowMs?: number;
  readonly endOffset?: number;
  readonly isNeeded?: (batch: BatchView) => boolean;
}

/** One whole round over a log: keys first, then the batches. */
function clean(log: Log, more: RoundMore = {}): Log {
  const keys = new KeyOffsets(1_000_000);
  const round: CleaningRound = {
    keys,
    endOffset: Number.POSITIVE_INFINITY,
    nowMs: NOW_MS,
    deleteRetentionMs: DELETE_RETENTION_MS,
    codecs,
    isNeeded: () => false,
    ...more,
  };
  const noted = new CleanedTransactions(log.aborted);
  for (const batch of log.batches) {
    const view = new BatchView().reset(batch);
    if (view.baseOffset >= round.endOffset) break;
    expect(noteKeys(view, round, noted)).toBe(true);
  }
  const transactions = new CleanedTransactions(log.aborted);
  const batches: Buffer[] = [];
  for (const batch of log.batches) {
    const left = cleanBatch(new BatchView().reset(batch), round, transactions);
    if (left === undefined) continue;
    expect(new BatchView().reset(left).isCrcValid()).toBe(true);
    batches.push(Buffer.from(left));
  }
  return { batches, aborted: transactions.kept };
}

function rowsOf(batch: Buffer): Row[] {
  const view = new BatchView().reset(batch);
  if (view.isControl || view.recordsCount === 0) return [];
  const cursor = new RecordCursor().reset(view, recordsOf(view, codecs, 1_000_000));
  const rows: Row[] = [];
  while (cursor.next())
    rows.push({
      offset: cursor.offset,
      key: String(cursor.key),
      value: cursor.value?.toString(),
      timestamp: cursor.timestamp,
    });
  return rows;
}

/** What a read_committed consumer is given, as clients leave out what was aborted. */
function committedRows({ aborted, batches }: Log): Row[] {
  const waiting = aborted.toSorted((one, other) => other.firstOffset - one.firstOffset);
  const voided = new Set<number>();
  const rows: Row[] = [];
  for (const batch of batches) {
    const view = new BatchView().reset(batch);
    while ((waiting.at(-1)?.firstOffset ?? Number.POSITIVE_INFINITY) <= view.lastOffset)
      voided.add(waiting.pop()?.producerId ?? -1);
    if (view.isControl) voided.delete(view.producerId);
    else if (!view.isTransactional || !voided.has(view.producerId)) rows.push(...rowsOf(batch));
  }
  return rows;
}

/** The last row of each key. */
function lastRows(rows: readonly Row[]): Row[] {
  const last = new Map(rows.map((row) => [row.key, row]));
  return rows.filter((row) => last.get(row.key) === row);
}

interface Entry {
  readonly producer: number;
  readonly kind: 'data' | 'plain' | 'commit' | 'abort';
  readonly records: readonly { readonly key: number; readonly value: string | null }[];
  readonly codec: Codec;
  readonly stampsAppendTime: boolean;
}

const anyEntry: fc.Arbitrary<Entry> = fc.record({
  producer: fc.nat(2),
  kind: fc.constantFrom('data', 'data', 'plain', 'plain', 'commit', 'abort'),
  records: fc.array(
    fc.record({ key: fc.nat(6), value: fc.option(fc.string(), { nil: null, freq: 3 }) }),
    { minLength: 1, maxLength: 5 },
  ),
  codec: fc.constantFrom(Codec.NONE, Codec.LZ4),
  stampsAppendTime: fc.boolean(),
});

/** Batches as a log has them: transactions of three producers, all ended, and records of no producer. */
function logOf(entries: readonly Entry[]): Log {
  const batches: Buffer[] = [];
  const aborted: AbortedTransaction[] = [];
  const open = new Map<number, number>();
  let baseOffset = 0;
  const end = (producerId: number, commit: boolean): void => {
    const marker = { baseOffset, leaderEpoch: 0, timestamp: NOW_MS, producerId };
    batches.push(buildEndTxnMarker({ ...marker, producerEpoch: 0, coordinatorEpoch: 0, commit }));
    const firstOffset = open.get(producerId);
    open.delete(producerId);
    if (!commit && firstOffset !== undefined)
      aborted.push({ producerId, firstOffset, lastOffset: baseOffset, lastStableOffset: 0 });
    baseOffset += 1;
  };
  for (const { codec, kind, producer, records, stampsAppendTime } of entries) {
    if (kind === 'commit' || kind === 'abort') {
      end(producer, kind === 'commit');
      continue;
    }
    const isTransactional = kind === 'data';
    if (isTransactional && !open.has(producer)) open.set(producer, baseOffset);
    batches.push(
      buildBatch({
        baseOffset,
        records: records.map(({ key, value }, place) => ({
          key: Buffer.from(`k${key}`),
          value: value === null ? null : Buffer.from(value),
          timestamp: NOW_MS + place - baseOffset,
          headers: [{ key: 'h', value: Buffer.from('x') }],
        })),
        compress: { codec, codecs },
        ...(stampsAppendTime
          ? { timestampType: TimestampType.LOG_APPEND_TIME, maxTimestamp: NOW_MS }
          : {}),
        ...(isTransactional ? { producerId: producer, producerEpoch: 0, isTransactional } : {}),
      }),
    );
    baseOffset += records.length;
  }
  for (const producerId of Array.from(open.keys())) end(producerId, producerId > 0);
  return { batches, aborted };
}

function aRecord(key: string, value: string | null, timestamp = NOW_MS) {
  return { key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp };
}

const anyLog = fc.array(anyEntry, { minLength: 1, maxLength: 25 }).map(logOf);

describe('Cleaning batches', () => {
  it('leaves the last committed record of each key, where and when it was', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const expected = lastRows(committedRows(log));
        const cleaned = clean(log);
        expect(committedRows(cleaned)).toEqual(expected);
        // Nothing but committed records is left at all.
        expect(cleaned.batches.flatMap(rowsOf)).toEqual(expected);
      }),
      { seed: 8, numRuns: 400 },
    );
  });

  it('shows tombstones until their horizon and then drops them', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const expected = lastRows(committedRows(log));
        const marked = clean(log);
        const before = clean(marked, { nowMs: NOW_MS + DELETE_RETENTION_MS - 1 });
        expect(before.batches.flatMap(rowsOf)).toEqual(expected);
        const after = clean(before, { nowMs: NOW_MS + DELETE_RETENTION_MS });
        const values = expected.filter(({ value }) => value !== undefined);
        expect(after.batches.flatMap(rowsOf)).toEqual(values);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  it('ends with no marker and no aborted transaction once nothing is left of them', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        let cleaned = log;
        for (let round = 0; round < 4; round += 1)
          cleaned = clean(cleaned, { nowMs: NOW_MS + round * DELETE_RETENTION_MS });
        expect(cleaned.aborted).toEqual([]);
        const views = cleaned.batches.map((batch) => new BatchView().reset(batch));
        for (const marker of views.filter(({ isControl }) => isControl))
          expect(
            views.some(
              (view) =>
                view.isTransactional && !view.isControl && view.producerId === marker.producerId,
            ),
          ).toBe(true);
      }),
      { seed: 10, numRuns: 200 },
    );
  });

  it('touches nothing from the end of the round on', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(25), (log, place) => {
        const cut = log.batches[place % log.batches.length] as Buffer;
        const endOffset = new BatchView().reset(cut).baseOffset;
        const plain = log.batches.filter((batch) => !new BatchView().reset(batch).isTransactional);
        const cleaned = clean({ batches: plain, aborted: [] }, { endOffset });
        const isBehind = (batch: Buffer): boolean =>
          new BatchView().reset(batch).baseOffset >= endOffset;
        expect(cleaned.batches.filter(isBehind)).toEqual(plain.filter(isBehind));
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('gives a batch that loses nothing back as it is', () => {
    const batch = buildBatch({ records: [aRecord('a', '1'), aRecord('b', '2')] });
    expect(clean({ batches: [batch], aborted: [] }).batches).toEqual([batch]);
  });

  it('writes the delete horizon where the base time was, times unchanged', () => {
    const batch = buildBatch({ records: [aRecord('a', null, NOW_MS - 5), aRecord('b', '2')] });
    const [marked] = clean({ batches: [batch], aborted: [] }).batches as [Buffer];
    const view = new BatchView().reset(marked);
    expect(view.hasDeleteHorizon).toBe(true);
    expect(view.baseTimestamp).toBe(NOW_MS + DELETE_RETENTION_MS);
    expect(view.maxTimestamp).toBe(NOW_MS);
    expect(rowsOf(marked)).toEqual(rowsOf(batch));
  });

  it('keeps the horizon of a batch that has one', () => {
    const batch = buildBatch({ records: [aRecord('a', null)] });
    const once = clean({ batches: [batch], aborted: [] });
    expect(clean(once, { nowMs: NOW_MS + 500 })).toEqual(once);
  });

  it('keeps an empty batch for the sequence of a producer that may go on', () => {
    const ids = { producerId: 7, producerEpoch: 2, baseSequence: 40 };
    const first = buildBatch({ ...ids, records: [aRecord('a', '1'), aRecord('a', '2')] });
    const second = buildBatch({ baseOffset: 2, records: [aRecord('a', '3')] });
    const isNeeded = ({ producerId }: BatchView): boolean => producerId === 7;
    const log = { batches: [first, second], aborted: [] };
    const [empty] = clean(log, { isNeeded }).batches as [Buffer];
    const view = new BatchView().reset(empty);
    expect([view.recordsCount, view.sizeInBytes]).toEqual([0, 61]);
    expect([view.baseOffset, view.lastOffset, view.lastSequence]).toEqual([0, 1, 41]);
    expect([view.producerId, view.producerEpoch, view.maxTimestamp]).toEqual([7, 2, NOW_MS]);
    expect(clean(log).batches).toEqual([second]);
  });

  it('keeps the last batch of the round, empty if need be', () => {
    const batches = [
      buildBatch({ records: [aRecord('a', '1')] }),
      buildBatch({ baseOffset: 1, records: [{ ...aRecord('a', '2'), key: null }] }),
    ];
    const cleaned = clean({ batches, aborted: [] }, { endOffset: 2 });
    expect(cleaned.batches.map((batch) => new BatchView().reset(batch).nextOffset)).toEqual([1, 2]);
    expect(cleaned.batches.flatMap(rowsOf).map(({ value }) => value)).toEqual(['1']);
  });

  it('stops taking keys when the memory for them is used up', () => {
    const keys = new KeyOffsets(150);
    const taken = ['a', 'b', 'c'].map((key) =>
      noteKeys(
        new BatchView().reset(buildBatch({ records: [aRecord(key, '1')] })),
        { keys, codecs },
        new CleanedTransactions([]),
      ),
    );
    expect(taken).toEqual([true, true, false]);
    expect(keys.lastOffset(Buffer.from('b'))).toBe(0);
    expect(keys.lastOffset(Buffer.from('c'))).toBe(-1);
  });
});
