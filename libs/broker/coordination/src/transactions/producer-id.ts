import { runOn, type TransactionOperation } from './transaction-operation.ts';
import type { ProducerIdWaiter } from './transaction-shard-state.ts';

/**
 * Asks for a producer id and then does `again` with it, as an operation of its own: whatever was
 * checked must be checked anew. `refuse` answers the request when there is no id, or no shard.
 */
export function withProducerId(
  { shard }: TransactionOperation,
  refuse: (errorCode: number) => void,
  again: (operation: TransactionOperation, producerId: number) => void,
): void {
  const waiter: ProducerIdWaiter = { refuse };
  shard.waiters.add(waiter);
  shard.ports.allocateProducerId((outcome, nowMs) =>
    runOn(shard, nowMs, (operation) => {
      if (!shard.waiters.delete(waiter)) return;
      if (outcome.ok) again(operation, outcome.producerId);
      else refuse(outcome.errorCode);
    }),
  );
}
