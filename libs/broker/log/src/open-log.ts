import { AppError } from '@weirhouse/shared-kernel';
import { BatchView, RECORD_BATCH_HEADER_BYTES } from '@weirhouse/kafka-protocol';
import { completeSwaps } from './compaction/segment-swap.ts';
import { EpochCache } from './epoch-cache.ts';
import { scanLog } from './log-scan.ts';
import type { LogContext, LogState } from './log-state.ts';
import {
  EPOCH_CHECKPOINT_FILE,
  FileSuffix,
  offsetOfName,
  offsetPath,
  SEGMENT_SUFFIXES,
} from './segment/file-names.ts';
import { scanBatches } from './segment/scan.ts';
import { Segment } from './segment/segment.ts';
import { loadSnapshot, removeSnapshots } from './snapshots.ts';

/** From where on a partition's files were written from the WAL. */
export interface ReplayedFrom {
  readonly firstSegmentBase: number;
  readonly firstOffset: number;
}

/** What files end in that no start needs. */
const LEFTOVER_SUFFIXES = [FileSuffix.DELETED, FileSuffix.CLEANED, FileSuffix.SWAP, '.tmp'];

const NOT_REPLAYED: ReplayedFrom = {
  firstSegmentBase: Number.POSITIVE_INFINITY,
  firstOffset: Number.POSITIVE_INFINITY,
};

/**
 * Brings a partition's files into memory. The files end where the log ends: the WAL was replayed into
 * them before. Costs a look at the folder, the end of the last segment and the batches since the last
 * producer snapshot. What was replayed is not durable yet. Throws `corrupt` when the last segment does not end in a whole batch.
 */
export function openLog(
  state: LogState,
  context: LogContext,
  replayed: ReplayedFrom = NOT_REPLAYED,
): void {
  completeSwaps(context.disk, state.folder);
  const names = context.disk.list(state.folder);
  state.isFolderUnsynced = replayed !== NOT_REPLAYED;
  state.hasNewNames = replayed !== NOT_REPLAYED;
  removeLeftovers(state, context, names);
  state.segments = offsetsOf(names, FileSuffix.LOG).map((base) =>
    openSegment(state, context, base),
  );
  removeBelowStart(state, context);
  state.snapshotOffsets = offsetsOf(names, FileSuffix.SNAPSHOT);
  const first = state.segments[0];
  if (first === undefined) state.addSegment(context.files, state.startOffset, 0);
  else state.startOffset = Math.max(state.startOffset, first.baseOffset);
  for (const segment of state.segments) {
    segment.isSealed = segment !== state.activeSegment;
    segment.isFinished = segment.isSealed;
    if (segment.baseOffset < replayed.firstSegmentBase) continue;
    segment.isDirty = true;
    if (segment.aborted !== undefined) segment.aborted.isDirty = true;
    if (!segment.isSealed) continue;
    trimIndexes(segment, context);
    segment.completeIndexes(state.config.indexIntervalBytes);
  }
  openActive(state, context);
  // Of a marker that did not become durable.
  const { aborted } = state.activeSegment;
  if (aborted?.truncateAt(state.endOffset) === true) aborted.cutFile();
  state.durableEndOffset = state.endOffset;
  state.cachedEndOffset = state.endOffset;
  state.toldEndOffset = state.endOffset;
  state.startOffset = Math.min(state.startOffset, state.endOffset);
  state.highWatermark = state.endOffset;
  removeSnapshots(state, context, (offset) => offset > state.endOffset);
  // Any of them may be the only durable one.
  if (state.startOffset > 0) state.neededSnapshots = [...state.snapshotOffsets];
  // The epochs' file was durable before the WAL forgot a record: it holds for what was not replayed.
  const epochs = readEpochs(state, context);
  state.epochs = epochs ?? new EpochCache();
  const epochsEnd = Math.min(replayed.firstOffset, state.endOffset);
  state.epochs.truncateFrom(epochsEnd);
  rebuildProducers(state, context, epochs === undefined ? state.startOffset : epochsEnd);
}

/**
 * Producers as the log's batches say, from the newest snapshot that is not ahead of it; epochs too,
 * which are known up to `epochsEnd`.
 */
export function rebuildProducers(
  state: LogState,
  context: LogContext,
  epochsEnd = state.endOffset,
): void {
  // Of transactions decided before a snapshot it says nothing: they must be below the high watermark.
  const snapshot = loadSnapshot(state, context, Math.min(state.endOffset, state.highWatermark));
  state.producers = snapshot.producers;
  const from = Math.min(snapshot.offset, epochsEnd);
  if (from >= state.endOffset) return;
  scanLog(state, context, from, (batch) => {
    state.epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
    if (batch.baseOffset >= snapshot.offset) state.producers.update(batch);
    return true;
  });
  state.producers.transactions.commit(state.highWatermark);
}

