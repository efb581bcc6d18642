import { KafkaError } from '@weirhouse/kafka-protocol';
import { AppError } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { storageFaultOf } from './disk.ts';
import { MemoryDisk, seededRandom } from './testing/memory-disk.ts';
import {
  aBatch,
  appendClient,
  baseOffsetsOf,
  NOW_MS,
  readBytes,
  readOutcome,
  TestVolume,
  TOPIC_ID,
} from './testing/test-volume.ts';

const random = seededRandom(1);

describe('appending', () => {
  it('is durable only when the WAL write is over, and says so once per flush', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const reports: number[] = [];
    volume.store.onDurable = (logs) => reports.push(...logs.map((entry) => entry.durableEndOffset));
    expect(appendClient(log, aBatch(['a', 'b']))).toBe(0);
    expect(appendClient(log, aBatch(['c']))).toBe(2);
    volume.store.flush();
    expect(log.endOffset).toBe(3);
    expect(log.durableEndOffset).toBe(0);
    volume.disk.completeAll();
    expect(log.durableEndOffset).toBe(3);
    expect(reports).toEqual([3]);
  });

  it('gathers what comes during a flush into the next one', () => {
    const volume = new TestVolume();
    const log = volume.log();
    appendClient(log, aBatch(['begins the first WAL file']));
    volume.flush();
    let flushes = 0;
    volume.store.onDurable = () => {
      flushes += 1;
    };
    appendClient(log, aBatch(['a']));
    volume.store.flush();
    for (let count = 0; count < 10; count += 1) appendClient(log, aBatch(['b']));
    volume.disk.completeAll();
    expect(flushes).toBe(2);
    expect(log.durableEndOffset).toBe(12);
  });

  it('stamps offset and leader epoch and leaves the caller’s bytes alone', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const batch = aBatch(['a']);
    const before = Buffer.from(batch);
    appendClient(log, aBatch(['first', 'second']));
    appendClient(log, batch, 7);
    expect(batch.equals(before)).toBe(true);
    const stored = readBytes(log, 2);
    expect(Number(stored.readBigInt64BE(0))).toBe(2);
    expect(stored.readInt32BE(12)).toBe(7);
    expect(stored.subarray(16).equals(before.subarray(16))).toBe(true);
  });

  it('stamps the append time on topics that want it', () => {
    const volume = new TestVolume();
    const log = volume.log({ timestampType: 'LogAppendTime' });
    const options = { leaderEpoch: 0, nowMs: NOW_MS + 5, origin: 'client' } as const;
    const outcome = log.append(aBatch(['a']), options);
    expect(outcome).toMatchObject({ ok: true, logAppendTimeMs: NOW_MS + 5 });
    expect(log.findOffsetByTime(NOW_MS + 5, 1)).toMatchObject({ timestamp: NOW_MS + 5 });
  });

  it('takes batches above the chunk size', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const large = aBatch(['x'.repeat(40_000)]);
    appendClient(log, aBatch(['small']));
    appendClient(log, large);
    appendClient(log, aBatch(['small']));
    volume.flush();
    volume.disk.kill(random);
    volume.reopen();
    expect(readBytes(volume.log(), 1, 10).subarray(17).equals(large.subarray(17))).toBe(true);
    expect(volume.log().endOffset).toBe(3);
  });

  it('refuses a batch that no WAL file holds', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'coordinator' } as const;
    const outcome = log.append(aBatch(['x'.repeat(70_000)]), options);
    expect(outcome).toMatchObject({ ok: false, errorCode: KafkaError.MESSAGE_TOO_LARGE });
  });

  it('appends all batches of a coordinator or none', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const options = { leaderEpoch: 3, nowMs: NOW_MS, origin: 'coordinator' } as const;
    const damaged = aBatch(['b']);
    damaged[damaged.length - 1] = 0x7f;
    const outcome = log.append(Buffer.concat([aBatch(['a']), damaged]), options);
    expect(outcome).toMatchObject({ ok: false, errorCode: KafkaError.CORRUPT_MESSAGE });
    expect(log.endOffset).toBe(0);
    expect(log.append(Buffer.concat([aBatch(['a']), aBatch(['b'])]), options)).toMatchObject({
      baseOffset: 0,
      lastOffset: 1,
    });
  });

  it('keeps the offsets and epochs of a replica’s batches, gaps included', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'replica' } as const;
    const batches = [
      aBatch(['a'], { baseOffset: 5, leaderEpoch: 2 }),
      aBatch(['b'], { baseOffset: 9, leaderEpoch: 4 }),
    ];
    expect(log.append(Buffer.concat(batches), options)).toMatchObject({ ok: true });
    expect(log.endOffset).toBe(10);
    expect(log.endOffsetOfEpoch(2)).toEqual({ epoch: 2, endOffset: 9 });
    volume.flush();
    volume.disk.kill(random);
    volume.reopen();
    expect(baseOffsetsOf(readBytes(volume.log(), 6))).toEqual([9]);
    expect(volume.log().append(aBatch(['c'], { baseOffset: 9 }), options)).toMatchObject({
      errorCode: KafkaError.OFFSET_OUT_OF_RANGE,
    });
  });

  it('answers a retried batch with its first offset, after a kill too', () => {
    const volume = new TestVolume();
    const batches = [0, 1, 2, 3, 4].map((sequence) =>
      aBatch([`${sequence}`], { producerId: 9, producerEpoch: 0, baseSequence: sequence }),
    );
    for (const batch of batches) appendClient(volume.log(), batch);
    volume.flush();
    volume.disk.kill(random);
    volume.reopen();
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
    for (const [sequence, batch] of batches.entries())
      expect(volume.log().append(batch, options)).toMatchObject({
        duplicate: true,
        baseOffset: sequence,
      });
    volume.restart();
    expect(volume.log().append(batches[0] as Buffer, options)).toMatchObject({ duplicate: true });
    expect(volume.log().endOffset).toBe(5);
  });
});

