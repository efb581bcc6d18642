import { type Disk, type DiskFile, isPassing } from '@weirhouse/broker-log';
import type { MetadataImage } from '@weirhouse/broker-metadata';
import { type AppError, type Clock, type Log, isAppError } from '@weirhouse/shared-kernel';

import { SNAPSHOT_CHECK_INTERVAL_MS } from '../limits.ts';
import type { MetadataWriter } from '../metadata-writer.ts';
import type { Partition } from '../partitions.ts';
import type { BrokerServices } from '../services.ts';
import type { TimingWheel } from '../timing-wheel.ts';
import { removeOlderSnapshots, type Restored } from './restore-metadata.ts';
import { PART_SUFFIX, snapshotBatches, type SnapshotId, snapshotName } from './snapshot-file.ts';

/*
 * | state   | event                                      | next    |
 * |---------|--------------------------------------------|---------|
 * | idle    | enough was committed, no deletion is open  | holding |
 * | holding | every batch is in the `.part` file         | syncing |
 * | syncing | file, name and folder are durable          | idle    |
 * | any     | the disk has no room                       | idle    |
 * | any     | any other error: the volume is lost        | ended   |
 *
 * While holding, the controller computes nothing, so the image stands still; clients are served on.
 */
type State = 'idle' | 'holding' | 'syncing' | 'ended';

/** When a snapshot is due. */
export interface SnapshotLimits {
  /** `metadata.log.max.record.bytes.between.snapshots`. */
  readonly bytesMax: number;
  /** `metadata.log.max.snapshot.interval.ms`; 0 sets no limit. */
  readonly intervalMs: number;
}

/** What snapshots are made of. */
export interface MetadataSnapshotsOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly image: MetadataImage;
  readonly metadata: MetadataWriter;
  readonly partition: Partition;
  readonly limits: SnapshotLimits;
  readonly restored: Restored;
  /** False while files of deleted topics are still being removed: only the log tells of them. */
  readonly isSettled: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly wheel: TimingWheel;
  /** A snapshot could not be synced: nothing on the volume can be trusted any more. */
  readonly onFailure: (error: AppError) => void;
}

/**
 * Writes the image as a snapshot when enough has been committed since the last one, and lets the log
 * before it go. The snapshot is durable before the log's start moves, so one of both always tells all.
 */
export class MetadataSnapshots {
  readonly #options: MetadataSnapshotsOptions;
  #state: State = 'idle';
  #lastEnd: number;
  #lastMs: number;
  /** What the writer had appended when the last snapshot was made; less than 0 after a replay. */
  #bytesBefore: number;

  constructor(options: MetadataSnapshotsOptions) {
    this.#options = options;
    this.#lastEnd = options.restored.snapshotEnd;
    this.#bytesBefore = options.metadata.appendedBytes - options.restored.replayedBytes;
    this.#lastMs = options.clock.monotonicMs();
    this.#checkLater();
  }

