import type { TransactionEntry } from './transaction-entry.ts';
import type { TransactionShardOptions } from './transaction-options.ts';
import type { TransactionPorts } from './transaction-ports.ts';

/** A request that waits for a producer id. */
export interface ProducerIdWaiter {
  readonly refuse: (errorCode: number) => void;
}

/** What all operations of one transaction shard share. */
export interface TransactionShardState {
  readonly options: TransactionShardOptions;
  readonly ports: TransactionPorts;
  /** The leader epoch of the shard's partition; partitions refuse markers of older ones. */
  readonly coordinatorEpoch: number;
  readonly entries: Map<string, TransactionEntry>;
  /** Records of each transactional id that are appended and not yet durable. */
  readonly pending: Map<string, number>;
  readonly waiters: Set<ProducerIdWaiter>;
  isUnloaded: boolean;
}

/** True while a record of that id is on its way to the log: what it says may still be lost. */
export function isPending(shard: TransactionShardState, transactionalId: string): boolean {
  return shard.pending.has(transactionalId);
}