describe('reading', () => {
  it('gives whole batches from the one that holds the offset, within the limits', () => {
    const volume = new TestVolume();
    const log = volume.log();
    for (let count = 0; count < 6; count += 1) appendClient(log, aBatch(['a', 'b', 'c']));
    const one = aBatch(['a', 'b', 'c']).length;
    expect(baseOffsetsOf(readBytes(log, 4))).toEqual([3, 6, 9, 12, 15]);
    expect(baseOffsetsOf(readBytes(log, 4, 2 * one + 10))).toEqual([3, 6]);
    expect(baseOffsetsOf(readBytes(log, 4, 1))).toEqual([3]);
    const request = { offset: 4, maxBytes: 9999, endOffset: 9, atLeastOneBatch: true };
    log.read(request, (outcome) =>
      expect(outcome.ok && baseOffsetsOf(Buffer.concat(outcome.slices))).toEqual([3, 6]),
    );
    log.read({ ...request, maxBytes: 1, atLeastOneBatch: false }, (outcome) =>
      expect(outcome).toMatchObject({ ok: true, bytes: 0 }),
    );
  });

  it('refuses offsets outside the log and gives nothing at its end', () => {
    const volume = new TestVolume();
    const log = volume.log();
    appendClient(log, aBatch(['a']));
    expect(readOutcome(log, 1)).toMatchObject({ ok: true, bytes: 0 });
    expect(readOutcome(log, 2)).toEqual({ ok: false, errorCode: KafkaError.OFFSET_OUT_OF_RANGE });
    log.highWatermark = 1;
    log.deleteRecordsBefore(1);
    expect(readOutcome(log, 0)).toEqual({ ok: false, errorCode: KafkaError.OFFSET_OUT_OF_RANGE });
  });

  it('gives the same from files as from the arena, over segments and missing indexes', () => {
    const volume = new TestVolume();
    const config = { segmentBytes: 2000, indexIntervalBytes: 300 };
    for (let count = 0; count < 60; count += 1)
      appendClient(volume.log(config), aBatch([`value ${count}`, 'other']));
    const expected = readBytes(volume.log(config), 0);
    volume.restart();
    for (const name of volume.disk.list('events-0'))
      if (name.endsWith('index')) volume.disk.unlink(`events-0/${name}`);
    const log = volume.log(config);
    const parts: Buffer[] = [];
    for (let offset = 0; offset < log.endOffset;) {
      const bytes = readBytes(log, offset, 700);
      parts.push(bytes);
      offset = (baseOffsetsOf(bytes).at(-1) ?? 0) + 2;
    }
    expect(Buffer.concat(parts).equals(expected)).toBe(true);
    expect(baseOffsetsOf(readBytes(log, 77, 1))).toEqual([76]);
  });

  it('never serves a damaged batch and goes on behind it', () => {
    const volume = new TestVolume();
    const config = { indexIntervalBytes: 500 };
    for (let count = 0; count < 40; count += 1)
      appendClient(volume.log(config), aBatch([`${count}`]));
    volume.restart();
    const size = aBatch(['10']).length;
    const start = 10 * aBatch(['1']).length;
    volume.disk.flipBit('events-0/00000000000000000000.log', start + size - 3);
    const log = volume.log(config);
    expect(baseOffsetsOf(readBytes(log, 5))).toEqual([5, 6, 7, 8, 9]);
    expect(readOutcome(log, 10)).toEqual({ ok: false, errorCode: KafkaError.KAFKA_STORAGE_ERROR });
    expect(baseOffsetsOf(readBytes(log, 11))[0]).toBe(11);
  });

  it.each([
    { cachedBytes: 10_000, where: 'off the loop when the page cache may have lost it' },
    { cachedBytes: 1_000_000, where: 'at once when the page cache has it' },
  ])('reads a large part of a file $where', ({ cachedBytes }) => {
    const volume = new TestVolume(new MemoryDisk(), { cachedBytes });
    for (let count = 0; count < 30; count += 1) {
      appendClient(volume.log(), aBatch(['x'.repeat(9000)]));
      volume.flush();
    }
    volume.restart();
    const log = volume.log();
    let bytes = 0;
    const request = { offset: 0, maxBytes: 200_000, endOffset: 30, atLeastOneBatch: true };
    log.read(request, (outcome) => {
      bytes = outcome.ok ? outcome.bytes : -1;
    });
    const atOnce = bytes;
    volume.disk.completeAll();
    expect(bytes).toBeGreaterThan(190_000);
    expect(atOnce).toBe(cachedBytes > 200_000 ? bytes : 0);
  });
});

