/** What a key costs in a Map besides its own bytes: string header, slot and number, rounded up. */
const ENTRY_BYTES = 64;

/**
 * The last offset of each key in the part of a log that is to be compacted. Keys themselves, not their
 * hashes: two keys are never taken for one. Its memory is bounded by `log.cleaner.dedupe.buffer.size`.
 */
export class KeyOffsets {
  readonly #bytesMax: number;
  readonly #offsets = new Map<string, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#offsets.size;
  }

  /** Takes the newest offset of a key so far. False, and nothing changed, when there is no room for the key. */
  note(key: Buffer, offset: number): boolean {
    const name = key.toString('latin1');
    if (!this.#offsets.has(name)) {
      const bytes = this.#bytes + ENTRY_BYTES + name.length;
      if (bytes > this.#bytesMax) return false;
      this.#bytes = bytes;
    }
    this.#offsets.set(name, offset);
    return true;
  }

  /** The last offset of a key; -1 when the key was not noted. */
  lastOffset(key: Buffer): number {
    return this.#offsets.get(key.toString('latin1')) ?? -1;
  }
}
