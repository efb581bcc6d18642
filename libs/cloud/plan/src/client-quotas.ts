/** What one principal may send to and take from each broker, in bytes per second. */
export interface PrincipalQuota {
  /** The user's name on brokers, `sa-...`; undefined = everybody without a quota of their own. */
  readonly user: string | undefined;
  readonly producerBytesPerSecond: number;
  readonly consumerBytesPerSecond: number;
}

/** What must be said to brokers so that they hold the wanted quotas and no others of ours. */
export interface QuotaChanges {
  readonly set: readonly PrincipalQuota[];
  /** Users whose quota is to go. */
  readonly remove: readonly (string | undefined)[];
}

/** A cluster's rates spread over its brokers, which count each for itself. */
export function quotasPerBroker(
  quotas: readonly PrincipalQuota[],
  brokers: number,
): readonly PrincipalQuota[] {
  const share = (rate: number): number => Math.max(1, Math.floor(rate / Math.max(1, brokers)));
  return quotas.map(({ user, producerBytesPerSecond, consumerBytesPerSecond }) => ({
    user,
    producerBytesPerSecond: share(producerBytesPerSecond),
    consumerBytesPerSecond: share(consumerBytesPerSecond),
  }));
}

/** The difference between what is wanted and what brokers say. */
export function quotaChanges(
  desired: readonly PrincipalQuota[],
  present: readonly PrincipalQuota[],
): QuotaChanges {
  const wanted = new Set(desired.map(({ user }) => user));
  const known = new Map(present.map((quota) => [quota.user, quota]));
  return {
    set: desired.filter((quota) => !isSame(quota, known.get(quota.user))),
    remove: present.map(({ user }) => user).filter((user) => !wanted.has(user)),
  };
}

function isSame(one: PrincipalQuota, other: PrincipalQuota | undefined): boolean {
  return (
    one.producerBytesPerSecond === other?.producerBytesPerSecond &&
    one.consumerBytesPerSecond === other.consumerBytesPerSecond
  );
}