/** The ends of so many partitions after a start, none when it is refused for damage. */
function endsAfterStart(volume: TestVolume, count: number): number[] {
  try {
    volume.reopen();
  } catch (error) {
    if (error instanceof AppError && error.code === 'corrupt') return [];
    throw error;
  }
  return Array.from({ length: count }, (_, index) => volume.log({}, index).endOffset);
}

describe('starting again', () => {
  it('has nothing to replay after a close and everything after a kill', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 20; count += 1) appendClient(volume.log(), aBatch(['a']));
    volume.restart();
    expect(volume.store.recovery).toMatchObject({ isClean: true, recordCount: 0 });
    expect(volume.log().endOffset).toBe(20);
    appendClient(volume.log(), aBatch(['b']));
    volume.flush();
    volume.disk.kill(random);
    volume.reopen();
    expect(volume.store.recovery).toMatchObject({ isClean: false, partitionCount: 1 });
    expect(volume.log().endOffset).toBe(21);
  });

  it('closes and opens with thousands of partitions, most of them untouched', () => {
    const volume = new TestVolume();
    for (let index = 0; index < 3000; index += 1) volume.log({}, index);
    for (let index = 0; index < 40; index += 1) appendClient(volume.log({}, index), aBatch(['a']));
    volume.restart();
    expect(volume.log({}, 39).endOffset).toBe(1);
    expect(volume.log({}, 2999).endOffset).toBe(0);
    expect(volume.disk.list('events-2999')).toEqual(['partition.metadata']);
  });

  it('names a hole in the WAL instead of starting with records missing', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 9; count += 1) {
      appendClient(volume.log(), aBatch(['x'.repeat(11_000)]));
      volume.flush();
    }
    volume.disk.kill(random);
    volume.disk.flipBit('wal/00000001.wal', 30_000);
    const before = volume.disk.sizeOf('events-0/00000000000000000000.log');
    expect(() => volume.reopen()).toThrow(/wal\/00000001.wal at byte 19\d\d\d\./);
    expect(volume.disk.sizeOf('events-0/00000000000000000000.log')).toBe(before);
  });

  it('refuses any flipped bit of an acknowledged record, but for the last flush', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const volume = new TestVolume(undefined, { walSegmentBytes: 131_072 });
      const chance = seededRandom(seed);
      let lastFlush = 0;
      for (let count = 0; count < 12; count += 1) {
        if (count > 0) lastFlush = volume.disk.sizeOf('wal/00000000.wal');
        for (let batch = chance.below(4); batch >= 0; batch -= 1)
          appendClient(volume.log({}, chance.below(3)), aBatch(['x'.repeat(chance.below(3000))]));
        volume.flush();
      }
      const ends = [0, 1, 2].map((index) => volume.log({}, index).endOffset);
      volume.disk.kill(random);
      volume.disk.flipBit(
        'wal/00000000.wal',
        8192 + chance.below(lastFlush - 8192),
        chance.below(8),
      );
      // Padding may flip: then nothing is lost.
      expect([[], ends]).toContainEqual(endsAfterStart(volume, 3));
    }
  });

  it('refuses a damaged header of a file with acknowledged records', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 6; count += 1) {
      appendClient(volume.log(), aBatch(['x'.repeat(11_000)]));
      volume.flush();
    }
    volume.disk.kill(random);
    volume.disk.flipBit('wal/00000001.wal', 14);
    expect(() => volume.reopen()).toThrow(/wal\/00000001.wal at byte 0/);
  });

  it('opens the other partitions when one is damaged', () => {
    const volume = new TestVolume();
    for (const index of [0, 1]) {
      appendClient(volume.log({}, index), aBatch(['old']));
      volume.flush();
    }
    volume.restart();
    for (const index of [0, 1]) appendClient(volume.log({}, index), aBatch(['new']));
    volume.flush();
    volume.disk.flipBit('events-0/00000000000000000000.log', 70);
    volume.disk.kill(random);
    volume.reopen();
    expect(volume.store.recovery.damaged).toMatchObject([{ topicName: 'events', index: 0 }]);
    expect(() => volume.log({}, 0)).toThrow(/is damaged at byte 0/);
    expect(volume.log({}, 1).endOffset).toBe(2);
  });

  it('keeps a durable truncation and what came after it', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 8; count += 1) appendClient(volume.log(), aBatch(['old']), 1);
    volume.flush();
    expect(volume.log().truncateTo(3)).toBe(true);
    volume.flush();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log().endOffset).toBe(3);
    appendClient(volume.log(), aBatch(['new']), 2);
    volume.flush();
    volume.restart();
    expect(volume.log().endOffset).toBe(4);
    expect(volume.log().endOffsetOfEpoch(1)).toEqual({ epoch: 1, endOffset: 3 });
  });
});

