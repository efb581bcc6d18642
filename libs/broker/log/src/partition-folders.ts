import { AppError, type Uuid } from '@weirhouse/shared-kernel';
import { asAppError, type Disk, type IoCallback } from './disk.ts';
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
 * the creation stands for the folder until its first checkpoint. True when the folder is new.
 */
export function ensurePartitionFolder(disk: Disk, files: FilePool, ref: PartitionRef): boolean {
  const folder = partitionFolder(ref.topicName, ref.index);
  if (disk.exists(folder)) {
    const known = readPartitionMetadata(disk, folder);
    if (known === ref.topicId) return false;
    if (known === undefined) {
      if (disk.list(folder).some((name) => name.endsWith(FileSuffix.LOG)))
        throw new AppError('corrupt', `${folder} has segments and no intact partition.metadata`);
      writePartitionMetadata(disk, folder, ref.topicId);
      return true;
    }
    retireFolder(disk, files, folder, known);
    removeRetiredFolders(disk, () => undefined);
  }
  disk.mkdir(folder);
  writePartitionMetadata(disk, folder, ref.topicId);
  return true;
}

/**
 * Renames a deleted partition's folder out of the way. Its files go later, by `removeRetiredFolders`:
 * removed before the new name is durable, they could leave half a partition under the old one.
 */
export function retireFolder(disk: Disk, files: FilePool, folder: string, topicId: Uuid): void {
  for (const name of disk.list(folder)) files.forget(`${folder}/${name}`);
  let count = 0;
  while (disk.exists(retiredName(folder, topicId, count))) count += 1;
  disk.rename(folder, retiredName(folder, topicId, count));
}

function retiredName(folder: string, topicId: Uuid, count: number): string {
  return `${folder}.${topicId}${count === 0 ? '' : `.${count}`}${DELETED_FOLDER_SUFFIX}`;
}

/** Removes a deleted partition's folder; gone for good when `done` has no error. */
export function deletePartitionFolder(
  disk: Disk,
  files: FilePool,
  ref: PartitionRef,
  done: IoCallback,
): void {
  const folder = partitionFolder(ref.topicName, ref.index);
  if (disk.exists(folder) && readPartitionMetadata(disk, folder) === ref.topicId)
    retireFolder(disk, files, folder, ref.topicId);
  removeRetiredFolders(disk, done);
}

/** Removes the files of all retired folders, once their new names are durable. */
export function removeRetiredFolders(disk: Disk, done: IoCallback): void {
  const retired = listRetired(disk);
  if (retired.length === 0) {
    done(undefined);
    return;
  }
  disk.syncDir('', (error) => {
    try {
      if (error === undefined)
        for (const name of retired) if (disk.exists(name)) removeFolder(disk, name);
      done(error);
    } catch (cause) {
      done(asAppError(cause));
    }
  });
}

function listRetired(disk: Disk): readonly string[] {
  return disk.list('').filter((name) => name.endsWith(DELETED_FOLDER_SUFFIX));
}
