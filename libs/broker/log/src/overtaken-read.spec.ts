import { buildBatch } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import type { PartitionLog } from './partition-log.ts';
import type { ReadOutcome } from './read-log.ts';
import { offsetPath } from './segment/file-names.ts';
import { baseOffsetsOf, NOW_MS, TestVolume } from './testing/test-volume.ts';

const SEGMENTS = 5;
const CONFIG = { segmentBytes: 120 };

/**
 * A batch at each tenth offset, each in its own segment. The third begins behind the second's end, as
 * Apache Kafka may leave it: between them lies nothing.
 */
function arrange(): { readonly volume: TestVolume; readonly log: PartitionLog } {
  const volume = new TestVolume(undefined, { cachedBytes: 0 });
  const log = volume.log(CONFIG);
  for (let place = 0; place < SEGMENTS; place += 1) {
    const records = [{ key: null, value: Buffer.alloc(50), timestamp: NOW_MS }];
    const batch = buildBatch({ records, baseOffset: place * 10 });
    const outcome = log.append(batch, { leaderEpoch: 0, nowMs: NOW_MS, origin: 'replica' });
    expect(outcome.ok).toBe(true);
    volume.flush();
  }
  volume.store.close(() => undefined);
  volume.disk.completeAll();
  for (const suffix of ['.log', '.index']) {
    const pathOf = (offset: number): string => offsetPath('events-0', offset, suffix);
    volume.disk.rename(pathOf(11), pathOf(15));
  }
  volume.reopen();
  return { volume, log: volume.log(CONFIG) };
}

describe('A read that retention overtakes', () => {
  it('goes on with the very next segment, whatever its place is now', () => {
    const { volume, log } = arrange();
    log.highWatermark = log.endOffset;
    const found: ReadOutcome[] = [];
    // Behind the only batch of the second segment: what comes next lies in the third.
    const request = { offset: 13, maxBytes: 50, endOffset: log.endOffset, atLeastOneBatch: true };
    log.read(request, (outcome) => found.push(outcome));
    expect(found).toEqual([]);
    log.deleteRecordsBefore(1);
    volume.store.applyRetention(NOW_MS, () => undefined);
    volume.disk.completeAll();
    const [outcome] = found;
    if (outcome?.ok !== true) throw new Error('the read is answered');
    expect(log.startOffset).toBe(1);
    expect(baseOffsetsOf(Buffer.concat(outcome.slices))).toEqual([20]);
    outcome.release();
  });
});