describe('the disk’s limits', () => {
  it('tells appends to wait when no WAL file is free, and goes on by itself', () => {
    const volume = new TestVolume();
    const log = volume.log();
    let isStuck = true;
    const held: (() => void)[] = [];
    volume.store.onWritable = () => held.forEach((resume) => resume());
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
    const refusals: number[] = [];
    for (let count = 0; count < 200 && refusals.length === 0; count += 1) {
      const outcome = log.append(aBatch(['x'.repeat(3000)]), options);
      if (!outcome.ok) refusals.push(outcome.errorCode);
      volume.store.flush();
    }
    expect(refusals).toEqual([KafkaError.REQUEST_TIMED_OUT]);
    expect(volume.store.isFull).toBe(true);
    held.push(() => {
      isStuck = false;
    });
    const end = log.endOffset;
    volume.disk.completeAll();
    expect(isStuck).toBe(false);
    expect(log.durableEndOffset).toBe(end);
    expect(volume.store.isFull).toBe(false);
  });

  it('keeps memory that a reader holds, and takes it back when it is released', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const batch = aBatch(['x'.repeat(3000)]);
    appendClient(log, batch);
    volume.flush();
    const outcome = readOutcome(log, 0);
    for (let count = 0; count < 100; count += 1) {
      appendClient(log, batch);
      volume.flush();
    }
    expect(outcome?.ok && outcome.slices[0]?.subarray(17).equals(batch.subarray(17))).toBe(true);
    if (outcome?.ok === true) outcome.release();
    expect(log.endOffset).toBe(101);
  });

  it('goes offline at a failed WAL write and answers with a storage error', () => {
    const volume = new TestVolume();
    const log = volume.log();
    let failure: AppError | undefined;
    volume.store.onFailure = (error) => {
      failure = error;
    };
    appendClient(log, aBatch(['a']));
    volume.disk.fault = (operation) => (operation === 'wal-write' ? 'io' : undefined);
    volume.flush();
    expect(storageFaultOf(failure)).toBe('io');
    expect(log.durableEndOffset).toBe(0);
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
    const refusal = { ok: false, errorCode: KafkaError.KAFKA_STORAGE_ERROR };
    expect(log.append(aBatch(['b']), options)).toMatchObject(refusal);
    expect(readOutcome(log, 0)).toMatchObject(refusal);
    let closeError: AppError | undefined;
    volume.store.close((error) => {
      closeError = error;
    });
    expect(closeError?.code).toBe('storage');
  });

  it('takes a failed sync of a segment for a failed volume', () => {
    const volume = new TestVolume();
    let failures = 0;
    volume.store.onFailure = () => {
      failures += 1;
    };
    volume.disk.fault = (operation) => (operation === 'datasync' ? 'io' : undefined);
    for (let count = 0; count < 40 && !volume.store.isOffline; count += 1) {
      appendClient(volume.log(), aBatch(['x'.repeat(9000)]));
      volume.flush();
    }
    expect(failures).toBe(1);
  });
});

