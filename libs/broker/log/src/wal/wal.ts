import { assert } from '@weirhouse/shared-kernel';
import type { Disk, IoCallback, WalFile } from '../disk.ts';
import { inSequence } from '../sequence.ts';
import {
  alignToBlock,
  RECORD_HEADER_BYTES,
  WAL_BLOCK_BYTES,
  WAL_DATA_START,
  writeFileHeader,
} from './format.ts';

/** Bytes of one WAL file. */
export const WAL_SEGMENT_BYTES = 67_108_864;
/** WAL files at most: what recovery may have to replay, 256 MiB by default. */
export const WAL_SEGMENT_COUNT = 4;
/** Bytes of a file that have to be used before the next is filled: a quiet volume stays small. */
const FILL_AFTER_BYTES = 1_048_576;
/** Files that have to fit into the free space before one is made ahead. */
const FILL_ROOM_FILES = 4;
/** The folder of the WAL in a volume. */
export const WAL_FOLDER = 'wal';

/**
 * One WAL file.
 *
 * | state   | means                                                     | next |
 * |---------|-----------------------------------------------------------|------|
 * | filling | it is new and being filled with zeros                     | free |
 * | free    | its records are in their segments, durable                | current, oldest generation first |
 * | current | flushes go here                                           | closed, when the next flush does not fit |
 * | closed  | some of its records are durable only here                 | free, when `dirty` is empty |
 */
export interface WalSegment<Owner> {
  readonly path: string;
  state: 'filling' | 'free' | 'current' | 'closed';
  generation: number;
  /** The header slot, 0 or 1, that holds `generation`. */
  slot: number;
  /** Owners of records whose segment files are not known to be durable. */
  readonly dirty: Set<Owner>;
  file: WalFile | undefined;
  /** True when its name survives a power cut. */
  isNamed: boolean;
}

/** Where a WAL goes on after recovery, or starts. */
export interface WalStart<Owner> {
  readonly segments: WalSegment<Owner>[];
  readonly nextGeneration: number;
  readonly nextSequence: number;
}

/** How a WAL is set up. */
export interface WalOptions {
  readonly disk: Disk;
  readonly segmentBytes: number;
  readonly segmentCount: number;
  /** Bytes of a file that are used before the next is made ahead; 1 MiB when absent. */
  readonly fillAfterBytes?: number | undefined;
  /** A block for file headers, aligned as the arena is. */
  readonly headerBlock: Buffer;
}

/**
 * The files of the write-ahead log: where the next flush goes, which file may be rewritten. One
 * operation is under way at a time. Generations count up by one per file begun, sequences by one per
 * record: recovery tells a gap from the torn end of the last flush by them.
 */
export class Wal<Owner> {
  readonly segmentBytes: number;
  readonly #disk: Disk;
  readonly #count: number;
  readonly #fillAfterBytes: number;
  readonly #segments: WalSegment<Owner>[];
  readonly #headerBlock: Buffer;
  #current: WalSegment<Owner> | undefined;
  #position = 0;
  /** The current file while it is new: each write makes it longer, which costs more than rewriting it. */
  #growing: WalSegment<Owner> | undefined;
  /** The generation that was current when a file was last made ahead: it is tried once in each. */
  #filledIn = 0;
  #nextGeneration: number;
  /** A start replays the files from this generation on, and none before. */
  recoverFrom = -1;
  /** The sequence of the next record. */
  nextSequence: number;

  constructor(options: WalOptions, start: WalStart<Owner>) {
    this.#disk = options.disk;
    this.segmentBytes = options.segmentBytes;
    this.#count = options.segmentCount;
    this.#fillAfterBytes = options.fillAfterBytes ?? FILL_AFTER_BYTES;
    this.#headerBlock = options.headerBlock;
    this.#segments = start.segments;
    this.#nextGeneration = start.nextGeneration;
    this.nextSequence = start.nextSequence;
  }

  get current(): WalSegment<Owner> | undefined {
    return this.#current;
  }

