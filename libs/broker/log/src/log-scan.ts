import { BatchView } from '@weirhouse/kafka-protocol';
import { RecordKind } from './extent.ts';
import type { LogContext, LogState } from './log-state.ts';
import { scanBatches } from './segment/scan.ts';
import type { Segment } from './segment/segment.ts';

/** Where a batch lies. */
export interface BatchPlace {
  readonly segment: Segment;
  /** Byte in the segment, whether its file has it yet or not. */
  readonly position: number;
}

/** Called per batch, the view moved to it; false ends the scan. */
export type BatchVisitor = (batch: BatchView, place: BatchPlace) => boolean;

/**
 * Visits the batches from the one that holds `fromOffset` (or the next) to the log's end, in order,
 * from files and arena. Synchronous: for short ways and for opening. False when a file is damaged.
 */
export function scanLog(
  state: LogState,
  context: LogContext,
  fromOffset: number,
  visit: BatchVisitor,
): boolean {
  // The folder may be another topic's by now.
  if (state.isDeleted) return true;
  let isOver = false;
  const visitFrom: BatchVisitor = (batch, place) => {
    if (batch.lastOffset < fromOffset) return true;
    isOver = !visit(batch, place);
    return !isOver;
  };
  for (const segment of state.segments.slice(state.segmentPlace(fromOffset))) {
    if (isOver) break;
    if (segment.written === 0) continue;
    const end = context.files.hold(segment.logPath, (file) =>
      scanBatches({
        file,
        from: startOf(segment, fromOffset),
        to: segment.written,
        verify: false,
        visit: (batch, position) => visitFrom(batch, { segment, position }),
      }),
    );
    if (end.isDamaged) return false;
  }
  if (!isOver) scanUnwritten(state, visitFrom);
  return true;
}

/** The index's answer, unless the file does not have that batch (yet). */
function startOf(segment: Segment, fromOffset: number): number {
  const { position } = segment.index.floor(fromOffset);
  return position < segment.written ? position : 0;
}

function scanUnwritten(state: LogState, visit: BatchVisitor): void {
  const view = new BatchView();
  const { tail } = state;
  for (let place = tail.firstUnwrittenPlace; ; place += 1) {
    const extent = tail.at(place);
    if (extent === undefined) return;
    if (extent.kind !== RecordKind.DATA || extent.segment === undefined) continue;
    for (let at = extent.start; at < extent.end; at += view.sizeInBytes) {
      view.reset(extent.chunk.buffer, at);
      const position = extent.position + at - extent.start;
      if (!visit(view, { segment: extent.segment, position })) return;
    }
  }
}
