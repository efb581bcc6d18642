/** Digits of a base offset in a file name, as Kafka pads them. */
const OFFSET_DIGITS = 20;

/** What the files of a partition end in. */
export const FileSuffix = {
  LOG: '.log',
  INDEX: '.index',
  TIME_INDEX: '.timeindex',
  TXN_INDEX: '.txnindex',
  SNAPSHOT: '.snapshot',
  DELETED: '.deleted',
  CLEANED: '.cleaned',
  SWAP: '.swap',
} as const;

/** What the files of one segment end in. */
export const SEGMENT_SUFFIXES = [
  FileSuffix.LOG,
  FileSuffix.INDEX,
  FileSuffix.TIME_INDEX,
  FileSuffix.TXN_INDEX,
] as const;

/** What the folder of a deleted partition ends in, until its files are gone. */
export const DELETED_FOLDER_SUFFIX = '-delete';
/** The file that holds a partition's topic id. */
export const PARTITION_METADATA_FILE = 'partition.metadata';
/** The file that holds a partition's leader epochs. */
export const EPOCH_CHECKPOINT_FILE = 'leader-epoch-checkpoint';

/** The path of a file named by an offset, as `00000000000000000042.log`. */
export function offsetPath(folder: string, offset: number, suffix: string): string {
  return `${folder}/${String(offset).padStart(OFFSET_DIGITS, '0')}${suffix}`;
}

/** The offset in a file name with this suffix; undefined for other files. */
export function offsetOfName(name: string, suffix: string): number | undefined {
  if (name.length !== OFFSET_DIGITS + suffix.length || !name.endsWith(suffix)) return undefined;
  const digits = name.slice(0, OFFSET_DIGITS);
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** The base offset of the segment that a file belongs to; undefined for other files. */
export function segmentBaseOfName(name: string): number | undefined {
  for (const suffix of SEGMENT_SUFFIXES) {
    const base = offsetOfName(name, suffix);
    if (base !== undefined) return base;
  }
  return undefined;
}

/** The folder of a partition: topic, dash, number. */
export function partitionFolder(topicName: string, index: number): string {
  return `${topicName}-${index}`;
}

/** Topic and partition of a folder name; undefined for folders that are no partition's. */
export function partitionOfFolder(
  name: string,
): { readonly topicName: string; readonly index: number } | undefined {
  const match = /^(.+)-(\d+)$/.exec(name);
  if (match === null || name.endsWith(DELETED_FOLDER_SUFFIX)) return undefined;
  return { topicName: match[1] as string, index: Number(match[2]) };
}
