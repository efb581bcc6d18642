/** Who acts. `name` is the Kafka principal, which brokers and audit records use too. */
export interface Actor {
  readonly kind: 'User' | 'ServiceAccount' | 'System';
  readonly id: string;
  /** `User:u-x`, `User:sa-x`, or `System`. */
  readonly name: string;
}

/** First parameter of every service method: who asks, for which organization, under which request. */
export interface OpContext {
  readonly actor: Actor;
  readonly organizationId: string;
  readonly requestId: string;
}

/** The platform itself, acting for an organization (quickstart). */
export function systemContext(organizationId: string, requestId: string): OpContext {
  return { actor: { kind: 'System', id: 'system', name: 'System' }, organizationId, requestId };
}
