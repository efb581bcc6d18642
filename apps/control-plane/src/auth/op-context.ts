import type { CredentialKind } from '@weirhouse/cloud-contract';
import type { Grant } from '@weirhouse/cloud-plan';
import type { Transaction } from '../database/database.ts';
import type { HeldTransaction } from '../database/held-transaction.ts';

/** Who acts. `name` is the Kafka principal, which brokers and audit records use too. */
export interface Actor {
  readonly kind: 'User' | 'ServiceAccount' | 'IdentityPool' | 'Anonymous' | 'System';
  readonly id: string;
  /** `User:u-x`, `User:sa-x`, `User:pool-x`, `Anonymous` or `System`. */
  readonly name: string;
}

/** Who asks, for which organization, under which request: what a credential alone tells. */
export interface Identity {
  readonly actor: Actor;
  readonly organizationId: string;
  readonly requestId: string;
  /**
   * What the actor showed. A Global key opens what takes a Cloud key and what takes a cluster's,
   * of every cluster; `system` = the platform itself, `none` = nobody has shown anything.
   */
  readonly credential: CredentialKind | 'global-key' | 'none' | 'system';
  /** The only cluster that the credential opens, when it is a cluster's key. */
  readonly clusterId?: string;
  /** The IP address that the request came from. */
  readonly clientAddress?: string;
  /** The user's session, when the credential is one. */
  readonly sessionId?: string;
}

/** First parameter of every service method: who asks, and what their roles grant. */
export interface OpContext extends Identity {
  readonly grants: readonly Grant[];
  /** Throws, in the transaction of the change, when the thing is no longer what the caller read. */
  readonly precondition?: (tx: Transaction) => Promise<void>;
  /** The transaction that the change is made in, when its answer is to be kept with it. */
  readonly held?: HeldTransaction;
}

/** The platform itself, acting for an organization (quickstart). */
export function systemContext(organizationId: string, requestId: string): OpContext {
  const actor = { kind: 'System', id: 'system', name: 'System' } as const;
  return { actor, organizationId, requestId, credential: 'system', grants: [] };
}

/** A caller of a route that is open to everybody: belongs to no organization and may do nothing. */
export function anonymousContext(requestId: string, clientAddress: string): OpContext {
  const actor = { kind: 'Anonymous', id: '', name: 'Anonymous' } as const;
  return { actor, organizationId: '', requestId, credential: 'none', clientAddress, grants: [] };
}

/** The same request, once its caller has turned out to be a user. */
export function userContext(
  ctx: OpContext,
  user: { readonly id: string; readonly organizationId: string },
): OpContext {
  const actor = { kind: 'User', id: user.id, name: `User:${user.id}` } as const;
  return { ...ctx, actor, organizationId: user.organizationId, credential: 'session', grants: [] };
}

/** The same request, once its caller has turned out to be of an identity pool. */
export function poolContext(
  ctx: OpContext,
  pool: { readonly id: string; readonly organizationId: string },
): OpContext {
  const actor = { kind: 'IdentityPool', id: pool.id, name: `User:${pool.id}` } as const;
  return { ...ctx, actor, organizationId: pool.organizationId, credential: 'sts', grants: [] };
}
