/** A key and when it is due; monotonic ms. */
export interface DueKey {
  readonly key: string;
  readonly dueMs: number;
}

interface Item extends DueKey {
  /** Keys that are due at the same time come in the order in which they were pushed. */
  readonly order: number;
}

/** Keys by when they are due, the earliest first (a binary heap): pushing and shifting cost log n. */
export class DueKeys {
  readonly #items: Item[] = [];
  #pushed = 0;

  get size(): number {
    return this.#items.length;
  }

  /** The earliest. */
  peek(): DueKey | undefined {
    return this.#items[0];
  }

  push({ key, dueMs }: DueKey): void {
    const items = this.#items;
    const item: Item = { key, dueMs, order: this.#pushed++ };
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || isBefore(parent, item)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the earliest out. */
  shift(): DueKey | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (last === undefined || last === first) return first;
    let at = 0;
    for (;;) {
      const below = this.#earlierChild(at);
      const child = items[below];
      if (child === undefined || isBefore(last, child)) break;
      items[at] = child;
      at = below;
    }
    items[at] = last;
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }

  #earlierChild(at: number): number {
    const left = 2 * at + 1;
    const [one, other] = [this.#items[left], this.#items[left + 1]];
    return one !== undefined && other !== undefined && isBefore(other, one) ? left + 1 : left;
  }
}

function isBefore(a: Item, b: Item): boolean {
  return a.dueMs === b.dueMs ? a.order < b.order : a.dueMs < b.dueMs;
}
