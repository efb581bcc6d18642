import { AppError, type Uuid } from '@weirhouse/shared-kernel';
import type { Disk, IoCallback } from './disk.ts';
import type { PartitionRef } from './log-state.ts';
import {
  readPartitionMetadata,
  removeFolder,
  writePartitionMetadata,
} from './partition-metadata.ts';
import {
  DELETED_FOLDER_SUFFIX,
  FileSuffix,
  partitionFolder,
  partitionOfFolder,
} from './segment/file-names.ts';
import type { FilePool } from './segment/file-pool.ts';

/** Every partition that has a folder with intact metadata. */
export function listPartitionFolders(disk: Disk): readonly PartitionRef[] {
  const refs: PartitionRef[] = [];
  for (const name of disk.list('')) {
    const parts = partitionOfFolder(name);
    const topicId = parts === undefined ? undefined : readPartitionMetadata(disk, name);
    if (parts !== undefined && topicId !== undefined) refs.push({ topicId, ...parts });
  }
  return refs;
}

/**
 * Makes the folder of a partition, or takes the one that is there. One of another topic id belongs to
 * a topic that was deleted while this broker was away: it goes. Nothing is synced: the WAL's note of
 * the creation stands for the folder until its first checkpoint.
 */
export function ensurePartitionFolder(disk: Disk, files: FilePool, ref: PartitionRef): void {
  const folder = partitionFolder(ref.topicName, ref.index);
  if (disk.exists(folder)) {
    const known = readPartitionMetadata(disk, folder);
    if (known === ref.topicId) return;
    if (known === undefined) {
      if (disk.list(folder).some((name) => name.endsWith(FileSuffix.LOG)))
        throw new AppError('corrupt', `${folder} has segments and no intact partition.metadata`);
      writePartitionMetadata(disk, folder, ref.topicId);
      return;
    }
    removeFolder(disk, retireFolder(disk, files, folder, known));
  }
  disk.mkdir(folder);
  writePartitionMetadata(disk, folder, ref.topicId);
}

/** Renames a deleted partition's folder out of the way; returns the new name. */
export function retireFolder(disk: Disk, files: FilePool, folder: string, topicId: Uuid): string {
  for (const name of disk.list(folder)) files.forget(`${folder}/${name}`);
  const retired = `${folder}.${topicId}${DELETED_FOLDER_SUFFIX}`;
  if (disk.exists(retired)) removeFolder(disk, retired);
  disk.rename(folder, retired);
  return retired;
}

/** Renames and removes a deleted partition's folder; gone for good when `done` has no error. */
export function deletePartitionFolder(
  disk: Disk,
  files: FilePool,
  ref: PartitionRef,
  done: IoCallback,
): void {
  const folder = partitionFolder(ref.topicName, ref.index);
  if (!disk.exists(folder) || readPartitionMetadata(disk, folder) !== ref.topicId) {
    done(undefined);
    return;
  }
  const retired = retireFolder(disk, files, folder, ref.topicId);
  disk.syncDir('', (error) => {
    if (error === undefined && disk.exists(retired)) removeFolder(disk, retired);
    done(error);
  });
}

/** Removes what deletions left behind when the process ended in the middle of them. */
export function removeRetiredFolders(disk: Disk): void {
  for (const name of disk.list(''))
    if (name.endsWith(DELETED_FOLDER_SUFFIX)) removeFolder(disk, name);
}
