import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import type { LogStoreOptions } from './log-store-options.ts';
import type { PartitionLog } from './partition-log.ts';
import { MemoryDisk, seededRandom } from './testing/memory-disk.ts';
import { aBatch, appendClient, NOW_MS, readBytes, TestVolume } from './testing/test-volume.ts';

const AS_CLIENT = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;
const AS_BROKER = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'coordinator' } as const;

function aVolume(options: Partial<LogStoreOptions> = {}): { volume: TestVolume; states: string[] } {
  const volume = new TestVolume(new MemoryDisk(), options);
  const states: string[] = [];
  volume.store.onSpace = (state) => states.push(state);
  return { volume, states };
}

/** Leaves so many bytes free. */
function leave(volume: TestVolume, bytes: number): void {
  volume.disk.capacityBytes = 1e9;
  volume.disk.capacityBytes = 1e9 - volume.disk.freeBytes() + bytes;
}

function look(volume: TestVolume): void {
  volume.store.upkeep(NOW_MS);
  volume.disk.completeAll();
}

function allValues(log: PartitionLog): number {
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const bytes = readBytes(log, offset);
    offset = Number(bytes.readBigInt64BE(0)) + bytes.readInt32BE(23) + 1;
  }
  return offset;
}

describe('less free space than the reserve', () => {
  it('holds clients, takes the broker’s own records and opens again by itself', () => {
    const { volume, states } = aVolume({ reserveBytes: 100_000 });
    const log = volume.log();
    let resumed = 0;
    volume.store.onWritable = () => (resumed += 1);
    leave(volume, 90_000);
    look(volume);
    expect([volume.store.isFull, states]).toEqual([true, ['low']]);
    expect(log.append(aBatch(['client']), AS_CLIENT)).toMatchObject({
      ok: false,
      errorCode: KafkaError.KAFKA_STORAGE_ERROR,
    });
    expect(log.append(aBatch(['own']), AS_BROKER).ok).toBe(true);
    volume.flush();
    expect(log.durableEndOffset).toBe(1);
    leave(volume, 110_000);
    look(volume);
    expect(states).toEqual(['low']);
    leave(volume, 130_000);
    look(volume);
    expect([volume.store.isFull, states, resumed]).toEqual([false, ['low', 'open'], 1]);
  });
});

describe('a write-ahead log without space', () => {
  it('refuses everything, serves reads and loses nothing of what it took', () => {
    const { volume, states } = aVolume();
    const log = volume.log();
    appendClient(log, aBatch(['before']));
    volume.flush();
    appendClient(log, aBatch(['waits']));
    leave(volume, 100);
    volume.flush();
    expect([states, log.durableEndOffset, log.isWritable]).toEqual([['full'], 1, false]);
    const refusal = { ok: false, errorCode: KafkaError.KAFKA_STORAGE_ERROR };
    expect(log.append(aBatch(['x']), AS_CLIENT)).toMatchObject(refusal);
    expect(log.append(aBatch(['x']), AS_BROKER)).toMatchObject(refusal);
    expect(readBytes(log, 0).length).toBeGreaterThan(0);
    look(volume);
    expect(log.durableEndOffset).toBe(1);
    leave(volume, 1e8);
    look(volume);
    expect([states, log.durableEndOffset, volume.store.isOffline]).toEqual([
      ['full', 'open'],
      2,
      false,
    ]);
    volume.disk.kill(seededRandom(1));
    volume.reopen();
    expect(volume.log().endOffset).toBe(2);
  });
});

function giveSpace(volume: TestVolume): void {
  volume.disk.fault = undefined;
  look(volume);
}

describe('segment files without space', () => {
  /** The write-ahead log's files have their size already; segments find no space. */
  function aFullVolume(): { volume: TestVolume; states: string[]; log: PartitionLog } {
    const { volume, states } = aVolume();
    const log = volume.log({ segmentBytes: 40_000, indexIntervalBytes: 500 });
    volume.disk.fault = (operation) => (operation === 'write' ? 'no_space' : undefined);
    for (let count = 0; volume.store.space === 'open' && count < 60; count += 1) {
      appendClient(log, aBatch(['y'.repeat(3000)]));
      volume.flush();
    }
    return { volume, states, log };
  }

  it('leave the broker’s own records their way, until they come back', () => {
    const { volume, states, log } = aFullVolume();
    expect([states, log.isWritable]).toEqual([['full'], true]);
    const end = log.endOffset;
    expect(log.append(aBatch(['own']), AS_BROKER).ok).toBe(true);
    volume.flush();
    expect(log.durableEndOffset).toBe(end + 1);
    giveSpace(volume);
    expect([states, volume.store.isFull]).toEqual([['full', 'open'], false]);
    for (let count = 0; count < 40; count += 1) {
      appendClient(log, aBatch(['z'.repeat(3000)]));
      volume.flush();
    }
    expect(allValues(log)).toBe(end + 41);
    volume.restart();
    expect(volume.store.recovery.isClean).toBe(true);
    expect(allValues(volume.log())).toBe(end + 41);
  });

  it('lose nothing at a kill or a power cut while they wait', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { volume, log } = aFullVolume();
      const end = log.durableEndOffset;
      const random = seededRandom(seed);
      if (seed % 2 === 0) volume.disk.kill(random);
      else volume.disk.cutPower(random);
      volume.disk.fault = undefined;
      volume.reopen();
      expect(allValues(volume.log())).toBeGreaterThanOrEqual(end);
    }
  });

  it('let go of a deleted partition that waits, so that others are checkpointed', () => {
    const { volume, states } = aFullVolume();
    volume.store.deletePartition(volume.log().topicId, 0, () => undefined);
    volume.disk.completeAll();
    look(volume);
    expect(states).toEqual(['full', 'open']);
    giveSpace(volume);
    const other = volume.log({ segmentBytes: 40_000 }, 1);
    for (let count = 0; count < 60; count += 1) {
      appendClient(other, aBatch(['z'.repeat(9000)]));
      volume.flush();
    }
    expect(other.durableEndOffset).toBe(60);
  });

  it('end a close with an error, and the next start has everything', () => {
    const { volume, log } = aFullVolume();
    const end = log.durableEndOffset;
    let closeError: unknown = 'open';
    volume.store.close((error) => {
      closeError = error;
    });
    volume.disk.completeAll();
    expect(closeError).toMatchObject({ code: 'storage' });
    volume.disk.fault = undefined;
    volume.disk.kill(seededRandom(1));
    volume.reopen();
    expect(allValues(volume.log())).toBeGreaterThanOrEqual(end);
  });
});
