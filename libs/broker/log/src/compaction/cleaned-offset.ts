import type { IoCallback } from '../disk.ts';
import type { LogContext, LogState } from '../log-state.ts';

/**
 * How far compaction came with a log that was just opened. The checkpoint goes by names: what it says of
 * an older topic does not count for a folder that `isNew`, nor for what the WAL brought back from `firstOffset` on.
 */
export function restoreCleanedOffset(
  state: LogState,
  context: LogContext,
  {
    firstOffset = state.endOffset,
    isNew,
  }: { readonly firstOffset?: number; readonly isNew: boolean },
): void {
  const { cleaned } = context;
  if (isNew && cleaned.delete(state.folder)) write(context);
  state.cleanedOffset = Math.min(cleaned.get(state.folder), state.endOffset, firstOffset);
}

/** Records that come in place of those that go were not cleaned: the checkpoint must not say so. */
export function moveCleanedBack(state: LogState, context: LogContext, endOffset: number): void {
  if (state.cleanedOffset <= endOffset) return;
  state.cleanedOffset = endOffset;
  context.cleaned.set(state.folder, endOffset);
  write(context);
}

/** Takes a deleted partition out of the checkpoint. */
export function forgetCleaned(
  { folder }: LogState,
  { cleaned }: LogContext,
  done: IoCallback,
): void {
  if (cleaned.delete(folder)) cleaned.write(done);
  else done(undefined);
}

/** Waits until the checkpoint is written, if there is one. */
export function saveCleaned({ cleaned }: LogContext, done: IoCallback): void {
  if (cleaned.isEmpty) done(undefined);
  else cleaned.write(done);
}

function write(context: LogContext): void {
  context.cleaned.write((error) => {
    if (error !== undefined) context.onDiskError(error);
  });
}
