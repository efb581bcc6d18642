import { assert, type AppError } from '@weirhouse/shared-kernel';
import { crc32c } from '@weirhouse/kafka-protocol';
import type { Arena, Chunk } from '../arena.ts';
import { storageFaultOf } from '../disk.ts';
import { type Extent, type ExtentOwner, RecordKind } from '../extent.ts';
import type { Segment } from '../segment/segment.ts';
import { alignToBlock, RECORD_HEADER_BYTES, writeRecordHeader } from './format.ts';
import type { Wal } from './wal.ts';

/** Most bytes of one WAL write: above it latency grows and throughput does not. */
const FLUSH_BYTES_MAX = 4_194_304;

/** What the owner of the group commit is told. */
export interface GroupCommitEvents<Owner> {
  /** A flush is durable; `owners` are those whose durable end moved. Borrowed. */
  readonly onDurable: (owners: readonly Owner[]) => void;
  /** A WAL file was closed and waits for its checkpoint. */
  readonly onClosed: () => void;
  readonly onFailure: (error: AppError) => void;
}

/**
 * Group commit: appends of all partitions go into the arena's last chunk; a flush takes everything
 * since the last one as one write. What is appended meanwhile goes with the next.
 *
 * | state    | means                              | next |
 * |----------|------------------------------------|------|
 * | idle     | nothing under way                  | rolling or writing, at `flush` |
 * | rolling  | the header of the next file is written | writing |
 * | writing  | one flush is under way             | idle; writing again when more came |
 * | stalled  | no WAL file is free                | as idle, at `resume` |
 * | starved  | a write found no space             | as idle, at `retry` |
 * | offline  | a write failed                     | - |
 */
export class GroupCommit<Owner extends ExtentOwner> {
  readonly #arena: Arena;
  readonly #wal: Wal<Owner>;
  readonly #events: GroupCommitEvents<Owner>;
  #state: 'idle' | 'rolling' | 'writing' | 'stalled' | 'starved' | 'offline' = 'idle';
  /** The last record, while batches of the same segment can still be added to it. */
  #open: Extent | undefined;
  readonly #flushing: { chunk: Chunk; from: number; to: number }[] = [];
  readonly #durableOwners: Owner[] = [];
  #idleCallbacks: (() => void)[] = [];
  #isStarved = false;
  /** Bytes written to the WAL since the start. */
  writtenBytes = 0;

  constructor(arena: Arena, wal: Wal<Owner>, events: GroupCommitEvents<Owner>) {
    this.#arena = arena;
    this.#wal = wal;
    this.#events = events;
  }

  /** True from a write that found no space until one succeeds: nothing can be made durable. */
  get isStarved(): boolean {
    return this.#isStarved;
  }

  /**
   * The extent whose `recordEnd` the next `bytes` of `segment` at `position` go to: the last record
   * when it is the same segment's, else a new one. Undefined when the arena has no room.
   */
  extend(owner: Owner, segment: Segment, bytes: number): Extent | undefined {
    const open = this.#open;
    if (open !== undefined && open.segment === segment && open.recordEnd === open.end) {
      const { chunk } = open;
      if (chunk.used === open.recordEnd && chunk.used + bytes <= chunk.buffer.length) return open;
    }
    const chunk = this.#arena.reserve(RECORD_HEADER_BYTES + bytes);
    if (chunk === undefined) return undefined;
    const extent = this.#arena.addExtent(chunk, owner, RECORD_HEADER_BYTES);
    extent.kind = RecordKind.DATA;
    extent.segment = segment;
    this.#open = extent;
    return extent;
  }

  /**
   * Adds a record that is no data. Undefined when the arena has no room. What is appended next, of up
   * to `followingBytes`, goes to the WAL in the same write.
   */
  note(owner: Owner, kind: RecordKind, payload: Buffer, followingBytes = 0): Extent | undefined {
    const chunk = this.#arena.reserve(RECORD_HEADER_BYTES + payload.length + followingBytes);
    if (chunk === undefined) return undefined;
    const extent = this.#arena.addExtent(chunk, owner, RECORD_HEADER_BYTES);
    extent.kind = kind;
    extent.baseOffset = 0;
    extent.endOffset = 0;
    extent.position = 0;
    extent.leaderEpoch = 0;
    payload.copy(chunk.buffer, extent.start);
    extent.recordEnd = extent.start + payload.length;
    extent.end = extent.recordEnd;
    extent.prefixCrc = crc32c(payload);
    chunk.used = extent.recordEnd;
    this.#open = undefined;
    return extent;
  }

