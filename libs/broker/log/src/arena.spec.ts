import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, type Chunk } from './arena.ts';
import type { Extent, ExtentOwner } from './extent.ts';

const CHUNK_BYTES = 4096;
const HEADER_BYTES = 80;

function anOwner(evicted: Extent[] = []): ExtentOwner {
  return {
    topicIdBytes: Buffer.alloc(16),
    index: 0,
    isInDurableList: false,
    isRelaxed: false,
    onCached: () => false,
    walGeneration: -1,
    onDurable: () => false,
    onEvicted: (extent) => evicted.push(extent),
  };
}

function anArena(chunks: number): Arena {
  return new Arena({ memory: Buffer.alloc(chunks * CHUNK_BYTES), chunkBytes: CHUNK_BYTES });
}

/** Puts a payload into the arena as an append does. */
function put(arena: Arena, bytes: number, owner = anOwner()): Extent | undefined {
  const chunk = arena.reserve(HEADER_BYTES + bytes);
  if (chunk === undefined) return undefined;
  const extent = arena.addExtent(chunk, owner, HEADER_BYTES);
  extent.recordEnd = extent.start + bytes;
  extent.end = extent.recordEnd;
  chunk.used = extent.recordEnd;
  return extent;
}

/** Does what a flush and a segment write do to a chunk. */
function settle(chunk: Chunk): void {
  chunk.flushed = chunk.used;
  for (const extent of chunk.extents) extent.markWritten();
}

describe('an arena', () => {
  it('takes the oldest chunk back when its records are written', () => {
    const arena = anArena(2);
    const evicted: Extent[] = [];
    const first = put(arena, 3000, anOwner(evicted));
    const firstChunk = first?.chunk as Chunk;
    put(arena, 3000);
    expect(put(arena, 3000)).toBeUndefined();
    settle(firstChunk);
    expect(put(arena, 3000)?.chunk).toBe(firstChunk);
    expect(evicted).toEqual([first]);
  });

  it('waits for the oldest chunk even when a younger one is written', () => {
    const arena = anArena(2);
    put(arena, 3000);
    const second = put(arena, 3000);
    settle(second?.chunk as Chunk);
    expect(put(arena, 3000)).toBeUndefined();
  });

  it('does not reuse a pinned chunk before the last release', () => {
    const arena = anArena(3);
    let freed = 0;
    arena.onFree = () => {
      freed += 1;
    };
    const pinned = put(arena, 3000)?.chunk as Chunk;
    const second = put(arena, 3000)?.chunk as Chunk;
    put(arena, 3000);
    pinned.retain();
    pinned.retain();
    settle(pinned);
    settle(second);
    expect(put(arena, 3000)?.chunk).toBe(second);
    expect(put(arena, 3000)).toBeUndefined();
    pinned.release();
    expect(put(arena, 3000)).toBeUndefined();
    pinned.release();
    expect(freed).toBe(1);
    expect(put(arena, 3000)?.chunk).toBe(pinned);
    expect(() => pinned.release()).toThrow(/once per retain/);
  });

  it('gives large batches a chunk of their own, within a limit', () => {
    const arena = anArena(8);
    const large = put(arena, 10_000);
    expect(large?.chunk.isOversize).toBe(true);
    expect(large?.chunk.buffer.length).toBe(12_288);
    expect(put(arena, 10_000)).toBeUndefined();
    expect(arena.hasRoom(10_000, 10_000)).toBe(false);
    expect(put(arena, 3000)?.chunk.isOversize).toBe(false);
    settle(large?.chunk as Chunk);
    expect(put(arena, 10_000)?.chunk.isOversize).toBe(true);
  });

  it('keeps the promise of hasRoom for any mixture of sizes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: CHUNK_BYTES }), { maxLength: 12 });
    const property = fc.property(sizes, fc.integer({ min: 0, max: 4000 }), (bytes, before) => {
      const arena = anArena(6);
      if (before > 0) put(arena, before);
      const records = bytes.map((size) => Math.max(HEADER_BYTES, size));
      const total = records.reduce((sum, size) => sum + size, 0);
      const fits = arena.hasRoom(total, Math.max(0, ...records));
      const all = records.every((size) => put(arena, size - HEADER_BYTES) !== undefined);
      expect(!fits || all).toBe(true);
    });
    fc.assert(property, { seed: 1, numRuns: 500 });
  });
});
