import { OPERATIONS_OMITTED } from './access.ts';
import type { RequestContext } from './handler.ts';

/** The authorized operations in the description of a group (KIP-430), if they were asked for. */
export function describedOperations(
  { caller, services }: RequestContext,
  request: { readonly includeAuthorizedOperations: boolean },
  described: { readonly groupId: string; readonly errorCode: number },
): number {
  if (!request.includeAuthorizedOperations || described.errorCode !== 0) return OPERATIONS_OMITTED;
  return services.access.groupOperations(caller, described.groupId);
}
