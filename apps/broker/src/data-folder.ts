import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseConfigText } from '@weirhouse/shared-config';
import { AppError, uuidFromBytes, type Uuid } from '@weirhouse/shared-kernel';
import { writeFileDurably } from './durable-file.ts';

/** Format of the folder; a folder with a higher one was written by a newer Weirhouse. */
const FORMAT_VERSION = 1;
const FILE = 'meta.properties';

export interface DataFolder {
  readonly path: string;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: Uuid;
  /** True when this start made it. */
  readonly isNew: boolean;
}

/** Makes the folder when it is missing; refuses one that cannot be written. */
export function prepareDataFolder(path: string): void {
  try {
    makeFolders(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Makes a folder and those above it. Node's own recursion never ends where the parent is there and the
 * system says that it is not, as in /proc.
 */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/**
 * Opens a prepared folder, or gives a new one to this broker: `meta.properties` (Kafka's file) says whose it
 * is. Refuses with one clear sentence a folder of another broker or of a newer version.
 */
export function openDataFolder(options: {
  readonly path: string;
  readonly nodeId: number;
  readonly clusterId: string | undefined;
}): DataFolder {
  const { path, nodeId, clusterId } = options;
  const file = join(path, FILE);
  if (!existsSync(file)) return makeDataFolder(path, nodeId, clusterId);
  const meta = parseConfigText(readFileSync(file, 'utf8'), file);
  const text = (key: string): string => {
    const value = meta[key];
    return typeof value === 'string' ? value : '';
  };
  if (Number(text('version')) !== FORMAT_VERSION)
    throw new AppError(
      'failed_precondition',
      `Data folder ${path} has format version ${text('version')}; this Weirhouse knows version ${FORMAT_VERSION}. Start the newer Weirhouse that wrote it.`,
    );
  if (Number(text('node.id')) !== nodeId)
    throw new AppError(
      'failed_precondition',
      `Data folder ${path} belongs to node ${text('node.id')}, not ${nodeId}. Check node.id and log.dir.`,
      { field: 'node.id' },
    );
  if (clusterId !== undefined && text('cluster.id') !== clusterId)
    throw new AppError(
      'failed_precondition',
      `Data folder ${path} belongs to cluster ${text('cluster.id')}, not ${clusterId}. Check cluster.id and log.dir.`,
      { field: 'cluster.id' },
    );
  return {
    path,
    clusterId: text('cluster.id'),
    nodeId,
    directoryId: text('directory.id'),
    isNew: false,
  };
}

function makeDataFolder(path: string, nodeId: number, wanted: string | undefined): DataFolder {
  const clusterId = wanted ?? uuidFromBytes(randomBytes(16));
  const directoryId = uuidFromBytes(randomBytes(16));
  const lines = {
    version: FORMAT_VERSION,
    'cluster.id': clusterId,
    'node.id': nodeId,
    'directory.id': directoryId,
  };
  const text = Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
  try {
    writeFileDurably(join(path, FILE), text);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return { path, clusterId, nodeId, directoryId, isNew: true };
}

/** The error for a data folder in which something cannot be written. */
export function unwritable(path: string, cause: unknown): AppError {
  return new AppError('storage', `Data folder ${path} cannot be written: ${reason(cause)}.`, {
    field: 'log.dir',
    cause,
  });
}

function reason(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return 'the disk is full';
  return cause instanceof Error ? cause.message.replace(/, (mkdir|access).*$/, '') : String(cause);
}
