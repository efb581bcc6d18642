import type { TransactionEntry } from './transaction-entry.ts';
import type { TransactionShardOptions } from './transaction-options.ts';
import type { TransactionPorts } from './transaction-ports.ts';
import { outcomeInPreparation } from './transaction-state.ts';

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
  /** Who waits until nothing of a transactional id is on its way. */
  readonly settling: Map<string, Set<() => void>>;
  isUnloaded: boolean;
}

/** True when nothing is under way that the id's next operation must wait for. */
export function isSettled(shard: TransactionShardState, transactionalId: string): boolean {
  const state = shard.entries.get(transactionalId)?.value.state;
  const isEnding = state !== undefined && outcomeInPreparation(state) !== undefined;
  return !isEnding && !isPending(shard, transactionalId);
}

/** Tells those who wait for the id, if nothing of it is on its way any more. */
export function tellSettled(shard: TransactionShardState, transactionalId: string): void {
  const listeners = shard.settling.get(transactionalId);
  if (listeners === undefined || !isSettled(shard, transactionalId)) return;
  shard.settling.delete(transactionalId);
  for (const listener of listeners) listener();
}

/** True while a record of that id is on its way to the log: what it says may still be lost. */
export function isPending(shard: TransactionShardState, transactionalId: string): boolean {
  return shard.pending.has(transactionalId);
}
