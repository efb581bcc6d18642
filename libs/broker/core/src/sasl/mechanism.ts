/** What one token from the client leads to. `reason` is for the log only. */
export type SaslOutcome =
  | { readonly kind: 'challenge'; readonly token: Buffer }
  | { readonly kind: 'done'; readonly token: Buffer; readonly principal: string }
  | { readonly kind: 'failed'; readonly reason: string };

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
}
