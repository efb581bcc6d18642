/** Holds a whole fetch of one partition (1 MiB by default) with the slack that indexes need. */
const POOLED_BYTES = 1_114_112;
/** Below this a fresh buffer comes from the heap for less than the pool is worth. */
const SMALL_BYTES = 131_072;
/** Idle buffers kept: as many as one fetch of the largest size (50 MiB by default) takes. */
const IDLE_MAX = 48;
/** Bytes that all reads may hold before each is cut short: slow clients hold theirs for long. */
const HELD_BYTES_MAX = 67_108_864;
/** What a read may have above that: a reader always gets on. */
const SHORT_READ_BYTES = 65_536;

/**
 * Buffers for reads from files and for copies. Reused: fresh memory of this size costs a page fault per
 * 4 KiB, and what is dropped makes V8 mark its whole heap again and again. Every buffer is given back once.
 */
export class ReadBuffers {
  readonly #idle: Buffer[] = [];
  /** Buffers that were idle all the time since the last `trim`. */
  #unused = 0;
  #heldBytes = 0;
  readonly #heldBytesMax: number;

  constructor(heldBytesMax = HELD_BYTES_MAX) {
    this.#heldBytesMax = heldBytesMax;
  }

  /** Buffers that wait to be taken. */
  get idleCount(): number {
    return this.#idle.length;
  }

  /** Bytes of all buffers that were taken and not given back. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The bytes that a read may ask for now. */
  allowed(bytes: number): number {
    return this.#heldBytes < this.#heldBytesMax ? bytes : Math.min(bytes, SHORT_READ_BYTES);
  }

  /** A buffer of exactly `bytes`. */
  take(bytes: number): Buffer {
    const buffer = this.#find(bytes);
    this.#heldBytes += buffer.buffer.byteLength;
    return buffer;
  }

  /** Gives a buffer from `take`, or a part of it, back. Nobody may look at it any more. */
  giveBack(buffer: Buffer): void {
    this.#heldBytes -= buffer.buffer.byteLength;
    if (buffer.buffer.byteLength !== POOLED_BYTES || this.#idle.length >= IDLE_MAX) return;
    this.#idle.push(Buffer.from(buffer.buffer, 0, POOLED_BYTES));
  }

  /** Drops what nobody needed since the last call: call it once a second or so. */
  trim(): void {
    this.#idle.splice(0, this.#unused);
    this.#unused = this.#idle.length;
  }

  #find(bytes: number): Buffer {
    if (bytes < SMALL_BYTES || bytes > POOLED_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const pooled = this.#idle.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES);
    this.#unused = Math.min(this.#unused, this.#idle.length);
    return pooled.subarray(0, bytes);
  }
}
