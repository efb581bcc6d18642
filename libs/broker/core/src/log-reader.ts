import type { PartitionLog } from '@weirhouse/broker-log';
import { BatchCursor, KafkaError, RecordCursor, type BatchView } from '@weirhouse/kafka-protocol';

import { REPLAY_READ_BYTES } from './limits.ts';

/** Reads a log from its start to the end it has now; for replaying an internal log. */
export interface LogReplay {
  readonly log: PartitionLog;
  /** Takes the batches in order; control batches are left out. */
  readonly onRecord: (record: RecordCursor, batch: BatchView) => void;
  /** 0, or the error code of the read that failed. */
  readonly done: (errorCode: number) => void;
}

/**
 * Hands every record of a log to `onRecord`. Reads that complete at once are looped over, not nested,
 * so that the depth of the stack does not grow with the log.
 */
export function replayLog(replay: LogReplay): void {
  const { log, onRecord, done } = replay;
  const endOffset = log.endOffset;
  const batches = new BatchCursor();
  const records = new RecordCursor();
  let offset = log.startOffset;
  const takeSlices = (slices: readonly Buffer[]): void => {
    for (const slice of slices) {
      batches.reset(slice);
      while (batches.next()) {
        const { view } = batches;
        if (!view.isControl) {
          records.reset(view, view.buffer.subarray(view.recordsStart, view.end));
          while (records.next()) onRecord(records, view);
        }
        offset = view.nextOffset;
      }
    }
  };
  let isLooping = false;
  let mayGoOn = true;
  const run = (): void => {
    if (isLooping) return;
    isLooping = true;
    while (mayGoOn && offset < endOffset) {
      mayGoOn = false;
      const request = { offset, maxBytes: REPLAY_READ_BYTES, endOffset, atLeastOneBatch: true };
      log.read(request, (outcome) => {
        if (!outcome.ok) return done(outcome.errorCode);
        const before = offset;
        takeSlices(outcome.slices);
        outcome.release();
        if (offset === before) return done(KafkaError.KAFKA_STORAGE_ERROR);
        mayGoOn = true;
        run();
      });
    }
    isLooping = false;
    if (mayGoOn && offset >= endOffset) done(0);
  };
  run();
}
