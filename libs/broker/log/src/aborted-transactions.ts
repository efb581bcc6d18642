import { assert } from '@weirhouse/shared-kernel';
import type { BatchView } from '@weirhouse/kafka-protocol';
import { RecordKind } from './extent.ts';
import type { LogContext, LogState } from './log-state.ts';
import { readMarker } from './producers/marker.ts';
import {
  ABORTED_ENTRY_BYTES,
  type AbortedTransaction,
  writeEntry,
} from './segment/aborted-index.ts';
import type { Segment } from './segment/segment.ts';
import { RECORD_HEADER_BYTES } from './wal/format.ts';

/** Room in the arena that an abort marker needs besides its batch. */
export const ABORTED_NOTE_BYTES = RECORD_HEADER_BYTES + ABORTED_ENTRY_BYTES;

/**
 * Notes what the batch in view, about to be appended to `segment` at `offset`, aborts. The WAL's note
 * comes before the marker and in the same write: no crash leaves a marker that nobody knows the first
 * offset of.
 */
export function noteAborted(
  state: LogState,
  context: LogContext,
  place: { readonly batch: BatchView; readonly segment: Segment; readonly offset: number },
): void {
  const { batch, offset, segment } = place;
  const aborted = findAborted(state, batch, offset);
  if (aborted === undefined) return;
  segment.addAborted(aborted);
  const entry = Buffer.alloc(ABORTED_ENTRY_BYTES);
  writeEntry(entry, 0, aborted);
  const following = RECORD_HEADER_BYTES + batch.sizeInBytes;
  const note = context.commit.note(state, RecordKind.ABORTED, entry, following);
  assert(note !== undefined, 'room was asked for');
  note.baseOffset = offset;
  note.segment = segment;
}

/** The transactions that a reader of `[fromOffset, toOffset)` must leave out. Throws `storage`. */
export function findAbortedTransactions(
  state: LogState,
  fromOffset: number,
  toOffset: number,
): readonly AbortedTransaction[] {
  const found: AbortedTransaction[] = [];
  if (state.isDeleted) return found;
  const { segments } = state;
  for (let place = state.segmentPlace(fromOffset); place < segments.length; place += 1) {
    const isOver = segments[place]?.aborted?.collect({ fromOffset, toOffset }, (aborted) =>
      found.push(aborted),
    );
    if (isOver === false) break;
  }
  return found;
}

function findAborted(
  { producers }: LogState,
  batch: BatchView,
  offset: number,
): AbortedTransaction | undefined {
  const { producerId } = batch;
  if (!batch.isControl || producerId < 0) return undefined;
  const firstOffset = producers.find(producerId)?.transactionStart ?? -1;
  if (firstOffset < 0 || readMarker(batch)?.isCommit !== false) return undefined;
  const lastStableOffset = Math.min(offset + 1, producers.transactions.firstOpenOffset(producerId));
  return { producerId, firstOffset, lastOffset: offset, lastStableOffset };
}
