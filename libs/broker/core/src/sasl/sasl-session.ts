import type { Caller } from '../handler.ts';
import type { SaslExchange, SaslMechanisms, SaslOutcome } from './mechanism.ts';

/**
 * Authentication of one connection.
 *
 * | phase | ApiVersions | SaslHandshake | SaslAuthenticate | frame without header | other |
 * |---|---|---|---|---|---|
 * | handshake | served | known mechanism: v1 -> tokens, v0 -> raw-tokens; unknown: 33, failed | close | - | close |
 * | tokens | close | close | step -> tokens, done or failed | - | close |
 * | raw-tokens | - | - | - | step -> raw-tokens, done or failed | - |
 * | done | served | 34 | 34 | - | served |
 * | failed | close | close | close | close | close |
 *
 * A listener without SASL starts in `done`.
 */
export type SaslPhase = 'handshake' | 'tokens' | 'raw-tokens' | 'done' | 'failed';

/** Construction of a session; without `mechanisms` the caller is known from the start. */
export interface SaslSessionOptions {
  readonly mechanisms: SaslMechanisms | undefined;
  readonly caller: Caller;
  readonly onResult: (mechanism: string, reason: string | undefined) => void;
}

/** The authentication state machine of one connection; the table above is its contract. */
export class SaslSession {
  readonly #mechanisms: SaslMechanisms | undefined;
  readonly #onResult: SaslSessionOptions['onResult'];
  #phase: SaslPhase;
  #caller: Caller;
  #mechanism = '';
  #exchange: SaslExchange | undefined;

  constructor(options: SaslSessionOptions) {
    this.#mechanisms = options.mechanisms;
    this.#caller = options.caller;
    this.#onResult = options.onResult;
    this.#phase = options.mechanisms === undefined ? 'done' : 'handshake';
  }

  get phase(): SaslPhase {
    return this.#phase;
  }

  /** Who has authenticated; meaningful in phase `done` only. */
  get caller(): Caller {
    return this.#caller;
  }

  /** The mechanisms to tell a client that asked for another one. */
  get offered(): readonly string[] {
    return this.#mechanisms?.names ?? [];
  }

  /** Chooses the mechanism; false when it is not offered, which ends the connection. */
  handshake(mechanism: string, tokens: 'tokens' | 'raw-tokens'): boolean {
    this.#exchange = this.#mechanisms?.begin(mechanism);
    this.#mechanism = mechanism;
    this.#phase = this.#exchange === undefined ? 'failed' : tokens;
    return this.#exchange !== undefined;
  }

  /** Hands the mechanism one token; `done` is called once, with the phase already changed. */
  step(token: Buffer, done: (outcome: SaslOutcome) => void): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#phase = 'failed';
      done({ kind: 'failed', reason: 'no mechanism was chosen' });
      return;
    }
    exchange.step(token, (outcome) => {
      if (outcome.kind !== 'challenge') this.#end(outcome);
      done(outcome);
    });
  }

  #end(outcome: Exclude<SaslOutcome, { kind: 'challenge' }>): void {
    this.#exchange = undefined;
    if (outcome.kind === 'done') {
      this.#phase = 'done';
      this.#caller = { principal: outcome.principal, host: this.#caller.host };
      this.#onResult(this.#mechanism, undefined);
    } else {
      this.#phase = 'failed';
      this.#onResult(this.#mechanism, outcome.reason);
    }
  }
}
