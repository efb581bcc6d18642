import { BatchView, buildBatch } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../testing/memory-disk.ts';
import { FilePool } from './file-pool.ts';
import { Segment } from './segment.ts';

describe('A segment', () => {
  it('does not count the time of a batch without records', () => {
    const disk = new MemoryDisk();
    disk.mkdir('events-0');
    const segment = new Segment({ files: new FilePool(disk), folder: 'events-0', baseOffset: 0 });
    const record = { key: null, value: Buffer.from('v'), timestamp: 1000 };
    const full = buildBatch({ records: [record] });
    const emptied = buildBatch({
      baseOffset: 1,
      records: [],
      lastOffsetDelta: 0,
      maxTimestamp: 2000,
    });
    segment.take(new BatchView().reset(full), 0, 4096);
    segment.take(new BatchView().reset(emptied), full.length, 4096);
    expect([segment.maxTimestamp, segment.maxTimestampOffset]).toEqual([1000, 0]);
    expect(segment.size).toBe(full.length + emptied.length);
  });
});
