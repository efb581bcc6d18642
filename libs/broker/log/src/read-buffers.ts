/** Holds a whole fetch of one partition (1 MiB by default) with the slack that indexes need. */
const POOLED_BYTES = 1_114_112;
/** Below this a fresh buffer comes from the heap for less than the pool is worth. */
const SMALL_BYTES = 131_072;
/** Idle buffers kept: as many as large reads go on at once on a busy broker. */
const IDLE_MAX = 8;

/** Buffers for reads from files. Reused: fresh memory of this size costs a page fault per 4 KiB. */
export class ReadBuffers {
  readonly #idle: Buffer[] = [];

  /** A buffer of exactly `bytes`. */
  take(bytes: number): Buffer {
    if (bytes < SMALL_BYTES || bytes > POOLED_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const pooled = this.#idle.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES);
    return pooled.subarray(0, bytes);
  }

  /** Gives a buffer from `take` back. Nobody may look at it any more. */
  giveBack(buffer: Buffer): void {
    if (buffer.buffer.byteLength !== POOLED_BYTES || this.#idle.length >= IDLE_MAX) return;
    this.#idle.push(Buffer.from(buffer.buffer, 0, POOLED_BYTES));
  }
}
