import type { Route } from './route.ts';

/** What an Idempotency-Key may be: visible ASCII characters, as a UUID is. */
export const IDEMPOTENCY_KEY_PATTERN = /^[\u0021-\u007e]{1,255}$/u;

/**
 * Whether a route takes an Idempotency-Key: what makes something in the database. A plan makes nothing
 * until it is applied, and what lies in a cluster is not ours to keep answers with.
 */
export function isRepeatable({ auditType, method, permission }: Route): boolean {
  const isCreation = method === 'POST' && permission?.endsWith(':create') === true;
  return isCreation && auditType !== undefined && permission !== 'plan:create';
}
