import { BatchView, crc32c } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { Arena } from '../arena.ts';
import { type ExtentOwner, RecordKind } from '../extent.ts';
import { MemoryDisk } from '../testing/memory-disk.ts';
import { aBatch } from '../testing/test-volume.ts';
import {
  alignToBlock,
  BATCH_PREFIX_BYTES,
  readFileHeader,
  RECORD_HEADER_BYTES,
  WAL_BLOCK_BYTES,
  WAL_DATA_START,
  writeFileHeader,
  writeRecordHeader,
} from './format.ts';
import { WalReader } from './wal-reader.ts';

const OWNER: ExtentOwner = {
  topicIdBytes: Buffer.alloc(16, 5),
  index: 3,
  isInDurableList: false,
  isRelaxed: false,
  onCached: () => false,
  walGeneration: -1,
  onDurable: () => false,
  onEvicted: () => undefined,
};

/** The image of one flush with a record per batch, as group commit writes it. */
function aFlush(batches: readonly Buffer[], generation: number, sequence: number): Buffer {
  const arena = new Arena({ memory: Buffer.alloc(65_536, 0xee), chunkBytes: 32_768 });
  const view = new BatchView();
  let next = sequence;
  let chunk = arena.reserve(1);
  for (const batch of batches) {
    chunk = arena.reserve(RECORD_HEADER_BYTES + batch.length);
    if (chunk === undefined) throw new Error('the flush is too large for the test');
    const extent = arena.addExtent(chunk, OWNER, RECORD_HEADER_BYTES);
    batch.copy(chunk.buffer, extent.start);
    extent.kind = RecordKind.DATA;
    extent.recordEnd = extent.start + batch.length;
    extent.baseOffset = view.reset(batch, 0).baseOffset;
    extent.prefixCrc = crc32c(batch, 0, BATCH_PREFIX_BYTES);
    chunk.used = extent.recordEnd;
    writeRecordHeader(extent, { generation, sequence: next, durableSequence: sequence });
    next += 1;
  }
  const used = chunk?.used ?? 0;
  chunk?.buffer.fill(0, used, alignToBlock(used));
  return Buffer.from(chunk?.buffer.subarray(0, alignToBlock(used)) ?? []);
}

function offsetsRead(bytes: Buffer, firstSequence = 1): number[] {
  const disk = new MemoryDisk();
  const file = disk.open('wal', 'write');
  file.writevSync([bytes], WAL_DATA_START);
  const reader = new WalReader(file, { generation: 4, firstSequence, recoverFrom: 4 });
  const offsets: number[] = [];
  for (let record = reader.next(); record !== undefined; record = reader.next())
    offsets.push(record.header.baseOffset);
  return offsets;
}

const BATCHES = [10, 20, 30].map((baseOffset) => aBatch(['x'.repeat(500)], { baseOffset }));

describe('reading a WAL file', () => {
  it('goes on over the padding of flushes', () => {
    const flushes = [aFlush(BATCHES, 4, 1), aFlush(BATCHES, 4, 4)];
    expect(offsetsRead(Buffer.concat(flushes))).toEqual([10, 20, 30, 10, 20, 30]);
  });

  it('stops at any flipped bit of a record, header and batch prefix included', () => {
    const bytes = aFlush(BATCHES, 4, 1);
    const recordBytes = RECORD_HEADER_BYTES + (BATCHES[0] as Buffer).length;
    for (let at = recordBytes; at < 2 * recordBytes; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 8;
      expect(offsetsRead(damaged)).toEqual([10]);
    }
  });

  it('stops at a missing block and at the file’s end', () => {
    const bytes = Buffer.concat([aFlush(BATCHES, 4, 1), aFlush(BATCHES, 4, 4)]);
    expect(offsetsRead(bytes.subarray(0, 4600))).toEqual([10, 20, 30]);
    bytes.fill(0, 0, WAL_BLOCK_BYTES);
    expect(offsetsRead(bytes)).toEqual([]);
  });

  it('tells damage to what was durable from the torn end of the last flush', () => {
    const flushes = [1, 4, 7].map((sequence) => aFlush(BATCHES, 4, sequence));
    const proofWithout = (place: number): number | undefined => {
      const bytes = Buffer.concat(flushes);
      bytes.fill(0xaa, place * WAL_BLOCK_BYTES, (place + 1) * WAL_BLOCK_BYTES);
      const disk = new MemoryDisk();
      const file = disk.open('wal', 'write');
      file.writevSync([bytes], WAL_DATA_START);
      const reader = new WalReader(file, { generation: 4, firstSequence: 1, recoverFrom: 4 });
      while (reader.next() !== undefined);
      return reader.findProofOfLoss()?.sequence;
    };
    expect([0, 1, 2].map(proofWithout)).toEqual([4, 7, undefined]);
  });

  it('does not take records of an older generation or out of sequence', () => {
    const first = aFlush(BATCHES, 4, 1);
    expect(offsetsRead(Buffer.concat([first, aFlush(BATCHES, 3, 4)]))).toEqual([10, 20, 30]);
    expect(offsetsRead(Buffer.concat([first, aFlush(BATCHES, 4, 5)]))).toEqual([10, 20, 30]);
    expect(offsetsRead(first, 2)).toEqual([]);
  });
});

describe('a WAL file header', () => {
  it('is read back, and refused when any of its bits flipped', () => {
    const block = Buffer.alloc(WAL_BLOCK_BYTES);
    const header = { generation: 9, firstSequence: 2 ** 40 + 3, recoverFrom: 7 };
    writeFileHeader(block, header);
    expect(readFileHeader(block)).toEqual(header);
    for (let at = 0; at < 36; at += 1) {
      const damaged = Buffer.from(block);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(readFileHeader(damaged)).toBeUndefined();
    }
  });

  it('of another format is refused, not taken for an empty file', () => {
    const block = Buffer.alloc(WAL_BLOCK_BYTES);
    writeFileHeader(block, { generation: 9, firstSequence: 1, recoverFrom: 7 });
    block.writeUInt32BE(1, 8);
    block.writeUInt32BE(crc32c(block, 8, 40), 4);
    expect(() => readFileHeader(block)).toThrow(/format version 1/);
  });
});
