import { readFileSync } from 'node:fs';
import { AppError } from '@weirhouse/shared-kernel';

/** How the files and sockets that a process may have open are divided. */
export interface DescriptorBudget {
  /** Segment and index files that stay open. */
  readonly openFiles: number;
  /** Connections of clients over all listeners. */
  readonly connections: number;
  /** Connections that are refused and kept a while, so that their clients do not come at once again. */
  readonly refused: number;
}

/** What is enough for segment files; more would not be faster. */
const OPEN_FILES_MAX = 512;
/** What is enough against clients that come again and again. */
const REFUSED_MAX = 1000;
/** The write-ahead log, listeners, metrics, and files that are open for a moment. */
const OTHERS = 64;
/** Fewer do not make a broker: 32 files, 24 connections, and the others. */
const LIMIT_MIN = 128;

/** The budget of a process that may have `limit` descriptors. Throws `failed_precondition` for too few. */
export function descriptorBudget(limit: number): DescriptorBudget {
  if (limit < LIMIT_MIN)
    throw new AppError(
      'failed_precondition',
      `This process may open ${limit} files; a broker needs ${LIMIT_MIN} or more (ulimit -n).`,
    );
  const openFiles = Math.min(OPEN_FILES_MAX, Math.floor(limit / 4));
  const refused = Math.min(REFUSED_MAX, Math.floor(limit / 16));
  return { openFiles, refused, connections: limit - openFiles - refused - OTHERS };
}

/** How many files and sockets this process may have open; Infinity where the system does not say. */
export function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return line === null ? Infinity : Number(line[1]);
  } catch {
    return Infinity;
  }
}