function openSegment(state: LogState, context: LogContext, baseOffset: number): Segment {
  const { disk, files } = context;
  const size = (suffix: string): number => {
    const path = offsetPath(state.folder, baseOffset, suffix);
    return disk.exists(path) ? disk.sizeOf(path) : 0;
  };
  const abortedBytes = size(FileSuffix.TXN_INDEX);
  return new Segment({
    files,
    folder: state.folder,
    baseOffset,
    logBytes: size(FileSuffix.LOG),
    indexBytes: size(FileSuffix.INDEX),
    timeIndexBytes: size(FileSuffix.TIME_INDEX),
    // Most segments have none: no memory for those.
    ...(abortedBytes > 0 ? { abortedBytes } : {}),
  });
}

/** Finds the log's end: the batches behind the last index entry that can be trusted. */
function openActive(state: LogState, context: LogContext): void {
  const segment = state.activeSegment;
  state.endOffset = segment.baseOffset;
  if (segment.size === 0) {
    segment.index.file.truncate(0);
    segment.timeIndex.file.truncate(0);
    return;
  }
  const fileSize = segment.size;
  trimIndexes(segment, context);
  const end = context.files.hold(segment.logPath, (file) => {
    const header = Buffer.alloc(RECORD_BATCH_HEADER_BYTES);
    if (file.readSync(header, 0) === header.length)
      segment.firstTimestamp = new BatchView().reset(header).maxTimestamp;
    return scanBatches({
      file,
      from: segment.resumeIndex(),
      to: fileSize,
      verify: true,
      visit: (batch, position) => {
        segment.take(batch, position, state.config.indexIntervalBytes);
        state.endOffset = batch.nextOffset;
        return true;
      },
    });
  });
  if (end.isDamaged)
    throw new AppError('corrupt', `${segment.logPath} is damaged at byte ${end.position}`);
}

/** Drops index entries of an unclean end: beyond the file, or pointing at no batch of theirs. */
function trimIndexes(segment: Segment, context: LogContext): void {
  const { index, timeIndex, size } = segment;
  const header = Buffer.alloc(RECORD_BATCH_HEADER_BYTES);
  const view = new BatchView();
  while (index.file.count > 0) {
    const last = index.at(index.file.count - 1);
    if (last.position > 0 && last.position < size) {
      const read = context.files.use(segment.logPath).readSync(header, last.position);
      if (read === header.length && view.reset(header).lastOffset === last.lastOffset) break;
    }
    index.file.truncate(index.file.count - 1);
  }
  const last = index.at(index.file.count - 1).lastOffset ?? segment.baseOffset - 1;
  for (let time = timeIndex.last(); time !== undefined; time = timeIndex.last()) {
    if (time.offset <= last && time.timestamp > 0) break;
    timeIndex.file.truncate(timeIndex.file.count - 1);
  }
}

/** Segments that retention or DeleteRecords removed, back after an unclean stop. */
function removeBelowStart(state: LogState, context: LogContext): void {
  const { segments } = state;
  while (segments.length > 1 && (segments[1] as Segment).baseOffset <= state.startOffset) {
    const [segment] = segments.splice(0, 1) as [Segment];
    removeSegmentFiles(context, state.folder, segment.baseOffset);
  }
}

/** Unlinks the files of a segment that nobody reads any more. */
export function removeSegmentFiles(context: LogContext, folder: string, baseOffset: number): void {
  for (const suffix of SEGMENT_SUFFIXES) {
    const path = offsetPath(folder, baseOffset, suffix);
    context.files.forget(path);
    if (context.disk.exists(path)) context.disk.unlink(path);
  }
}

function removeLeftovers(state: LogState, context: LogContext, names: readonly string[]): void {
  for (const name of names)
    if (LEFTOVER_SUFFIXES.some((suffix) => name.endsWith(suffix)))
      context.disk.unlink(`${state.folder}/${name}`);
}

/** The epochs' file; undefined when it is missing or damaged. */
function readEpochs(state: LogState, context: LogContext): EpochCache | undefined {
  const path = `${state.folder}/${EPOCH_CHECKPOINT_FILE}`;
  if (!context.disk.exists(path)) return undefined;
  const bytes = Buffer.alloc(context.disk.sizeOf(path));
  const file = context.disk.open(path, 'read');
  file.readSync(bytes, 0);
  file.closeSync();
  return EpochCache.fromText(bytes.toString('latin1'));
}

function offsetsOf(names: readonly string[], suffix: string): number[] {
  const offsets: number[] = [];
  for (const name of names) {
    const offset = offsetOfName(name, suffix);
    if (offset !== undefined) offsets.push(offset);
  }
  return offsets.toSorted((one, other) => one - other);
}
