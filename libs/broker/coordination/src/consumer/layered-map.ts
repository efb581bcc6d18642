/**
 * A map that can lie over another one: it starts with the other's entries and keeps its own changes,
 * so that work can be tried out without a copy. The map below must not change meanwhile.
 */
export class LayeredMap<Key, Value extends object | string> {
  readonly #below: LayeredMap<Key, Value> | undefined;
  /** Undefined hides what lies below. */
  readonly #own = new Map<Key, Value | undefined>();
  #size: number;

  constructor(below?: LayeredMap<Key, Value>) {
    this.#below = below;
    this.#size = below?.size ?? 0;
  }

  get size(): number {
    return this.#size;
  }

  get(key: Key): Value | undefined {
    return this.#own.has(key) ? this.#own.get(key) : this.#below?.get(key);
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  set(key: Key, value: Value): void {
    if (!this.has(key)) this.#size += 1;
    this.#own.set(key, value);
  }

  delete(key: Key): void {
    if (!this.has(key)) return;
    this.#size -= 1;
    if (this.#below?.has(key) === true) this.#own.set(key, undefined);
    else this.#own.delete(key);
  }

  *entries(): Generator<readonly [Key, Value]> {
    for (const [key, value] of this.#below?.entries() ?? []) {
      const current = this.#own.has(key) ? this.#own.get(key) : value;
      if (current !== undefined) yield [key, current];
    }
    for (const [key, value] of this.#own) {
      if (value !== undefined && this.#below?.has(key) !== true) yield [key, value];
    }
  }

  *keys(): Generator<Key> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<Value> {
    for (const [, value] of this.entries()) yield value;
  }
}