describe('files', () => {
  it('have Kafka’s names', () => {
    const volume = new TestVolume();
    const config = { segmentBytes: 300 };
    for (let count = 0; count < 4; count += 1)
      appendClient(volume.log(config), aBatch(['a', 'b']), 3);
    volume.restart();
    const names = volume.disk.list('events-0');
    expect(names).toContain('00000000000000000000.log');
    expect(names).toContain('00000000000000000006.log');
    expect(names).toContain('00000000000000000000.index');
    expect(names).toContain('00000000000000000000.timeindex');
    expect(names).toContain('00000000000000000008.snapshot');
    expect(names).toContain('leader-epoch-checkpoint');
    expect(names).toContain('partition.metadata');
    expect(volume.store.listPartitions()).toEqual([
      { topicId: TOPIC_ID, topicName: 'events', index: 0 },
    ]);
  });

  it('of a partition are gone after its deletion, also when a crash comes between', () => {
    const volume = new TestVolume();
    appendClient(volume.log(), aBatch(['a']));
    appendClient(volume.log({}, 1), aBatch(['b']));
    volume.flush();
    let isDone = false;
    volume.store.deletePartition(TOPIC_ID, 0, (error) => {
      isDone = error === undefined;
    });
    volume.flush();
    expect(isDone).toBe(true);
    expect(volume.store.findPartition(TOPIC_ID, 0)).toBeUndefined();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.store.listPartitions()).toMatchObject([{ index: 1 }]);
    expect(volume.log({}, 1).endOffset).toBe(1);
  });

  it('of an older topic of the same name give way to the new one', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 3; count += 1) appendClient(volume.log(), aBatch(['old']));
    volume.flush();
    volume.store.deletePartition(TOPIC_ID, 0, () => undefined);
    const ref = { topicId: 'AAAAAAAAAAAAAAAAAAAAAg', topicName: 'events', index: 0 };
    const fresh = volume.store.partition(ref, volume.log({}, 1).config);
    appendClient(fresh, aBatch(['new']));
    volume.flush();
    volume.disk.cutPower(random);
    volume.reopen();
    const log = volume.store.partition(ref, volume.log({}, 1).config);
    expect(log.endOffset).toBe(1);
    expect(readBytes(log, 0).includes('new')).toBe(true);
  });
});