  /** Starts a write of what is pending, if none is under way. */
  flush(): void {
    if (this.#state === 'idle') this.#start();
  }

  /** A WAL file was freed. */
  resume(): void {
    if (this.#state !== 'stalled') return;
    this.#state = 'idle';
    this.#start();
  }

  /** Tries again what found no space. */
  retry(): void {
    if (this.#state !== 'starved') return;
    this.#state = 'idle';
    this.#start();
  }

  /** Calls back when everything appended is durable, or nothing more will be. */
  whenIdle(done: () => void): void {
    if (this.#state === 'offline' || (this.#state === 'idle' && !this.#hasPending())) done();
    else this.#idleCallbacks.push(done);
    this.flush();
  }

  goOffline(): void {
    this.#state = 'offline';
    this.#callIdle();
  }

  #start(): void {
    const bytes = this.#gather();
    if (bytes > 0) this.#write(bytes);
    else if (this.#hasPending()) this.#roll();
    else this.#callIdle();
  }

  #roll(): void {
    if (!this.#wal.canRoll) {
      this.#state = 'stalled';
      // Nothing waits for nothing: a full WAL is checkpointed until a file is free.
      this.#events.onClosed();
      return;
    }
    this.#state = 'rolling';
    this.#wal.roll((error) => {
      if (this.#state === 'offline') return;
      this.#state = 'idle';
      if (error !== undefined) {
        this.#onError(error);
        return;
      }
      this.#isStarved = false;
      this.#events.onClosed();
      this.#start();
    });
  }

  /** Collects the chunks of the next write; returns its bytes, 0 when the first does not fit. */
  #gather(): number {
    const { chunks } = this.#arena;
    let first = chunks.length;
    while (first > 0 && isPending(chunks[first - 1])) first -= 1;
    const limit = Math.min(this.#wal.room, FLUSH_BYTES_MAX);
    let total = 0;
    this.#flushing.length = 0;
    for (let index = first; index < chunks.length; index += 1) {
      const chunk = chunks[index] as Chunk;
      const bytes = alignToBlock(chunk.used) - chunk.flushed;
      if (bytes === 0) continue;
      // A batch above the limit goes alone.
      if (total + bytes > (total === 0 ? this.#wal.room : limit)) break;
      total += bytes;
      this.#flushing.push({ chunk, from: chunk.flushedExtents, to: chunk.extents.length });
    }
    return total;
  }

  #write(bytes: number): void {
    this.#open = undefined;
    const generation = this.#wal.current?.generation ?? 0;
    const buffers: Buffer[] = [];
    const durableSequence = this.#wal.nextSequence;
    let sequence = durableSequence;
    for (const { chunk, from, to } of this.#flushing) {
      for (let index = from; index < to; index += 1) {
        const place = { generation, sequence, durableSequence };
        writeRecordHeader(chunk.extents[index] as Extent, place);
        sequence += 1;
      }
      const end = alignToBlock(chunk.used);
      chunk.buffer.fill(0, chunk.used, end);
      chunk.used = end;
      buffers.push(chunk.buffer.subarray(chunk.flushed, end));
    }
    this.#state = 'writing';
    this.#wal.write(buffers, bytes, (error) => {
      if (this.#state === 'offline') return;
      this.#state = 'idle';
      if (error === undefined) this.writtenBytes += bytes;
      if (error === undefined) this.#onWritten(sequence);
      else this.#onError(error);
    });
  }

  #onWritten(nextSequence: number): void {
    this.#isStarved = false;
    this.#wal.nextSequence = nextSequence;
    const segment = this.#wal.current;
    assert(segment !== undefined, 'a flush ends in the current WAL file');
    for (const { chunk, from, to } of this.#flushing) {
      for (let index = from; index < to; index += 1)
        this.#onExtentDurable(chunk.extents[index] as Extent, segment.generation);
      chunk.flushedExtents = to;
      const last = chunk.extents[to - 1] as Extent;
      chunk.flushed = Math.max(chunk.flushed, alignToBlock(last.recordEnd));
    }
    const owners = this.#durableOwners.splice(0);
    for (const owner of owners) owner.isInDurableList = false;
    if (this.#hasPending()) this.#start();
    this.#events.onDurable(owners);
    if (this.#state === 'idle' && !this.#hasPending()) this.#callIdle();
  }

  #onExtentDurable(extent: Extent, generation: number): void {
    const owner = extent.owner as Owner;
    if (owner.walGeneration !== generation) {
      owner.walGeneration = generation;
      this.#wal.current?.dirty.add(owner);
    }
    if (extent.kind !== RecordKind.DATA && extent.kind !== RecordKind.TRUNCATE)
      extent.markWritten();
    if (!owner.onDurable(extent) || owner.isInDurableList) return;
    owner.isInDurableList = true;
    this.#durableOwners.push(owner);
  }

  #onError(error: AppError): void {
    if (storageFaultOf(error) === 'no_space') {
      this.#state = 'starved';
      this.#isStarved = true;
    } else this.goOffline();
    this.#events.onFailure(error);
  }

  #hasPending(): boolean {
    const { chunks } = this.#arena;
    const last = chunks.at(-1);
    return isPending(last) || isPending(chunks.at(-2));
  }

  #callIdle(): void {
    const callbacks = this.#idleCallbacks;
    this.#idleCallbacks = [];
    for (const done of callbacks) done();
  }
}

function isPending(chunk: Chunk | undefined): boolean {
  return chunk !== undefined && chunk.flushed < chunk.used;
}
