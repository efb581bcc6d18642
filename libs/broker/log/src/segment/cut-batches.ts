import { BatchView, RECORD_BATCH_HEADER_BYTES } from '@weirhouse/kafka-protocol';
import { isPlausible } from './scan.ts';

/** What part of some file bytes is wanted. */
export interface CutRequest {
  readonly offset: number;
  readonly maxBytes: number;
  readonly endOffset: number;
  readonly atLeastOneBatch: boolean;
  /** True when CRCs must be right. */
  readonly verify: boolean;
  /** Offsets that the segment can hold: `[segmentBase, segmentEnd)`. */
  readonly segmentBase: number;
  readonly segmentEnd: number;
}

/** What was found in the bytes. */
export type Cut =
  | {
      readonly kind: 'found';
      readonly start: number;
      readonly end: number;
      /** The offset after the last batch found. */
      readonly nextOffset: number;
    }
  /** The limits allow none of the batches. */
  | { readonly kind: 'nothing' }
  /** The wanted batch starts at `at` and needs `bytes` bytes from there. */
  | { readonly kind: 'needs'; readonly at: number; readonly bytes: number }
  /** Every batch before `end` lies before the offset. */
  | { readonly kind: 'skipped'; readonly end: number }
  /** What should be a batch is none. */
  | { readonly kind: 'damaged' };

const view = new BatchView();

/** Finds the whole batches, the first one holding the offset, in bytes that start with a batch. */
export function cutBatches(bytes: Buffer, request: CutRequest): Cut {
  let start = -1;
  let end = 0;
  let nextOffset = request.offset;
  let stop: Cut | undefined;
  while (end < bytes.length && stop === undefined) {
    if (bytes.length - end < RECORD_BATCH_HEADER_BYTES)
      stop = { kind: 'needs', at: end, bytes: RECORD_BATCH_HEADER_BYTES };
    else {
      view.reset(bytes, end);
      if (isSkipped(request)) end += view.sizeInBytes;
      else {
        stop = refuse(bytes, end, start < 0 ? end : start, request);
        if (stop !== undefined) break;
        if (start < 0) start = end;
        end += view.sizeInBytes;
        nextOffset = view.nextOffset;
      }
    }
  }
  if (start >= 0) return { kind: 'found', start, end, nextOffset };
  return stop ?? { kind: 'skipped', end };
}

function isSkipped(request: CutRequest): boolean {
  return (
    isPlausible(view, request.segmentBase, request.segmentEnd) && view.lastOffset < request.offset
  );
}

/** Why the batch in view, at `at`, is not taken after those from `start`; undefined when it is. */
function refuse(bytes: Buffer, at: number, start: number, request: CutRequest): Cut | undefined {
  if (!isPlausible(view, request.segmentBase, request.segmentEnd)) return { kind: 'damaged' };
  if (view.lastOffset >= request.endOffset) return { kind: 'nothing' };
  const size = view.sizeInBytes;
  const isAllowed = start === at && request.atLeastOneBatch;
  if (at + size - start > request.maxBytes && !isAllowed) return { kind: 'nothing' };
  if (at + size > bytes.length) return { kind: 'needs', at, bytes: size };
  return request.verify && !view.isCrcValid() ? { kind: 'damaged' } : undefined;
}
