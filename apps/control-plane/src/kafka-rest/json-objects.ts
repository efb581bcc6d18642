const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Space, tab, line feed and carriage return (RFC 8259 section 2). */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Why a stream of objects cannot be read on. */
export type ObjectsFault = 'not an object' | 'too large';

/**
 * Cuts a stream of concatenated JSON objects into its objects. It follows braces and strings only:
 * all that has a meaning here is ASCII, so bytes of longer characters are never taken for it.
 */
export class JsonObjects {
  readonly #bytesMax: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** True in the middle of an object. */
  get isInside(): boolean {
    return this.#depth > 0;
  }

  /** The objects that end in this chunk. After a fault nothing more can be read. */
  push(chunk: Buffer): {
    readonly objects: readonly Buffer[];
    readonly fault: ObjectsFault | undefined;
  } {
    const objects: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (this.#depth === 0) {
        if (BLANKS.has(byte)) continue;
        if (byte !== OPEN) return { objects, fault: 'not an object' };
        start = at;
      }
      if (this.#keptBytes + at - start >= this.#bytesMax) return { objects, fault: 'too large' };
      this.#follow(byte);
      if (this.#depth > 0) continue;
      objects.push(Buffer.concat([...this.#kept, chunk.subarray(start, at + 1)]));
      this.#kept = [];
      this.#keptBytes = 0;
    }
    if (this.#depth > 0) {
      this.#kept.push(chunk.subarray(start));
      this.#keptBytes += chunk.length - start;
    }
    return { objects, fault: undefined };
  }

  #follow(byte: number): void {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInString = false;
      return;
    }
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN) this.#depth += 1;
    else if (byte === CLOSE) this.#depth -= 1;
  }
}
