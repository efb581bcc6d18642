/** Kinds of quota entities (KIP-546). */
export const QuotaEntityType = { USER: 'user', CLIENT_ID: 'client-id', IP: 'ip' } as const;

/** What a limit of one key counts and whom it can be set for. */
export interface QuotaKeyDefinition {
  /** `ip` limits are for addresses, `client` limits for users, client ids and pairs of them. */
  readonly scope: 'client' | 'ip';
  /** Largest value where only whole numbers are meant; undefined for any positive number. */
  readonly wholeMax?: number;
}

/**
 * The limits that can be set. Bytes per second of one broker; percent of one core's time; partitions
 * created or deleted per second in the cluster; connections per second of one broker.
 */
export const QUOTA_KEYS = {
  producer_byte_rate: { scope: 'client', wholeMax: 2 ** 63 },
  consumer_byte_rate: { scope: 'client', wholeMax: 2 ** 63 },
  request_percentage: { scope: 'client' },
  controller_mutation_rate: { scope: 'client' },
  connection_creation_rate: { scope: 'ip', wholeMax: 2 ** 31 - 1 },
} as const satisfies Readonly<Record<string, QuotaKeyDefinition>>;

/** Name of a limit. */
export type QuotaKey = keyof typeof QUOTA_KEYS;

/** The definition of a key that came over the wire. */
export function findQuotaKey(name: string): QuotaKeyDefinition | undefined {
  return Object.hasOwn(QUOTA_KEYS, name) ? QUOTA_KEYS[name as QuotaKey] : undefined;
}
