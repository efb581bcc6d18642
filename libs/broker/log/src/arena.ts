import { assert } from '@weirhouse/shared-kernel';
import { Extent, type ExtentOwner } from './extent.ts';

/** Chunk size: one WAL write of this size reaches the disk's throughput. */
export const CHUNK_BYTES = 1_048_576;
/** Chunks of the default arena: 48 MiB of tail that is served without touching a file. */
export const CHUNK_COUNT = 48;
/** Memory of the default arena, with a block for the headers of WAL files. */
export const ARENA_BYTES = CHUNK_COUNT * CHUNK_BYTES + 4096;
/** Batches above the chunk size may hold as much memory again as this part of the arena. */
const OVERSIZE_PART = 0.5;

/**
 * A piece of the arena; its bytes are the image of what goes to the WAL.
 *
 * | state    | means                                       | next |
 * |----------|---------------------------------------------|------|
 * | free     | nothing in it                               | filling, when taken |
 * | filling  | the arena's last chunk; records are added   | sealed, when the next does not fit |
 * | sealed   | waits for the WAL and for its segments      | cached, when `unwritten` is 0 |
 * | cached   | serves reads; may be taken back             | draining or free, oldest first |
 * | draining | no longer found by reads, but still pinned  | free, when the last pin goes |
 */
export class Chunk {
  readonly buffer: Buffer;
  readonly isOversize: boolean;
  /** End of the last record or of its padding. */
  used = 0;
  /** Everything before is on its way to the WAL or there. */
  submitted = 0;
  /** Everything before is durable in the WAL. */
  flushed = 0;
  readonly extents: Extent[] = [];
  /** Extents before this index belong to flushes that have started. */
  submittedExtents = 0;
  /** Extents whose data is not in its segment's file yet. */
  unwritten = 0;
  isSealed = false;
  isDraining = false;
  readonly #arena: Arena;
  #pins = 0;

  constructor(arena: Arena, buffer: Buffer, isOversize: boolean) {
    this.#arena = arena;
    this.buffer = buffer;
    this.isOversize = isOversize;
  }

  get isPinned(): boolean {
    return this.#pins > 0;
  }

  /** True when its records are durable and in their segments: only reads want it. */
  get isCached(): boolean {
    return this.isSealed && this.unwritten === 0 && this.flushed === this.used;
  }

