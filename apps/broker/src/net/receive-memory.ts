/** The smallest piece: most frames that straddle two reads are one producer batch. */
const SMALLEST_BYTES = 16 << 10;
/** The largest piece that is kept for reuse: a batch of message.max.bytes with what surrounds it. */
const LARGEST_POOLED_BYTES = 2 << 20;
/** Free pieces kept for reuse; more are allocated under load and then dropped. */
const KEPT_BYTES_MAX = 8 << 20;
/** A piece of memory that is given back where it came from. */
export interface Slab {
  readonly buffer: Buffer;
  readonly isStrangers: boolean;
}

export interface ReceiveLimits {
  /** Bytes of frames that are not whole yet, over all connections. */
  readonly totalBytesMax: number;
  /** The part of it that clients may hold before they are authenticated. */
  readonly strangersBytesMax: number;
}

/**
 * Memory for bytes that were received and cannot be handled yet, over all connections. Sizes are powers of
 * two, which are reused, and whole MiB above: fresh memory costs a page fault per 4 KiB.
 */
export class ReceiveMemory {
  readonly #limits: ReceiveLimits;
  readonly #kept = new Map<number, Buffer[]>();
  #keptBytes = 0;
  #takenBytes = 0;
  #strangersBytes = 0;

  constructor(limits: ReceiveLimits) {
    this.#limits = limits;
  }

  /** Bytes that are in use now. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** At least `bytes`, or undefined when the limit is reached: then the connection has to go. */
  take(bytes: number, isStrangers: boolean): Slab | undefined {
    const size = sizeClass(bytes);
    const { strangersBytesMax, totalBytesMax } = this.#limits;
    if (this.#takenBytes + size > totalBytesMax) return undefined;
    if (isStrangers && this.#strangersBytes + size > strangersBytesMax) return undefined;
    this.#takenBytes += size;
    if (isStrangers) this.#strangersBytes += size;
    const kept = this.#kept.get(size)?.pop();
    if (kept !== undefined) this.#keptBytes -= size;
    return { buffer: kept ?? Buffer.allocUnsafeSlow(size), isStrangers };
  }

  /** Takes a slab back, once. */
  giveBack({ buffer, isStrangers }: Slab): void {
    const size = buffer.length;
    this.#takenBytes -= size;
    if (isStrangers) this.#strangersBytes -= size;
    if (size > LARGEST_POOLED_BYTES || this.#keptBytes + size > KEPT_BYTES_MAX) return;
    this.#keptBytes += size;
    const same = this.#kept.get(size);
    if (same === undefined) this.#kept.set(size, [buffer]);
    else same.push(buffer);
  }
}

function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST_BYTES) return SMALLEST_BYTES;
  if (bytes > LARGEST_POOLED_BYTES) return Math.ceil(bytes / (1 << 20)) * (1 << 20);
  return 2 ** (32 - Math.clz32(bytes - 1));
}