  /** How many committed records no snapshot tells yet. */
  get tailLength(): number {
    return Math.max(0, this.#options.metadata.committedOffset + 1 - this.#lastEnd);
  }

  /** Looks whether a snapshot is due; called after each commit. */
  check(): void {
    const { isSettled, metadata } = this.#options;
    if (this.#state !== 'idle' || !this.#isDue() || !isSettled()) return;
    this.#state = 'holding';
    metadata.hold((release) => this.#write(release));
  }

  /** No further snapshot is begun, and one under way touches the log no more. */
  stop(): void {
    this.#state = 'ended';
  }

  #checkLater(): void {
    this.#options.wheel.schedule(SNAPSHOT_CHECK_INTERVAL_MS, {
      onExpired: () => {
        this.check();
        if (this.#state !== 'ended') this.#checkLater();
      },
    });
  }

  #isDue(): boolean {
    const { clock, limits, metadata } = this.#options;
    if (metadata.committedOffset + 1 <= this.#lastEnd) return false;
    if (metadata.appendedBytes - this.#bytesBefore >= limits.bytesMax) return true;
    return limits.intervalMs > 0 && clock.monotonicMs() - this.#lastMs >= limits.intervalMs;
  }

  /** One batch per turn of the loop: each write calls back later. */
  #write(release: () => void): void {
    const { clock, disk, folder, image, metadata } = this.#options;
    const id = { endOffset: metadata.committedOffset + 1, leaderEpoch: metadata.leaderEpoch };
    const bytes = metadata.appendedBytes;
    const path = `${folder}/${snapshotName(id)}`;
    const place = { leaderEpoch: id.leaderEpoch, timestamp: clock.wallMs() };
    const batches = snapshotBatches(image, place);
    const fail = (error: unknown): void => {
      release();
      this.#onError(error);
    };
    const step = (file: DiskFile, position: number): void => {
      const next = batches.next();
      if (next.done === true) {
        release();
        return this.#sync(file, path, () => this.#onDurable(id, bytes));
      }
      file.writev([next.value], position, (error) => {
        if (error === undefined) return step(file, position + next.value.length);
        file.closeSync();
        fail(error);
      });
    };
    try {
      const file = disk.open(path + PART_SUFFIX, 'write');
      file.truncateSync(0);
      step(file, 0);
    } catch (error) {
      fail(error);
    }
  }

  #sync(file: DiskFile, path: string, done: () => void): void {
    const { disk, folder } = this.#options;
    if (this.#state === 'holding') this.#state = 'syncing';
    file.datasync((error) => {
      file.closeSync();
      if (error !== undefined) return this.#onError(error);
      try {
        disk.rename(path + PART_SUFFIX, path);
        disk.syncDir(folder, (dirError) => {
          if (dirError === undefined) done();
          else this.#onError(dirError);
        });
      } catch (nameError) {
        this.#onError(nameError);
      }
    });
  }

  #onDurable(id: SnapshotId, bytesBefore: number): void {
    const { clock, disk, folder, log, partition } = this.#options;
    if (this.#state === 'ended') return;
    this.#state = 'idle';
    this.#lastEnd = id.endOffset;
    this.#lastMs = clock.monotonicMs();
    this.#bytesBefore = bytesBefore;
    partition.log.deleteRecordsBefore(id.endOffset);
    try {
      removeOlderSnapshots(disk, folder, id);
    } catch (error) {
      log.warn({ error }, 'an older snapshot of the metadata could not be removed');
    }
    log.info({ endOffset: id.endOffset }, 'the metadata was written as a snapshot');
  }

  /** Without room it is tried again when the next one is due; the `.part` file is overwritten then. */
  #onError(error: unknown): void {
    const { clock, log, metadata, onFailure } = this.#options;
    if (this.#state === 'ended') return;
    this.#state = 'idle';
    this.#lastMs = clock.monotonicMs();
    this.#bytesBefore = metadata.appendedBytes;
    if (isPassing(error))
      return log.warn({ error }, 'there is no room for a snapshot of the metadata');
    this.#state = 'ended';
    log.error({ error }, 'the metadata could not be written as a snapshot');
    if (isAppError(error)) onFailure(error);
  }
}

/** Where the metadata log is and what was found there. */
interface SnapshotPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly partition: Partition;
  readonly restored: Restored;
}

/** Begins to write snapshots of a started broker's metadata, as its settings want them. */
export function startSnapshots(
  services: BrokerServices,
  place: SnapshotPlace,
  onFailure: (error: AppError) => void,
): MetadataSnapshots {
  const { configs, image, metadata, partitions, ports, wheel } = services;
  const { clock, log } = ports;
  const { disk, folder, partition, restored } = place;
  const limits = {
    bytesMax: configs.brokerNumber('metadata.log.max.record.bytes.between.snapshots'),
    intervalMs: configs.brokerNumber('metadata.log.max.snapshot.interval.ms'),
  };
  const isSettled = (): boolean => !partitions.isDeleting;
  const parts = { disk, folder, partition, restored, image, metadata, limits, isSettled };
  return new MetadataSnapshots({ ...parts, clock, log, wheel, onFailure });
}
