import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MasterKey } from './master-key.ts';

/**
 * The stored form of an API secret: HMAC-SHA-256 under the master key. Fast on purpose: the secret
 * has 384 random bits, so there is nothing for a slow hash to protect.
 */
export function hashApiSecret(key: MasterKey, apiKeyId: string, secret: string): Buffer {
  return createHmac('sha256', key.hashKey).update(`${apiKeyId}\0${secret}`).digest();
}

/** Compares in constant time. */
export function matchesApiSecret(options: {
  readonly key: MasterKey;
  readonly apiKeyId: string;
  readonly secret: string;
  readonly storedHash: Uint8Array;
}): boolean {
  const actual = hashApiSecret(options.key, options.apiKeyId, options.secret);
  return options.storedHash.length === actual.length && timingSafeEqual(actual, options.storedHash);
}
