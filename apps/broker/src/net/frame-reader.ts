/** Frames up to this size that straddle two reads are gathered in pooled slabs. */
export const SLAB_BYTES = 1 << 20;
/** Slabs kept for reuse; more are allocated under load and then dropped. Bounds idle memory to 8 MiB. */
const SLABS_KEPT_MAX = 8;

const slabs: Buffer[] = [];

function takeSlab(bytes: number): Buffer {
  if (bytes > SLAB_BYTES) return Buffer.allocUnsafeSlow(bytes);
  return slabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

function giveSlab(slab: Buffer): void {
  if (slab.length === SLAB_BYTES && slabs.length < SLABS_KEPT_MAX) slabs.push(slab);
}

export interface FrameReaderOptions {
  /** The largest frame accepted now; asked for each frame because it grows after authentication. */
  readonly maxFrameBytes: () => number;
  /** Called with each whole frame, without its length; the bytes are valid only during the call. */
  readonly onFrame: (frame: Buffer) => void;
}

/**
 * Cuts a byte stream into Kafka frames (int32 length, then that many bytes). Whole frames inside one
 * read are handed on as views of the read buffer; only a frame that straddles reads is gathered.
 *
 * | state  | on bytes                        | becomes                    |
 * |--------|---------------------------------|----------------------------|
 * | length | fewer than 4 bytes seen         | length                     |
 * | length | 4 bytes, rest of frame present  | length (frame handed on)   |
 * | length | 4 bytes, rest missing           | body (slab taken)          |
 * | length | length negative or over limit   | broken (nothing more read) |
 * | body   | last byte arrives               | length (frame handed on)   |
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  #lengthBytes = 0;
  #length = 0;
  #slab: Buffer | undefined;
  #filled = 0;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** Where the next read should go directly: the rest of a large frame, else undefined. */
  get directTarget(): Buffer | undefined {
    if (this.#slab === undefined || this.#length - this.#filled < 65_536) return undefined;
    return this.#slab.subarray(this.#filled, this.#length);
  }

  /** Bytes held for a frame that is not whole yet. */
  get heldBytes(): number {
    return this.#slab?.length ?? 0;
  }

  /** Tells that `count` bytes were read straight into `directTarget`. */
  advance(count: number): void {
    this.#filled += count;
    if (this.#filled === this.#length) this.#finishSlab();
  }

  /** Takes `chunk[0, end)`. Returns false when the stream is not Kafka's or a frame is over the limit. */
  push(chunk: Buffer, end: number): boolean {
    let at = 0;
    while (at < end) {
      if (this.#slab !== undefined) {
        at = this.#gather(chunk, at, end);
        continue;
      }
      at = this.#readLength(chunk, at, end);
      if (this.#lengthBytes < 4) return true;
      this.#lengthBytes = 0;
      if (this.#length < 0 || this.#length > this.#options.maxFrameBytes()) return false;
      if (end - at >= this.#length) {
        this.#options.onFrame(chunk.subarray(at, at + this.#length));
        at += this.#length;
      } else {
        this.#slab = takeSlab(this.#length);
        this.#filled = chunk.copy(this.#slab, 0, at, end);
        at = end;
      }
    }
    return true;
  }

  /** Gives back what is held; the reader is not used afterwards. */
  close(): void {
    if (this.#slab !== undefined) giveSlab(this.#slab);
    this.#slab = undefined;
  }

  #readLength(chunk: Buffer, start: number, end: number): number {
    if (this.#lengthBytes === 0 && end - start >= 4) {
      this.#length = chunk.readInt32BE(start);
      this.#lengthBytes = 4;
      return start + 4;
    }
    let at = start;
    if (this.#lengthBytes === 0) this.#length = 0;
    while (at < end && this.#lengthBytes < 4) {
      this.#length = (this.#length << 8) | (chunk[at] ?? 0);
      this.#lengthBytes++;
      at++;
    }
    return at;
  }

  #gather(chunk: Buffer, at: number, end: number): number {
    const slab = this.#slab as Buffer;
    const count = Math.min(this.#length - this.#filled, end - at);
    chunk.copy(slab, this.#filled, at, at + count);
    this.#filled += count;
    if (this.#filled === this.#length) this.#finishSlab();
    return at + count;
  }

  #finishSlab(): void {
    const slab = this.#slab as Buffer;
    this.#slab = undefined;
    this.#options.onFrame(slab.subarray(0, this.#length));
    giveSlab(slab);
  }
}
