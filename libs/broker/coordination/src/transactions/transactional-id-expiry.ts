import type { TransactionOperation } from './transaction-operation.ts';
import { isIdle } from './transaction-state.ts';

/** Removes ids that nobody used for `transactional.id.expiration.ms` and that have nothing open. */
export function expireTransactionalIds(operation: TransactionOperation): void {
  const { nowMs, shard } = operation;
  for (const { transactionalId, value } of shard.entries.values()) {
    const isExpired = nowMs - value.lastUpdateMs >= shard.options.idExpirationMs;
    if (isExpired && isIdle(value.state)) operation.append(transactionalId, null);
  }
}
