import { AppError } from '@weirhouse/shared-kernel';

const LENGTH_BYTES = 4;

/** Cuts a byte stream into frames of a 4-byte length and that many bytes. */
export class FrameSplitter {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes what arrived and returns the frames it completes. Throws `corrupt` for a wrong length. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Buffer[] = [];
    for (;;) {
      if (this.#bytes < LENGTH_BYTES) return frames;
      const length = this.#peekLength();
      if (length < 0 || length > this.#bytesMax)
        throw new AppError('corrupt', `the broker announced a frame of ${length} bytes`);
      if (this.#bytes < LENGTH_BYTES + length) return frames;
      const whole = this.#join();
      frames.push(whole.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      this.#replace(whole.subarray(LENGTH_BYTES + length));
    }
  }

  #peekLength(): number {
    const first = this.#chunks[0];
    if (first && first.length >= LENGTH_BYTES) return first.readInt32BE(0);
    return this.#join().readInt32BE(0);
  }

  #join(): Buffer {
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    if (whole) return whole;
    const joined = Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [joined];
    return joined;
  }

  #replace(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }
}
