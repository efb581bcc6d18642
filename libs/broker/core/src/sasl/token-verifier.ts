import type { SaslFailure } from './mechanism.ts';

/** What a verified bearer token says. */
export interface VerifiedToken {
  readonly ok: true;
  /** Whom the token names, without the principal's type. */
  readonly subject: string;
  /** Wall time at which the token ends. */
  readonly expiresAtMs: number;
}

/** Why a token is not accepted; `reason` is for the log only. */
export interface RefusedToken {
  readonly ok: false;
  readonly cause: Extract<SaslFailure['cause'], 'token' | 'unavailable'>;
  readonly reason: string;
}

/** Decides on bearer tokens (OAUTHBEARER). The shell implements it: keys come over the network. */
export interface TokenVerifier {
  /** Calls `done` exactly once, later or now. */
  verify(token: string, done: (verdict: VerifiedToken | RefusedToken) => void): void;
}
