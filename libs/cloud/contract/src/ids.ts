import { assert, type Random } from '@weirhouse/shared-kernel';

/** Id prefixes of the contract that this platform hands out. */
export type IdPrefix = 'env' | 'lkc' | 'sa' | 'u' | 'i' | 'pool' | 'rb' | 'op' | 'cq' | 'plan';

/** 32 letters and digits without i, l, o and u, so that ids can be read aloud. */
const ID_ALPHABET = 'abcdefghjkmnpqrstvwxyz0123456789';
/** RFC 4648 base32: what API key ids are made of. */
const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 30 random bits: short enough to type; the insert is retried when one is taken. */
const ID_CHARS = 6;
const API_KEY_ID_CHARS = 16;
/** 48 bytes are 64 characters of base64, the length that clients of the contract know. */
const API_SECRET_BYTES = 48;

/** A new resource id such as `env-k3m7qa`: the prefix, a dash and 6 random characters. */
export function newId(prefix: IdPrefix, random: Random): string {
  return `${prefix}-${letters(ID_ALPHABET, random.bytes(ID_CHARS))}`;
}

/** A new API key id: 16 upper-case base32 characters. */
export function newApiKeyId(random: Random): string {
  return letters(KEY_ALPHABET, random.bytes(API_KEY_ID_CHARS));
}

/** A new API secret: 64 characters of base64 (384 random bits). Show it once, never store it. */
export function newApiSecret(random: Random): string {
  return random.bytes(API_SECRET_BYTES).toString('base64');
}

/** A new organization id: a version 4 UUID (RFC 9562 section 5.4), as the contract has it. */
export function newOrganizationId(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** The prefix of an id (`lkc` of `lkc-19ynpv`), or undefined when it has none. */
export function findIdPrefix(id: string): string | undefined {
  const dash = id.indexOf('-');
  return dash > 0 ? id.slice(0, dash) : undefined;
}

function letters(alphabet: string, bytes: Buffer): string {
  assert(alphabet.length === 32, 'an id alphabet has 32 characters: 5 bits of each byte choose');
  return Array.from(bytes, (byte) => alphabet.charAt(byte & 31)).join('');
}
