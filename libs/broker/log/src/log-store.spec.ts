import { KafkaError } from '@weirhouse/kafka-protocol';
import type { AppError } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { storageFaultOf } from './disk.ts';
import { aBatch, appendClient, NOW_MS, readOutcome, TestVolume } from './testing/test-volume.ts';

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
