import type { Transaction } from '../database/database.ts';
import type { Repositories } from '../database/repositories.ts';

/**
 * Removes what belongs to a principal that is being deleted: API keys, role bindings and its part in client quotas. Answers the
 * clusters whose brokers have to learn of it.
 */
export async function forgetPrincipal(
  tx: Transaction,
  repositories: Repositories,
  principal: { readonly organizationId: string; readonly id: string; readonly nowMs: number },
): Promise<readonly string[]> {
  const { organizationId, id, nowMs } = principal;
  const owner = { organizationId, ownerId: id, nowMs };
  const keyed = await repositories.apiKeys.deleteOfOwner(tx, owner);
  const name = `User:${id}`;
  const bound = await repositories.roleBindings.deleteOfPrincipal(tx, organizationId, name);
  const limited = await repositories.clientQuotas.forgetPrincipal(tx, id);
  return [...new Set([...keyed, ...bound, ...limited])];
}
