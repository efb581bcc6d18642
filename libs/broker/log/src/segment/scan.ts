import { BatchView, MAGIC_V2, RECORD_BATCH_HEADER_BYTES } from '@weirhouse/kafka-protocol';
import type { DiskFile } from '../disk.ts';

/** What is read from a segment at once while scanning. */
const WINDOW_BYTES = 131_072;

/** Where a scan starts and ends, and what it does with each batch. */
export interface ScanRequest {
  readonly file: DiskFile;
  readonly from: number;
  readonly to: number;
  /** True when each batch's CRC must be right. */
  readonly verify: boolean;
  /** Called with the view moved to each batch and its byte in the file; false ends the scan. */
  readonly visit: (batch: BatchView, position: number) => boolean;
}

/** How a scan ended: the byte after the last batch visited, and whether a damaged batch is there. */
export interface ScanEnd {
  readonly position: number;
  readonly isDamaged: boolean;
}

/** Walks the batches of a segment file in order, synchronously, in windows. */
export function scanBatches(request: ScanRequest): ScanEnd {
  const view = new BatchView();
  let window: Buffer = Buffer.alloc(0);
  let windowStart = request.from;
  let position = request.from;
  let wanted = RECORD_BATCH_HEADER_BYTES;
  while (position < request.to) {
    let at = position - windowStart;
    if (at + wanted > window.length) {
      if (position + wanted > request.to) return { position, isDamaged: true };
      window = readWindow(request, position, wanted);
      windowStart = position;
      at = 0;
      if (window.length < wanted) return { position, isDamaged: true };
    }
    view.reset(window, at);
    const size = view.sizeInBytes;
    if (size < RECORD_BATCH_HEADER_BYTES || view.magic !== MAGIC_V2)
      return { position, isDamaged: true };
    if (at + size > window.length) {
      wanted = size;
      continue;
    }
    if (request.verify && !view.isCrcValid()) return { position, isDamaged: true };
    if (!request.visit(view, position)) return { position, isDamaged: false };
    position += size;
    wanted = RECORD_BATCH_HEADER_BYTES;
  }
  return { position, isDamaged: false };
}

function readWindow(request: ScanRequest, position: number, wanted: number): Buffer {
  const bytes = Math.min(Math.max(wanted, WINDOW_BYTES), request.to - position);
  const window = Buffer.allocUnsafe(bytes);
  return window.subarray(0, request.file.readSync(window, position));
}

/** True when a header may be one of a batch in `[baseOffset, endOffset)`: cheap, before the CRC. */
export function isPlausible(view: BatchView, baseOffset: number, endOffset: number): boolean {
  return (
    view.magic === MAGIC_V2 &&
    view.sizeInBytes >= RECORD_BATCH_HEADER_BYTES &&
    view.baseOffset >= baseOffset &&
    view.lastOffsetDelta >= 0 &&
    view.lastOffset < endOffset
  );
}
