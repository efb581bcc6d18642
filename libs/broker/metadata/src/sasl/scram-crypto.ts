/** Hash functions of SCRAM (RFC 5802, RFC 7677). */
export type ScramHash = 'sha256' | 'sha512';

/** Cryptography as a port: the process hands in node's, tests hand in whatever they need. */
export interface ScramCrypto {
  hmac(hash: ScramHash, key: Buffer, data: Buffer): Buffer;
  hash(hash: ScramHash, data: Buffer): Buffer;
  /** Equality in constant time; called only with buffers of equal length. */
  timingSafeEqual(a: Buffer, b: Buffer): boolean;
  randomBytes(length: number): Buffer;
}

/** One SCRAM mechanism: its SASL name, its id on the wire (KIP-554) and its hash. */
export interface ScramMechanism {
  readonly name: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly id: number;
  readonly hash: ScramHash;
  readonly keyBytes: number;
}

export const SCRAM_SHA_256: ScramMechanism = {
  name: 'SCRAM-SHA-256',
  id: 1,
  hash: 'sha256',
  keyBytes: 32,
};
export const SCRAM_SHA_512: ScramMechanism = {
  name: 'SCRAM-SHA-512',
  id: 2,
  hash: 'sha512',
  keyBytes: 64,
};

/** Both mechanisms, in the order they are offered. */
export const SCRAM_MECHANISMS: readonly ScramMechanism[] = [SCRAM_SHA_256, SCRAM_SHA_512];

/** The mechanism with this wire id, or undefined. */
export function findScramMechanism(id: number): ScramMechanism | undefined {
  return SCRAM_MECHANISMS.find((mechanism) => mechanism.id === id);
}

/** The mechanism with this SASL name, or undefined. */
export function findScramMechanismByName(name: string): ScramMechanism | undefined {
  return SCRAM_MECHANISMS.find((mechanism) => mechanism.name === name);
}

/** Fewest and most PBKDF2 rounds a credential may have; Kafka's bounds. */
export const SCRAM_ITERATIONS_MIN = 4096;
export const SCRAM_ITERATIONS_MAX = 16_384;

/** What is stored of a password (RFC 5802 section 3): enough to check a login, not to log in. */
export interface ScramKeys {
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const CLIENT_KEY = Buffer.from('Client Key');
const SERVER_KEY = Buffer.from('Server Key');

/** StoredKey and ServerKey of a salted password (RFC 5802 section 3). */
export function deriveScramKeys(
  crypto: ScramCrypto,
  hash: ScramHash,
  saltedPassword: Buffer,
): ScramKeys {
  return {
    storedKey: crypto.hash(hash, crypto.hmac(hash, saltedPassword, CLIENT_KEY)),
    serverKey: crypto.hmac(hash, saltedPassword, SERVER_KEY),
  };
}

/** True when the salted password is the one the stored key was made from; for SASL/PLAIN. */
export function isSaltedPassword(
  crypto: ScramCrypto,
  hash: ScramHash,
  check: { readonly saltedPassword: Buffer; readonly storedKey: Buffer },
): boolean {
  const { storedKey } = deriveScramKeys(crypto, hash, check.saltedPassword);
  return (
    storedKey.length === check.storedKey.length &&
    crypto.timingSafeEqual(storedKey, check.storedKey)
  );
}
