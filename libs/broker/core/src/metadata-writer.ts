import {
  encodeMetadataRecord,
  type ControllerContext,
  type ControllerResult,
  type MetadataRecord,
} from '@weirhouse/broker-metadata';
import { buildBatch, KafkaError } from '@weirhouse/kafka-protocol';
import { AppError, type Clock, type Log } from '@weirhouse/shared-kernel';

import { METADATA_QUEUE_MAX } from './limits.ts';
import type { Partition } from './partitions.ts';

/** A decision of the controller, computed when its turn comes. */
export type MetadataOperation<Response> = (
  context: ControllerContext,
) => ControllerResult<Response>;

/** One waiting operation; the response type is closed over. */
interface Work {
  run(context: ControllerContext): { records: readonly MetadataRecord[]; answer: () => void };
  fail(errorCode: number): void;
}

/** Construction of the writer. `apply` replays committed records into the image and acts on them. */
export interface MetadataWriterOptions {
  readonly partition: Partition;
  readonly context: ControllerContext;
  readonly leaderEpoch: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly appended: () => void;
  readonly apply: (records: readonly MetadataRecord[]) => void;
}

/**
 * The serial queue of controller operations. One at a time is computed on the committed image,
 * appended to the metadata log as one batch, and after the log has committed it replayed into the
 * image and answered. So an answer is never given for something that can be lost, and an operation
 * never sees a change that may still fail.
 */
export class MetadataWriter {
  readonly #options: MetadataWriterOptions;
  readonly #queue: Work[] = [];
  readonly #holds: ((release: () => void) => void)[] = [];
  #isBusy = false;
  #appendedBytes = 0;
  #failure: number | undefined;

  constructor(options: MetadataWriterOptions) {
    this.#options = options;
  }

  /** The metadata log. */
  get partition(): Partition {
    return this.#options.partition;
  }

  /** The offset the next record will get: the epoch of a broker that registers with it. */
  get nextOffset(): number {
    return this.#options.partition.log.endOffset;
  }

  /** The epoch in which this broker leads the metadata log. */
  get leaderEpoch(): number {
    return this.#options.leaderEpoch;
  }

  /** The offset of the last committed record; -1 before the first. */
  get committedOffset(): number {
    return this.#options.partition.log.highWatermark - 1;
  }

  /** Bytes of all batches that were appended. */
  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  /** How many operations wait. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Runs an operation in turn; exactly one of `done` and `failed` (a Kafka error code) is called. */
  submit<Response>(
    operation: MetadataOperation<Response>,
    done: (response: Response) => void,
    failed: (errorCode: number) => void,
  ): void {
    if (this.#failure !== undefined) return failed(this.#failure);
    if (this.#queue.length >= METADATA_QUEUE_MAX) return failed(KafkaError.REQUEST_TIMED_OUT);
    this.#queue.push({
      run: (context) => {
        const { records, response } = operation(context);
        return { records, answer: () => done(response) };
      },
      fail: failed,
    });
    this.#next();
  }

  /** Runs `task` between two operations; until it calls `release`, the image does not change. */
  hold(task: (release: () => void) => void): void {
    if (this.#failure !== undefined) return;
    this.#holds.push(task);
    this.#next();
  }

  #next(): void {
    while (!this.#isBusy) {
      const task = this.#holds.shift();
      if (task !== undefined) {
        this.#isBusy = true;
        task(() => {
          this.#isBusy = false;
          this.#next();
        });
        continue;
      }
      const work = this.#queue.shift();
      if (work === undefined) return;
      this.#start(work);
    }
  }

  #start(work: Work): void {
    const { context, log } = this.#options;
    let change: { records: readonly MetadataRecord[]; answer: () => void };
    try {
      change = work.run(context);
    } catch (error) {
      log.error({ error }, 'a controller operation failed');
      return work.fail(KafkaError.UNKNOWN_SERVER_ERROR);
    }
    if (change.records.length === 0) return change.answer();
    this.#append(work, change);
  }

  #append(work: Work, change: { records: readonly MetadataRecord[]; answer: () => void }): void {
    const { appended, apply, clock, leaderEpoch, partition } = this.#options;
    const { answer, records } = change;
    const nowMs = clock.wallMs();
    const batch = buildBatch({
      leaderEpoch,
      records: records.map((record) => ({
        key: null,
        value: encodeMetadataRecord(record),
        timestamp: nowMs,
      })),
    });
    const outcome = partition.log.append(batch, { leaderEpoch, nowMs, origin: 'coordinator' });
    if (!outcome.ok) return work.fail(outcome.errorCode);
    this.#appendedBytes += batch.length;
    this.#isBusy = true;
    appended();
    partition.commits.wait({
      requiredOffset: outcome.lastOffset + 1,
      onCommitted: () => {
        apply(records);
        this.#isBusy = false;
        answer();
        this.#next();
      },
      onFailed: (errorCode) => this.#onFailed(work, errorCode),
    });
  }

  /** Whether the records survive is unknown now; only a restart can tell, so nothing more is decided. */
  #onFailed(work: Work, errorCode: number): void {
    this.#failure = errorCode;
    const error = new AppError('storage', 'the metadata log failed');
    this.#options.log.error({ error, errorCode }, 'the controller stops');
    work.fail(errorCode);
    for (const waiting of this.#queue.splice(0)) waiting.fail(errorCode);
  }
}
