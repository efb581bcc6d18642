import type { Prisma, PrismaClient } from './generated/client.ts';

/** The control plane's database. Only repositories and this folder may see it. */
export type Database = PrismaClient;

/** A database inside a transaction. */
export type Transaction = Prisma.TransactionClient;

/** An open database with what its owner must do at the end. */
export interface OpenDatabase {
  readonly prisma: Database;
  readonly kind: 'pglite' | 'postgres';
  /** Its connections now. */
  connections(): Connections;
  close(): Promise<void>;
}

/** What connections of a pool are doing; the embedded database has one. */
export interface Connections {
  readonly busy: number;
  readonly idle: number;
  /** Pieces of work that wait for one. */
  readonly waiting: number;
}

/** The connections of a pool. */
export function connectionsOf(pool: {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}): Connections {
  const { idleCount, totalCount, waitingCount } = pool;
  return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
}

/** Nest's token of the `Database`. */
export const DATABASE = Symbol('DATABASE');

/** Longest wait for a connection or for the one embedded session, in milliseconds. */
const TRANSACTION_WAIT_MAX_MS = 10_000;
/** Longest run of one transaction, in milliseconds: all of ours are a handful of statements. */
const TRANSACTION_MAX_MS = 15_000;

/** How every Prisma client of this process is made, whatever the database below it. */
export const CLIENT_OPTIONS = {
  transactionOptions: { maxWait: TRANSACTION_WAIT_MAX_MS, timeout: TRANSACTION_MAX_MS },
} as const;
