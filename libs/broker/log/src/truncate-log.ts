import { assert } from '@weirhouse/shared-kernel';
import { moveCleanedBack } from './compaction/cleaned-offset.ts';
import { RecordKind } from './extent.ts';
import { type BatchPlace, scanLog } from './log-scan.ts';
import type { LogContext, LogState } from './log-state.ts';
import { rebuildProducers } from './open-log.ts';

const NO_PAYLOAD = Buffer.alloc(0);

/**
 * Ends the log before the batch that holds `offset`. In memory at once; in the files when the WAL has
 * the truncation durably, so that no crash leaves files shorter than what the WAL knows. False, and
 * nothing changed, when the arena has no room for the WAL's note, or when compaction has just put another
 * file there, whose bytes the WAL may not name before the file's own name is durable.
 */
export function truncateLog(state: LogState, context: LogContext, offset: number): boolean {
  if (offset >= state.endOffset || state.isDeleted) return true;
  assert(offset >= state.startOffset, 'a log is not truncated below its start');
  let cut: (BatchPlace & { readonly offset: number }) | undefined;
  scanLog(state, context, offset, (batch, place) => {
    cut = { ...place, offset: batch.baseOffset };
    return false;
  });
  assert(cut !== undefined, 'a batch is at or after an offset below the end');
  const { segment, position, offset: end } = cut;
  if (segment.hasUnsyncedName) return false;
  const note = context.commit.note(state, RecordKind.TRUNCATE, NO_PAYLOAD);
  if (note === undefined) return false;
  note.baseOffset = end;
  note.endOffset = end;
  note.segment = segment;
  note.position = position;

  state.truncationCount += 1;
  moveCleanedBack(state, context, end);
  state.lastTruncation = note;
  state.durableEpochs ??= state.epochs.clone();
  state.tail.truncate(end, segment, position);
  state.tail.push(note);
  state.segments.length = state.segments.indexOf(segment) + 1;
  segment.truncate(position, end);
  state.endOffset = end;
  state.durableEndOffset = Math.min(state.durableEndOffset, end);
  state.cachedEndOffset = Math.min(state.cachedEndOffset, end);
  state.toldEndOffset = Math.min(state.toldEndOffset, end);
  state.highWatermark = Math.min(state.highWatermark, end);
  state.epochs.truncateFrom(end);
  state.snapshotOffsets = state.snapshotOffsets.filter((taken) => taken <= end);
  state.pendingSnapshots = state.pendingSnapshots.filter((snapshot) => snapshot.offset <= end);
  scanLog(state, context, segment.baseOffset, (batch, place) => {
    if (place.position === 0) segment.firstTimestamp = batch.maxTimestamp;
    segment.takeTime(batch);
    return true;
  });
  rebuildProducers(state, context);
  return true;
}
