import type { ReceiveMemory, Slab } from './receive-memory.ts';

/** A frame gets at most this much memory on its length's word; more as its bytes arrive. */
export const TRUSTED_BYTES_MAX = 2 << 20;
/** The rest of a frame is read in place from this size on; below, copying costs less than another read. */
const DIRECT_BYTES_MIN = 64 << 10;
const LENGTH_BYTES = 4;

export interface FrameReaderOptions {
  readonly memory: ReceiveMemory;
  /** The largest frame accepted now; asked for each frame because it grows after authentication. */
  readonly maxFrameBytes: () => number;
  /** True while the client is not known yet: its memory comes from the strangers' part. */
  readonly isStranger: () => boolean;
  /** Called with each whole frame, without its length; the bytes are valid only during the call. */
  readonly onFrame: (frame: Buffer) => void;
  /** Asked after each frame; while false the rest of what was read is held until `resume`. */
  readonly mayContinue: () => boolean;
}

/**
 * Cuts a byte stream into Kafka frames (int32 length, then that many bytes). Whole frames inside one
 * read are handed on as views of the read buffer; only a frame that straddles reads is gathered.
 *
 * | state  | on                                           | becomes                         |
 * |--------|----------------------------------------------|---------------------------------|
 * | length | fewer than 4 bytes seen                      | length                          |
 * | length | 4 bytes, rest of frame present               | length (frame handed on)        |
 * | length | 4 bytes, rest missing                        | body (slab taken)               |
 * | length | length negative or over limit                | broken (nothing more is read)   |
 * | body   | slab full, frame not whole                   | body (slab twice as large)      |
 * | body   | last byte arrives                            | length (frame handed on)        |
 * | body   | no memory for a slab                         | broken                          |
 * | length | a frame was handed on and no more are wanted | length, held (the rest is kept) |
 * | held   | resume                                       | as if the rest were read now    |
 * | any    | close                                        | closed (everything given back)  |
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  #lengthBytes = 0;
  #length = 0;
  #slab: Slab | undefined;
  #filled = 0;
  #held: Slab | undefined;
  #heldStart = 0;
  #heldEnd = 0;
  #isClosed = false;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** True while bytes wait for `resume`. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Where the next read should go directly: the rest of a large frame, else undefined. */
  get directTarget(): Buffer | undefined {
    if (this.#slab === undefined) return undefined;
    const end = Math.min(this.#length, this.#slab.buffer.length);
    if (end - this.#filled < DIRECT_BYTES_MIN) return undefined;
    return this.#slab.buffer.subarray(this.#filled, end);
  }

  /** Tells that `count` bytes were read straight into `directTarget`. False: the stream is broken. */
  advance(count: number): boolean {
    if (this.#isClosed) return true;
    this.#filled += count;
    return this.#settleSlab();
  }

  /** Takes `chunk[0, end)`. Returns false when the stream is not Kafka's or a limit is reached. */
  push(chunk: Buffer, end: number): boolean {
    if (this.#held !== undefined) return this.#holdMore(chunk, end);
    const rest = this.#cut(chunk, 0, end);
    if (rest === undefined) return false;
    return rest === 0 || this.#isClosed || this.#hold(chunk, end - rest, end);
  }

  /** Goes on with what was held, as far as wanted. Returns false as `push` does. */
  resume(): boolean {
    const held = this.#held;
    if (held === undefined) return true;
    this.#held = undefined;
    const rest = this.#cut(held.buffer, this.#heldStart, this.#heldEnd);
    if (rest !== undefined && rest > 0 && !this.#isClosed) {
      this.#held = held;
      this.#heldStart = this.#heldEnd - rest;
    } else this.#options.memory.giveBack(held);
    return rest !== undefined;
  }

  /** Gives back what is held; whatever is pushed afterwards is dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#slab !== undefined) this.#options.memory.giveBack(this.#slab);
    if (this.#held !== undefined) this.#options.memory.giveBack(this.#held);
    this.#slab = undefined;
    this.#held = undefined;
  }

  /** Cuts `chunk[start, end)`; gives how many bytes are to be held, undefined for a broken stream. */
  #cut(chunk: Buffer, start: number, end: number): number | undefined {
    let at = start;
    while (at < end && !this.#isClosed) {
      if (this.#slab !== undefined) {
        const count = Math.min(this.#length, this.#slab.buffer.length) - this.#filled;
        const taken = chunk.copy(this.#slab.buffer, this.#filled, at, Math.min(at + count, end));
        this.#filled += taken;
        at += taken;
        if (!this.#settleSlab()) return undefined;
        if (this.#slab !== undefined) continue;
      } else {
        at = this.#readLength(chunk, at, end);
        if (this.#lengthBytes < LENGTH_BYTES) return 0;
        this.#lengthBytes = 0;
        if (this.#length < 0 || this.#length > this.#options.maxFrameBytes()) return undefined;
        if (end - at < this.#length) return this.#begin(chunk, at, end) ? 0 : undefined;
        const frame = chunk.subarray(at, at + this.#length);
        at += this.#length;
        this.#options.onFrame(frame);
      }
      if (at < end && !this.#isClosed && !this.#options.mayContinue()) return end - at;
    }
    return 0;
  }

  #readLength(chunk: Buffer, start: number, end: number): number {
    if (this.#lengthBytes === 0 && end - start >= LENGTH_BYTES) {
      this.#length = chunk.readInt32BE(start);
      this.#lengthBytes = LENGTH_BYTES;
      return start + LENGTH_BYTES;
    }
    let at = start;
    if (this.#lengthBytes === 0) this.#length = 0;
    while (at < end && this.#lengthBytes < LENGTH_BYTES) {
      this.#length = (this.#length << 8) | (chunk[at] ?? 0);
      this.#lengthBytes++;
      at++;
    }
    return at;
  }

  #begin(chunk: Buffer, at: number, end: number): boolean {
    this.#slab = this.#take(Math.min(this.#length, Math.max(TRUSTED_BYTES_MAX, end - at)));
    if (this.#slab === undefined) return false;
    this.#filled = chunk.copy(this.#slab.buffer, 0, at, end);
    return this.#settleSlab();
  }

  /** Hands the frame on when it is whole; finds more room when the slab is full before that. */
  #settleSlab(): boolean {
    const slab = this.#slab as Slab;
    if (this.#filled === this.#length) {
      this.#slab = undefined;
      this.#options.onFrame(slab.buffer.subarray(0, this.#length));
      this.#options.memory.giveBack(slab);
    } else if (this.#filled === slab.buffer.length) {
      const larger = this.#take(Math.min(this.#length, 2 * slab.buffer.length));
      if (larger === undefined) return false;
      slab.buffer.copy(larger.buffer, 0, 0, this.#filled);
      this.#slab = larger;
      this.#options.memory.giveBack(slab);
    }
    return true;
  }

  #hold(chunk: Buffer, start: number, end: number): boolean {
    const held = this.#take(end - start);
    if (held === undefined) return false;
    this.#heldStart = 0;
    this.#heldEnd = chunk.copy(held.buffer, 0, start, end);
    this.#held = held;
    return true;
  }

  #holdMore(chunk: Buffer, count: number): boolean {
    const held = this.#held as Slab;
    const before = this.#heldEnd - this.#heldStart;
    const larger = this.#take(before + count);
    if (larger === undefined) return false;
    held.buffer.copy(larger.buffer, 0, this.#heldStart, this.#heldEnd);
    this.#heldStart = 0;
    this.#heldEnd = before + chunk.copy(larger.buffer, before, 0, count);
    this.#held = larger;
    this.#options.memory.giveBack(held);
    return true;
  }

  #take(bytes: number): Slab | undefined {
    return this.#options.memory.take(bytes, this.#options.isStranger());
  }
}
