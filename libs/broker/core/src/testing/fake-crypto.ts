import type { CryptoPort } from '../ports.ts';

const BYTES = { sha256: 32, sha512: 64 } as const;

/**
 * Cryptography that is none: deterministic mixing of the right sizes, for tests that only need values
 * that differ. Tests of authentication hand in the real one.
 */
export const fakeCrypto: CryptoPort = {
  hmac: (hash, key, data) => mix(Buffer.concat([key, data]), BYTES[hash]),
  hash: (hash, data) => mix(data, BYTES[hash]),
  timingSafeEqual: (a, b) => a.equals(b),
  randomBytes: (length) => mix(Buffer.from('random'), length),
  pbkdf2: ({ length, password, salt }, done) =>
    done(undefined, mix(Buffer.concat([Buffer.from(password), salt]), length)),
};

function mix(data: Buffer, length: number): Buffer {
  const mixed = Buffer.alloc(length);
  let state = 0x811c9dc5;
  for (let index = 0; index < Math.max(length, data.length); index++) {
    state = Math.imul(state ^ (data[index % Math.max(1, data.length)] ?? 0), 0x01000193);
    mixed[index % length] = (mixed[index % length] ?? 0) ^ (state >>> 24);
  }
  return mixed;
}
