/** A batch as a read gave it. */
export interface Found {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly body: Buffer;
}

/** One batch that the log took, as the model remembers it. */
export interface Written {
  readonly baseOffset: number;
  readonly endOffset: number;
  /** The bytes from the CRC on, which nothing but compaction may change. */
  readonly body: Buffer;
  readonly producerId: number;
  readonly baseSequence: number;
  readonly bytes: Buffer;
  readonly epoch: number;
}

interface PartitionState {
  readonly batches: readonly Written[];
  /** Where the log ended when this state came from a truncation. */
  readonly cutAt: number | undefined;
}

/** What a partition may hold: every state it had since the last one that was reported durable. */
export class PartitionModel {
  states: PartitionState[] = [{ batches: [], cutAt: undefined }];
  /** What a kill must leave. */
  #cached: PartitionState | undefined;
  epoch = 0;
  readonly producerId: number;

  constructor(producerId: number) {
    this.producerId = producerId;
  }

  get batches(): readonly Written[] {
    return (this.states.at(-1) as PartitionState).batches;
  }

  get endOffset(): number {
    return endOf(this.states.at(-1) as PartitionState);
  }

  get nextSequence(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.baseSequence + last.endOffset - last.baseOffset;
  }

  append(batch: Written): void {
    this.states.push({ batches: [...this.batches, batch], cutAt: undefined });
  }

  truncateTo(endOffset: number): void {
    const batches = this.batches.filter((batch) => batch.endOffset <= endOffset);
    this.states.push({ batches, cutAt: endOffset });
    this.epoch += 1;
  }

  /**
   * Records up to `endOffset` are durable: of the states that end there the oldest, which a crash may
   * leave, is the first one after the last truncation below.
   */
  onDurable(endOffset: number): void {
    this.states.splice(0, Math.max(0, this.#placeOf(endOffset)));
  }

  /** Records up to `endOffset` survive a kill. */
  onCached(endOffset: number): void {
    this.#cached = this.states[this.#placeOf(endOffset)] ?? this.#cached;
  }

  /** The process was killed and the machine goes on: what was cached is there. */
  onKilled(): void {
    if (this.#cached !== undefined)
      this.states.splice(0, Math.max(0, this.states.indexOf(this.#cached)));
  }

  #placeOf(endOffset: number): number {
    const cut = this.states.findLastIndex((state) => (state.cutAt ?? endOffset) < endOffset);
    const from = Math.max(0, cut);
    return this.states.findIndex((state, at) => at >= from && endOf(state) === endOffset);
  }

  /**
   * After a start: the log must be one of the states; it is the only one from then on. Several may fit when
   * what they differ in was deleted from the log's start: then the one that `isKnown` knows.
   */
  adopt(
    found: readonly Found[],
    end: number,
    isKnown: (batches: readonly Written[]) => boolean = () => true,
  ): void {
    const fitting = this.states.filter(
      (candidate) =>
        endOf(candidate) === end && found.every((batch) => isAmong(candidate.batches, batch)),
    );
    const state = fitting.find(({ batches }) => isKnown(batches)) ?? fitting[0];
    if (state === undefined) throw new Error(`the log was never as it is now, ending at ${end}`);
    this.states = [{ ...state, cutAt: undefined }];
    this.#cached = undefined;
    this.epoch += 1;
  }
}

function endOf(state: PartitionState): number {
  return state.batches.at(-1)?.endOffset ?? 0;
}

/** True when one of the batches is the one found, byte for byte. */
export function isAmong(batches: readonly Written[], found: Found): boolean {
  const batch = batches.find((entry) => entry.baseOffset === found.baseOffset);
  return batch !== undefined && batch.body.equals(found.body);
}

/** Whole batches in bytes that start with one. */
export function batchesOf(bytes: Buffer): Found[] {
  const found: Found[] = [];
  for (let at = 0; at < bytes.length;) {
    const baseOffset = Number(bytes.readBigInt64BE(at));
    const size = bytes.readInt32BE(at + 8) + 12;
    const endOffset = baseOffset + bytes.readInt32BE(at + 23) + 1;
    found.push({ baseOffset, endOffset, body: bytes.subarray(at + 17, at + size) });
    at += size;
  }
  return found;
}
