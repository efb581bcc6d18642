import type { PartitionLog } from '@weirhouse/broker-log';
import { BatchCursor, KafkaError, RecordCursor, type BatchView } from '@weirhouse/kafka-protocol';

import { REPLAY_READ_BYTES } from './limits.ts';

/** Reads a log from its start to the end it has now; for replaying an internal log. */
export interface LogReplay {
  readonly log: PartitionLog;
  /** Where to begin; the log's start when absent or before it. */
  readonly fromOffset?: number;
  /** Hands out the records of control batches too; else they are left out. */
  readonly withControlRecords?: boolean;
  /** Takes the records in order. Buffers are borrowed for the call. */
  readonly onRecord: (record: RecordCursor, batch: BatchView) => void;
  /** 0, or the error code of the read that failed, with the error when records made no sense. */
  readonly done: (errorCode: number, error?: unknown) => void;
}

/** Hands every record of a log to `onRecord`, then calls `done`. What `onRecord` throws ends it. */
export function replayLog(replay: LogReplay): void {
  new LogReader(replay).run();
}

class LogReader {
  readonly #replay: LogReplay;
  readonly #endOffset: number;
  readonly #batches = new BatchCursor();
  readonly #records = new RecordCursor();
  #offset: number;
  #state: 'idle' | 'reading' | 'ended' = 'idle';
  #isLooping = false;

  constructor(replay: LogReplay) {
    this.#replay = replay;
    this.#endOffset = replay.log.endOffset;
    this.#offset = Math.max(replay.log.startOffset, replay.fromOffset ?? 0);
  }

  /** Reads that complete at once are looped over, not nested: the stack does not grow with the log. */
  run(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    while (this.#state === 'idle') {
      if (this.#offset >= this.#endOffset) this.#end(KafkaError.NONE);
      else this.#readNext();
    }
    this.#isLooping = false;
  }

  #readNext(): void {
    this.#state = 'reading';
    const request = {
      offset: this.#offset,
      maxBytes: REPLAY_READ_BYTES,
      endOffset: this.#endOffset,
      atLeastOneBatch: true,
    };
    this.#replay.log.read(request, (outcome) => {
      if (!outcome.ok) return this.#end(outcome.errorCode);
      const before = this.#offset;
      try {
        for (const slice of outcome.slices) this.#take(slice);
      } catch (error) {
        return this.#end(KafkaError.CORRUPT_MESSAGE, error);
      } finally {
        outcome.release();
      }
      if (this.#offset === before) return this.#end(KafkaError.KAFKA_STORAGE_ERROR);
      this.#state = 'idle';
      this.run();
    });
  }

  #take(slice: Buffer): void {
    this.#batches.reset(slice);
    while (this.#batches.next()) {
      const { view } = this.#batches;
      const isWanted = !view.isControl || this.#replay.withControlRecords === true;
      // Compaction may leave a batch without records, which no codec would take.
      if (isWanted && view.recordsCount > 0) {
        this.#records.reset(view, this.#replay.log.recordsOf(view));
        while (this.#records.next()) this.#replay.onRecord(this.#records, view);
      }
      this.#offset = view.nextOffset;
    }
  }

  #end(errorCode: number, error?: unknown): void {
    this.#state = 'ended';
    this.#replay.done(errorCode, error);
  }
}
