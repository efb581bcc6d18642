import { assert, type AppError } from '@weirhouse/shared-kernel';
import { crc32c } from '@weirhouse/kafka-protocol';
import type { Arena, Chunk } from '../arena.ts';
import { isPassing } from '../disk.ts';
import { type Extent, type ExtentOwner, RecordKind } from '../extent.ts';
import type { Segment } from '../segment/segment.ts';
import { type Flight, type FlightPart, takeBack, visitExtents } from './flight.ts';
import { alignToBlock, RECORD_HEADER_BYTES, writeRecordHeader } from './format.ts';
import type { Wal } from './wal.ts';

/** Most bytes of one WAL write: above it latency grows and throughput does not. */
const FLUSH_BYTES_MAX = 4_194_304;
/** Writes under way at once: the second is made while the disk works on the first (docs/performance.md). */
const FLYING_MAX = 2;
/** Bytes that are only in the page cache at most before a sync is begun, */
const UNSYNCED_BYTES_MAX = 4_194_304;
/** and the part of the arena that they may hold. */
const UNSYNCED_PART = 0.125;

/** What the owner of the group commit is told. */
export interface GroupCommitEvents<Owner> {
  /** Records are durable; `owners` are those whose durable end moved. */
  readonly onDurable: (owners: readonly Owner[]) => void;
  /** Records survive the process's end; `owners` are those that wait for no more than that. */
  readonly onCached: (owners: readonly Owner[]) => void;
  /** A WAL file was closed and waits for its checkpoint. */
  readonly onClosed: () => void;
  readonly onFailure: (error: AppError) => void;
}

/**
 * Group commit: appends of all partitions go into the arena's last chunk; a flight takes everything
 * since the last one as one write. Flights become durable in their order, whichever write ends first.
 * A flight with records whose owners wait for the page cache only is written without a sync, and so is
 * everything behind it until a sync made it durable: the WAL has no holes that were acknowledged.
 *
 * | state    | means                                        | next |
 * |----------|----------------------------------------------|------|
 * | ready    | flights start at `flush`                     | rolling, when the next one does not fit |
 * | rolling  | the header of the next file is written       | ready |
 * | stalled  | no WAL file is free                          | ready, at `resume` |
 * | starved  | a write found no space                       | ready, at `retry` |
 * | offline  | a write or a sync failed                     | - |
 */
export class GroupCommit<Owner extends ExtentOwner> {
  readonly #arena: Arena;
  readonly #wal: Wal<Owner>;
  readonly #events: GroupCommitEvents<Owner>;
  readonly #unsyncedBytesMax: number;
  #state: 'ready' | 'rolling' | 'stalled' | 'starved' | 'offline' = 'ready';
  /** The last record, while batches of the same segment can still be added to it. */
  #open: Extent | undefined;
  /** Flights that are not durable, oldest first. */
  readonly #flights: Flight[] = [];
  #flying = 0;
  /** Flights at the front whose owners know that they are in the page cache. */
  #cached = 0;
  /** Flights at the front that the sync under way makes durable; 0 when there is none. */
  #syncing = 0;
  /** True when everything written is to become durable, whether somebody waits or not. */
  #wantsSync = false;
  #idleCallbacks: (() => void)[] = [];
  #isStarved = false;
  /** Bytes written to the WAL since the start. */
  writtenBytes = 0;

  constructor(arena: Arena, wal: Wal<Owner>, events: GroupCommitEvents<Owner>) {
    this.#arena = arena;
    const arenaBytes = arena.chunkBytes * arena.chunkCount;
    this.#unsyncedBytesMax = Math.min(UNSYNCED_BYTES_MAX, arenaBytes * UNSYNCED_PART);
    this.#wal = wal;
    this.#events = events;
  }