  /** Keeps the bytes as they are until `release`: a socket or file write uses them. */
  retain(): void {
    this.#pins += 1;
    if (this.#pins === 1) this.#arena.pinnedCount += 1;
  }

  release(): void {
    assert(this.#pins > 0, 'a chunk is released once per retain');
    this.#pins -= 1;
    if (this.#pins > 0) return;
    this.#arena.pinnedCount -= 1;
    this.#arena.onUnpinned(this);
  }
}

/** What an arena is made of. */
export interface ArenaOptions {
  /** The memory to carve; page aligned if the WAL adapter wants that. */
  readonly memory: Buffer;
  readonly chunkBytes: number;
  /** Memory for a batch above the chunk size. */
  readonly allocate?: (bytes: number) => Buffer;
}

/**
 * Fixed memory that every append is copied into once. It is the WAL's image, the tail cache and the
 * source of segment writes. Never grows: when the oldest chunk cannot be taken back, `reserve` says no.
 */
export class Arena {
  readonly chunkBytes: number;
  readonly chunkCount: number;
  readonly #allocate: (bytes: number) => Buffer;
  readonly #free: Chunk[] = [];
  /** Chunks in use, oldest first; the last one is being filled. */
  readonly #queue: Chunk[] = [];
  readonly #extentPool: Extent[] = [];
  #oversizeBytes = 0;
  /** Chunks that sockets or file writes use now; for chunks only to change. */
  pinnedCount = 0;
  /** Called when a chunk may have become free by a release. */
  onFree: (() => void) | undefined;

  constructor(options: ArenaOptions) {
    this.chunkBytes = options.chunkBytes;
    this.chunkCount = Math.floor(options.memory.length / options.chunkBytes);
    assert(this.chunkCount >= 2, 'an arena needs two chunks or more');
    assert(options.chunkBytes % 4096 === 0, 'chunks are whole blocks');
    this.#allocate = options.allocate ?? ((bytes) => Buffer.allocUnsafeSlow(bytes));
    for (let index = this.chunkCount - 1; index >= 0; index -= 1) {
      const start = index * this.chunkBytes;
      const buffer = options.memory.subarray(start, start + this.chunkBytes);
      this.#free.push(new Chunk(this, buffer, false));
    }
  }

  /** Chunks in use, oldest first. */
  get chunks(): readonly Chunk[] {
    return this.#queue;
  }

  /** The chunk with `bytes` contiguous bytes after `used`, or undefined when there is no room. */
  reserve(bytes: number): Chunk | undefined {
    const last = this.#queue.at(-1);
    if (last !== undefined && !last.isSealed && last.used + bytes <= last.buffer.length)
      return last;
    const next = bytes > this.chunkBytes ? this.#takeOversize(bytes) : this.#take();
    if (next === undefined) return undefined;
    if (last !== undefined) last.isSealed = true;
    this.#queue.push(next);
    return next;
  }

  /** True when `bytes` in batches of at most `largest` find room whatever way they are packed. */
  hasRoom(bytes: number, largest: number): boolean {
    const last = this.#queue.at(-1);
    if (last !== undefined && !last.isSealed && last.used + bytes <= last.buffer.length)
      return true;
    if (largest > this.chunkBytes && !this.#oversizeFits(bytes)) return false;
    // Packed at worst, every two neighbouring chunks hold more than one chunk of bytes.
    return this.available(Math.ceil((2 * bytes) / this.chunkBytes) + 1);
  }

  /** True when `count` chunks are free or can be taken back now. */
  available(count: number): boolean {
    let found = this.#free.length;
    for (const chunk of this.#queue) {
      if (found >= count || !chunk.isCached) break;
      if (!chunk.isPinned && !chunk.isOversize) found += 1;
    }
    return found >= count;
  }

  /** A new extent at the end of `chunk`, whose header takes `headerBytes`. */
  addExtent(chunk: Chunk, owner: ExtentOwner, headerBytes: number): Extent {
    const extent = this.#extentPool.pop() ?? new Extent(owner, chunk);
    extent.owner = owner;
    extent.chunk = chunk;
    extent.isWritten = false;
    extent.isDropped = false;
    extent.segment = undefined;
    extent.prefixCrc = 0;
    extent.recordStart = chunk.used;
    extent.start = chunk.used + headerBytes;
    extent.recordEnd = extent.start;
    extent.end = extent.start;
    chunk.used = extent.start;
    chunk.unwritten += 1;
    chunk.extents.push(extent);
    return extent;
  }

  /** For chunks only: the last pin of a chunk went. */
  onUnpinned(chunk: Chunk): void {
    if (chunk.isDraining) this.#giveBack(chunk);
    this.onFree?.();
  }

  #giveBack(chunk: Chunk): void {
    this.#reset(chunk);
    if (chunk.isOversize) this.#oversizeBytes -= chunk.buffer.length;
    else this.#free.push(chunk);
  }

  #take(): Chunk | undefined {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      const oldest = this.#queue[0];
      if (oldest === undefined || !oldest.isCached) return undefined;
      this.#queue.shift();
      this.#evict(oldest);
    }
  }

  /** Oldest first even when it is pinned: what owners keep in memory then has no holes. */
  #evict(chunk: Chunk): void {
    for (const extent of chunk.extents) {
      if (!extent.isDropped) extent.owner.onEvicted(extent);
      extent.segment = undefined;
      this.#extentPool.push(extent);
    }
    chunk.extents.length = 0;
    if (chunk.isPinned) chunk.isDraining = true;
    else this.#giveBack(chunk);
  }

  #takeOversize(bytes: number): Chunk | undefined {
    while (!this.#oversizeFits(bytes)) {
      const oldest = this.#queue[0];
      if (oldest === undefined || !oldest.isCached) return undefined;
      this.#queue.shift();
      this.#evict(oldest);
      if (this.#oversizeBytes === 0) break;
    }
    const length = Math.ceil(bytes / 4096) * 4096;
    this.#oversizeBytes += length;
    return new Chunk(this, this.#allocate(length), true);
  }

  #oversizeFits(bytes: number): boolean {
    const limit = this.chunkBytes * this.chunkCount * OVERSIZE_PART;
    // One batch above the limit is let through alone: a limit must not make it impossible for ever.
    return this.#oversizeBytes === 0 || this.#oversizeBytes + bytes <= limit;
  }

  #reset(chunk: Chunk): void {
    chunk.used = 0;
    chunk.submitted = 0;
    chunk.flushed = 0;
    chunk.submittedExtents = 0;
    chunk.unwritten = 0;
    chunk.isSealed = false;
    chunk.isDraining = false;
  }
}
