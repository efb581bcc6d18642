import type { RefusedToken, TokenVerifier, VerifiedToken } from '@weirhouse/broker-core';
import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { KeysUnavailable } from './jwks.ts';

/** What a token must be like. */
export interface JwtRules {
  /** Any one of these must be in the token's audience; empty = any. */
  readonly audiences: readonly string[];
  readonly issuer: string | undefined;
  readonly clockSkewSeconds: number;
  readonly subjectClaim: string;
  readonly scopeClaim: string;
}

/** Signatures with a private key only: no "none", and no shared secret that a public key could stand for. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
/** A principal's name is kept with its connection and compared with every ACL. */
const SUBJECT_LENGTH_MAX = 1_024;

/** Verifies signed JSON Web Tokens (RFC 7519) by Kafka's rules: signature, times, audience, issuer, subject. */
export class JwtVerifier implements TokenVerifier {
  readonly #findKey: JWTVerifyGetKey;
  readonly #rules: JwtRules;

  constructor(findKey: JWTVerifyGetKey, rules: JwtRules) {
    this.#findKey = findKey;
    this.#rules = rules;
  }

  verify(token: string, done: (verdict: VerifiedToken | RefusedToken) => void): void {
    void this.#answer(token, done);
  }

  async #answer(token: string, done: Parameters<TokenVerifier['verify']>[1]): Promise<void> {
    done(await this.#verify(token));
  }

  async #verify(token: string): Promise<VerifiedToken | RefusedToken> {
    const { audiences, clockSkewSeconds, issuer } = this.#rules;
    try {
      const { payload } = await jwtVerify(token, this.#findKey, {
        algorithms: ALGORITHMS,
        clockTolerance: clockSkewSeconds,
        requiredClaims: ['exp', 'iat'],
        ...(audiences.length > 0 && { audience: [...audiences] }),
        ...(issuer !== undefined && { issuer }),
      });
      return this.#read(payload);
    } catch (error) {
      const cause = error instanceof KeysUnavailable ? 'unavailable' : 'token';
      return { ok: false, cause, reason: error instanceof Error ? error.message : 'unknown' };
    }
  }

  #read(payload: JWTPayload): VerifiedToken | RefusedToken {
    const { scopeClaim, subjectClaim } = this.#rules;
    const subject = payload[subjectClaim];
    if (typeof subject !== 'string' || subject.trim() === '' || subject.length > SUBJECT_LENGTH_MAX)
      return { ok: false, cause: 'token', reason: `the claim "${subjectClaim}" names nobody` };
    if (!isScope(payload[scopeClaim]))
      return { ok: false, cause: 'token', reason: `the claim "${scopeClaim}" is not a scope` };
    return { ok: true, subject, expiresAtMs: (payload.exp ?? 0) * 1_000 };
  }
}

/** Scopes give no rights here, but a token whose scope is something else is not one we understand. */
function isScope(claim: unknown): boolean {
  return (
    claim === undefined ||
    typeof claim === 'string' ||
    (Array.isArray(claim) && claim.every((scope) => typeof scope === 'string'))
  );
}
