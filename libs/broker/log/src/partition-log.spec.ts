import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { MemoryDisk, seededRandom } from './testing/memory-disk.ts';
import {
  aBatch,
  appendClient,
  baseOffsetsOf,
  NOW_MS,
  readBytes,
  readOutcome,
  TestVolume,
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