  /** The file that must be checkpointed next, if any. */
  get oldestClosed(): WalSegment<Owner> | undefined {
    return oldest(this.#segments.filter((segment) => segment.state === 'closed'));
  }

  get closed(): readonly WalSegment<Owner>[] {
    return this.#segments.filter((segment) => segment.state === 'closed');
  }

  /** Bytes that still fit into the current file. */
  get room(): number {
    return this.#current === undefined ? 0 : this.segmentBytes - this.#position;
  }

  /** True when `roll` can begin another file now. */
  get canRoll(): boolean {
    return this.#findNext() !== undefined;
  }

  /** Takes the next bytes of the current file, where they must fit, for records up to a sequence. */
  take(bytes: number, nextSequence: number): number {
    assert(bytes <= this.room, 'a flight fits into its WAL file');
    assert(bytes === alignToBlock(bytes), 'a flight is made of whole blocks');
    const position = this.#position;
    this.#position += bytes;
    this.nextSequence = nextSequence;
    return position;
  }

  /** Gives back what was taken since: records from `sequence` on are written again from `position`. */
  takeBack(position: number, sequence: number): void {
    this.#position = position;
    this.nextSequence = sequence;
  }

  /** Writes blocks where they were taken. Durable when `isSynced` and `done` has no error. */
  write(
    blocks: {
      readonly buffers: readonly Buffer[];
      readonly position: number;
      readonly isSynced: boolean;
    },
    done: IoCallback,
  ): void {
    const { buffers, isSynced, position } = blocks;
    const file = this.#current?.file;
    assert(file !== undefined, 'a WAL file is open');
    if (isSynced) file.write(buffers, position, done);
    else file.writeCached(buffers, position, done);
  }

  /** Makes what was written to the current file durable. */
  sync(done: IoCallback): void {
    const file = this.#current?.file;
    assert(file !== undefined, 'a WAL file is open');
    file.sync(done);
  }

  /** Closes the current file and begins the next: its header is durable when `done` has no error. */
  roll(done: IoCallback): void {
    const next = this.#findNext();
    assert(next !== undefined, 'a WAL file is free');
    const isNew = !this.#segments.includes(next);
    inSequence(
      [
        (opened) => {
          next.file ??= this.#disk.openWal(next.path, this.segmentBytes);
          if (isNew) this.#segments.push(next);
          if (next.isNamed) opened(undefined);
          else this.#disk.syncDir(WAL_FOLDER, opened);
        },
        (begun) => {
          next.isNamed = true;
          this.#begin(next, begun);
        },
      ],
      (error) => {
        if (error === undefined) this.#growing = isNew ? next : undefined;
        done(error);
      },
    );
  }

  /**
   * Makes the next file ahead, full of zeros, once the current one is used and more are to be made. When it is
   * there, a growing one is left for it. Calls back when that is over, for whoever waits for a file. A file
   * that could not be filled, and whose name may not be durable, counts as not made.
   */
  fillAhead(done: IoCallback): void {
    const generation = this.#current?.generation ?? this.#filledIn;
    if (generation === this.#filledIn || this.#position <= this.#fillAfterBytes) return;
    this.#filledIn = generation;
    if (!this.#mayFill()) return;
    const next = newSegment(this.#segments);
    next.state = 'filling';
    this.#segments.push(next);
    inSequence(
      [
        (filled) => this.#disk.fillWal(next.path, this.segmentBytes, filled),
        (named) => this.#disk.syncDir(WAL_FOLDER, named),
      ],
      (error) => {
        next.state = 'free';
        next.isNamed = error === undefined;
        if (error !== undefined) this.#segments.splice(this.#segments.indexOf(next), 1);
        else if (this.#current === this.#growing) this.#position = this.segmentBytes;
        done(error);
      },
    );
  }

  /** One at a time, and never the last one: a log in a hurry can still make that one at once. */
  #mayFill(): boolean {
    const isReady = this.#segments.some(
      ({ generation, state }) => generation === 0 && state !== 'current',
    );
    const isRoomy = this.#disk.freeBytes() > FILL_ROOM_FILES * this.segmentBytes;
    return isRoomy && !isReady && this.#segments.length + 1 < this.#count;
  }

  /** Lets closed files be rewritten whose records are all durable elsewhere; true when any was. */
  freeClean(): boolean {
    let isFreed = false;
    // In order of generation: recovery wants the generations since `recoverFrom` without a gap.
    for (let next = this.oldestClosed; next?.dirty.size === 0; next = this.oldestClosed) {
      next.state = 'free';
      isFreed = true;
    }
    return isFreed;
  }

  /** The largest payload that one record can have. */
  get recordBytesMax(): number {
    return this.segmentBytes - WAL_DATA_START - RECORD_HEADER_BYTES - WAL_BLOCK_BYTES;
  }

  /** Notes durably that no record has to be replayed: everything is durable in segment files. */
  end(done: IoCallback): void {
    for (const segment of this.#segments) segment.dirty.clear();
    this.freeClean();
    this.roll(done);
  }

  close(): void {
    for (const segment of this.#segments) segment.file?.closeSync();
  }

  #begin(next: WalSegment<Owner>, done: IoCallback): void {
    if (this.#current !== undefined) this.#current.state = 'closed';
    this.#current = undefined;
    this.freeClean();
    const generation = this.#nextGeneration;
    const slot = 1 - next.slot;
    const recoverFrom = this.oldestClosed?.generation ?? generation;
    writeFileHeader(this.#headerBlock, {
      generation,
      firstSequence: this.nextSequence,
      recoverFrom,
    });
    assert(next.file !== undefined, 'the file was opened');
    next.file.write([this.#headerBlock], slot * WAL_BLOCK_BYTES, (error) => {
      if (error !== undefined) {
        done(error);
        return;
      }
      this.#nextGeneration += 1;
      next.state = 'current';
      next.generation = generation;
      next.slot = slot;
      this.#current = next;
      this.recoverFrom = recoverFrom;
      this.#position = WAL_DATA_START;
      done(undefined);
    });
  }

  /** A file that was made ahead comes first, one not made yet next, then the free one of the oldest generation. */
  #findNext(): WalSegment<Owner> | undefined {
    const free = oldest(this.#segments.filter((segment) => segment.state === 'free'));
    if (free?.generation !== 0 && this.#segments.length < this.#count)
      return newSegment(this.#segments);
    return free;
  }
}

/** The path of a WAL file by number. */
export function walPath(number: number): string {
  return `${WAL_FOLDER}/${String(number).padStart(8, '0')}.wal`;
}

function newSegment<Owner>(existing: readonly WalSegment<Owner>[]): WalSegment<Owner> {
  let number = 0;
  while (existing.some((segment) => segment.path === walPath(number))) number += 1;
  return {
    path: walPath(number),
    state: 'free',
    generation: 0,
    slot: 1,
    dirty: new Set(),
    file: undefined,
    isNamed: false,
  };
}

function oldest<Owner>(segments: readonly WalSegment<Owner>[]): WalSegment<Owner> | undefined {
  let found: WalSegment<Owner> | undefined;
  for (const segment of segments)
    if (found === undefined || segment.generation < found.generation) found = segment;
  return found;
}