describe('retention', () => {
  it('removes old segments, remembers the start and unlinks later', () => {
    const volume = new TestVolume();
    const config = { segmentBytes: 1000, retentionBytes: 2500, fileDeleteDelayMs: 60_000 };
    for (let count = 0; count < 60; count += 1) appendClient(volume.log(config), aBatch(['a']));
    volume.flush();
    const log = volume.log(config);
    log.highWatermark = log.durableEndOffset;
    const retain = (nowMs: number): void => {
      volume.store.applyRetention(nowMs, () => undefined);
      volume.disk.completeAll();
    };
    retain(NOW_MS);
    retain(NOW_MS);
    expect(log.sizeBytes).toBeLessThan(3600);
    expect(log.startOffset).toBeGreaterThan(0);
    const deleted = (): number =>
      volume.disk.list('events-0').filter((name) => name.endsWith('.deleted')).length;
    expect(deleted()).toBeGreaterThan(0);
    retain(NOW_MS + 60_000);
    expect(deleted()).toBe(0);
    const { startOffset } = log;
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log(config).startOffset).toBe(startOffset);
    expect(volume.log(config).endOffset).toBe(60);
  });

  it('empties a quiet topic and keeps counting', () => {
    const volume = new TestVolume();
    const config = { retentionMs: 1000, fileDeleteDelayMs: 0 };
    for (let count = 0; count < 3; count += 1) appendClient(volume.log(config), aBatch(['a']));
    volume.flush();
    volume.restart();
    const log = volume.log(config);
    volume.store.applyRetention(NOW_MS + 5000, () => undefined);
    volume.disk.completeAll();
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([3, 3, 0]);
    volume.restart();
    expect([volume.log(config).startOffset, volume.log(config).endOffset]).toEqual([3, 3]);
    expect(appendClient(volume.log(config), aBatch(['b']))).toBe(3);
  });

  it('keeps the start offset of deleted records through a power cut', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 9; count += 1) appendClient(volume.log(), aBatch(['a']));
    volume.flush();
    volume.log().highWatermark = 9;
    expect(volume.log().deleteRecordsBefore(5)).toBe(5);
    volume.store.applyRetention(NOW_MS, () => undefined);
    volume.disk.completeAll();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log().startOffset).toBe(5);
    expect(baseOffsetsOf(readBytes(volume.log(), 5))).toEqual([5, 6, 7, 8]);
  });
});

describe('times', () => {
  it('are found over segments, in files and in the arena', () => {
    const volume = new TestVolume();
    const config = { segmentBytes: 600, indexIntervalBytes: 100 };
    const at = (timestamp: number): Buffer => {
      const record = { key: null, value: Buffer.from('v') };
      const records = [
        { ...record, timestamp },
        { ...record, timestamp: timestamp + 1 },
      ];
      return aBatch([], { records });
    };
    for (let count = 0; count < 40; count += 1)
      appendClient(volume.log(config), at(NOW_MS + count * 10));
    const check = (): void => {
      const log = volume.log(config);
      const found = (time: number): number | undefined => log.findOffsetByTime(time, 80)?.offset;
      expect(found(0)).toBe(0);
      expect(found(NOW_MS + 100)).toBe(20);
      expect(found(NOW_MS + 101)).toBe(21);
      expect(found(NOW_MS + 102)).toBe(22);
      expect(found(NOW_MS + 391)).toBe(79);
      expect(found(NOW_MS + 392)).toBeUndefined();
      expect(log.findOffsetByTime(NOW_MS + 391, 79)).toBeUndefined();
      expect(log.findLatestTime(80)).toMatchObject({ offset: 79, timestamp: NOW_MS + 391 });
      expect(log.findLatestTime(79)).toBeUndefined();
    };
    check();
    volume.restart();
    check();
  });
});
