/** Why an authentication failed: a closed set, so that metrics may count by it. */
export type FailureCause =
  /** Wrong user or password: which of them is not told apart. */
  | 'credentials'
  /** The token, or what stands in it, is not acceptable. */
  | 'token'
  | 'malformed'
  /** Not offered, or another one than the session began with. */
  | 'mechanism'
  /** Another principal than the session began with, or than the client may act as. */
  | 'principal'
  /** What is needed to decide could not be had. */
  | 'unavailable';

/** A login that failed. `reason` is for the log only; clients learn `clientMessage` or that it failed. */
export interface SaslFailure {
  readonly kind: 'failed';
  readonly cause: FailureCause;
  readonly reason: string;
  readonly clientMessage?: string;
}

/** A login that succeeded; `expiresAtMs` is the wall time at which the credential itself ends. */
export interface SaslSuccess {
  readonly kind: 'done';
  readonly token: Buffer;
  readonly principal: string;
  /** Where the caller is, when it is not where the connection comes from. */
  readonly host?: string | undefined;
  readonly expiresAtMs?: number;
}

/** What one token from the client leads to. */
export type SaslOutcome =
  | { readonly kind: 'challenge'; readonly token: Buffer }
  | SaslSuccess
  | SaslFailure;

/** One authentication with one mechanism: takes the client's tokens in order. */
export interface SaslExchange {
  /** Calls `done` exactly once, now or later; the next token comes after it. */
  step(token: Buffer, done: (outcome: SaslOutcome) => void): void;
}

/** The mechanisms a listener offers. */
export interface SaslMechanisms {
  /** In the order in which clients are told. */
  readonly names: readonly string[];
  /** A new exchange, or undefined when the mechanism is not offered. */
  begin(mechanism: string): SaslExchange | undefined;
  /** How long a session of the mechanism may last (connections.max.reauth.ms); 0 sets no limit. */
  sessionMsMax(mechanism: string): number;
}
