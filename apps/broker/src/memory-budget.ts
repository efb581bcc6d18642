import { totalmem } from 'node:os';

/** Bytes that each user of memory may hold at most. Together they stay below what the process may have. */
export interface MemoryBudget {
  /** Records on their way to disk. */
  readonly arenaBytes: number;
  /** Frames that have not come whole, over all connections. */
  readonly receiveBytes: number;
  /** The part of it for clients that have not logged in. */
  readonly strangersBytes: number;
  /** Whole frames that wait for earlier requests of their connection. */
  readonly queuedBytes: number;
  /** Answers that clients have not taken, before those that take nothing are closed. */
  readonly unsentBytes: number;
  /** Buffers of reads from files, and of copies for slow readers. */
  readonly readHeldBytes: number;
}

const MIB = 1 << 20;
/** What Node.js, the code and the state of a small broker take by themselves. */
const BASE_BYTES = 128 * MIB;
/** Below this the budget does not shrink: a broker needs it to do anything. */
const SHARED_BYTES_MIN = 64 * MIB;

/** What is enough on a large machine; more would not be faster. */
const LARGE: MemoryBudget = {
  arenaBytes: 48 * MIB,
  receiveBytes: 512 * MIB,
  strangersBytes: 64 * MIB,
  queuedBytes: 256 * MIB,
  unsentBytes: 256 * MIB,
  readHeldBytes: 64 * MIB,
};

/**
 * The budget of a process that may use `limitBytes`: that of its container, or of the machine. Each
 * share is a part of what is left beside the base, at most what is enough. Requests that wait, whole or
 * not, have `requestBytesMax` at most.
 */
export function memoryBudget(limitBytes: number, requestBytesMax = Infinity): MemoryBudget {
  const shared = Math.max(SHARED_BYTES_MIN, limitBytes - BASE_BYTES);
  const part = (most: number, divisor: number): number =>
    Math.min(most, Math.floor(shared / divisor / MIB) * MIB);
  const ofRequests = (bytes: number): number => Math.min(bytes, requestBytesMax);
  return {
    arenaBytes: part(LARGE.arenaBytes, 5),
    receiveBytes: ofRequests(part(LARGE.receiveBytes, 4)),
    strangersBytes: ofRequests(part(LARGE.strangersBytes, 32)),
    queuedBytes: ofRequests(part(LARGE.queuedBytes, 8)),
    unsentBytes: part(LARGE.unsentBytes, 8),
    readHeldBytes: part(LARGE.readHeldBytes, 8),
  };
}

/** What this process may use: its container's limit (cgroup v1 or v2) when it has one. */
export function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
