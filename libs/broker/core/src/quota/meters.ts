/** Meters at once: clients choose their client ids, so their number must be bounded. Some MiB at most. */
const METERS_MAX = 20_000;

/** A meter that was not used for this long is forgotten, as Kafka's sensors are. */
const METER_IDLE_MS = 3_600_000;

interface Entry<Meter> {
  readonly meter: Meter;
  usedMs: number;
}

/** Meters by name; the longest unused ones go when there are too many. */
export class Meters<Meter> {
  readonly #entries = new Map<string, Entry<Meter>>();

  get size(): number {
    return this.#entries.size;
  }

  /** The meter of this name, made when it is not there. */
  get(name: string, nowMs: number, create: () => Meter): Meter {
    const known = this.#entries.get(name);
    if (known !== undefined) {
      // Moves to the end: the map stays in the order of use.
      this.#entries.delete(name);
      this.#entries.set(name, known);
      known.usedMs = nowMs;
      return known.meter;
    }
    this.#forget(nowMs);
    const meter = create();
    this.#entries.set(name, { meter, usedMs: nowMs });
    return meter;
  }

  #forget(nowMs: number): void {
    for (const [name, { usedMs }] of this.#entries) {
      if (this.#entries.size < METERS_MAX && nowMs - usedMs < METER_IDLE_MS) return;
      this.#entries.delete(name);
    }
  }
}
