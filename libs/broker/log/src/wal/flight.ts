import type { Chunk } from '../arena.ts';
import type { Extent, ExtentOwner } from '../extent.ts';

/** The part of a chunk that a flight writes. */
export interface FlightPart {
  readonly chunk: Chunk;
  /** Extents `[from, to)`. */
  readonly from: number;
  readonly to: number;
  /** Bytes `[start, end)` of the chunk, whole blocks. */
  readonly start: number;
  readonly end: number;
}

/**
 * One write of records to the WAL, from when it starts until it is durable.
 *
 * | state   | means                                                        | next |
 * |---------|--------------------------------------------------------------|------|
 * | flying  | the write is under way                                       | written, failed |
 * | written | it is over; durable if `isSynced`, else in the page cache    | gone, when it and all before are durable |
 * | failed  | it found no space: it and all after it are written again     | gone, when none is flying |
 */
export interface Flight {
  readonly parts: readonly FlightPart[];
  readonly bytes: number;
  /** Byte of the WAL file where it starts. */
  readonly position: number;
  readonly firstSequence: number;
  /** True when the write itself makes it durable; else a sync does. */
  readonly isSynced: boolean;
  /** True when somebody waits for it to be durable, not only written. */
  readonly isStrict: boolean;
  state: 'flying' | 'written' | 'failed';
}

/** Hands every extent of a flight to `visit`; owners for which that is true are returned, each once. */
export function visitExtents<Owner extends ExtentOwner>(
  flights: readonly Flight[],
  visit: (extent: Extent, owner: Owner) => boolean,
): readonly Owner[] {
  const owners: Owner[] = [];
  for (const { parts } of flights)
    for (const { chunk, from, to } of parts)
      for (let index = from; index < to; index += 1) {
        const extent = chunk.extents[index] as Extent;
        const owner = extent.owner as Owner;
        if (!visit(extent, owner) || owner.isInDurableList) continue;
        owner.isInDurableList = true;
        owners.push(owner);
      }
  for (const owner of owners) owner.isInDurableList = false;
  return owners;
}

/** Takes the parts of flights that failed back: they go with a later flight. */
export function takeBack(flights: readonly Flight[]): void {
  for (const { parts } of flights)
    for (const { chunk, from, start } of parts) {
      chunk.submitted = Math.min(chunk.submitted, start);
      chunk.submittedExtents = Math.min(chunk.submittedExtents, from);
    }
}