  /** Bytes that are written and not known to be durable. */
  get unsyncedBytes(): number {
    return this.#flights.reduce((sum, { bytes }) => sum + bytes, 0);
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

  /** Starts a write of what is pending, unless enough are under way. */
  flush(): void {
    while (this.#state === 'ready' && this.#hasPending()) {
      if (this.#flying === FLYING_MAX) return;
      const parts = this.#gather();
      if (parts.length > 0) this.#launch(parts);
      else if (this.#flights.length === 0) this.#roll();
      else {
        // The next file begins when everything in this one is durable.
        this.#wantsSync = true;
        this.#sync();
        return;
      }
    }
    if (this.#flights.length === 0 && !this.#hasPending()) this.#callIdle();
  }

  /** Makes everything durable that was written without a sync. */
  sync(): void {
    this.#wantsSync = this.#flights.length > 0;
    this.#sync();
  }

  /** A WAL file was freed. */
  resume(): void {
    if (this.#state !== 'stalled') return;
    this.#state = 'ready';
    this.flush();
  }

  /** Begins another WAL file if nothing is under way, so that older ones can be forgotten sooner. */
  rollIdle(): void {
    const isIdle = this.#flights.length === 0 && !this.#hasPending();
    if (isIdle && this.#state === 'ready' && this.#wal.canRoll) this.#roll();
  }

  /** Tries again what found no space. */
  retry(): void {
    if (this.#state !== 'starved') return;
    this.#state = 'ready';
    this.flush();
  }

  /** Calls back when everything appended is durable, or nothing more will be. */
  whenIdle(done: () => void): void {
    const isIdle = this.#flights.length === 0 && !this.#hasPending() && this.#state === 'ready';
    if (this.#state === 'offline' || isIdle) return done();
    this.#idleCallbacks.push(done);
    this.flush();
    this.sync();
  }

  goOffline(): void {
    this.#state = 'offline';
    this.#callIdle();
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
      this.#state = 'ready';
      if (error !== undefined) {
        this.#onError(error);
        return;
      }
      this.#isStarved = false;
      this.#events.onClosed();
      this.flush();
    });
  }

  /** The chunks of the next flight; none when the first does not fit into the WAL file. */
  #gather(): FlightPart[] {
    const { chunks } = this.#arena;
    let first = chunks.length;
    while (first > 0 && isPending(chunks[first - 1])) first -= 1;
    const limit = Math.min(this.#wal.room, FLUSH_BYTES_MAX);
    let total = 0;
    const parts: FlightPart[] = [];
    for (let index = first; index < chunks.length; index += 1) {
      const chunk = chunks[index] as Chunk;
      const start = chunk.submitted;
      const end = alignToBlock(chunk.used);
      if (end === start) continue;
      // A batch above the limit goes alone.
      if (total + end - start > (total === 0 ? this.#wal.room : limit)) break;
      total += end - start;
      const { submittedExtents: from } = chunk;
      parts.push({ chunk, from, to: chunk.extents.length, start, end });
    }
    return parts;
  }

  #launch(parts: readonly FlightPart[]): void {
    this.#open = undefined;
    const { current, nextSequence: firstSequence } = this.#wal;
    const generation = current?.generation ?? 0;
    const durableSequence = this.#flights[0]?.firstSequence ?? firstSequence;
    const buffers: Buffer[] = [];
    let sequence = firstSequence;
    let bytes = 0;
    let isStrict = false;
    let isRelaxed = false;
    for (const { chunk, end, from, start, to } of parts) {
      for (let index = from; index < to; index += 1) {
        const extent = chunk.extents[index] as Extent;
        writeRecordHeader(extent, { generation, sequence, durableSequence });
        sequence += 1;
        if (extent.segment !== undefined) extent.segment.walGeneration = generation;
        if (extent.owner.isRelaxed) isRelaxed = true;
        else isStrict = true;
      }
      chunk.buffer.fill(0, chunk.used, end);
      chunk.used = end;
      chunk.submitted = end;
      chunk.submittedExtents = to;
      buffers.push(chunk.buffer.subarray(start, end));
      bytes += end - start;
    }
    const isSynced = !isRelaxed && this.#flights.every((before) => before.isSynced);
    const position = this.#wal.take(bytes, sequence);
    const flight: Flight = {
      parts,
      bytes,
      position,
      firstSequence,
      isSynced,
      isStrict,
      state: 'flying',
    };
    this.#flights.push(flight);
    this.#flying += 1;
    this.#wal.write({ buffers, position, isSynced }, (error) => this.#onLanded(flight, error));
  }

  #onLanded(flight: Flight, error: AppError | undefined): void {
    if (this.#state === 'offline') return;
    this.#flying -= 1;
    flight.state = error === undefined ? 'written' : 'failed';
    if (error !== undefined && !isPassing(error)) return this.#onError(error);
    if (this.#flying === 0) this.#takeBackFailed();
    if (error !== undefined) return this.#onError(error);
    this.writtenBytes += flight.bytes;
    if (this.#state === 'ready') this.#isStarved = false;
    this.#advance();
  }

  /** What failed, and what was written behind it, is written again when there is space. */
  #takeBackFailed(): void {
    const place = this.#flights.findIndex(({ state }) => state === 'failed');
    const first = this.#flights[place];
    if (first === undefined) return;
    takeBack(this.#flights.splice(place));
    this.#wal.takeBack(first.position, first.firstSequence);
  }

  /** Tells of what is written and of what is durable by it, each without a gap before it. */
  #advance(): void {
    const cachedEnd = countWhile(this.#flights, isWritten);
    const cached = this.#flights.slice(this.#cached, cachedEnd);
    this.#cached = Math.max(this.#cached, cachedEnd);
    const durable = countWhile(this.#flights, (flight) => isWritten(flight) && flight.isSynced);
    if (cached.some(({ isSynced }) => !isSynced)) {
      const owners = visitExtents<Owner>(cached, (extent, owner) => owner.onCached(extent));
      if (owners.length > 0) this.#events.onCached(owners);
    }
    if (durable > 0) this.#becomeDurable(durable);
    else this.flush();
    this.#sync();
  }

  #becomeDurable(count: number): void {
    const segment = this.#wal.current;
    assert(segment !== undefined, 'flights end in the current WAL file');
    const flights = this.#flights.splice(0, count);
    this.#cached -= count;
    const owners = visitExtents<Owner>(flights, (extent, owner) => {
      if (owner.walGeneration !== segment.generation) {
        owner.walGeneration = segment.generation;
        segment.dirty.add(owner);
      }
      if (extent.kind !== RecordKind.DATA && extent.kind !== RecordKind.TRUNCATE)
        extent.markWritten();
      return owner.onDurable(extent);
    });
    for (const { parts } of flights) for (const { chunk, end } of parts) chunk.flushed = end;
    if (this.#flights.length === 0) this.#wantsSync = false;
    // The disk works on the next flight while this one is told.
    this.flush();
    this.#events.onDurable(owners);
    this.#wal.fillAhead((error) => this.#onFilled(error));
    if (this.#flights.length === 0 && !this.#hasPending()) this.#callIdle();
  }

  /** Begins a sync when somebody waits for it, or when much is only in the page cache. */
  #sync(): void {
    if (this.#syncing > 0 || this.#state === 'offline') return;
    const count = countWhile(this.#flights, isWritten);
    const flights = this.#flights.slice(0, count);
    const isAwaited = this.#wantsSync || this.#idleCallbacks.length > 0;
    const isWanted = isAwaited || flights.some(({ isStrict }) => isStrict);
    if (count === 0 || (!isWanted && this.unsyncedBytes < this.#unsyncedBytesMax)) return;
    this.#syncing = count;
    this.#wal.sync((error) => {
      if (this.#state === 'offline') return;
      this.#syncing = 0;
      if (error !== undefined) return this.#onError(error);
      this.#becomeDurable(count);
      this.#sync();
    });
  }

  /** A file that found no room is made when its turn comes. */
  #onFilled(error: AppError | undefined): void {
    if (this.#state === 'offline') return;
    if (error === undefined || isPassing(error)) this.resume();
    else this.#onError(error);
  }

  #onError(error: AppError): void {
    if (isPassing(error)) {
      this.#state = 'starved';
      this.#isStarved = true;
    } else this.goOffline();
    this.#events.onFailure(error);
  }

  #hasPending(): boolean {
    const { chunks } = this.#arena;
    return isPending(chunks.at(-1)) || isPending(chunks.at(-2));
  }

  #callIdle(): void {
    const callbacks = this.#idleCallbacks;
    this.#idleCallbacks = [];
    for (const done of callbacks) done();
  }
}

function isPending(chunk: Chunk | undefined): boolean {
  return chunk !== undefined && chunk.submitted < chunk.used;
}

function isWritten(flight: Flight): boolean {
  return flight.state === 'written';
}

function countWhile(flights: readonly Flight[], is: (flight: Flight) => boolean): number {
  const place = flights.findIndex((flight) => !is(flight));
  return place < 0 ? flights.length : place;
}
