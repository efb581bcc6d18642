import type { Random } from '@weirhouse/shared-kernel';

/** What a power cut keeps or loses as one; torn at a byte at most once per write. */
const SECTOR_BYTES = 4096;
/** One in so many lost sectors of a power cut keeps its first bytes: a torn write. */
const TORN_ONE_IN = 8;

type UnsyncedOp =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number };

/** Bytes that grow: what a file holds, seen from the page cache or from the medium. */
class ByteImage {
  bytes = Buffer.alloc(0);
  size = 0;

  write(position: number, bytes: Buffer): void {
    const end = position + bytes.length;
    if (end > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, this.bytes.length * 2, SECTOR_BYTES));
      this.bytes.copy(grown, 0, 0, this.size);
      this.bytes = grown;
    }
    bytes.copy(this.bytes, position);
    this.size = Math.max(this.size, end);
  }

  truncate(size: number): void {
    if (size < this.size) this.bytes.fill(0, size, this.size);
    else if (size > this.size) this.write(size - 1, Buffer.alloc(1));
    this.size = size;
  }

  apply(op: UnsyncedOp): void {
    if (op.kind === 'write') this.write(op.position, op.bytes);
    else this.truncate(op.size);
  }

  copyFrom(other: ByteImage): void {
    this.bytes = Buffer.from(other.bytes.subarray(0, other.size));
    this.size = other.size;
  }
}

/** A file of MemoryDisk: what processes see, what the medium holds, and what lies between. */
export class MemoryFile {
  readonly #current = new ByteImage();
  readonly #durable = new ByteImage();
  #unsynced: UnsyncedOp[] = [];

  get size(): number {
    return this.#current.size;
  }

  read(buffer: Buffer, position: number): number {
    const end = Math.min(position + buffer.length, this.#current.size);
    if (end <= position) return 0;
    return this.#current.bytes.copy(buffer, 0, position, end);
  }

  write(position: number, bytes: Buffer): void {
    this.#do({ kind: 'write', position, bytes: Buffer.from(bytes) });
  }

  truncate(size: number): void {
    this.#do({ kind: 'truncate', size });
  }

  /** A write that is on the medium when it is over, and older changes of the same bytes before it. */
  writeDurably(position: number, bytes: Buffer): void {
    const end = position + bytes.length;
    const isOver = (op: UnsyncedOp): boolean =>
      op.kind === 'truncate' || (op.position < end && op.position + op.bytes.length > position);
    for (const op of this.#unsynced) if (isOver(op)) this.#durable.apply(op);
    this.#unsynced = this.#unsynced.filter((op) => !isOver(op));
    this.#current.write(position, bytes);
    this.#durable.write(position, bytes);
  }

  /** Changes made so far; `sync` takes this number back. */
  get unsyncedCount(): number {
    return this.#unsynced.length;
  }

  /** Brings the first `count` unsynced changes to the medium. */
  sync(count: number): void {
    for (const op of this.#unsynced.splice(0, count)) this.#durable.apply(op);
  }

  /** Changes a byte on the medium and in the page cache: bit rot. */
  flipBit(position: number, bit: number): void {
    for (const image of [this.#current, this.#durable])
      image.bytes[position] = (image.bytes[position] ?? 0) ^ (1 << bit);
  }

  /** Keeps a random part of what was not synced, by sector; one sector may be torn at a byte. */
  cutPower(random: Random): void {
    for (const op of this.#unsynced) {
      if (op.kind === 'write') this.#surviveInPart(op, random);
      else if (random.below(2) === 0) this.#durable.apply(op);
    }
    this.#unsynced = [];
    this.#current.copyFrom(this.#durable);
  }

  /** A write that a crash caught under way: any of its sectors may have been written. */
  interruptWrite(position: number, bytes: Buffer, random: Random): void {
    forEachSector(position, bytes, (at, sector) => {
      if (random.below(2) === 0) this.write(at, sector);
      else if (random.below(TORN_ONE_IN) === 0)
        this.write(at, sector.subarray(0, random.below(sector.length)));
    });
  }

  #surviveInPart(op: { readonly position: number; readonly bytes: Buffer }, random: Random): void {
    forEachSector(op.position, op.bytes, (at, sector) => {
      if (random.below(2) === 0) this.#durable.write(at, sector);
      else if (random.below(TORN_ONE_IN) === 0)
        this.#durable.write(at, sector.subarray(0, random.below(sector.length)));
    });
  }

  #do(op: UnsyncedOp): void {
    this.#current.apply(op);
    this.#unsynced.push(op);
  }
}

function forEachSector(
  position: number,
  bytes: Buffer,
  visit: (at: number, sector: Buffer) => void,
): void {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(SECTOR_BYTES - ((position + done) % SECTOR_BYTES), bytes.length - done);
    visit(position + done, bytes.subarray(done, done + length));
    done += length;
  }
}
