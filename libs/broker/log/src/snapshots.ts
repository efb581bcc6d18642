import { type IoCallback, openWith } from './disk.ts';
import type { LogContext, LogState } from './log-state.ts';
import { readProducerSnapshot, writeProducerSnapshot } from './producers/producer-snapshot.ts';
import { ProducerStates } from './producers/producer-states.ts';
import { FileSuffix, offsetPath } from './segment/file-names.ts';
import { inSequence } from './sequence.ts';

/**
 * Notes the producers as they are at the log's end. The file is written by `writeDueSnapshots`, once
 * everything before that end is durable: a snapshot never runs ahead of the log it sums up.
 */
export function takeSnapshot(state: LogState): void {
  const offset = state.endOffset;
  // An empty log needs no file to say so.
  if (offset === 0) return;
  const last = state.pendingSnapshots.at(-1)?.offset ?? state.snapshotOffsets.at(-1) ?? -1;
  if (last === offset) return;
  state.pendingSnapshots.push({ offset, bytes: writeProducerSnapshot(state.producers) });
}

/** Writes snapshots whose offset is durable; of those at no segment's start only the last stays. */
export function writeDueSnapshots(state: LogState, context: LogContext): void {
  for (;;) {
    const next = state.pendingSnapshots[0];
    if (next === undefined || next.offset > state.durableEndOffset) return;
    const path = offsetPath(state.folder, next.offset, FileSuffix.SNAPSHOT);
    openWith(context.disk, path, next.bytes).closeSync();
    state.pendingSnapshots.shift();
    removeSnapshots(state, context, (offset) => !isSegmentStart(state, offset));
    if (state.snapshotOffsets.at(-1) !== next.offset) state.snapshotOffsets.push(next.offset);
  }
}

/** Removes the snapshot files whose offset is unwanted, but for those that are needed. */
export function removeSnapshots(
  state: LogState,
  context: LogContext,
  isUnwanted: (offset: number) => boolean,
): void {
  const kept: number[] = [];
  for (const offset of state.snapshotOffsets) {
    const path = offsetPath(state.folder, offset, FileSuffix.SNAPSHOT);
    if (!isUnwanted(offset) || state.neededSnapshots.includes(offset)) kept.push(offset);
    else if (context.disk.exists(path)) context.disk.unlink(path);
  }
  state.snapshotOffsets = kept;
}

/**
 * Makes sure that a snapshot file at or after `offset` exists, so that the log before can go. False
 * while the log's end is not durable.
 */
export function ensureSnapshot(state: LogState, context: LogContext, offset: number): boolean {
  if ((state.snapshotOffsets.at(-1) ?? -1) >= offset) return true;
  takeSnapshot(state);
  writeDueSnapshots(state, context);
  return (state.snapshotOffsets.at(-1) ?? -1) >= offset;
}

/**
 * Makes the snapshot durable that tells of producers before the first segment, name included: the first
 * one that counts, because a truncation further on makes later ones void.
 */
export function syncSnapshot(state: LogState, context: LogContext, done: IoCallback): void {
  const firstOffset = state.segments[0]?.baseOffset ?? state.startOffset;
  const offset = state.snapshotOffsets.find((taken) => taken >= firstOffset);
  if (offset === undefined || state.isDeleted) {
    done(undefined);
    return;
  }
  const file = context.disk.open(offsetPath(state.folder, offset, FileSuffix.SNAPSHOT), 'write');
  inSequence(
    [
      (next) =>
        file.datasync((error) => {
          file.closeSync();
          next(error);
        }),
      (next) => {
        if (state.isDeleted) next(undefined);
        else context.disk.syncDir(state.folder, next);
      },
      (next) => {
        state.neededSnapshots = [offset];
        next(undefined);
      },
    ],
    done,
  );
}

/**
 * The producers at the newest intact snapshot up to `offset`, and where it was taken. One from before
 * the first segment does not count: batches between them are gone, and what it says may be outdated.
 */
export function loadSnapshot(
  state: LogState,
  context: LogContext,
  offset: number,
): { readonly producers: ProducerStates; readonly offset: number } {
  const firstOffset = state.segments[0]?.baseOffset ?? state.startOffset;
  for (const candidate of state.snapshotOffsets.toReversed()) {
    if (candidate > offset || candidate < firstOffset) continue;
    const path = offsetPath(state.folder, candidate, FileSuffix.SNAPSHOT);
    if (!context.disk.exists(path)) continue;
    const bytes = Buffer.alloc(context.disk.sizeOf(path));
    const file = context.disk.open(path, 'read');
    const read = file.readSync(bytes, 0);
    file.closeSync();
    const producers = readProducerSnapshot(bytes.subarray(0, read));
    if (producers !== undefined) return { producers, offset: candidate };
  }
  return { producers: new ProducerStates(), offset: firstOffset };
}

function isSegmentStart(state: LogState, offset: number): boolean {
  return state.segments.some((segment) => segment.baseOffset === offset);
}
