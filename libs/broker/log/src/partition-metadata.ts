import type { Uuid } from '@weirhouse/shared-kernel';
import { type Disk, openWith } from './disk.ts';
import { PARTITION_METADATA_FILE } from './segment/file-names.ts';

/** Writes Kafka's `partition.metadata`: which topic id the folder is of. Not synced. */
export function writePartitionMetadata(disk: Disk, folder: string, topicId: Uuid): void {
  const text = `version: 0\ntopic_id: ${topicId}\n`;
  openWith(disk, `${folder}/${PARTITION_METADATA_FILE}`, Buffer.from(text)).closeSync();
}

/** The topic id of a partition's folder; undefined when the file is missing or damaged. */
export function readPartitionMetadata(disk: Disk, folder: string): Uuid | undefined {
  const path = `${folder}/${PARTITION_METADATA_FILE}`;
  if (!disk.exists(path)) return undefined;
  const bytes = Buffer.alloc(disk.sizeOf(path));
  const file = disk.open(path, 'read');
  file.readSync(bytes, 0);
  file.closeSync();
  return /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n$/.exec(bytes.toString('latin1'))?.[1];
}

/** Unlinks everything in a partition's folder, then the folder. */
export function removeFolder(disk: Disk, folder: string): void {
  for (const name of disk.list(folder)) disk.unlink(`${folder}/${name}`);
  disk.rmdir(folder);
}
