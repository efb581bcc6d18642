import type { Disk } from '@weirhouse/broker-log';
import { decodeMetadataRecord, type MetadataImage } from '@weirhouse/broker-metadata';
import { kafkaErrorName } from '@weirhouse/kafka-protocol';
import { AppError, isAppError, type Log, type Uuid } from '@weirhouse/shared-kernel';

import { replayLog } from '../log-reader.ts';
import type { Partition } from '../partitions.ts';
import {
  PART_SUFFIX,
  readSnapshot,
  type SnapshotId,
  snapshotName,
  snapshotsAmong,
} from './snapshot-file.ts';

/** What the image is built from. */
export interface RestoreOptions {
  readonly disk: Disk;
  /** The folder of the metadata log, where its snapshots lie too. */
  readonly folder: string;
  readonly partition: Partition;
  readonly image: MetadataImage;
  readonly log: Log;
}

/** What was found. */
export interface Restored {
  /** Topics that the log removes: of them files may have been left behind. */
  readonly removedTopics: ReadonlySet<Uuid>;
  /** The first offset that no snapshot tells; 0 without one. */
  readonly snapshotEnd: number;
  /** Bytes of the log behind the snapshot. */
  readonly replayedBytes: number;
}

/**
 * Builds the image from the newest whole snapshot and what the metadata log holds behind it. Fails with
 * `corrupt` when the log begins behind every snapshot that can be read: something is missing then.
 */
export function restoreMetadata(
  options: RestoreOptions,
  done: (error: AppError | undefined, restored?: Restored) => void,
): void {
  const { image, partition } = options;
  const removedTopics = new Set<Uuid>();
  let replayedBytes = 0;
  let lastBase = -1;
  let snapshotEnd: number;
  try {
    snapshotEnd = loadNewest(options);
  } catch (error) {
    return done(asFailure(error));
  }
  if (partition.log.startOffset > snapshotEnd)
    return done(
      new AppError('corrupt', 'The metadata log has no beginning and no snapshot that tells it.'),
    );
  replayLog({
    log: partition.log,
    fromOffset: snapshotEnd,
    onRecord: ({ value }, batch) => {
      if (batch.baseOffset !== lastBase) replayedBytes += batch.sizeInBytes;
      lastBase = batch.baseOffset;
      if (value === null) return;
      const record = decodeMetadataRecord(value);
      if (record.kind === 'removeTopic') removedTopics.add(record.body.topicId);
      image.replay(record);
    },
    done: (errorCode, error) => {
      if (errorCode === 0) done(undefined, { removedTopics, snapshotEnd, replayedBytes });
      else done(unreadable(errorCode, error));
    },
  });
}

/** Replays the newest whole snapshot and gives its end; files that were never finished go. */
function loadNewest({ disk, folder, image, log, partition }: RestoreOptions): number {
  const names = disk.list(folder);
  for (const name of names) if (name.endsWith(PART_SUFFIX)) disk.unlink(`${folder}/${name}`);
  for (const id of snapshotsAmong(names)) {
    // After a power cut the log may be shorter than a snapshot that was not relied on yet.
    if (id.endOffset > partition.log.endOffset) continue;
    const records = tryRead(disk, `${folder}/${snapshotName(id)}`);
    if (records === undefined) {
      log.error({ snapshot: snapshotName(id) }, 'a snapshot of the metadata is damaged');
      continue;
    }
    for (const record of records) image.replay(record);
    return id.endOffset;
  }
  return 0;
}

function tryRead(disk: Disk, path: string): ReturnType<typeof readSnapshot> | undefined {
  const bytes = Buffer.alloc(disk.sizeOf(path));
  const file = disk.open(path, 'read');
  try {
    file.readSync(bytes, 0);
    return readSnapshot(bytes);
  } catch (error) {
    // Newer records stop the start, whatever older snapshots there are.
    if (isAppError(error) && error.code === 'failed_precondition') throw error;
    return undefined;
  } finally {
    file.closeSync();
  }
}

/** Removes snapshots that a newer one has replaced. */
export function removeOlderSnapshots(disk: Disk, folder: string, newest: SnapshotId): void {
  for (const id of snapshotsAmong(disk.list(folder)))
    if (id.endOffset < newest.endOffset) disk.unlink(`${folder}/${snapshotName(id)}`);
}

function asFailure(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError('internal', 'The metadata could not be restored.', { cause: error });
}

function unreadable(errorCode: number, cause?: unknown): AppError {
  const detail = `${kafkaErrorName(errorCode)} (${errorCode})`;
  return new AppError('unavailable', 'The metadata log could not be read.', { detail, cause });
}
