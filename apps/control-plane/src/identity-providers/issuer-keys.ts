import { AppError, type Clock } from '@weirhouse/shared-kernel';
import { importJWK, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';
import type { FetchJson } from './issuer-fetch.ts';

/** Keys of one issuer that are looked at; real ones have fewer than twenty. */
const KEYS_MAX = 50;
/** Longest part of a key, in characters: an RSA modulus of 16,384 bits. */
const PART_CHARS_MAX = 2_752;
/** How long fetched keys are good without asking again, in milliseconds. */
const FRESH_MS = 3_600_000;
/** How long they are good when the issuer cannot be reached, in milliseconds. */
const STALE_MAX_MS = 24 * 3_600_000;
/** How often an unknown key makes us ask again, in milliseconds: strangers can name any. */
const ASK_AGAIN_MS = 30_000;

/** Signatures of tokens that are accepted: none that shares a secret. */
export const ISSUER_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const PartSchema = z.string().max(PART_CHARS_MAX);

const IssuerKeySchema = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().max(255),
  alg: z.enum(ISSUER_ALGORITHMS),
  use: z.literal('sig').optional(),
  n: PartSchema.optional(),
  e: PartSchema.optional(),
  crv: PartSchema.optional(),
  x: PartSchema.optional(),
  y: PartSchema.optional(),
});

/** A public key of an issuer: only what is needed to verify, whatever else its set holds. */
export type IssuerKey = Readonly<z.output<typeof IssuerKeySchema>>;

/** Keys as they are stored. */
export const ISSUER_KEYS_SCHEMA = z.array(IssuerKeySchema);

const KeySetSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(KEYS_MAX) });

/** What a key with no `alg` of its own is for. */
const USUAL_ALGORITHMS: Readonly<Record<string, string>> = {
  RSA: 'RS256',
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
};

/** The keys of a provider, and when they were fetched. */
export interface FetchedKeys {
  readonly keys: readonly IssuerKey[];
  readonly keysFetchedAtMs: number;
}

/** Keys that can verify, out of a key set (RFC 7517 section 5). Throws `unavailable` for no set. */
export function readKeySet(answer: unknown): readonly IssuerKey[] {
  const set = KeySetSchema.safeParse(answer);
  if (!set.success)
    throw new AppError('unavailable', "The issuer's jwks_uri does not answer with a key set.");
  return set.data.keys.flatMap((key) => {
    const usual = USUAL_ALGORITHMS[String(key['crv'] ?? key['kty'])];
    const parsed = IssuerKeySchema.safeParse({ kid: '', alg: usual, ...key });
    return parsed.success ? [parsed.data] : [];
  });
}

/** Fetches an issuer's keys. Throws `unavailable`. */
export async function fetchKeys(
  jwksUri: string,
  ports: { readonly fetchJson: FetchJson; readonly clock: Clock },
): Promise<FetchedKeys> {
  const keys = readKeySet(await ports.fetchJson(jwksUri));
  return { keys, keysFetchedAtMs: ports.clock.wallMs() };
}

/** Whether keys have to be fetched again before `kid` is looked for in them. */
export function mustFetch(
  known: { readonly keys: readonly IssuerKey[]; readonly keysFetchedAtMs: number | undefined },
  kid: string,
  nowMs: number,
): boolean {
  if (known.keysFetchedAtMs === undefined) return true;
  const ageMs = nowMs - known.keysFetchedAtMs;
  if (ageMs >= FRESH_MS) return true;
  return ageMs >= ASK_AGAIN_MS && !known.keys.some((key) => key.kid === kid);
}

/** Whether keys may still be used although the issuer cannot be reached. */
export function isUsable(keysFetchedAtMs: number | undefined, nowMs: number): boolean {
  return keysFetchedAtMs !== undefined && nowMs - keysFetchedAtMs < STALE_MAX_MS;
}

/** The key for a token's header, ready to verify; undefined = the issuer has none. */
export async function findKey(
  keys: readonly IssuerKey[],
  header: { readonly kid?: string | undefined; readonly alg?: string | undefined },
): Promise<CryptoKey | undefined> {
  const fitting = keys.filter(
    ({ kid, alg }) => alg === header.alg && (header.kid === undefined || kid === header.kid),
  );
  const [key] = fitting;
  // Without a `kid` only an issuer with a single such key is clear.
  if (key === undefined || fitting.length > 1) return undefined;
  return (await importJWK(key as JWK, key.alg)) as CryptoKey;
}
